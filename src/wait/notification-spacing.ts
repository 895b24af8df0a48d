const SPACING_MS = 250
const LONGEST_SPACING_MS = 10_000

/**
 * How long after a check a notification may cause the next one, milliseconds. A notification is
 * answered at once, yet the checks that notifications cause keep this distance, and twice as much
 * after each one that brought nothing new: a provider notifies a few times, so what goes on is noise or
 * an attack. It never is more than that of polling, whose checks would be made without the
 * notifications as well.
 *
 * @param empty how many notifications brought nothing new
 * @param pollMs from one poll to the next
 */
export function notificationSpacingMs(empty: number, pollMs: number): number {
  return Math.min(SPACING_MS * 2 ** empty, LONGEST_SPACING_MS, Math.max(SPACING_MS, pollMs))
}
