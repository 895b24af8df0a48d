import { describe, expect, it } from 'vitest'
import { afterAnswer, afterRefusal, comeAgainMs } from '../../src/wait/rate-limit.ts'

const times = (count: number, step: (distanceMs: number) => number, from = 0) =>
  Array.from({ length: count }).reduce<number>(step, from)

describe('the distance that a rate limit makes', () => {
  it('is the normal interval after a single refusal', () => {
    expect(afterRefusal(0, 900)).toBe(900)
  })

  it('grows fourfold with each further refusal, to ten seconds', () => {
    const refused = (count: number) => times(count, (distanceMs) => afterRefusal(distanceMs, 500))
    expect([2, 3, 4, 9].map(refused)).toEqual([2_000, 8_000, 10_000, 10_000])
  })

  it('loses a third with each answer', () => {
    expect(afterAnswer(9_000)).toBe(6_000)
  })

  it('forgets a refusal after three answers', () => {
    const distanceMs = times(3, afterAnswer, afterRefusal(0, 1_000))
    expect(afterRefusal(distanceMs, 1_000)).toBe(1_000)
    expect(afterRefusal(times(2, afterAnswer, 1_000), 1_000)).toBe(4_000)
  })
})

describe('a refused check', () => {
  it('comes again much sooner than one that was answered, at random', () => {
    expect([0, 0.5, 1].map((random) => comeAgainMs(10_000, 900, random))).toEqual([
      1_500, 3_000, 4_500,
    ])
  })

  it('never comes again sooner than the normal interval', () => {
    expect([0, 1].map((random) => comeAgainMs(900, 900, random))).toEqual([900, 900])
    expect(comeAgainMs(10_000, 30_000, 1)).toBe(30_000)
  })
})
