const SPACING_MS = 250
const LONGEST_SPACING_MS = 10_000

/**
 * When a notification may cause a check at the earliest. It is answered at once, yet the checks that
 * notifications cause keep a distance, and twice as much after each one that brought nothing new: a
 * provider notifies a few times, so what goes on is noise or an attack. It never is more than that of
 * polling, whose checks would be made without notifications as well.
 *
 * @param notifiedAtMs the last check that a notification caused; this moment, and those below, monotonic
 * @param empty how many notifications brought nothing new
 * @param checkedAtMs the last check of any kind
 * @param pollMs from one poll to the next
 */
export function notificationDueMs(
  notifiedAtMs: number,
  empty: number,
  checkedAtMs: number,
  pollMs: number,
): number {
  const spacingMs = Math.min(SPACING_MS * 2 ** empty, LONGEST_SPACING_MS)
  return Math.min(notifiedAtMs + spacingMs, checkedAtMs + Math.max(SPACING_MS, pollMs))
}
