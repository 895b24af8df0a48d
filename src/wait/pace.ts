import type { ActionError } from '../base/errors.ts'
import type { PollSchedule } from './schedule.ts'

/** From this many failures in a row the interval grows, up to the longest of the poll schedule. */
const PATIENCE = 3
const LONGEST_BACKOFF_MS = 10_000
/**
 * A rate limit is shared by all jobs of an organization, so whoever runs into it again and again asks
 * less often, and comes back to its pace step by step: else most requests of a herd are turned away,
 * and who gets in is a matter of luck. After a refusal the next check comes sooner than after an
 * answer, so that all are served alike. The figures are the best of those tried in `bench/herd`.
 */
const LIMITED_GROWTH = 1.5
/** What an answer takes back, for each second since the check before it. */
const LIMITED_EASE_PER_S = 0.1
const MOST_LIMITED = 14
const LONGEST_LIMITED_MS = 20_000
const REFUSED_SHARE = 0.5

/** What a failed check is judged by. */
export interface FailedCheck {
  /** How many failed in a row, this one included. */
  failures: number
  elapsedMs: number
  /** How long polling may be stretched because a webhook may come. */
  slowPollMs: number | undefined
}

/** How far apart polls are: as the schedule says, and further where the provider turns them away. */
export class Pace {
  readonly #schedule: PollSchedule
  /** Refusals by a rate limit, of which each answer takes back a part. */
  #limited = 0

  constructor(schedule: PollSchedule) {
    this.#schedule = schedule
  }

  /** @param sinceLastMs since the check before */
  answered(sinceLastMs: number): void {
    this.#limited = Math.max(0, this.#limited - (LIMITED_EASE_PER_S * sinceLastMs) / 1_000)
  }

  /** From one check to the next. */
  intervalMs(elapsedMs: number): number {
    const normalMs = this.#schedule.intervalMs(elapsedMs)
    const longestMs = Math.max(normalMs, LONGEST_LIMITED_MS)
    return Math.min(longestMs, normalMs * LIMITED_GROWTH ** Math.max(0, this.#limited - 1))
  }

  /** @returns how long to pause now */
  failed(error: ActionError, { failures, elapsedMs, slowPollMs }: FailedCheck): number {
    const isLimited = error.kind === 'rate-limited'
    if (isLimited) this.#limited = Math.min(MOST_LIMITED, this.#limited + 1)
    const normalMs = this.#schedule.intervalMs(elapsedMs)
    if (error.retryAfterMs !== undefined) {
      // It may be zero, which is no reason to ask without a pause.
      return Math.max(
        normalMs,
        Math.min(error.retryAfterMs, slowPollMs ?? Number.POSITIVE_INFINITY),
      )
    }
    if (isLimited) return Math.max(normalMs, this.intervalMs(elapsedMs) * REFUSED_SHARE)
    const grownMs = normalMs * 1.5 ** Math.max(0, failures - PATIENCE)
    return Math.max(normalMs, Math.min(LONGEST_BACKOFF_MS, grownMs))
  }
}
