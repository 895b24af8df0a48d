import { beforeEach, describe, expect, it } from 'vitest'
import type { Observation } from '../../src/provider/provider.ts'
import { type StopOptions, stopDeployment } from '../../src/run/stop-deployment.ts'
import { stopMany } from '../../src/run/stop-many.ts'
import { ENDING, errorOf, FAILED, READY } from './fake-provider.ts'
import { setStage } from './stage.ts'

let stage: ReturnType<typeof setStage>

beforeEach(() => {
  stage = setStage()
})

const ENDED: Observation = { ...ENDING, status: 'TERMINATED', end: 'ended' }
const stop = (options?: StopOptions) => stage.run(stopDeployment(stage.context, 'a', options))
const calls = (one: string) => stage.provider.calls.filter((call) => call === one).length
const log = () => stage.runner.log

describe('what a stop waits for', () => {
  it.each([
    ['accepted', 0],
    ['ending', 1],
    ['ended', 3],
  ] as const)('until %s', async (until, checks) => {
    const { provider } = stage
    const seen = [ENDING, ENDING, ENDED]
    let count = 0
    provider.observe = async () => new Map([['a', seen[count++] ?? ENDED]])
    expect(await stop({ until })).toEqual({ kind: 'stopped' })
    expect(count).toBe(checks)
  })

  it('until it is accepted, and nobody else’s answer counts as that', async () => {
    stage.provider.stops.push('unknown', 'unknown', 'accepted')
    stage.provider.statuses.push(READY)
    expect(await stop({ until: 'accepted' })).toEqual({ kind: 'stopped' })
    expect(calls('stop a')).toBe(3)
  })

  it('pauses longer after each failure', async () => {
    const moments: number[] = []
    stage.provider.stops.push(async () => {
      moments.push(Math.round(stage.clock.elapsedMs))
      return errorOf('server-fault')
    })
    await stop()
    expect(moments.slice(0, 5)).toEqual([0, 300, 900, 2_100, 4_500])
  })

  it('that is to be ended is asked for again while it ends', async () => {
    stage.provider.statuses.push(ENDING, ENDING, ENDED)
    await stop({ until: 'ended' })
    expect(calls('stop a')).toBe(3)
    // Ever less often.
    expect(stage.clock.elapsedMs).toBeCloseTo(250 + 375)
  })

  it('that is ended and then forgotten has ended', async () => {
    stage.provider.stops.push('accepted', 'unknown')
    stage.provider.statuses.push(ENDING, errorOf('not-found'))
    expect(await stop({ until: 'ended' })).toEqual({ kind: 'stopped' })
    expect(stage.clock.elapsedMs).toBeLessThan(1_000)
    expect(log()).toContain('a has ended')
  })

  it('is enough when it is ending, for a run that is cancelled', async () => {
    stage.provider.statuses.push(ENDING)
    stage.cancel()
    expect(await stop({ until: 'ended' })).toEqual({ kind: 'stopped' })
    expect(log()).toContain('a is ending')
  })

  it('pauses for two seconds at the most', async () => {
    stage.provider.statuses.push(READY)
    await stop({ limitMs: 120_000 })
    const perSecond = calls('stop a') / 120
    expect(perSecond).toBeGreaterThan(0.5)
    expect(perSecond).toBeLessThan(0.6)
  })
})

