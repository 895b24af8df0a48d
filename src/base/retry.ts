import type { Clock } from './clock.ts'
import { type ActionError, areCredentialsRefused, toActionError } from './errors.ts'

/** However long a provider asks to be left alone, a server may be lost meanwhile. */
const LONGEST_PAUSE_MS = 60_000

export interface RetryOptions {
  clock: Clock
  /** Ends the pauses. After it nothing is tried any more, and nothing is said. */
  signal: AbortSignal
  maxAttempts: number
  /** The pause after attempt 1, 2, …, milliseconds, where the error does not name one. */
  pauseMs: (attempt: number) => number
  /**
   * Time for everything, from the call on. A pause that would end after it is not begun: the error is
   * thrown at once. Default: no limit but the attempts.
   */
  withinMs?: number
  /** The longest pause that an error may ask for; longer ones are cut to it. Default 60 s. */
  longestPauseMs?: number
  /** Errors after which another attempt is of no use. Default: the credentials are refused. */
  isFinal?: (thrown: unknown) => boolean
  /** Before each pause; for one line in the log. */
  onRetry?: (failed: FailedAttempt) => void
}

export interface FailedAttempt {
  thrown: unknown
  /** From 1. */
  attempt: number
  /** How long the pause will be that comes now. */
  pauseMs: number
}

/**
 * Calls `work` until it succeeds. An error that carries `retryAfterMs` decides the pause after it;
 * else `pauseMs` does.
 *
 * For work that has a result. What is to be kept up until it is closed, such as a tunnel, counts
 * differently: each time that it stood long enough its restarts begin anew, and it reports each loss.
 *
 * @param work gets the number of the attempt, from 1
 * @returns what `work` resolves to
 * @throws what `work` threw last, unchanged
 */
export async function retry<T>(
  work: (attempt: number) => Promise<T>,
  options: RetryOptions,
): Promise<T> {
  const { clock, signal, maxAttempts, withinMs = Number.POSITIVE_INFINITY } = options
  const isFinal = options.isFinal ?? areCredentialsRefusedBy
  const endsAtMs = clock.nowMs() + withinMs
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work(attempt)
    } catch (thrown) {
      if (signal.aborted || attempt >= maxAttempts || isFinal(thrown)) throw thrown
      const pauseMs = pauseAfterAttempt(thrown, attempt, options)
      if (clock.nowMs() + pauseMs >= endsAtMs) throw thrown
      options.onRetry?.({ thrown, attempt, pauseMs })
      await clock.sleep(pauseMs, signal)
      if (signal.aborted) throw thrown
    }
  }
}

function pauseAfterAttempt(thrown: unknown, attempt: number, options: RetryOptions): number {
  const askedMs = (thrown as { retryAfterMs?: unknown } | undefined)?.retryAfterMs
  if (typeof askedMs !== 'number') return options.pauseMs(attempt)
  return Math.min(askedMs, options.longestPauseMs ?? LONGEST_PAUSE_MS)
}

function areCredentialsRefusedBy(thrown: unknown): boolean {
  return areCredentialsRefused(toActionError(thrown))
}

/**
 * How long to pause after a failure before the same is tried again, milliseconds.
 *
 * @param ownMs where the error does not ask for a pause
 * @param longestMs the longest pause; a provider that asks for more is asked again all the same
 */
export function pauseAfter(
  { retryAfterMs }: ActionError,
  ownMs: number,
  longestMs = LONGEST_PAUSE_MS,
): number {
  return Math.min(retryAfterMs ?? ownMs, longestMs)
}

/** `firstMs`, twice that, four times that, …, at most `longestMs`: a `pauseMs` for `retry`. */
export function doubling(firstMs: number, longestMs: number): (attempt: number) => number {
  return (attempt) => Math.min(longestMs, firstMs * 2 ** (attempt - 1))
}
