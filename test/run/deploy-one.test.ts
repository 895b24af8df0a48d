import { beforeEach, describe, expect, it } from 'vitest'
import type { Call } from '../../src/provider/call.ts'
import type { Observation } from '../../src/provider/provider.ts'
import { errorOf, FAILED, PENDING, READY } from './fake-provider.ts'
import { setWholeRun, WALL_AT_START_MS, WITH_TUNNEL } from './whole-run.ts'

/** One server from its create to its outcome, and several side by side. */
let run: ReturnType<typeof setWholeRun>

beforeEach(() => {
  run = setWholeRun()
})

const creates = () => run.provider.calls.filter((call) => call.startsWith('create'))
const outcomes = () => run.state.deployments.map(({ id, outcome }) => `${id} ${outcome}`)
const seconds = () => run.clock.elapsedMs / 1_000

/** Servers at `x`, `y`, …, called `a`, `b`, …, each of which takes some time to be created. */
function inPlaces(count: number, createMs = 0) {
  const names = [...'xyzuvw'].slice(0, count)
  run.provider.targets.splice(0, 1, ...names.map((name) => ({ name, where: '1,2' })))
  const ids = [...'abcdef']
  const sentAtMs: number[] = []
  run.provider.creates.push(async () => {
    const id = ids.shift() ?? '?'
    sentAtMs.push(run.clock.elapsedMs)
    await run.clock.sleep(createMs)
    return { kind: 'created', id }
  })
  return sentAtMs
}

