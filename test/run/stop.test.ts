import { beforeEach, describe, expect, it } from 'vitest'
import { errorOf } from './fake-provider.ts'
import { setWholeRun } from './whole-run.ts'

/** `operation: stop` on a platform by script, in virtual time. */
let run: ReturnType<typeof setWholeRun>

beforeEach(() => {
  run = setWholeRun()
})

const GROUP = { kind: 'group', application: 'my-game', group: 'pr-12' } as const
const member = (id: string) => ({ id, tags: ['pr-12'] })
const stops = () => run.provider.calls.filter((call) => call.startsWith('stop'))

describe('the stop of one server', () => {
  it('reads its log first, and is done once it ends', async () => {
    run.provider.logs.set('a', ['bye'])
    expect(await run.stop()).toMatchObject({ outcome: 'stopped', stoppedIds: ['a'] })
    expect(run.provider.calls.slice(0, 2)).toEqual(['log a', 'stop a'])
    expect(run.runner.log).toContain('bye')
  })

  it('of what has ended before says so', async () => {
    run.provider.stops.push('gone')
    expect(await run.stop()).toMatchObject({ outcome: 'stopped', stoppedIds: [] })
    expect(run.runner.messages('notice').join()).toContain('nothing was stopped')
  })

  it('that is refused fails', async () => {
    run.provider.stops.push(errorOf('forbidden'))
    expect(await run.stop()).toMatchObject({ outcome: 'failed', error: { kind: 'forbidden' } })
    expect(run.state.stoppedIds).toEqual([])
  })

  it('that never takes effect is timed out', async () => {
    run.provider.stops.push('accepted')
    run.provider.observe = async (ids) =>
      new Map(
        ids.map((id) => [id, { state: 'succeeded', status: 'READY', known: true, facts: {} }]),
      )
    expect(await run.stop({ timeoutMs: 10_000 })).toMatchObject({
      outcome: 'timed-out',
      error: { kind: 'timed-out' },
      stoppedIds: [],
    })
    expect(run.clock.elapsedMs).toBeLessThan(20_000)
  })

  it('is not waited for with wait: none', async () => {
    run.provider.observe = () => Promise.reject(new Error('nobody asks'))
    expect(await run.stop({ wait: 'none' })).toMatchObject({
      outcome: 'stopped',
      stoppedIds: ['a'],
    })
  })
})

describe('the stop of a group', () => {
  it('stops all of it, and lists once more whether others came up', async () => {
    let lists = 0
    run.provider.groups.members = async () => {
      lists += 1
      return { members: lists === 1 ? [member('a'), member('b')] : [member('c')], unclear: [] }
    }
    expect(await run.stop({ reach: GROUP })).toMatchObject({ outcome: 'stopped' })
    expect(run.state.stoppedIds.toSorted()).toEqual(['a', 'b', 'c'])
    expect(lists).toBe(3)
  })

  it('that is cancelled before it began stops nothing', async () => {
    run.provider.members = { members: [member('a')], unclear: [] }
    run.cancel()
    expect(await run.stop({ reach: GROUP })).toMatchObject({
      outcome: 'cancelled',
      error: { kind: 'cancelled' },
      stoppedIds: [],
    })
    expect(stops()).toEqual([])
  })

  it('that is cancelled says of what it stopped that only the acceptance is known', async () => {
    run.provider.members = { members: [member('a'), member('b')], unclear: [] }
    run.state.stop = { group: 'pr-12', onlyAccepted: false }
    run.provider.stops.push(async () => {
      run.cancel()
      return 'accepted' as const
    })
    expect(await run.stop({ reach: GROUP })).toMatchObject({
      outcome: 'cancelled',
      stop: { onlyAccepted: true },
    })
  })

  it('of which nothing runs says so', async () => {
    expect(await run.stop({ reach: GROUP })).toMatchObject({ outcome: 'stopped', stoppedIds: [] })
    expect(run.runner.messages('notice').join()).toContain('Nothing to stop')
  })

  it('stops the others where one is refused, and names that one', async () => {
    run.provider.members = { members: [member('a'), member('b')], unclear: [] }
    const accept = run.provider.stop.bind(run.provider)
    run.provider.stop = async (id, call) => {
      if (id === 'a') throw errorOf('forbidden')
      return await accept(id, call)
    }
    expect(await run.stop({ reach: GROUP })).toMatchObject({
      outcome: 'failed',
      stoppedIds: ['b'],
      error: { kind: 'forbidden' },
    })
    expect(run.state.error?.message).toContain('1 of 2 deployments may still run: a')
  })

  it('fails where the status of one stays unknown, and leaves it alone', async () => {
    run.provider.members = { members: [member('a')], unclear: ['odd'] }
    expect(await run.stop({ reach: GROUP })).toMatchObject({ outcome: 'failed' })
    expect(run.state.error?.message).toContain('odd')
    expect(stops()).not.toContain('stop odd')
    expect(run.state.stoppedIds).toEqual(['a'])
  })

  it('does not count what somebody else is stopping', async () => {
    run.provider.members = {
      members: [member('a'), { ...member('b'), isEnding: true }],
      unclear: [],
    }
    expect((await run.stop({ reach: GROUP })).stoppedIds).toEqual(['a'])
  })

  it('that cannot be listed fails, with nothing stopped', async () => {
    run.provider.groups.members = async () => {
      throw errorOf('forbidden')
    }
    expect(await run.stop({ reach: GROUP })).toMatchObject({ outcome: 'failed' })
    expect(stops()).toEqual([])
  })

  it('warns where only the second list fails', async () => {
    let lists = 0
    run.provider.groups.members = async () => {
      lists += 1
      if (lists > 1) throw errorOf('refused')
      return { members: [member('a')], unclear: [] }
    }
    expect(await run.stop({ reach: GROUP })).toMatchObject({ outcome: 'stopped' })
    expect(run.runner.messages('warning').join()).toContain('could not be listed')
  })
})
