import type { Clock } from '../../base/clock.ts'
import { type ActionError, toActionError } from '../../base/errors.ts'
import type { Call } from '../call.ts'
import { budget } from './budget.ts'
import { readyByRow } from './by-row.ts'
import type { ArrivedStatus, Deployments } from './deployments.ts'
import { listInCheck } from './list-in-check.ts'
import type { StatusReading } from './wire.ts'

/**
 * The status of one deployment, by whichever way has room. Edgegap lets an organization read 20
 * statuses and 10 lists a second (OpenAPI v1), which all its jobs share. The check after one that was
 * refused asks the list for this one deployment, by its own tag, so together they have half as much
 * again. Never two in a row: a row does not say that a deployment has failed.
 */
export class TwoWays {
  readonly #deployments: Deployments
  readonly #clock: Clock
  readonly #tags = new Map<string, string>()
  /** Those whose last check was the status, and was refused. */
  readonly #refused = new Set<string>()

  constructor(deployments: Deployments, clock: Clock) {
    this.#deployments = deployments
    this.#clock = clock
  }

  /** @param tag one that no other deployment carries */
  created(id: string, tag: string): void {
    this.#tags.set(id, tag)
  }

  /**
   * Reads each one by itself.
   *
   * @param last the statuses that were read before
   * @param arrived gets each one as soon as it is there
   */
  async read(
    ids: readonly string[],
    call: Call,
    last: ReadonlyMap<string, StatusReading>,
    arrived: ArrivedStatus,
  ): Promise<Map<string, StatusReading | ActionError>> {
    const read = new Map<string, StatusReading | ActionError>()
    const readOne = async (id: string) => {
      const one = await this.#read(id, call, last.get(id)).catch(toActionError)
      read.set(id, one)
      arrived(id, one)
    }
    await Promise.all(ids.map(readOne))
    return read
  }

  async #read(id: string, call: Call, last: StatusReading | undefined): Promise<StatusReading> {
    const tag = this.#tags.get(id)
    const rest = budget(this.#clock, call)
    const mayRowTell = last?.state === 'pending' && last.facts.location !== undefined
    if (this.#refused.delete(id) && tag !== undefined && mayRowTell) {
      const reading = await this.#byRow(id, tag, call, last)
      if (reading) return reading
    }
    try {
      return await this.#deployments.status(id, rest())
    } catch (thrown) {
      if (toActionError(thrown).kind === 'rate-limited') this.#refused.add(id)
      throw thrown
    }
  }

  /** Undefined where only the status can tell: it is not listed, ready without an address, or the list fails. */
  async #byRow(
    id: string,
    tag: string,
    call: Call,
    last: StatusReading,
  ): Promise<StatusReading | undefined> {
    const filter = { field: 'tags', operator: 'eq', value: tag } as const
    const rows = await listInCheck((part) => this.#deployments.listFirst([filter], part), call)
    const row = rows?.find((one) => one.id === id)
    return row && !row.isReady ? last : readyByRow(row, last)
  }
}