describe('what a stop says', () => {
  it('of one that was accepted once, however often it is asked for', async () => {
    stage.provider.statuses.push(READY, READY, ENDING)
    await stop()
    expect(log().match(/Stopping a: accepted/g)).toHaveLength(1)
  })

  it('in a long wait, every half a minute', async () => {
    stage.provider.statuses.push(READY)
    await stop({ limitMs: 100_000 })
    expect(log().match(/a has not been seen to end yet; its stop was accepted/g)).toHaveLength(3)
  })

  it('of one that the provider does not take, that it has not been seen to end', async () => {
    stage.provider.stops.push('unknown')
    stage.provider.statuses.push(READY)
    await stop({ limitMs: 40_000 })
    expect(log()).toMatch(/a has not been seen to end yet\n/)
  })

  it('of each failure, but not of the one that ends it', async () => {
    stage.provider.stops.push(errorOf('forbidden'))
    await stop()
    expect(log().match(/Stopping a failed: forbidden; retrying/g)).toHaveLength(2)
  })

  it('nothing of a failure when there is no time to try again', async () => {
    stage.provider.stops.push(async () => {
      await stage.clock.sleep(60_000, stage.context.cancellation.over)
      return errorOf('connection-lost')
    })
    stage.cancel()
    await stop()
    expect(log()).not.toContain('retrying')
  })
})

describe('a stop that is not certain', () => {
  it('tells the last failure where the provider never took it', async () => {
    stage.provider.stops.push(errorOf('server-fault'))
    expect(await stop()).toMatchObject({ isAccepted: false, error: { kind: 'server-fault' } })
  })

  it('tells that it was accepted, and what went wrong since', async () => {
    stage.provider.stops.push('accepted', errorOf('server-fault'))
    stage.provider.statuses.push(READY)
    expect(await stop()).toMatchObject({
      kind: 'unconfirmed',
      isAccepted: true,
      error: {
        kind: 'stop-unconfirmed',
        message:
          'The stop of a was accepted, but the server has not been seen to end (server-fault)',
      },
    })
  })

  it('tells that the credentials were refused, also of one that was accepted', async () => {
    stage.provider.stops.push('accepted', errorOf('forbidden'))
    stage.provider.statuses.push(READY)
    expect(await stop()).toMatchObject({ isAccepted: true, error: { kind: 'forbidden' } })
  })

  it('counts refused credentials only in a row', async () => {
    const [no, yes] = [errorOf('forbidden'), 'accepted' as const]
    stage.provider.stops.push(no, no, yes, no, no, yes)
    stage.provider.statuses.push(READY, READY, ENDING)
    expect(await stop()).toEqual({ kind: 'stopped' })
  })

  it('tells of one that nobody knows, and whose time is over, that it is not known', async () => {
    stage.provider.stops.push('unknown')
    stage.provider.statuses.push(errorOf('not-found'))
    expect(await stop({ limitMs: 5_000 })).toMatchObject({
      isAccepted: false,
      error: { message: 'The provider does not know a at the moment' },
    })
  })

  it('knows of one that was taken before by somebody else that it was', async () => {
    stage.provider.stops.push(errorOf('server-fault'))
    expect(await stop({ isAccepted: true })).toMatchObject({ isAccepted: true })
    expect(log()).not.toContain('Stopping a: accepted')
  })

  it('is given up after half a minute in which the provider answered nothing', async () => {
    stage.provider.stops.push(errorOf('connection-lost'))
    expect(await stop({ limitMs: 600_000 })).toMatchObject({ kind: 'unconfirmed' })
    expect(stage.clock.elapsedMs).toBeGreaterThanOrEqual(30_000)
    expect(stage.clock.elapsedMs).toBeLessThan(45_000)
  })

  it('goes on for its whole time while the provider answers now and then', async () => {
    stage.provider.statuses.push(READY)
    let stops = 0
    stage.provider.stops.push(() => {
      stops += 1
      return stops % 3 === 0 ? 'accepted' : errorOf('server-fault')
    })
    await stop({ limitMs: 120_000 })
    expect(stage.clock.elapsedMs).toBeCloseTo(120_000)
  })

  it('is left after two seconds by a cancelled run, once it was accepted', async () => {
    stage.provider.statuses.push(READY)
    stage.cancel()
    expect(await stop()).toMatchObject({ isAccepted: true })
    expect(stage.clock.elapsedMs).toBeGreaterThanOrEqual(2_000)
    expect(stage.clock.elapsedMs).toBeLessThan(4_000)
  })
})

