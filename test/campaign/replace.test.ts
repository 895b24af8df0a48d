import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, test } from 'vitest'
import { deploy, type Edgegap, startEdgegap } from '../action/deploy.ts'
import { error, ready } from '../emulator/edgegap/script.ts'
import type { JobResult } from '../harness/job.ts'
import type { RunningStep } from '../harness/step.ts'
import { seededRandom } from '../wait/random.ts'
import { isFull } from './grid.ts'
import { expectTrueWords, namedIn } from './judge-words.ts'
import { Table } from './table.ts'

/** A run that replaces a group, ended at many moments. `npm run test:campaign` runs more of them. */
const ENDS = isFull ? 120 : 8
const END_MS = 240_000
/** Requests of such a run, from the first list to the last status of what it replaced. */
const REQUESTS = 14
const LIST_LAG_MS = 200

const table = new Table('Ended (two servers replace two)')
afterAll(() => {
  if (isFull) console.log(String(table))
})

interface End {
  /** So many requests have arrived. */
  readonly count: number
  readonly isKill: boolean
  readonly afterMs: number
}

function endBy(random: () => number): End {
  const count = 1 + Math.floor(random() * REQUESTS)
  return { count, isKill: random() < 0.5, afterMs: random() * 60 }
}

/** Ends the step once so many requests have arrived, and a moment later. */
async function endIt(edgegap: Edgegap, step: RunningStep, end: End): Promise<void> {
  const done = step.done.then(() => true)
  while (edgegap.requests.length < end.count) {
    if (await Promise.race([done, sleep(5, false)])) return
  }
  await sleep(end.afterMs)
  if (end.isKill) step.kill()
  else await step.cancel()
  await done
}

async function replaceAndEnd(end: End, random: () => number): Promise<string> {
  await using edgegap = await startEdgegap({
    stopPendingAtOnce: true,
    listLagMs: LIST_LAG_MS * random(),
    terminateAfterMs: 600 * random(),
  })
  const old = [1, 2].map(() => edgegap.addDeployment({ tags: ['staging'] }).id)
  // The older ones are no news to anybody.
  await sleep(LIST_LAG_MS)
  edgegap.nextScript(ready(300), random() < 0.2 ? error(400) : ready(500))
  const job = await deploy(
    edgegap,
    { group: 'staging', replace: 'after-ready', locations: 'a 1,1\nb 2,2' },
    { mainControl: (step) => endIt(edgegap, step, end) },
  )
  return judge(edgegap, job, old)
}

function judge(edgegap: Edgegap, job: JobResult, old: readonly string[]): string {
  const live = edgegap.live().map(({ id }) => id)
  const made = edgegap.deployments.map(({ id }) => id).filter((id) => !old.includes(id))
  const fresh = live.filter((id) => made.includes(id))
  const isReplacing = edgegap.stopped().some(({ id }) => old.includes(id))
  expect(job.post?.exitCode ?? 0).toBe(0)
  expectTrueWords(edgegap, job)
  expect(namedIn(job), 'a server that nobody knows of').toEqual(expect.arrayContaining(fresh))
  if (isReplacing) expect(live).toEqual(expect.arrayContaining(made))
  else expect(live).toEqual(expect.arrayContaining([...old]))
  // New ones beside old ones stay only where the run had let go of them, right before its first stop.
  if (!isReplacing && live.length > old.length) {
    expect(job.main.state.ledger).toMatch(/^$|"entries":\[\],"inPlace"/)
  }
  if (fresh.length === 0) return 'the older servers'
  return live.length === fresh.length ? 'the new servers' : 'older servers beside the new ones'
}

describe.concurrent('a run that replaces two servers by two, ended', () => {
  test.each(Array.from({ length: ENDS }, (_, index) => index))(
    'at moment %i, leaves the old ones or the new ones',
    async (index) => {
      const random = seededRandom(index + 1)
      const end = endBy(random)
      const row = `by a ${end.isKill ? 'kill' : 'cancel'}`
      await table.measure(row, () => replaceAndEnd(end, random))
    },
    END_MS,
  )
})
