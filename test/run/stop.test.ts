import { beforeEach, describe, expect, it } from 'vitest'
import { ActionError } from '../../src/base/errors.ts'
import { errorOf, READY } from './fake-provider.ts'
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
    expect(run.runner.messages('notice')).toEqual([])
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

/** What is left of a stop in the log, when its end was not seen. */
const stillReady = async (ids: readonly string[]) => new Map(ids.map((id) => [id, READY] as const))

describe('the time for a stop', () => {
  beforeEach(() => {
    run.provider.observe = stillReady
    run.provider.stop = async (id) => {
      run.provider.calls.push(`stop ${id}`)
      return 'accepted'
    }
  })

  it.each([
    ['one server', { kind: 'deployment', id: 'a' }],
    ['a group', GROUP],
  ] as const)('is what timeout says, for all of it together: %s', async (_, reach) => {
    run.provider.members = { members: [member('a'), member('b')], unclear: [] }
    run.provider.readLog = async () => {
      await run.clock.sleep(4_000)
      return undefined
    }
    expect(await run.stop({ reach, timeoutMs: 20_000 })).toMatchObject({
      outcome: 'timed-out',
      error: { kind: 'timed-out' },
      stoppedIds: [],
    })
    expect(run.clock.elapsedMs).toBeGreaterThanOrEqual(20_000)
    expect(run.clock.elapsedMs).toBeLessThan(30_000)
  })

  it('says what to do when it is over', async () => {
    const { error } = await run.stop({ timeoutMs: 20_000 })
    expect(error?.message).toBe('The stop of a was accepted, but it was not gone within 20.0 s')
    expect(error?.next).toContain('raise timeout')
  })

  it.each([
    ['fails', errorOf('server-fault'), 'failed', 'server-fault'],
    ['is not known', 'unknown', 'timed-out', 'stop-unconfirmed'],
  ] as const)('ends with what is known of a stop that %s to the end', async (_, reply, ...end) => {
    run.provider.stop = async () => {
      if (reply instanceof ActionError) throw reply
      return reply
    }
    const { outcome, error } = await run.stop({ timeoutMs: 5_000 })
    expect([outcome, error?.kind]).toEqual(end)
  })
})

describe('of a group that was stopped in part', () => {
  /** What becomes of each stop. */
  function ends(by: Record<string, 'is refused' | 'is never seen' | 'ends'>) {
    run.provider.members = { members: Object.keys(by).map(member), unclear: [] }
    const accept = run.provider.stop.bind(run.provider)
    run.provider.stop = async (id, call) => {
      if (by[id] === 'is refused') throw errorOf('forbidden')
      if (by[id] === 'ends') return await accept(id, call)
      return 'accepted'
    }
    const observe = run.provider.observe.bind(run.provider)
    run.provider.observe = async (ids, call) => {
      const read = await observe(ids, call)
      for (const id of ids) if (by[id] !== 'ends') read.set(id, READY)
      return read
    }
  }

  it.each([
    ['all that is left is late', { a: 'is never seen', b: 'ends' }, 'timed-out', 'timed-out'],
    ['one is late and one refused', { a: 'is never seen', b: 'is refused' }, 'failed', 'forbidden'],
    ['one is refused', { a: 'ends', b: 'is refused' }, 'failed', 'forbidden'],
  ] as const)('the end where %s', async (_, by, outcome, kind) => {
    ends(by)
    expect(await run.stop({ reach: GROUP, timeoutMs: 20_000 })).toMatchObject({
      outcome,
      error: { kind },
      stoppedIds: Object.entries(by).flatMap(([id, end]) => (end === 'ends' ? id : [])),
    })
    const left = Object.entries(by).filter(([, end]) => end !== 'ends')
    const ids = left.map(([id]) => id)
    expect(run.state.error?.message).toContain(
      `${ids.length} of 2 deployments may still run: ${ids.join(', ')}. `,
    )
    for (const id of ids) expect(run.runner.log).toContain(`${id} may still run: `)
  })

  it('the advice, the request and the cause are those of what failed', async () => {
    const error = new ActionError({
      ...{ kind: 'forbidden', what: 'No.', next: 'Use another token.', request: 'DELETE /x' },
    })
    run.provider.members = { members: [member('a')], unclear: [] }
    run.provider.stop = () => Promise.reject(error)
    expect((await run.stop({ reach: GROUP })).error).toMatchObject({
      ...{ kind: 'forbidden', next: 'Use another token.', request: 'DELETE /x', cause: error },
    })
  })

  it('no advice is made up', async () => {
    ends({ a: 'is refused' })
    expect((await run.stop({ reach: GROUP })).error?.next).toBeUndefined()
  })
})

