import type { Clock } from '../base/clock.ts'
import { ActionError } from '../base/errors.ts'

export interface BoundedCall<T> {
  clock: Clock
  signal: AbortSignal
  observe: (deadlineMs: number, signal: AbortSignal) => Promise<T>
}

/**
 * One status check that ends in time even if `observe` ignores its deadline.
 *
 * @throws ActionError of the check, or `connection-lost` when its time is over
 */
export async function bounded<T extends object>(
  options: BoundedCall<T>,
  checkMs: number,
): Promise<T> {
  // A signal made of two others costs several times as much, and many wait at the same time.
  const over = new AbortController()
  const cancel = () => over.abort(options.signal.reason)
  if (options.signal.aborted) cancel()
  else options.signal.addEventListener('abort', cancel)
  const { signal } = over
  const check = options.observe(checkMs, signal)
  // The race below may be lost by a check that fails later; nobody else listens to it then.
  check.catch(() => {})
  try {
    const result = await Promise.race([
      check,
      options.clock.sleep(checkMs, signal).then(() => null),
    ])
    if (result) return result
  } finally {
    options.signal.removeEventListener('abort', cancel)
    over.abort()
  }
  throw new ActionError({
    kind: 'connection-lost',
    what: `No answer within ${Math.round(checkMs)} ms.`,
  })
}