describe('a server', () => {
  it('has its time counted from the reply to its create, on both clocks', async () => {
    const atMs = run.clock.nowMs()
    run.provider.creates.push(async () => {
      await run.clock.sleep(4_000)
      return { kind: 'created', id: 'a' }
    })
    run.provider.readings.set('a', [PENDING, READY])
    const [one] = (await run.deploy()).deployments
    expect(one?.acceptedAtMs).toBeCloseTo(atMs + 4_000)
    expect(one?.acceptedWallMs).toBeCloseTo(WALL_AT_START_MS + 4_000)
    expect(one?.elapsedMs).toBe(1_000)
    expect(one?.timeline).toEqual([
      { status: 'DEPLOYING', atMs: 0 },
      { status: 'READY', atMs: 1_000 },
    ])
    expect(run.runner.log).toContain('accepted as a, here (nowhere)')
  })

  it('has each status in the report once', async () => {
    run.provider.readings.set('a', [PENDING, PENDING, PENDING, READY])
    const [one] = (await run.deploy()).deployments
    expect(one?.timeline.map(({ status }) => status)).toEqual(['DEPLOYING', 'READY'])
    expect(one?.observation).toEqual(READY)
  })

  it.each([
    ['as the platform likes it', undefined, [0, 1_000, 2_000]],
    ['as often as poll-interval says', 7_000, [0, 7_000, 14_000]],
  ])('is checked %s', async (_, pollIntervalMs, expected) => {
    const checks = run.watchChecks()
    run.provider.readings.set('a', [PENDING, PENDING, READY])
    await run.deploy({ pollIntervalMs })
    expect(checks).toMatchObject(expected.map((atMs) => ({ ids: ['a'], atMs })))
  })

  it('is checked for 3 s at most each time, and no longer than the run goes on', async () => {
    const calls: Call[] = []
    run.provider.observe = async (_, call) => {
      calls.push(call)
      await run.clock.sleep(60_000, call.signal)
      throw errorOf('connection-lost')
    }
    run.clock.at(1_000, () => run.cancel())
    expect((await run.deploy()).outcome).toBe('cancelled')
    expect(calls[0]).toEqual({ deadlineMs: 3_000, signal: expect.any(AbortSignal) })
    expect(calls[0]?.signal.aborted).toBe(true)
  })

  it('is shown on GitHub once it is accepted, and before it is ready', async () => {
    run.showOnGitHub()
    run.provider.readings.set('a', [PENDING, READY])
    run.clock.at(500, () => run.provider.calls.push('half a second'))
    await run.deploy()
    expect(run.provider.calls).toEqual([
      ...['save m1', 'create m1', 'save m1=a', 'github started a', 'half a second'],
    ])
  })

  it('is shown on GitHub as well where it is not waited for', async () => {
    run.showOnGitHub()
    await run.deploy({ wait: 'none' })
    expect(run.provider.calls).toContain('github started a')
  })

  it('that was refused is not shown on GitHub', async () => {
    run.showOnGitHub()
    run.provider.creates.push({ kind: 'refused', error: errorOf('refused') })
    await run.deploy()
    expect(run.provider.calls.join()).not.toContain('github')
  })

  it('takes the place of older ones on GitHub before the first of them is stopped', async () => {
    run.showOnGitHub()
    run.provider.members = { members: [{ id: 'old', tags: [] }], unclear: [] }
    const reach = { kind: 'application', application: 'my-game' } as const
    await run.deploy({ replace: { when: 'after-ready', reach } })
    const { calls } = run.provider
    expect(calls.indexOf('github took place a')).toBeGreaterThan(0)
    expect(calls.indexOf('github took place a')).toBeLessThan(calls.indexOf('stop old'))
  })

  it('whose status may not be read fails, with the reason of the platform', async () => {
    run.provider.readings.set('a', [PENDING, errorOf('unauthorized')])
    const state = await run.deploy({ timeoutMs: 600_000 })
    expect(state).toMatchObject({
      outcome: 'failed',
      stoppedIds: ['a'],
      deployments: [{ error: { kind: 'unauthorized' } }],
    })
    expect(seconds()).toBeLessThan(120)
  })

  it('that may exist and is not found fails, and stays in the ledger', async () => {
    run.provider.creates.push({ kind: 'unknown', error: errorOf('connection-lost') })
    const state = await run.deploy()
    expect(state).toMatchObject({
      outcome: 'failed',
      deployments: [{ outcome: 'failed', error: { kind: 'unresolved-create' } }],
    })
    expect(run.ledger.open.map(({ tag }) => tag)).toEqual(['m1', 'm2'])
  })

  it('that is turned away by a rate limit is tried again, within timeout', async () => {
    run.provider.creates.push(
      { kind: 'try-again', error: errorOf('rate-limited', 50_000) },
      { kind: 'created', id: 'a' },
    )
    expect((await run.deploy({ timeoutMs: 60_000 })).outcome).toBe('succeeded')
    expect(seconds()).toBe(50)
  })

  it('that would be tried again only after timeout is rejected at once', async () => {
    run.provider.creates.push({ kind: 'try-again', error: errorOf('rate-limited', 50_000) })
    expect((await run.deploy({ timeoutMs: 40_000 })).outcome).toBe('rejected')
    expect(seconds()).toBe(0)
  })

  it('is seen to start in the log, with a line every half minute', async () => {
    run.provider.readings.set('a', [PENDING])
    await run.deploy({ timeoutMs: 70_000 })
    expect(run.runner.log.match(/still DEPLOYING/g)).toHaveLength(2)
  })
})

describe('an account with room for few servers', () => {
  const reach = { kind: 'application', application: 'my-game' } as const
  const full = { kind: 'refused', error: errorOf('no-capacity') } as const

  beforeEach(() => {
    run.provider.members = { members: [{ id: 'old', tags: [] }], unclear: [] }
  })

  it('may take half a minute to have room again after an older one was stopped', async () => {
    let sinceMs: number | undefined
    run.provider.creates.push(() => {
      sinceMs ??= run.clock.elapsedMs
      return run.clock.elapsedMs - sinceMs < 25_000 ? full : { kind: 'created', id: 'a' }
    })
    expect(await run.deploy({ replace: { when: 'before-deploy', reach } })).toMatchObject({
      outcome: 'succeeded',
      stoppedIds: ['old'],
    })
    expect(creates().length).toBeGreaterThan(2)
  })

  it('is full if it has no room after that', async () => {
    run.provider.creates.push(full)
    expect(await run.deploy({ replace: { when: 'before-deploy', reach } })).toMatchObject({
      outcome: 'rejected',
    })
    expect(seconds()).toBeGreaterThanOrEqual(30)
    expect(seconds()).toBeLessThan(50)
  })

  it.each([
    ['nothing was stopped', 'before-deploy', true],
    ['the older ones stay until then', 'after-ready', undefined],
  ] as const)('is full at once where %s', async (_, when, isEnding) => {
    const old = { id: 'old', tags: [], ...(isEnding && { isEnding }) }
    run.provider.members = { members: [old], unclear: [] }
    run.provider.creates.push(full)
    expect((await run.deploy({ replace: { when, reach } })).outcome).toBe('rejected')
    expect(creates()).toEqual(['create m1'])
  })
})