describe('what a stop lists', () => {
  const APPLICATION = { kind: 'application', application: 'my-game' } as const

  it.each([
    [GROUP, 'pr-12', 'deployments of my-game with the tag pr-12'],
    [APPLICATION, undefined, 'deployments of my-game'],
  ])('is %j, and it says so', async (reach, group, words) => {
    const scopes: unknown[] = []
    let lists = 0
    run.provider.groups.members = async (scope?: unknown) => {
      scopes.push(scope)
      lists += 1
      return { members: lists === 1 ? [member('a'), member('b')] : [], unclear: [] }
    }
    await run.stop({ reach })
    expect(scopes).toEqual([1, 2].map(() => ({ application: 'my-game', group })))
    expect(run.runner.log).toContain(`Stopping ${words}: a, b\n`)
  })

  it.each([
    ['is warned of where the platform does not know the application', false, true],
    ['is not warned of where it does', true, false],
    ['is not warned of where that cannot be read', errorOf('server-fault'), false],
  ] as const)('that holds nothing %s', async (_, known, isWarned) => {
    const isApplication = async () => {
      if (known instanceof Error) throw known
      return known
    }
    Object.assign(run.provider.groups, { isApplication })
    expect((await run.stop({ reach: APPLICATION })).outcome).toBe('stopped')
    const warnings = run.runner.messages('warning').join()
    expect(warnings.includes('knows no application my-game')).toBe(isWarned)
  })

  it('is named where there is nothing', async () => {
    await run.stop({ reach: APPLICATION })
    expect(run.runner.messages('notice')).toEqual([
      'Nothing to stop: there are no deployments of my-game.',
    ])
  })

  it('is not said to be nothing where something was stopped', async () => {
    run.provider.members = { members: [member('a')], unclear: [] }
    await run.stop({ reach: GROUP })
    expect(run.runner.messages('notice')).toEqual([])
  })

  it('is listed five times at most, however many come up', async () => {
    let lists = 0
    run.provider.groups.members = async () => {
      lists += 1
      return { members: [member(`s${lists}`)], unclear: [] }
    }
    expect((await run.stop({ reach: GROUP })).outcome).toBe('stopped')
    expect(run.state.stoppedIds).toEqual(['s1', 's2', 's3', 's4', 's5'])
    expect(lists).toBe(5)
  })

  it('is stopped once, although the list goes on showing it', async () => {
    run.provider.members = { members: [member('a')], unclear: [] }
    run.provider.stops.push('gone')
    await run.stop({ reach: GROUP })
    expect(stops()).toEqual(['stop a'])
  })

  it('counts something whose status is not known once, and waits for it once', async () => {
    run.provider.members = { members: [member('a')], unclear: ['odd'] }
    const { error } = await run.stop({ reach: GROUP })
    expect(error).toMatchObject({
      kind: 'not-found',
      message:
        '1 of 2 deployments may still run: odd. odd is listed, but its status does not tell whose it is',
      next: expect.stringContaining('by deployment-id'),
    })
    expect(run.clock.elapsedMs).toBeLessThan(20_000)
  })

  it.each([
    ['the tag of the group', GROUP, 'find pr-12'],
    ['its own first tag where all of the application goes', APPLICATION, 'find t1'],
  ])('is searched for by %s where nobody knows it', async (_, reach, search) => {
    run.provider.members = { members: [{ id: 'a', tags: ['t1', 'pr-12'] }], unclear: [] }
    run.provider.stops.push('unknown')
    run.provider.observe = async (ids) => new Map(ids.map((id) => [id, errorOf('not-found')]))
    await run.stop({ reach })
    expect(run.provider.calls).toContain(search)
  })

  it('is not listed again after a cancel, without a warning', async () => {
    let lists = 0
    run.provider.groups.members = async () => {
      lists += 1
      if (lists > 1) {
        run.cancel()
        throw errorOf('connection-lost')
      }
      return { members: [member('a')], unclear: [] }
    }
    expect(await run.stop({ reach: GROUP })).toMatchObject({
      outcome: 'cancelled',
      stoppedIds: ['a'],
    })
    expect(run.runner.messages('warning')).toEqual([])
    expect(lists).toBe(2)
  })

  it('may not be listable at all, which is the error as it is', async () => {
    const error = errorOf('refused')
    run.provider.groups.members = () => Promise.reject(error)
    expect((await run.stop({ reach: GROUP })).error).toBe(error)
  })
})

describe('before a stop', () => {
  it.each([
    ['the log of each is shown', 5, true],
    ['no log is read where none is wanted', 0, false],
  ])('%s', async (_, logLines, isRead) => {
    run.provider.logs.set('a', ['bye from a'])
    run.provider.members = { members: [member('a'), member('b')], unclear: [] }
    await run.stop({ reach: GROUP, logLines })
    expect(run.provider.calls.includes('log a')).toBe(isRead)
    expect(run.provider.calls.includes('log b')).toBe(isRead)
    expect(run.runner.log.includes('| bye from a')).toBe(isRead)
  })

  it('nothing else than the acceptance is waited for with wait: none', async () => {
    run.provider.members = { members: [member('a'), member('b')], unclear: [] }
    run.provider.observe = () => Promise.reject(new Error('nobody asks'))
    expect(await run.stop({ reach: GROUP, wait: 'none' })).toMatchObject({
      outcome: 'stopped',
      stoppedIds: ['a', 'b'],
    })
    expect(run.clock.elapsedMs).toBe(0)
    expect(stops()).toEqual(['stop a', 'stop b'])
  })
})

describe('a cancel', () => {
  it('after the stop is done changes nothing', async () => {
    run.provider.stops.push(async () => {
      run.cancel()
      return 'gone' as const
    })
    expect(await run.stop()).toMatchObject({ outcome: 'stopped' })
    expect(run.state.error).toBeUndefined()
  })

  it('that breaks off a stop is what is reported, not what it broke off', async () => {
    run.provider.stops.push(() => {
      run.cancel()
      return errorOf('connection-lost')
    })
    run.provider.observe = stillReady
    expect(await run.stop()).toMatchObject({ outcome: 'cancelled', error: { kind: 'cancelled' } })
  })

  it('of a group between two lists is cancelled, with what was stopped', async () => {
    run.provider.members = { members: [member('a')], unclear: [] }
    run.provider.stops.push(async () => {
      run.cancel()
      return 'gone' as const
    })
    expect(await run.stop({ reach: GROUP })).toMatchObject({ outcome: 'cancelled' })
    expect(run.provider.calls.filter((call) => call === 'list')).toHaveLength(1)
    expect(run.runner.messages('notice')).toEqual([])
  })
})
