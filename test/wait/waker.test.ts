import { describe, expect, it } from 'vitest'
import { adaptiveSchedule, fixedSchedule } from '../../src/wait/schedule.ts'
import { seededRandom } from './random.ts'
import { begin, broken, fault, type Provider, pending, play, ready } from './scene.ts'
import { TestWaker } from './test-waker.ts'
import { VirtualClock } from './virtual-clock.ts'

/** Runs a wait whose waker is woken at these times. */
async function ringing(
  ringsAtMs: readonly number[],
  provider: Provider,
  { slowMs, ...options }: { slowMs?: number } & Parameters<typeof play>[1] = {},
) {
  const clock = new VirtualClock()
  const waker = new TestWaker(slowMs)
  for (const atMs of ringsAtMs) clock.at(atMs, () => waker.notification())
  const scene = begin(provider, { clock, waker, ...options })
  return { ...scene, waker, result: await clock.run(scene.result) }
}

const times = (count: number, everyMs: number) =>
  Array.from({ length: count }, (_, index) => index * everyMs)
const readyFrom = (readyAtMs: number) => (check: { atMs: number }) =>
  check.atMs >= readyAtMs ? ready : pending

describe('a notification', () => {
  it('brings the next check forward, to at once', async () => {
    const { checks, result } = await ringing([14_321], readyFrom(14_000), { slowMs: 30_000 })
    expect(checks.map(({ atMs }) => Math.round(atMs))).toEqual([0, 14_321])
    expect(result).toMatchObject({ ending: 'settled', last: ready, source: 'webhook' })
  })

  it('during a check is not lost: another check follows', async () => {
    const { checks, result } = await ringing(
      [500],
      async ({ index, clock }) => {
        await clock.sleep(1_000)
        return index > 0 ? ready : pending
      },
      { slowMs: 30_000 },
    )
    expect(checks[1]?.atMs).toBeCloseTo(1_000)
    expect(result).toMatchObject({ source: 'webhook' })
  })

  it('that will not come is not relied on: polling stays at full pace', async () => {
    const almost = { ...pending, status: 'READY', endsUnannounced: true } as const
    const { checks } = await ringing(
      [2_000],
      ({ atMs }) => (atMs >= 4_500 ? ready : atMs >= 2_000 ? almost : pending),
      { slowMs: 30_000 },
    )
    expect(checks.map(({ atMs }) => Math.round(atMs))).toEqual([0, 2_000, 3_000, 4_000, 5_000])
  })

  it('shortly after a check of polling is answered at once', async () => {
    const { checks } = await ringing([30], readyFrom(1), { slowMs: 30_000 })
    expect(checks[1]?.atMs).toBeCloseTo(30)
  })

  it('shortly after another keeps a distance of a quarter of a second', async () => {
    const { checks } = await ringing(
      [30, 50],
      ({ atMs }) => (atMs > 31 ? ready : { ...pending, status: `AT ${atMs}` }),
      { slowMs: 30_000 },
    )
    expect(checks.map(({ atMs }) => Math.round(atMs))).toEqual([0, 30, 280])
  })

  it('is never believed: what counts is what the provider says then', async () => {
    const { result } = await ringing([100, 200, 5_000], ({ atMs }) => {
      return atMs < 60_000 ? pending : broken
    })
    expect(result).toMatchObject({ ending: 'settled', last: broken, source: 'poll' })
    expect(result.elapsedMs).toBeGreaterThanOrEqual(60_000)
  })

  it('whose check fails is followed up by polling', async () => {
    const { result } = await ringing(
      [10_000],
      ({ atMs }) => (atMs >= 10_000 && atMs < 10_900 ? fault() : readyFrom(9_000)({ atMs })),
      { slowMs: 10_000 },
    )
    expect(result).toMatchObject({ ending: 'settled', source: 'poll' })
    expect(result.elapsedMs).toBeLessThanOrEqual(11_001)
  })

  it('after which a poll brings the news leaves the news to the poll', async () => {
    const { result } = await ringing([3_300], readyFrom(5_000))
    expect(result).toMatchObject({ source: 'poll' })
    expect(result.elapsedMs).toBeCloseTo(5_300)
  })

  it('does not outrun a Retry-After', async () => {
    const { checks } = await ringing([100, 2_000], ({ index }) =>
      index === 0 ? fault('rate-limited', 5_000) : ready,
    )
    expect(checks.map(({ atMs }) => Math.round(atMs))).toEqual([0, 5_000])
  })

  it('does not outlive the deadline', async () => {
    for (const ringAtMs of [4_990, 4_999.9, 5_000]) {
      const { result } = await ringing([ringAtMs], () => pending, {
        timeoutMs: 5_000,
        slowMs: 30_000,
      })
      expect(result.ending).toBe('timed-out')
      expect(result.elapsedMs).toBeLessThanOrEqual(6_000)
    }
  })
})

