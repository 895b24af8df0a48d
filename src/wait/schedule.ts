/** When to look next. All durations are milliseconds. */
export interface PollSchedule {
  /** @param elapsedMs since the deployment was accepted */
  intervalMs(elapsedMs: number): number
}

const FIRST_MINUTE_MS = 60_000
const SHORTEST_MS = 1_000
const LONGEST_MS = 10_000

/**
 * At most a second apart in the first minute, when most servers come up, then growing with the time
 * already waited, to ten seconds at five minutes. Shortened by up to a fifth at random, so that
 * parallel jobs of one organisation, which share its rate limit, do not ask in step.
 *
 * @param random gives numbers from 0 to 1
 */
export function adaptiveSchedule(random: () => number): PollSchedule {
  return {
    intervalMs: (elapsedMs) => {
      const grown = SHORTEST_MS + ((elapsedMs - FIRST_MINUTE_MS) * 9) / 240
      const base = Math.min(LONGEST_MS, Math.max(SHORTEST_MS, grown))
      return base * (1 - random() / 5)
    },
  }
}

/** The user's own interval. */
export function fixedSchedule(intervalMs: number): PollSchedule {
  return { intervalMs: () => intervalMs }
}
