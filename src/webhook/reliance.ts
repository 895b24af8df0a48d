import type { Clock } from '../base/clock.ts'

/** After the last connection over the limit, polling stays at full pace for this long. */
const CROWDED_MS = 30_000
/** Polling while a webhook works: the first status check after 5 s, then every 15 to 30 s. */
const FIRST_SLOW_POLL_MS = 5_000
const SLOW_POLL_MS = 15_000
const SLOW_POLL_SPREAD_MS = 15_000

/** How far polling may rely on a verified tunnel. */
export class Reliance {
  /** Set where the provider will send nothing, though the tunnel is up. */
  isDistrusted = false
  readonly #clock: Clock
  readonly #random: () => number
  #crowdedUntilMs = Number.NEGATIVE_INFINITY

  constructor(clock: Clock, random: () => number) {
    this.#clock = clock
    this.#random = random
  }

  /** Notes a connection too many. @returns whether it is the first */
  crowded(): boolean {
    const nowMs = this.#clock.nowMs()
    const isNew = nowMs >= this.#crowdedUntilMs
    this.#crowdedUntilMs = nowMs + CROWDED_MS
    return isNew
  }

  /** How long the next poll may be put off; undefined: not at all. */
  slowPollMs(elapsedMs: number): number | undefined {
    if (this.isDistrusted || this.#clock.nowMs() < this.#crowdedUntilMs) return undefined
    if (elapsedMs < FIRST_SLOW_POLL_MS) return FIRST_SLOW_POLL_MS
    return SLOW_POLL_MS + this.#random() * SLOW_POLL_SPREAD_MS
  }
}