describe('a waker that is to be relied on', () => {
  it('slows polling as far as it says', async () => {
    const { gaps } = await ringing([], readyFrom(200_000), { slowMs: 30_000 })
    for (const gapMs of gaps()) expect(gapMs).toBeCloseTo(30_000)
  })

  it('does not slow what follows a failed check', async () => {
    const { checks } = await ringing([], ({ index }) => (index === 0 ? fault() : ready), {
      slowMs: 30_000,
    })
    expect(checks[1]?.atMs).toBeCloseTo(1_000)
  })

  it('does not put off the last check', async () => {
    const { checks } = await ringing([], () => pending, { slowMs: 30_000, timeoutMs: 10_000 })
    expect(checks.map(({ atMs }) => Math.round(atMs))).toEqual([0, 10_000])
  })

  it('stops slowing at once when it no longer is', async () => {
    const clock = new VirtualClock()
    const waker = new TestWaker(60_000)
    clock.at(10_500, () => waker.change(undefined))
    const { checks } = await play(readyFrom(10_000), { clock, waker })
    expect(checks.map(({ atMs }) => Math.round(atMs))).toEqual([0, 10_500])
  })

  it('slows from the next moment on when it comes to be', async () => {
    const clock = new VirtualClock()
    const waker = new TestWaker()
    clock.at(10_500, () => waker.change(20_000))
    const { checks } = await play(readyFrom(25_000), { clock, waker })
    expect(checks.slice(-2).map(({ atMs }) => Math.round(atMs))).toEqual([10_000, 30_000])
  })

  it('that may have missed notifications has a check taken, which counts as a poll', async () => {
    const clock = new VirtualClock()
    const waker = new TestWaker(60_000)
    clock.at(7_000, () => waker.wake('gap'))
    const { checks, result } = await play(readyFrom(6_000), { clock, waker })
    expect(checks.map(({ atMs }) => Math.round(atMs))).toEqual([0, 7_000])
    expect(result).toMatchObject({ source: 'poll' })
  })
})

describe('notifications without news', () => {
  it('are trusted four times; then polling no longer relies on the waker', async () => {
    const { gaps } = await ringing(times(5, 30_000).slice(1), readyFrom(150_000), {
      slowMs: 60_000,
    })
    const [first, second, third, fourth, ...later] = gaps()
    for (const gapMs of [first, second, third, fourth]) expect(gapMs).toBeCloseTo(30_000)
    for (const gapMs of later) expect(gapMs).toBeCloseTo(1_000)
  })

  it('that bring a new state are none', async () => {
    const { gaps } = await ringing(
      times(8, 10_000).slice(1),
      ({ atMs }) => ({ state: 'pending', status: `STEP ${Math.floor(atMs / 10_000)}` }),
      { slowMs: 60_000, timeoutMs: 100_000 },
    )
    expect(gaps().map((gapMs) => Math.round(gapMs))).toEqual([
      ...times(7, 0).map(() => 10_000),
      30_000,
    ])
  })
})

describe('a storm of notifications', () => {
  const pollSchedule = () => adaptiveSchedule(seededRandom(3))
  const calm = () => play(() => pending, { pollSchedule: pollSchedule() })

  it('of 10,000 makes hardly more checks than polling alone', async () => {
    const { checks, result } = await ringing(times(10_000, 60), () => pending, {
      pollSchedule: pollSchedule(),
      slowMs: 30_000,
    })
    expect(result.ending).toBe('timed-out')
    expect(checks.length).toBeLessThanOrEqual((await calm()).checks.length * 1.1 + 10)
  })

  it('does not put off the checks of polling either', async () => {
    const { checks, gaps } = await ringing(times(10_000, 60), () => pending, {
      pollSchedule: pollSchedule(),
      slowMs: 30_000,
    })
    const limits = adaptiveSchedule(() => 0)
    gaps().forEach((gapMs, index) => {
      const atMs = checks[index]?.atMs ?? 0
      // Until the waker is distrusted, polling is stretched.
      if (atMs < 5_000) return
      expect(gapMs).toBeLessThanOrEqual(limits.intervalMs(atMs + gapMs) + 0.001)
    })
  })

  it('does not change or delay the outcome', async () => {
    for (const readyAtMs of [3_000, 20_000, 59_000, 240_000]) {
      const { result } = await ringing(times(5_000, 60), readyFrom(readyAtMs), {
        pollSchedule: pollSchedule(),
        slowMs: 30_000,
      })
      expect(result).toMatchObject({ ending: 'settled', last: ready })
      const latestMs = readyAtMs + adaptiveSchedule(() => 0).intervalMs(readyAtMs)
      expect(result.elapsedMs).toBeLessThanOrEqual(latestMs + 0.001)
    }
  })

  it.each([undefined, 5_000])(
    'while the provider fails (Retry-After %s) does not hammer it',
    async (retryAfterMs) => {
      const { checks } = await ringing(times(10_000, 60), () => fault('rate-limited', retryAfterMs))
      const alone = await play(() => fault('rate-limited', retryAfterMs))
      expect(checks.length).toBeLessThanOrEqual(alone.checks.length + 10)
    },
  )
})

describe('a cancel', () => {
  it('ends a wait for notifications, at any moment, and leaves nobody listening', async () => {
    const random = seededRandom(5)
    for (let round = 0; round < 100; round++) {
      const clock = new VirtualClock()
      const waker = new TestWaker(random() < 0.5 ? 30_000 : undefined)
      const cancelAtMs = 1 + random() * 20_000
      const scene = begin(() => pending, { clock, waker, pollSchedule: fixedSchedule(1_000) })
      clock.at(cancelAtMs * random(), () => waker.notification())
      clock.at(cancelAtMs, () => scene.cancel.abort())
      const result = await clock.run(scene.result)
      expect(result.ending).toBe('cancelled')
      expect(result.elapsedMs).toBeCloseTo(cancelAtMs)
      expect([clock.pending, waker.isHeard]).toEqual([0, false])
    }
  })
})
