import { type ActionError, toActionError } from '../base/errors.ts'
import { type Run, runCall } from './run.ts'

/** With some reads more, where the first shows the image from before. */
const CHECK_MS = 20_000

/**
 * Asks once, as soon as the last create of the run is answered and beside the wait, whether the version
 * still has the image that is deployed. Later it would say nothing: a newer job may move it then.
 */
export class UnmovedVersion {
  readonly #run: Run
  readonly #onMoved: () => void
  #open: number
  #check: Promise<ActionError | undefined> = Promise.resolve(undefined)

  /** @param onMoved called at once when somebody else has moved it */
  constructor(run: Run, onMoved: () => void) {
    this.#run = run
    this.#onMoved = onMoved
    this.#open = run.state.deployments.length
  }

  /** To be called once for each deployment of the run, whatever came of its create. */
  createAnswered(): void {
    this.#open -= 1
    if (this.#open === 0) this.#check = this.#ask()
  }

  /** @returns undefined where nobody is known to have moved it */
  checked(): Promise<ActionError | undefined> {
    return this.#check
  }

  async #ask(): Promise<ActionError | undefined> {
    const { provider, cancellation } = this.#run
    try {
      await provider.versions?.expectUnmoved(runCall(this.#run, CHECK_MS))
      return undefined
    } catch (thrown) {
      if (cancellation.signal.aborted) return undefined
      this.#onMoved()
      return toActionError(thrown)
    }
  }
}
