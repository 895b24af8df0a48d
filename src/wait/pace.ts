import type { ActionError } from '../base/errors.ts'
import { afterAnswer, afterRefusal, comeAgainMs } from './rate-limit.ts'
import type { PollSchedule } from './schedule.ts'

/** From this many failures in a row the interval grows, up to the longest of the poll schedule. */
const PATIENCE = 3
const LONGEST_BACKOFF_MS = 10_000

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
  readonly #random: () => number
  /** Kept between checks because of a rate limit that all jobs of an organization share. */
  #distanceMs = 0

  constructor(schedule: PollSchedule, random: () => number = () => 0.5) {
    this.#schedule = schedule
    this.#random = random
  }

  answered(): void {
    this.#distanceMs = afterAnswer(this.#distanceMs)
  }

  /** From one check to the next. */
  intervalMs(elapsedMs: number): number {
    return Math.max(this.#schedule.intervalMs(elapsedMs), this.#distanceMs)
  }

  /** @returns how long to pause now */
  failed(error: ActionError, { failures, elapsedMs, slowPollMs }: FailedCheck): number {
    const normalMs = this.#schedule.intervalMs(elapsedMs)
    const isLimited = error.kind === 'rate-limited'
    if (isLimited) this.#distanceMs = afterRefusal(this.#distanceMs, normalMs)
    if (error.retryAfterMs !== undefined) {
      // It may be zero, which is no reason to ask without a pause.
      return Math.max(
        normalMs,
        Math.min(error.retryAfterMs, slowPollMs ?? Number.POSITIVE_INFINITY),
      )
    }
    if (isLimited) return comeAgainMs(this.#distanceMs, normalMs, this.#random())
    const grownMs = normalMs * 1.5 ** Math.max(0, failures - PATIENCE)
    return Math.max(normalMs, Math.min(LONGEST_BACKOFF_MS, grownMs))
  }
}
