import { describe, expect, it } from 'vitest'
import { adaptiveSchedule, fixedSchedule, type PollSchedule } from '../../src/wait/schedule.ts'
import { seededRandom } from './random.ts'

const slowest = adaptiveSchedule(() => 0)
const fastest = adaptiveSchedule(() => 1)

describe('the adaptive pollSchedule', () => {
  it('is short at first, since a cached image is up in a moment', () => {
    expect([slowest.firstMs, fastest.firstMs]).toEqual([600, 540])
    expect(slowest.intervalMs(0)).toBe(200)
    expect(slowest.intervalMs(2_000)).toBe(520)
  })

  it('is a second from five seconds on, and never more in the first minute', () => {
    for (let atMs = 0; atMs <= 60_000; atMs += 250) {
      const intervalMs = slowest.intervalMs(atMs)
      if (atMs >= 5_000) expect(intervalMs).toBe(1_000)
      else expect(intervalMs).toBeLessThanOrEqual(1_000)
    }
  })

  it('grows from there to ten seconds at five minutes, and no further', () => {
    let before = 1_000
    for (let atMs = 61_000; atMs <= 300_000; atMs += 1_000) {
      const intervalMs = slowest.intervalMs(atMs)
      expect(intervalMs).toBeGreaterThan(before)
      before = intervalMs
    }
    expect(before).toBe(10_000)
    expect(slowest.intervalMs(86_400_000)).toBe(10_000)
  })

  it('is shortened at random, by a fifth at most, so that parallel jobs do not ask in step', () => {
    const random = seededRandom(1)
    const jittered = adaptiveSchedule(random)
    const seen = new Set<number>()
    for (let atMs = 0; atMs < 600_000; atMs += 1_000) {
      const intervalMs = jittered.intervalMs(atMs)
      expect(intervalMs).toBeLessThanOrEqual(slowest.intervalMs(atMs))
      expect(intervalMs).toBeGreaterThanOrEqual(fastest.intervalMs(atMs))
      seen.add(intervalMs / slowest.intervalMs(atMs))
    }
    expect(fastest.intervalMs(0)).toBe(160)
    expect(fastest.intervalMs(10_000)).toBe(800)
    expect(fastest.intervalMs(300_000)).toBe(8_000)
    expect(seen.size).toBeGreaterThan(500)
  })

  /** Each server is ready at a time about so long after its create; requests include the create. */
  function waitsOf(readyMs: number, begin: () => PollSchedule) {
    const random = seededRandom(2)
    const lagsMs: number[] = []
    let requests = 0
    for (let count = 0; count < 2_000; count += 1) {
      const schedule = begin()
      const readyAtMs = readyMs * (0.9 + 0.2 * random())
      let atMs = schedule.firstMs ?? 0
      for (requests += 2; atMs < readyAtMs; requests += 1) atMs += schedule.intervalMs(atMs)
      lagsMs.push(atMs - readyAtMs)
    }
    return { requests, medianMs: lagsMs.toSorted((a, b) => a - b)[1_000] }
  }

  it.each([500, 750, 1_000, 2_000, 3_000, 5_000, 10_000, 30_000, 120_000])(
    'sees a server of %d ms within 150 ms and 8 %% of that in the median, and within a second',
    (readyMs) => {
      const random = seededRandom(3)
      const { medianMs } = waitsOf(readyMs, () => adaptiveSchedule(random))
      expect(medianMs).toBeLessThanOrEqual(Math.min(1_000, 150 + 0.08 * readyMs))
    },
  )

  it.each([200, 500, 1_000, 2_000, 3_000, 5_000, 10_000, 60_000, 120_000, 300_000, 600_000])(
    'takes no more than one and a half times the requests of the plain one before it, for %d ms',
    (readyMs) => {
      const random = seededRandom(4)
      const plainMs = (atMs: number) =>
        Math.min(10_000, Math.max(1_000, 1_000 + ((atMs - 60_000) * 9) / 240))
      const plain = { intervalMs: (atMs: number) => plainMs(atMs) * (1 - random() / 5) }
      const ours = waitsOf(readyMs, () => adaptiveSchedule(random))
      expect(ours.requests).toBeLessThanOrEqual(1.5 * waitsOf(readyMs, () => plain).requests)
    },
  )
})

describe('a fixed pollSchedule', () => {
  it('is what the user said, always', () => {
    expect([0, 1e6, 1e9].map((atMs) => fixedSchedule(2_500).intervalMs(atMs))).toEqual([
      2_500, 2_500, 2_500,
    ])
  })
})
