import { type ActionError, toActionError } from '../base/errors.ts'
import { isFinal, tooSlow } from './failure.ts'

/**
 * Steps that are done one after the other, in the order in which they came, and never throw. A later
 * step makes up for an earlier one that failed, except where nothing of its kind can succeed.
 */
export class Lane {
  #tail: Promise<void> = Promise.resolve()
  #failure: ActionError | undefined
  #open = 0

  /** Why this lane is not up to date; undefined where it is. */
  get failure(): ActionError | undefined {
    return this.#failure ?? (this.#open > 0 ? tooSlow() : undefined)
  }

  /** Resolves when all steps so far are done. */
  get done(): Promise<void> {
    return this.#tail
  }

  add(step: () => Promise<void>): void {
    this.#open += 1
    this.#tail = this.#tail.then(async () => {
      await this.#do(step)
      this.#open -= 1
    })
  }

  async #do(step: () => Promise<void>): Promise<void> {
    if (this.#failure && isFinal(this.#failure)) return
    try {
      await step()
      this.#failure = undefined
    } catch (thrown) {
      this.#failure = toActionError(thrown)
    }
  }
}
