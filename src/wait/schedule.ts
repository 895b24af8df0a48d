/** When the next status check is due. All durations are milliseconds. */
export interface PollSchedule {
  /** @param elapsedMs since the deployment was accepted */
  intervalMs(elapsedMs: number): number
  /** When the first one is due, since the deployment was accepted. Default: at once. */
  readonly firstMs?: number
}

const FIRST_MINUTE_MS = 60_000
/** The first checks: a server that is up at once should not be waited for. */
const FIRST_MS = 350
/** What a check may be late by, as a share of the time already waited; twice that is the interval. */
const SHARE = 0.16
const LONGEST_AT_FIRST_MS = 1_000
const LONGEST_MS = 10_000

/**
 * Close together at first, then growing with the time already waited: to one second after four, and
 * from the first minute on to ten seconds at five minutes. Shortened by up to a fifth at random, so
 * that parallel jobs of one organization, which share its rate limit, do not ask in step.
 *
 * @param random gives numbers from 0 to 1
 * @param shortestMs not closer together than this: where each check takes several requests
 */
export function adaptiveSchedule(
  random: () => number,
  shortestMs: () => number = () => 0,
): PollSchedule {
  return {
    intervalMs: (elapsedMs) => {
      const early = Math.min(LONGEST_AT_FIRST_MS, FIRST_MS + SHARE * elapsedMs)
      const late = LONGEST_AT_FIRST_MS + ((elapsedMs - FIRST_MINUTE_MS) * 9) / 240
      const base = Math.min(LONGEST_MS, Math.max(early, late))
      return Math.max(shortestMs(), base * (1 - random() / 5))
    },
  }
}

/** The user's own interval. */
export function fixedSchedule(intervalMs: number): PollSchedule {
  return { intervalMs: () => intervalMs }
}
