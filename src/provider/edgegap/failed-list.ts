import { ActionError, toActionError } from '../../base/errors.ts'
import type { Call } from '../call.ts'
import type { Observation } from '../provider.ts'
import type { Deployments } from './deployments.ts'

/** Asked beside the list of all: it must not hold that up. */
const LONGEST_MS = 1_000

/**
 * Which deployments may have failed, by the list's filter for the status. OpenAPI v1 shows the filter
 * with `ready`; `error` is inferred. So it is only a hint which statuses to read first, and given up
 * where it turns out that the API does not know the value, or lists others as well.
 */
export class FailedList {
  readonly #deployments: Deployments
  #isUseful = true

  constructor(deployments: Deployments) {
    this.#deployments = deployments
  }

  /** False once it has turned out that nothing is to be learned from it. */
  get isUseful(): boolean {
    return this.#isUseful
  }

  /** Ids with the run's tag that may have failed. Throws nothing. */
  async read(runTag: string, call: Call): Promise<string[]> {
    if (!this.#isUseful) return []
    try {
      const rows = await this.#deployments.listFirst(
        [
          { field: 'tags', operator: 'eq', value: runTag },
          { field: 'status', operator: 'eq', value: 'error' },
        ],
        { ...call, deadlineMs: Math.min(LONGEST_MS, call.deadlineMs) },
      )
      if (rows.some(({ isReady }) => isReady)) this.#isUseful = false
      return this.#isUseful ? rows.flatMap(({ id }) => id ?? []) : []
    } catch (thrown) {
      // Each one's status is read in its turn all the same.
      if (toActionError(thrown).kind === 'refused') this.#isUseful = false
      return []
    }
  }

  /** @param read the statuses of those that it named */
  confirm(failed: readonly string[], read: ReadonlyMap<string, Observation | ActionError>): void {
    for (const id of failed) {
      const one = read.get(id)
      if (one && !(one instanceof ActionError) && one.state === 'pending') this.#isUseful = false
    }
  }
}
