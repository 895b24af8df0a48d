import { describe, expect, it } from 'vitest'
import { isGood, type Outcome, worstOf } from '../../src/state/state.ts'

describe('the outcome of several deployments', () => {
  it.each<[Outcome[], Outcome]>([
    [['succeeded'], 'succeeded'],
    [['succeeded', 'succeeded'], 'succeeded'],
    [['succeeded', 'started'], 'succeeded'],
    [['succeeded', 'rejected'], 'rejected'],
    [['rejected', 'timed-out', 'succeeded'], 'timed-out'],
    [['failed', 'timed-out', 'rejected'], 'failed'],
    [['failed', 'cancelled', 'succeeded'], 'cancelled'],
    // Fails closed: where nothing is known, nothing succeeded.
    [[], 'failed'],
  ])('of %j is %s', (outcomes, expected) => {
    expect(worstOf(outcomes)).toBe(expected)
    expect(worstOf(outcomes.toReversed())).toBe(expected)
  })

  it('is good only when all of them are', () => {
    const all: Outcome[] = [
      'succeeded',
      'failed',
      'rejected',
      'timed-out',
      'cancelled',
      'started',
      'stopped',
    ]
    for (const a of all) {
      for (const b of all) expect(isGood(worstOf([a, b]))).toBe(isGood(a) && isGood(b))
    }
    expect(all.filter(isGood)).toEqual(['succeeded', 'started', 'stopped'])
  })
})
