import type { Clock } from '../../src/base/clock.ts'

interface Timer {
  atMs: number
  action: () => void
}

/**
 * Time that passes only when told to, and then at once: an hour of waiting is tested in
 * milliseconds, and always in the same order.
 */
export class VirtualClock implements Clock {
  /** Only differences may mean anything, so time begins at an odd moment. */
  #nowMs = 12_345.678
  readonly #startMs = this.#nowMs
  /** By their time; of several at the same time the oldest first. */
  readonly #timers: Timer[] = []
  /** Real timers may fire a little before their time. */
  readonly #earlyMs: number

  constructor({ earlyMs = 0 }: { earlyMs?: number } = {}) {
    this.#earlyMs = earlyMs
  }

  nowMs(): number {
    return this.#nowMs
  }

  /** Since this clock was made. */
  get elapsedMs(): number {
    return this.#nowMs - this.#startMs
  }

  /** How many sleeps and alarms are still to come: zero once everything was tidied up. */
  get pending(): number {
    return this.#timers.length
  }

  sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted) {
        resolve()
        return
      }
      const finish = () => {
        cancel()
        signal?.removeEventListener('abort', finish)
        resolve()
      }
      const early = durationMs > this.#earlyMs ? this.#earlyMs : 0
      const cancel = this.#set(Math.max(0, durationMs) - early, finish)
      signal?.addEventListener('abort', finish)
    })
  }

  /** Calls `action` at that time after the clock was made. */
  at(elapsedMs: number, action: () => void): void {
    this.#set(Math.max(0, elapsedMs - this.elapsedMs), action)
  }

  /** Time jumps, as on a machine that slept: what was due meanwhile comes late, in its order. */
  jump(byMs: number): void {
    this.#nowMs += byMs
  }

  /**
   * Lets time pass until `work` settles.
   *
   * @throws Error when it waits for something that no time will bring
   */
  async run<T>(work: Promise<T>): Promise<T> {
    let isSettled = false
    const settle = () => {
      isSettled = true
    }
    work.then(settle, settle)
    await calm()
    while (!isSettled) {
      if (!this.#next()) throw new Error(`nothing is left to happen at ${this.elapsedMs} ms`)
      await calm()
    }
    return await work
  }

  /** Lets `durationMs` pass. */
  async advance(durationMs: number): Promise<void> {
    const endMs = this.#nowMs + durationMs
    await calm()
    while (this.#next(endMs)) await calm()
    this.#nowMs = endMs
  }

  #set(afterMs: number, action: () => void): () => void {
    const timer: Timer = { atMs: this.#nowMs + afterMs, action }
    const later = this.#timers.findLastIndex(({ atMs }) => atMs <= timer.atMs) + 1
    this.#timers.splice(later, 0, timer)
    return () => {
      const index = this.#timers.indexOf(timer)
      if (index >= 0) this.#timers.splice(index, 1)
    }
  }

  /** Lets the earliest timer act; false when none is due by `endMs`. */
  #next(endMs = Number.POSITIVE_INFINITY): boolean {
    const [first] = this.#timers
    if (first === undefined || first.atMs > endMs) return false
    this.#timers.shift()
    this.#nowMs = Math.max(this.#nowMs, first.atMs)
    first.action()
    return true
  }
}

/** Everything that can go on without time passing has gone on. */
function calm(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
