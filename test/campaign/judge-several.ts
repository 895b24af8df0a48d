import { expect } from 'vitest'
import { annotations, type Edgegap, expectAllOutputs } from '../action/deploy.ts'
import type { Deployment } from '../emulator/edgegap/deployment.ts'
import type { JobResult } from '../harness/job.ts'
import type { StepResult } from '../harness/step-result.ts'
import { expectTrueWords, namedIn, stoppedIds } from './judge-words.ts'

const PLACES = [1, 2, 3]

interface Servers {
  /** Ids that belong to others. */
  readonly strangers: readonly string[]
}

const idsOf = (deployments: readonly Deployment[]) => deployments.map(({ id }) => id)

/**
 * What must hold after every deploy of three servers over two older ones that came to its own end: all
 * the new ones are up, or all the older ones are; and each that is up is known to somebody.
 *
 * @returns what it came to
 */
export function judgeSeveral(
  edgegap: Edgegap,
  job: JobResult,
  { older, strangers }: Servers & { readonly older: readonly string[] },
): string {
  const { main, post } = job
  const live = edgegap.live()
  const ids = idsOf(live)
  expect(ids, 'servers of others').toEqual(expect.arrayContaining([...strangers]))
  const fresh = live.filter(({ id }) => !older.includes(id) && !strangers.includes(id))
  expect(namedIn(job), 'a server that nobody knows of').toEqual(
    expect.arrayContaining(idsOf(fresh)),
  )
  if (post) expect(post).toMatchObject({ exitCode: 0, signal: null })
  expectTrueWords(edgegap, job)
  expectWhole(main, 'succeeded')
  const kept = older.filter((id) => ids.includes(id))
  if (fresh.length === 0) {
    expect(kept).toEqual(older)
    expect(main.exitCode).toBe(1)
    return 'failed, the older servers'
  }
  const places = fresh.map(({ coordinates }) => coordinates?.latitude)
  expect(places.toSorted(), 'one in each place').toEqual(PLACES)
  expect(main.exitCode).toBe(0)
  // One that was not stopped is paid for, so it is named.
  for (const id of kept) expect(annotations(main, 'warning').join('\n')).toContain(id)
  return `succeeded, ${kept.length === 0 ? 'the new servers' : 'older servers beside the new ones'}`
}

/**
 * What must hold after every stop of a group: green only where all of it is gone, red with the name of
 * each that may still run; and nothing of others was touched.
 *
 * @returns what it came to
 */
export function judgeStop(
  edgegap: Edgegap,
  job: JobResult,
  { group, strangers }: Servers & { readonly group: readonly string[] },
): string {
  const { main } = job
  expect(idsOf(edgegap.live())).toEqual(expect.arrayContaining([...strangers]))
  const running = idsOf(edgegap.running()).filter((id) => group.includes(id))
  expectTrueWords(edgegap, job)
  expectWhole(main, 'stopped')
  expect(group).toEqual(expect.arrayContaining(stoppedIds(main)))
  if (main.exitCode === 0) {
    expect(running).toEqual([])
    return 'succeeded, all are gone'
  }
  const stopped = edgegap.stopped().length
  // Where the list was never read, no name is known.
  if (stopped > 0) for (const id of running) expect(main.outputs.error).toContain(id)
  if (stopped === 0) return 'failed, none was stopped'
  return running.length === 0 ? 'failed, all are gone' : 'failed, some were stopped'
}

/** All outputs are set, and a failure has one cause. */
function expectWhole(main: StepResult, good: 'succeeded' | 'stopped'): void {
  expectAllOutputs(main)
  const isGood = main.exitCode === 0
  expect(main.outputs.outcome === good).toBe(isGood)
  expect(main.outputs.error === '').toBe(isGood)
  expect(annotations(main, 'error')).toHaveLength(isGood ? 0 : 1)
}
