import { beforeEach, describe, expect, it } from 'vitest'
import { ActionError } from '../../src/base/errors.ts'
import type { Observation } from '../../src/provider/provider.ts'
import { release } from '../../src/run/conclude.ts'
import { READY } from './fake-provider.ts'
import { setWholeRun } from './whole-run.ts'

/** What a run does when the runner's state file cannot be written any more, in virtual time. */
let run: ReturnType<typeof setWholeRun>

const FAILED: Observation = {
  ...{ state: 'failed', status: 'ERROR', known: true, facts: {} },
  reason: 'Out of memory',
}
const FULL = new ActionError({ kind: 'unusable-runner', what: 'the disk is full' })
const inLedger = () => run.ledger.open.map(({ tag, id }) => `${tag}=${id}`)

/** The first so many changes still fit. */
function fullAfter(saves: number): void {
  const save = run.runner.saveState
  let left = saves
  run.runner.saveState = (name, value) => {
    left -= 1
    if (left < 0) throw FULL
    save(name, value)
  }
}

beforeEach(() => {
  run = setWholeRun()
})

describe('where the state cannot be saved', () => {
  it('before the create, nothing is created', async () => {
    fullAfter(0)
    expect(await run.deploy()).toMatchObject({
      outcome: 'rejected',
      deployments: [{ error: FULL }],
    })
    expect(run.provider.calls.filter((call) => call.startsWith('create'))).toEqual([])
    expect(run.ledger.open).toEqual([])
  })

  it('for the second of two servers, the first one is stopped', async () => {
    run.provider.targets.push(run.provider.target)
    fullAfter(1)
    expect(await run.deploy()).toMatchObject({ outcome: 'rejected', stoppedIds: ['a'] })
  })

  it('after the create, its tag is there, and the run goes on', async () => {
    fullAfter(1)
    expect((await run.deploy()).outcome).toBe('succeeded')
    expect(inLedger()).toEqual(['m1=a'])
  })

  it('after the create, a failure keeps its cause, and the server is stopped', async () => {
    run.provider.readings.set('a', [FAILED])
    fullAfter(1)
    const { outcome, stoppedIds, error, deployments } = await run.deploy()
    expect([outcome, stoppedIds, error]).toEqual(['failed', ['a'], undefined])
    expect(deployments[0]?.error?.message).toContain('Out of memory')
  })

  it('a server that failed cannot be kept: it is stopped, and a warning says so', async () => {
    run.provider.readings.set('a', [FAILED])
    fullAfter(1)
    const { stoppedIds, keptIds } = await run.deploy({ onFailure: 'keep' })
    expect([stoppedIds, keptIds]).toEqual([['a'], undefined])
    expect(run.runner.messages('warning')).toEqual([
      'a cannot be kept, and is stopped: the disk is full',
    ])
  })

  it('a step cannot let go of its server: it fails, and the post step stops the server', async () => {
    fullAfter(2)
    await run.deploy()
    const { ledger, state } = run
    const settings = { stopAfterJob: false }
    expect(() => release({ ledger, state, settings } as Parameters<typeof release>[0])).toThrow(
      FULL,
    )
    expect(inLedger()).toEqual(['m1=a'])
  })

  it('the older servers stay, for the new one would be stopped', async () => {
    const reach = { kind: 'group', application: 'my-game', group: 'pr-12' } as const
    run.provider.members = { members: [{ id: 'old', tags: ['pr-12'] }], unclear: [] }
    run.provider.readings.set('a', [READY])
    fullAfter(2)
    const replace = { when: 'after-ready', reach } as const
    expect(await run.deploy({ replace, group: 'pr-12' })).toMatchObject({
      outcome: 'failed',
      error: FULL,
    })
    expect(run.provider.calls.filter((call) => call.startsWith('stop'))).toEqual([])
    expect(inLedger()).toEqual(['m1=a'])
  })
})
