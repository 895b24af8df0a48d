import { describe, expect, it } from 'vitest'
import { ActionError } from '../../src/base/errors.ts'
import { doubling, type FailedAttempt, type RetryOptions, retry } from '../../src/base/retry.ts'
import { VirtualClock } from '../wait/virtual-clock.ts'

const fault = (retryAfterMs?: number) =>
  new ActionError({
    kind: 'server-fault',
    what: 'It failed.',
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  })

function start(errors: unknown[], options: Partial<RetryOptions> = {}) {
  const clock = new VirtualClock()
  const cancel = new AbortController()
  const atMs: number[] = []
  const failed: FailedAttempt[] = []
  const work = async (attempt: number) => {
    atMs.push(clock.elapsedMs)
    const error = errors[attempt - 1]
    if (error !== undefined) throw error
    return `done at attempt ${attempt}`
  }
  const result = retry(work, {
    clock,
    signal: cancel.signal,
    maxAttempts: 4,
    pauseMs: doubling(100, 10_000),
    onRetry: (one) => failed.push(one),
    ...options,
  })
  result.catch(() => {})
  return { clock, cancel, atMs, failed, result }
}

describe('retry', () => {
  it('says nothing and waits for nothing when the first attempt succeeds', async () => {
    const { result, atMs, failed } = start([])
    expect(await result).toBe('done at attempt 1')
    expect({ atMs, failed }).toEqual({ atMs: [0], failed: [] })
  })

  it('tries again after growing pauses and tells of each before it begins', async () => {
    const { result, clock, atMs, failed } = start([fault(), fault()])
    await clock.advance(1_000)
    expect(await result).toBe('done at attempt 3')
    expect(atMs).toEqual([0, 100, 300])
    expect(failed.map(({ attempt, pauseMs }) => [attempt, pauseMs])).toEqual([
      [1, 100],
      [2, 200],
    ])
  })

  it('throws the last error as it is once all attempts have failed', async () => {
    const last = fault()
    const { result, clock, atMs, failed } = start([fault(), fault(), last], { maxAttempts: 3 })
    await clock.advance(10_000)
    await expect(result).rejects.toBe(last)
    expect(atMs).toHaveLength(3)
    expect(failed).toHaveLength(2)
  })

  it('pauses as long as the error asks for, though not longer than allowed', async () => {
    const { result, clock, atMs } = start([fault(2_000), fault(3_600_000)], {
      longestPauseMs: 5_000,
    })
    await clock.advance(20_000)
    await result
    expect(atMs).toEqual([0, 2_000, 7_000])
  })

  it('gives up at once when the pause would outlast the time for everything', async () => {
    const error = fault(30_000)
    const { result, clock, atMs, failed } = start([error], { withinMs: 10_000 })
    await expect(result).rejects.toBe(error)
    expect(clock.elapsedMs).toBe(0)
    expect({ atMs, failed }).toEqual({ atMs: [0], failed: [] })
  })

  it('gives up at once where another attempt is of no use', async () => {
    const refused = new ActionError({ kind: 'unauthorized', what: 'No.' })
    const first = start([refused])
    await expect(first.result).rejects.toBe(refused)
    expect(first.atMs).toHaveLength(1)
    const second = start([fault()], { isFinal: () => true })
    await expect(second.result).rejects.toThrow('It failed.')
    expect(second.atMs).toHaveLength(1)
  })

  it('ends its pause with the signal, and neither tries nor says anything after it', async () => {
    const { result, clock, cancel, atMs, failed } = start([fault(), fault()])
    await clock.advance(50)
    cancel.abort()
    await expect(result).rejects.toThrow('It failed.')
    expect(atMs).toEqual([0])
    expect(failed).toHaveLength(1)
    expect(clock.pending).toBe(0)
  })

  it('says nothing of an attempt that the signal ended', async () => {
    const cancel = new AbortController()
    cancel.abort()
    const { result, failed } = start([fault()], { signal: cancel.signal })
    await expect(result).rejects.toThrow('It failed.')
    expect(failed).toEqual([])
  })
})