describe('a stop of an id that is not known', () => {
  const notFound = errorOf('not-found')

  it('counts the time anew whenever something knows it, or fails', async () => {
    const { provider, clock } = stage
    provider.stops.push('unknown')
    let checks = 0
    provider.observe = async () => {
      checks += 1
      // Known once, when it had nearly counted as gone.
      return new Map([
        ['a', clock.elapsedMs > 10_000 && clock.elapsedMs < 11_500 ? READY : notFound],
      ])
    }
    expect(await stop()).toEqual({ kind: 'gone' })
    expect(clock.elapsedMs).toBeGreaterThan(22_000)
    expect(checks).toBeGreaterThan(5)
    expect(log()).toContain('a is not known to the provider any more')
  })

  it('is stopped, and not gone, where an earlier stop of it was accepted', async () => {
    stage.provider.stops.push('accepted', 'unknown')
    stage.provider.statuses.push(notFound)
    expect(await stop()).toEqual({ kind: 'stopped' })
  })

  it('needs several checks, however long each takes', async () => {
    stage.provider.stops.push('unknown')
    let checks = 0
    stage.provider.observe = async () => {
      checks += 1
      await stage.clock.sleep(5_000)
      return new Map([['a', notFound]])
    }
    expect(await stop({ limitMs: 120_000 })).toEqual({ kind: 'gone' })
    expect(checks).toBe(5)
  })

  it('asks the list by its tag only where it is known', async () => {
    stage.provider.stops.push('unknown')
    stage.provider.statuses.push(notFound)
    await stop()
    expect(stage.provider.calls.filter((call) => call.startsWith('find'))).toEqual([])
    await stop({ tag: 'm1' })
    expect(stage.provider.calls).toContain('find m1')
  })

  it('goes on while the status fails otherwise', async () => {
    stage.provider.stops.push('unknown')
    stage.provider.statuses.push(errorOf('server-fault'))
    expect(await stop()).toMatchObject({ kind: 'unconfirmed', error: { kind: 'server-fault' } })
  })

  it('waits while nothing is said of it at all', async () => {
    stage.provider.observe = async () => new Map()
    expect(await stop()).toMatchObject({ kind: 'unconfirmed', isAccepted: true })
  })
})

describe('a failed server that keeps its status after the stop', () => {
  beforeEach(() => stage.provider.statuses.push(FAILED))

  it('has ended once the list of active ones has been without it for long', async () => {
    expect(await stop({ tag: 'm1' })).toEqual({ kind: 'stopped' })
    expect(stage.clock.elapsedMs).toBeGreaterThanOrEqual(12_000)
    expect(log()).toContain('a is not listed by the provider any more')
  })

  it('may run while it is listed', async () => {
    stage.provider.finds.push(new Map([['a', 'm1']]))
    expect(await stop({ tag: 'm1' })).toMatchObject({ kind: 'unconfirmed', isAccepted: true })
  })

  it('may run where no tag is known to search the list by', async () => {
    expect(await stop()).toMatchObject({ kind: 'unconfirmed', isAccepted: true })
  })

  it('may run while no stop of it was accepted', async () => {
    stage.provider.stops.push('unknown')
    expect(await stop({ tag: 'm1' })).toMatchObject({ kind: 'unconfirmed', isAccepted: false })
  })
})

describe('the requests of a stop', () => {
  it('have no more time than is left, and never too little to be answered', async () => {
    const deadlines: number[] = []
    stage.provider.stops.push(async (_, { deadlineMs }) => {
      deadlines.push(deadlineMs)
      await stage.clock.sleep(1_000)
      return 'accepted' as const
    })
    stage.provider.statuses.push(READY)
    await stop({ limitMs: 12_000 })
    expect(Math.max(...deadlines)).toBe(10_000)
    expect(Math.min(...deadlines)).toBeGreaterThanOrEqual(500)
    expect(deadlines).toEqual(deadlines.toSorted((a, b) => b - a))
  })

  it('check the status for a shorter time once the run is cancelled', async () => {
    const deadlines: number[] = []
    stage.provider.observe = async (_, { deadlineMs }) => {
      deadlines.push(deadlineMs)
      if (deadlines.length === 2) stage.cancel()
      return new Map([['a', deadlines.length > 3 ? ENDING : READY]])
    }
    await stop()
    expect(deadlines).toEqual([3_000, 3_000, 1_000, 1_000])
  })
})

