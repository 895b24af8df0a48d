import type { Clock } from '../base/clock.ts'

/**
 * How long GitHub may take: as long as it likes while the deploy goes on, and from the end of the
 * deploy on a fixed time for all calls together.
 */
export class Budget {
  readonly #clock: Clock
  readonly #over = new AbortController()
  readonly #limited = new AbortController()
  #endsAtMs = Number.POSITIVE_INFINITY

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Aborts when the time is over. */
  get signal(): AbortSignal {
    return this.#over.signal
  }

  /** From now on only so much time is left. */
  limit(limitMs: number): void {
    this.#endsAtMs = this.#clock.nowMs() + limitMs
    this.#limited.abort()
    void this.#clock.sleep(limitMs, this.#over.signal).then(() => this.#over.abort())
  }

  /** No more calls: whatever is still on its way is dropped. */
  end(): void {
    this.#over.abort()
  }

  /**
   * Waits, unless the time for it is not there: then nobody is made to wait for nothing.
   *
   * @returns whether the whole pause was waited
   */
  async pause(durationMs: number): Promise<boolean> {
    const untilMs = this.#clock.nowMs() + durationMs
    await this.#clock.sleep(durationMs, AbortSignal.any([this.#limited.signal, this.#over.signal]))
    if (untilMs >= this.#endsAtMs) return false
    await this.#clock.sleep(untilMs - this.#clock.nowMs(), this.#over.signal)
    return !this.#over.signal.aborted
  }
}
