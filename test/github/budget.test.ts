import { beforeEach, describe, expect, test } from 'vitest'
import { Budget } from '../../src/github/budget.ts'
import { VirtualClock } from '../wait/virtual-clock.ts'

let clock: VirtualClock
let budget: Budget

beforeEach(() => {
  clock = new VirtualClock()
  budget = new Budget(clock)
})

/** Pauses, and says what came of it and when. */
async function pause(durationMs: number) {
  const work = budget.pause(durationMs).then((isWhole) => ({
    isWhole,
    afterMs: Math.round(clock.elapsedMs),
  }))
  return await clock.run(work)
}

describe('while the deploy goes on', () => {
  test('GitHub has all the time it asks for', async () => {
    expect(await pause(3_600_000)).toEqual({ isWhole: true, afterMs: 3_600_000 })
    expect(budget.signal.aborted).toBe(false)
    expect(clock.pending).toBe(0)
  })

  test('a pause is cut short by the end', async () => {
    clock.at(200, () => budget.end())
    expect(await pause(1_000)).toEqual({ isWhole: false, afterMs: 200 })
  })
})

describe('once the deploy has ended', () => {
  test('requests are given up when the time is over, and not before', async () => {
    budget.limit(5_000)
    await clock.advance(4_999)
    expect(budget.signal.aborted).toBe(false)
    await clock.advance(1)
    expect(budget.signal.aborted).toBe(true)
  })

  test('a pause that fits is waited', async () => {
    budget.limit(5_000)
    expect(await pause(4_999)).toEqual({ isWhole: true, afterMs: 4_999 })
  })

  test.each([5_000, 60_000])('a pause of %i ms is not even begun', async (durationMs) => {
    budget.limit(5_000)
    expect(await pause(durationMs)).toEqual({ isWhole: false, afterMs: 0 })
  })

  test('nothing is left to be waited for after an early end', async () => {
    budget.limit(5_000)
    budget.end()
    await clock.advance(0)
    expect(budget.signal.aborted).toBe(true)
    expect(clock.pending).toBe(0)
  })

  test('a pause ends with it', async () => {
    budget.limit(5_000)
    clock.at(100, () => budget.end())
    expect(await pause(2_000)).toEqual({ isWhole: false, afterMs: 100 })
  })
})

describe('a pause within which the deploy ends', () => {
  test('goes on where its rest fits', async () => {
    clock.at(400, () => budget.limit(5_000))
    expect(await pause(1_000)).toEqual({ isWhole: true, afterMs: 1_000 })
  })

  test.each([600, 100])('ends at once where only %i ms are left', async (limitMs) => {
    clock.at(400, () => budget.limit(limitMs))
    expect(await pause(1_000)).toEqual({ isWhole: false, afterMs: 400 })
  })

  test('ends when the calls are ended in its rest', async () => {
    clock.at(400, () => budget.limit(5_000))
    clock.at(700, () => budget.end())
    expect(await pause(1_000)).toEqual({ isWhole: false, afterMs: 700 })
  })
})