describe('several servers', () => {
  it('are created side by side, 50 ms apart', async () => {
    const sentAtMs = inPlaces(4, 10_000)
    expect((await run.deploy()).outcome).toBe('succeeded')
    expect(sentAtMs).toEqual([0, 50, 100, 150])
    expect(seconds()).toBeLessThan(13)
  })

  it('have a create of their own each, with the same URL', async () => {
    inPlaces(2)
    run.clock.at(0, () => run.tunnel.comesUp())
    await run.deploy(WITH_TUNNEL)
    expect(creates()).toHaveLength(2)
    expect(new Set(creates().map((call) => call.split(' for ')[1])).size).toBe(1)
  })

  it('share their status checks', async () => {
    inPlaces(3)
    for (const id of 'abc') run.provider.readings.set(id, [PENDING, PENDING, READY])
    const checks = run.watchChecks()
    expect((await run.deploy()).outcome).toBe('succeeded')
    expect(checks.map(({ ids }) => ids.toSorted().join(''))).toEqual(['abc', 'abc', 'abc'])
  })

  it('that are not sent yet when one fails are not sent at all', async () => {
    const [first, ...others] = [FAILED, READY, READY]
    inPlaces(3)
    // The second and the third are on their way only after the first was refused.
    run.provider.creates.splice(0, 1, { kind: 'refused', error: errorOf('refused') })
    run.provider.readings.set('a', [first as Observation, ...others])
    expect((await run.deploy()).outcome).toBe('rejected')
    expect(creates()).toEqual(['create m1'])
    expect(run.state.deployments.map(({ outcome }) => outcome)).toEqual([
      ...['rejected', 'stopped', 'stopped'],
    ])
    expect(run.state.stoppedIds).toEqual([])
  })

  it('go on beside one that was refused, with on-failure: keep', async () => {
    inPlaces(2)
    run.provider.creates.splice(
      ...[0, 1],
      { kind: 'refused', error: errorOf('refused') },
      { kind: 'created', id: 'b' },
    )
    expect((await run.deploy({ onFailure: 'keep' })).outcome).toBe('rejected')
    expect(outcomes()).toEqual(['undefined rejected', 'b succeeded'])
  })

  it('are stopped without waiting for the log of the one that failed', async () => {
    inPlaces(2)
    run.provider.readings.set('b', [FAILED])
    run.provider.readings.set('a', [PENDING])
    run.provider.readLog = async (id) => {
      if (id === 'b') await run.clock.sleep(15_000)
      return undefined
    }
    const stopped: Record<string, number> = {}
    run.provider.stops.push((id) => {
      stopped[id] ??= run.clock.elapsedMs
      return 'gone'
    })
    await run.deploy()
    expect(stopped.a).toBeLessThan(5_000)
    expect(stopped.b).toBeGreaterThanOrEqual(15_000)
  })

  it('that are ready when another one fails are stopped, and say so', async () => {
    inPlaces(2)
    run.provider.readings.set('b', [PENDING, PENDING, PENDING, FAILED])
    const { outcome } = await run.deploy()
    expect({ outcome, ends: outcomes() }).toEqual({
      outcome: 'failed',
      ends: ['a stopped', 'b failed'],
    })
    expect(run.state.stoppedIds.toSorted()).toEqual(['a', 'b'])
    expect(run.state.deployments[0]).not.toHaveProperty('error')
  })

  it('that a cancel ends are cancelled, all of them, also beside one that failed', async () => {
    inPlaces(3)
    run.provider.readings.set('b', [FAILED])
    run.provider.readings.set('c', [PENDING])
    run.provider.stops.push((id) => {
      if (id === 'b') run.cancel()
      return 'gone'
    })
    await run.deploy()
    expect(run.state.outcome).toBe('cancelled')
    expect(run.ledger.open).toEqual([])
  })
})