describe('the stop of many', () => {
  const many = (ids: readonly string[], until: 'accepted' | 'ending' | 'ended', limitMs = 60_000) =>
    stage.run(
      stopMany(
        stage.context,
        ids.map((id) => ({ id })),
        { until, limitMs },
      ),
    )
  const ids = Array.from({ length: 25 }, (_, index) => `s${index}`)

  it('sends all stops before any end is waited for', async () => {
    const result = await many(['a', 'b', 'c'], 'ending')
    expect(result).toEqual({ stoppedIds: ['a', 'b', 'c'], goneIds: [], failures: [] })
    expect(stage.provider.calls.slice(0, 3)).toEqual(['stop a', 'stop b', 'stop c'])
  })

  it('sends all of many, also while none of the first ten ends', async () => {
    stage.provider.observe = async (all) => new Map(all.map((id) => [id, READY]))
    await many(ids, 'ended', 5_000)
    const first = stage.provider.calls.slice(0, 25).toSorted()
    expect(first).toEqual(ids.map((id) => `stop ${id}`).toSorted())
  })

  it('sends one stop each where that is all', async () => {
    await many(['a', 'b'], 'accepted')
    expect(stage.provider.calls).toEqual(['stop a', 'stop b'])
  })

  it('of a single one is one stop and one check', async () => {
    await many(['a'], 'ending')
    expect(stage.provider.calls).toEqual(['stop a'])
  })

  it('has at most ten on the way at once', async () => {
    let [now, most] = [0, 0]
    stage.provider.stops.push(async () => {
      now += 1
      most = Math.max(most, now)
      await stage.clock.sleep(100)
      now -= 1
      return 'accepted' as const
    })
    const { stoppedIds } = await many(ids, 'accepted')
    expect(stoppedIds).toHaveLength(25)
    expect(most).toBe(10)
  })

  it('sorts what was stopped, was gone, or may run on', async () => {
    stage.provider.stops.push((id) => {
      if (id === 'a') return 'gone'
      return id === 'b' ? errorOf('forbidden') : 'accepted'
    })
    expect(await many(['a', 'b', 'c'], 'ending')).toMatchObject({
      stoppedIds: ['c'],
      goneIds: ['a'],
      failures: [{ id: 'b', isAccepted: false, error: { kind: 'forbidden' } }],
    })
    // What was gone or refused is not asked for again.
    expect(calls('stop a')).toBe(1)
    expect(calls('stop b')).toBe(3)
  })

  it('waits for the end of each where that is wanted, and not only until it is ending', async () => {
    stage.provider.observe = async (all) => {
      return new Map(all.map((id) => [id, stage.clock.elapsedMs < 5_000 ? ENDING : ENDED]))
    }
    expect(await many(['a', 'b'], 'ended')).toMatchObject({ stoppedIds: ['a', 'b'] })
    expect(stage.clock.elapsedMs).toBeGreaterThanOrEqual(5_000)
  })

  it('knows of each that its stop was taken, although it is refused from then on', async () => {
    stage.provider.statuses.push(READY)
    stage.provider.stops.push('accepted', 'accepted', errorOf('forbidden'))
    const { failures } = await many(['a', 'b'], 'ending')
    expect(failures.map(({ isAccepted }) => isAccepted)).toEqual([true, true])
  })

  it('has one time for all of them', async () => {
    stage.provider.observe = async (all) => new Map(all.map((id) => [id, READY]))
    const { failures } = await many(ids.slice(0, 3), 'ended', 10_000)
    expect(failures.map(({ isAccepted }) => isAccepted)).toEqual([true, true, true])
    expect(stage.clock.elapsedMs).toBeCloseTo(10_000)
  })
})
