import { describe, expect, it } from 'vitest'
import { abortLater, formatDuration, systemClock } from '../../src/base/clock.ts'
import { VirtualClock } from '../wait/virtual-clock.ts'

describe('the system clock', () => {
  it('sleeps about as long as it is told, and not at all for less than nothing', async () => {
    const startMs = systemClock.nowMs()
    await systemClock.sleep(30)
    expect(systemClock.nowMs() - startMs).toBeGreaterThanOrEqual(29)
    await systemClock.sleep(-5)
    await systemClock.sleep(0.4)
  })

  it('wakes when its signal aborts, and does not fall asleep once it has', async () => {
    const controller = new AbortController()
    const sleep = systemClock.sleep(60_000, controller.signal)
    controller.abort(new Error('never thrown'))
    await sleep
    await systemClock.sleep(60_000, controller.signal)
  })
})

describe('a abortLater signal', () => {
  it('aborts so much later, for the same reason', async () => {
    const clock = new VirtualClock()
    const controller = new AbortController()
    const later = abortLater(controller.signal, 2_500, clock)
    await clock.advance(10_000)
    controller.abort('why')
    await clock.advance(2_400)
    expect(later.aborted).toBe(false)
    await clock.advance(100)
    expect([later.aborted, later.reason]).toEqual([true, 'why'])
  })

  it('of one that has aborted already counts from now', async () => {
    const clock = new VirtualClock()
    const later = abortLater(AbortSignal.abort(), 2_500, clock)
    await clock.advance(2_400)
    expect(later.aborted).toBe(false)
    await clock.advance(100)
    expect(later.aborted).toBe(true)
  })
})

it.each([
  [0, '0 ms'],
  [849.6, '850 ms'],
  [999.4, '999 ms'],
  [999.6, '1.0 s'],
  [1_000, '1.0 s'],
  [99_940, '99.9 s'],
  [99_960, '1m 40s'],
  [245_000, '4m 05s'],
  [3_599_600, '1h 00m 00s'],
  [86_400_000, '24h 00m 00s'],
])('%d ms are %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text)
})
