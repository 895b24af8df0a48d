/** When the next status check is due. All durations are milliseconds. */
export interface PollSchedule {
  /** @param elapsedMs since the deployment was accepted */
  intervalMs(elapsedMs: number): number
  /** When the first one is due, since the deployment was accepted. Default: at once. */
  readonly firstMs?: number
}

const FIRST_MINUTE_MS = 60_000
/** A cached image is up in about half a second (reports of users): checks before that are wasted. */
const FIRST_MS = 550
const SHORTEST_MS = 200
/** What the interval grows by, as a share of the time already waited. */
const GROWTH = 0.18
const LONGEST_AT_FIRST_MS = 1_000
const LONGEST_MS = 10_000

/**
 * Close together at first, then growing with the time already waited: to one second after four, and
 * from the first minute on to ten seconds at five minutes. A server is seen half an interval late on
 * average, so short waits, where half a second counts, are checked most closely, within one and a half
 * times the requests that a check each second takes. Shortened by up to a fifth at random, so that
 * parallel jobs of one organization, which share its rate limit, do not ask in step.
 *
 * @param random gives numbers from 0 to 1
 * @param shortestMs not closer together than this: where each check takes several requests
 */
export function adaptiveSchedule(
  random: () => number,
  shortestMs: () => number = () => 0,
): PollSchedule {
  const shortened = (ms: number) => ms * (1 - random() / 5)
  return {
    firstMs: shortened(FIRST_MS),
    intervalMs: (elapsedMs) => {
      const early = Math.min(LONGEST_AT_FIRST_MS, SHORTEST_MS + GROWTH * elapsedMs)
      const late = LONGEST_AT_FIRST_MS + ((elapsedMs - FIRST_MINUTE_MS) * 9) / 240
      const longest = Math.min(LONGEST_MS, Math.max(early, late))
      return Math.max(shortestMs(), shortened(longest))
    },
  }
}

/** The user's own interval. */
export function fixedSchedule(intervalMs: number): PollSchedule {
  return { intervalMs: () => intervalMs }
}
