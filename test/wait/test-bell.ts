import type { Bell } from '../../src/wait/wait.ts'

/** A bell that is rung by hand. */
export class TestBell implements Bell {
  /** How far it lets polling be stretched. */
  slowMs: number | undefined
  #hasRung = false
  #wake: (() => void) | undefined

  constructor(slowMs?: number) {
    this.slowMs = slowMs
  }

  /** How many rings were waited for and not yet heard. */
  get listeners(): number {
    return this.#wake ? 1 : 0
  }

  ring(): void {
    this.#hasRung = true
    this.#wake?.()
  }

  nextRing(signal: AbortSignal): Promise<'rang' | 'aborted'> {
    return new Promise((resolve) => {
      const finish = () => {
        signal.removeEventListener('abort', finish)
        this.#wake = undefined
        const result = this.#hasRung ? 'rang' : 'aborted'
        this.#hasRung = false
        resolve(result)
      }
      if (this.#hasRung || signal.aborted) finish()
      else {
        this.#wake = finish
        signal.addEventListener('abort', finish)
      }
    })
  }

  slowPollMs(): number | undefined {
    return this.slowMs
  }
}
