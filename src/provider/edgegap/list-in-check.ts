import { toActionError } from '../../base/errors.ts'
import type { Call } from '../call.ts'

/** The part of a check's time that a list may take: where it hangs, the statuses still tell. */
const LIST_SHARE = 0.5

/**
 * Reads a list as a part of a status check.
 *
 * @returns undefined where it fails, and the statuses have to do without it
 * @throws ActionError after a rate limit or a cancel, to which more requests are no answer
 */
export async function listInCheck<T>(
  list: (call: Call) => Promise<T>,
  call: Call,
): Promise<T | undefined> {
  try {
    return await list({ ...call, deadlineMs: call.deadlineMs * LIST_SHARE })
  } catch (thrown) {
    if (toActionError(thrown).kind === 'rate-limited' || call.signal.aborted) throw thrown
    return undefined
  }
}
