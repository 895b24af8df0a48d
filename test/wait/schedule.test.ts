import { describe, expect, it } from 'vitest'
import { adaptiveSchedule, fixedSchedule } from '../../src/wait/schedule.ts'
import { seededRandom } from './random.ts'

const slowest = adaptiveSchedule(() => 0)
const fastest = adaptiveSchedule(() => 1)

describe('the adaptive pollSchedule', () => {
  it('is short at first, since a cached image is up in a moment', () => {
    expect(slowest.intervalMs(0)).toBe(350)
    expect(slowest.intervalMs(2_000)).toBe(670)
  })

  it('is a second from about four seconds on, and never more in the first minute', () => {
    for (let atMs = 0; atMs <= 60_000; atMs += 250) {
      const intervalMs = slowest.intervalMs(atMs)
      if (atMs > 4_100) expect(intervalMs).toBe(1_000)
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
    expect(fastest.intervalMs(0)).toBe(280)
    expect(fastest.intervalMs(10_000)).toBe(800)
    expect(fastest.intervalMs(300_000)).toBe(8_000)
    expect(seen.size).toBeGreaterThan(500)
  })
})

describe('a fixed pollSchedule', () => {
  it('is what the user said, always', () => {
    expect([0, 1e6, 1e9].map((atMs) => fixedSchedule(2_500).intervalMs(atMs))).toEqual([
      2_500, 2_500, 2_500,
    ])
  })
})
