import type { Clock } from '../../base/clock.ts'
import { type ErrorKind, toActionError } from '../../base/errors.ts'
import type { Call } from '../provider.ts'

const PASSING: readonly ErrorKind[] = ['connection-lost', 'rate-limited', 'server-fault']
const PAUSES_MS = [1_000, 3_000]
/** Nobody should wait through a whole maintenance before anything has begun. */
const LONGEST_PAUSE_MS = 10_000

/** Reads once more after a passing fault: a job should not fail over one lost answer. */
export async function readPatiently<T>(
  read: () => Promise<T>,
  clock: Clock,
  { signal }: Call,
): Promise<T> {
  for (const pauseMs of PAUSES_MS) {
    try {
      return await read()
    } catch (thrown) {
      const { kind, retryAfterMs = pauseMs } = toActionError(thrown)
      if (!PASSING.includes(kind) || retryAfterMs > LONGEST_PAUSE_MS || signal.aborted) throw thrown
      await clock.sleep(retryAfterMs, signal)
    }
  }
  return await read()
}
