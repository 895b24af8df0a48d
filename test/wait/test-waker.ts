import type { Wake, Waker } from '../../src/wait/waker.ts'

/** A waker that is woken by hand. */
export class TestWaker implements Waker {
  #slowMs: number | undefined
  #pending: Exclude<Wake, 'aborted'> | undefined
  #wake: (() => void) | undefined

  /** @param slowMs how far it lets polling be stretched */
  constructor(slowMs?: number) {
    this.#slowMs = slowMs
  }

  /** Whether somebody listens. */
  get isHeard(): boolean {
    return this.#wake !== undefined
  }

  notification(): void {
    this.wake('notification')
  }

  /** From now on polling may be stretched so far. */
  change(slowMs: number | undefined): void {
    this.#slowMs = slowMs
    this.wake('changed')
  }

  wake(reason: Exclude<Wake, 'aborted'>): void {
    if (this.#pending !== 'notification') this.#pending = reason
    this.#wake?.()
  }

  nextWake(signal: AbortSignal): Promise<Wake> {
    return new Promise((resolve) => {
      const finish = () => {
        signal.removeEventListener('abort', finish)
        const reason = this.#pending ?? 'aborted'
        this.#wake = undefined
        this.#pending = undefined
        resolve(reason)
      }
      if (this.#pending !== undefined || signal.aborted) finish()
      else {
        this.#wake = finish
        signal.addEventListener('abort', finish)
      }
    })
  }

  slowPollMs(): number | undefined {
    return this.#slowMs
  }
}
