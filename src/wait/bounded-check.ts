import type { Clock } from '../base/clock.ts'
import { ActionError } from '../base/errors.ts'

interface Check<R> {
  clock: Clock
  observe: (deadlineMs: number, signal: AbortSignal) => Promise<R>
  signal: AbortSignal
}

/**
 * One status check that ends in time even if `observe` ignores its deadline.
 *
 * @throws ActionError of kind `connection-lost` when there was no answer in time
 */
export async function boundedCheck<R>(
  { clock, observe, signal: cancelled }: Check<R>,
  checkMs: number,
): Promise<R> {
  // A signal made of two others costs several times as much, and many wait at the same time.
  const over = new AbortController()
  const cancel = () => over.abort(cancelled.reason)
  if (cancelled.aborted) cancel()
  else cancelled.addEventListener('abort', cancel)
  const { signal } = over
  const check = observe(checkMs, signal)
  // The race below may be lost by a check that fails later; nobody else listens to it then.
  check.catch(() => {})
  try {
    const result = await Promise.race([check, clock.sleep(checkMs, signal).then(() => null)])
    if (result) return result
  } finally {
    cancelled.removeEventListener('abort', cancel)
    over.abort()
  }
  throw new ActionError({
    kind: 'connection-lost',
    what: `No answer within ${Math.round(checkMs)} ms.`,
  })
}
