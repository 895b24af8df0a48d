import { beforeEach, describe, expect, it } from 'vitest'
import type { ActionError } from '../../src/base/errors.ts'
import type { Call } from '../../src/provider/call.ts'
import type { Members } from '../../src/provider/groups.ts'
import { describeReach, listMembers } from '../../src/run/group-members.ts'
import { errorOf } from './fake-provider.ts'
import { setStage } from './stage.ts'

/** How a group is listed through faults, and while not all is known of what is listed. */
let stage: ReturnType<typeof setStage>
/** Each attempt, with the moment of it. */
let attempts: { atMs: number; scope: unknown; call: Call }[]

const GROUP = { kind: 'group', application: 'my-game', group: 'pr-12' } as const
const APPLICATION = { kind: 'application', application: 'my-game' } as const
const found: Members = { members: [{ id: 'a', tags: [] }], unclear: [] }
const unclear: Members = { members: [{ id: 'a', tags: [] }], unclear: ['x'] }

/** What the attempts give, one after the other; the last one is repeated. */
function lists(...answers: (Members | ActionError)[]) {
  const members = async (scope: unknown, call: Call) => {
    attempts.push({ atMs: stage.clock.elapsedMs, scope, call })
    const next = answers.length > 1 ? answers.shift() : answers[0]
    if (next instanceof Error) throw next
    return next
  }
  Object.assign(stage.provider, { groups: { members } })
}

beforeEach(() => {
  stage = setStage()
  attempts = []
})

const list = (...done: string[]) => stage.run(listMembers(stage.context, GROUP, new Set(done)))
const failed = async () => await list().catch((thrown: unknown) => thrown)
const times = () => attempts.map(({ atMs }) => atMs)

describe('a list', () => {
  it.each([
    [GROUP, 'pr-12', 'deployments of my-game with the tag pr-12'],
    [APPLICATION, undefined, 'deployments of my-game'],
  ])('of %j asks for no more than that', async (reach, group, words) => {
    lists(found)
    expect(await stage.run(listMembers(stage.context, reach))).toEqual(found)
    expect(attempts).toEqual([
      {
        atMs: 0,
        scope: { application: 'my-game', group },
        call: { deadlineMs: 30_000, signal: stage.context.cancellation.signal },
      },
    ])
    expect(describeReach(reach)).toBe(words)
  })

  it('goes on through faults, ever more slowly', async () => {
    const fault = errorOf('server-fault')
    lists(fault, fault, fault, fault, fault, fault, fault, found)
    expect(await list()).toEqual(found)
    expect(times()).toEqual([0, 500, 1_500, 3_500, 7_500, 15_500, 23_500, 31_500])
    expect(stage.runner.log).toContain(
      'Listing deployments of my-game with the tag pr-12 failed: server-fault; next try in 500 ms',
    )
  })

  it('is given up after eight', async () => {
    lists(errorOf('server-fault'))
    expect(await failed()).toMatchObject({ kind: 'server-fault' })
    expect(attempts).toHaveLength(8)
  })

  it('is given up after a minute and a half, however few attempts that were', async () => {
    const lost = errorOf('connection-lost')
    const members = async () => {
      attempts.push({ atMs: stage.clock.elapsedMs, scope: {}, call: {} as Call })
      await stage.clock.sleep(30_000)
      throw lost
    }
    Object.assign(stage.provider, { groups: { members } })
    expect(await failed()).toBe(lost)
    expect(attempts).toHaveLength(3)
  })

  it('waits as long as the platform asks, up to 8 s', async () => {
    lists(errorOf('rate-limited', 3_000), errorOf('rate-limited', 60_000), found)
    await list()
    expect(times()).toEqual([0, 3_000, 11_000])
  })

  it('believes that the token is refused when that was said three times in a row', async () => {
    lists(errorOf('forbidden'), errorOf('server-fault'), errorOf('unauthorized'))
    expect(await failed()).toMatchObject({ kind: 'unauthorized' })
    expect(attempts).toHaveLength(5)
  })

  it('is ended by a cancel', async () => {
    lists(errorOf('server-fault'))
    stage.clock.at(4_000, () => stage.cancel())
    expect(await failed()).toMatchObject({ kind: 'server-fault' })
    expect(stage.clock.elapsedMs).toBe(4_000)
  })

  it('of a platform without groups is a fault of ours', async () => {
    expect(await failed()).toEqual(new Error('Fake has no groups'))
  })
})

describe('something listed of which nobody knows whose it is', () => {
  it('is asked for again, every 2 s, until it is known', async () => {
    lists(unclear, unclear, found)
    expect(await list()).toEqual(found)
    expect(times()).toEqual([0, 2_000, 4_000])
  })

  it('is left unclear after 12 s', async () => {
    lists(unclear)
    expect(await list()).toEqual(unclear)
    expect(stage.clock.elapsedMs).toBe(12_000)
    expect(attempts).toHaveLength(7)
  })

  it('is not waited for where it was dealt with before, and another one is', async () => {
    lists(unclear)
    expect(await list('x')).toEqual(unclear)
    expect(attempts).toHaveLength(1)
    lists({ ...unclear, unclear: ['x', 'y'] }, found)
    expect(await list('x')).toEqual(found)
    expect(attempts).toHaveLength(3)
  })

  it('is not waited for once the run is cancelled', async () => {
    lists(unclear)
    stage.clock.at(3_000, () => stage.cancel())
    expect(await list()).toEqual(unclear)
    expect(stage.clock.elapsedMs).toBe(3_000)
  })
})
