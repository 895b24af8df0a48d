import type { Clock } from './clock.ts'

/** Lets one after the other go, a little apart: many at once would run into a rate limit. */
export class Pacer {
  readonly #clock: Clock
  readonly #spacingMs: number
  #nextAtMs = Number.NEGATIVE_INFINITY

  constructor(clock: Clock, spacingMs: number) {
    this.#clock = clock
    this.#spacingMs = spacingMs
  }

  /** Resolves when it is the caller's turn, or when `signal` aborts. */
  async turn(signal: AbortSignal): Promise<void> {
    const nowMs = this.#clock.nowMs()
    const atMs = Math.max(nowMs, this.#nextAtMs)
    this.#nextAtMs = atMs + this.#spacingMs
    if (atMs > nowMs) await this.#clock.sleep(atMs - nowMs, signal)
  }
}
