import type { Clock } from './clock.ts'

/** Lets requests go one after the other, a little apart: many at once would run into a rate limit. */
export class Pacer {
  readonly #clock: Clock
  readonly #spacingMs: number
  /** How far behind the turns may be, after a rest. */
  readonly #behindMs: number
  #nextAtMs = Number.NEGATIVE_INFINITY

  /**
   * @param spacingMs from one to the next
   * @param burst so many may go at once after a rest
   */
  constructor(clock: Clock, spacingMs: number, burst = 1) {
    this.#clock = clock
    this.#spacingMs = spacingMs
    this.#behindMs = (burst - 1) * spacingMs
  }

  /** Resolves when it is the caller's turn, or when `signal` aborts. */
  async turn(signal: AbortSignal): Promise<void> {
    const nowMs = this.#clock.nowMs()
    const atMs = Math.max(nowMs - this.#behindMs, this.#nextAtMs)
    this.#nextAtMs = atMs + this.#spacingMs
    if (atMs > nowMs) await this.#clock.sleep(atMs - nowMs, signal)
  }
}