describe('what can be done about a server later', () => {
  const reach = { kind: 'application', application: 'my-game' } as const
  const limited: Observation = { ...READY, facts: { maxMinutes: 60 } }

  it.each([
    ['nothing is known', {}, READY, { endsWithJob: false }],
    ['the platform ends it', {}, limited, { endsWithJob: false, maxMinutes: 60 }],
    ['it ends with the job', { stopAfterJob: true }, READY, { endsWithJob: true }],
    ['nobody replaces it', { group: 'g' }, READY, { endsWithJob: false }],
    [
      'it stands for a whole application',
      { replace: { when: 'after-ready', reach } },
      READY,
      { endsWithJob: false },
    ],
    [
      'the next one replaces it',
      { group: 'g', replace: { when: 'after-ready', reach } },
      READY,
      { endsWithJob: false, replacedInGroup: 'g' },
    ],
  ] as const)('is said where %s', async (_, settings, reading, expected) => {
    run.provider.readings.set('a', [reading])
    expect((await run.deploy(settings)).lifetime).toEqual(expected)
  })

  it('is nothing where the platform stops none', async () => {
    Object.assign(run.provider, { traits: { ...run.provider.traits, canStop: false } })
    expect(await run.deploy()).not.toHaveProperty('lifetime')
  })

  it('is told by whichever of several knows it', async () => {
    inPlaces(2)
    run.provider.readings.set('b', [limited])
    expect((await run.deploy()).lifetime).toMatchObject({ maxMinutes: 60 })
  })
})

describe('creates that were given up as lost', () => {
  const lost = { kind: 'unknown', error: errorOf('connection-lost') } as const

  beforeEach(() => {
    run.provider.creates.push(lost, { kind: 'created', id: 'b' })
  })

  it('are searched for once at the end, all together', async () => {
    await run.deploy()
    const finds = run.provider.calls.filter((call) => call.startsWith('find'))
    // Four times when it got lost, and once at the end.
    expect(finds).toEqual(Array.from({ length: 5 }, () => 'find m1'))
  })

  it('are warned of where that search fails, and the run is a success', async () => {
    let isOver = false
    run.provider.readings.set('b', [PENDING, READY])
    const observe = run.provider.observe.bind(run.provider)
    run.provider.observe = async (ids, call) => {
      isOver = true
      return await observe(ids, call)
    }
    run.provider.finds.push(() => (isOver ? errorOf('server-fault') : new Map()))
    expect((await run.deploy()).outcome).toBe('succeeded')
    expect(run.runner.messages('warning')).toEqual([
      'Could not look for a lost deployment m1: server-fault',
    ])
    expect(run.ledger.open.map(({ tag }) => tag)).toContain('m1')
  })

  it('are not stopped where the platform gives the id of what is kept', async () => {
    run.provider.finds.push(new Map(), new Map(), new Map(), new Map(), new Map([['b', 'm1']]))
    expect((await run.deploy()).stoppedIds).toEqual([])
    expect(run.provider.calls).not.toContain('stop b')
  })

  it('are no reason to search for what a platform noted for itself', async () => {
    run.provider.creates.splice(0, 1)
    run.ledger.opened('subscription', true)
    await run.deploy()
    expect(run.provider.calls.join()).not.toContain('find')
  })
})
