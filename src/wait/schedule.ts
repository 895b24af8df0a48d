/** When the next status check is due. All durations are milliseconds. */
export interface PollSchedule {
  /** @param elapsedMs since the deployment was accepted */
  intervalMs(elapsedMs: number): number
  /** When the first one is due, since the deployment was accepted. Default: at once. */
  readonly firstMs?: number
}

/** A cached image is up in about half a second (reports of users): a check just after that finds it. */
const FIRST_MS = 600
const SHORTEST_MS = 200
/** What the interval grows by, as a share of the time already waited. */
const GROWTH = 0.16
const FIRST_MINUTE_MS = 60_000
const LONGEST_AT_FIRST_MS = 1_000
const LONGEST_MS = 10_000
const LONGEST_FROM_MS = 300_000

/**
 * When to check, by the time already waited: a server is seen half an interval late on average, and
 * half a second counts more after three seconds than after three minutes.
 *
 * - The first check comes when a cached image is up, and the next ones close together.
 * - Then the interval grows with the time waited, to one second after five.
 * - After the first minute it grows slowly at first, to ten seconds at five minutes.
 *
 * All that within one and a half times the requests of a check each second that slows down after a
 * minute. Shortened by up to a fifth at random, so that parallel jobs of one organization, which share
 * its rate limit, do not ask in step.
 *
 * @param random gives numbers from 0 to 1
 * @param shortestMs not closer together than this: where each check takes several requests
 */
export function adaptiveSchedule(
  random: () => number,
  shortestMs: () => number = () => 0,
): PollSchedule {
  return {
    firstMs: FIRST_MS * (1 - random() / 10),
    intervalMs: (elapsedMs) => Math.max(shortestMs(), longestAt(elapsedMs) * (1 - random() / 5)),
  }
}

function longestAt(elapsedMs: number): number {
  if (elapsedMs < FIRST_MINUTE_MS) {
    return Math.min(LONGEST_AT_FIRST_MS, SHORTEST_MS + GROWTH * elapsedMs)
  }
  const share = (elapsedMs - FIRST_MINUTE_MS) / (LONGEST_FROM_MS - FIRST_MINUTE_MS)
  return Math.min(LONGEST_MS, LONGEST_AT_FIRST_MS + (LONGEST_MS - LONGEST_AT_FIRST_MS) * share ** 2)
}

/** The user's own interval. */
export function fixedSchedule(intervalMs: number): PollSchedule {
  return { intervalMs: () => intervalMs }
}
