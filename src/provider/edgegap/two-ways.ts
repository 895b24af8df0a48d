import type { Clock } from '../../base/clock.ts'
import { type ActionError, toActionError } from '../../base/errors.ts'
import type { Call } from '../provider.ts'
import { budget } from './budget.ts'
import { readyByRow } from './by-row.ts'
import type { ArrivedStatus, Deployments } from './deployments.ts'
import type { StatusReading } from './wire.ts'

/** So long after a rate limit refused a status the list may be asked instead. */
const REMEMBERED_MS = 30_000
/** The part of a check's time that the list may take: where it hangs, the status still tells. */
const LIST_SHARE = 0.5

/**
 * The status of one deployment, by whichever way has room. Edgegap lets an organization read 20
 * statuses and 10 lists a second (OpenAPI v1), which all its jobs share. After a refusal the next
 * check goes the other way, so of many jobs as many end up on each as it lets in, and together they
 * have half as much again. The list is asked for the one deployment, by its own tag.
 */
export class TwoWays {
  readonly #deployments: Deployments
  readonly #clock: Clock
  readonly #tags = new Map<string, string>()
  #isListNext = false
  #refusedAtMs = Number.NEGATIVE_INFINITY

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
    const isWorthIt = last?.state === 'pending' && last.facts.location !== undefined
    try {
      if (tag !== undefined && isWorthIt && this.#isTurnOfList()) {
        const reading = await this.#byRow(id, tag, call, last)
        if (reading) return reading
      }
      return await this.#deployments.status(id, rest())
    } catch (thrown) {
      this.#note(toActionError(thrown))
      throw thrown
    }
  }

  /** Undefined where only the status can tell: it is not listed, which failed ones are not, or the list fails. */
  async #byRow(
    id: string,
    tag: string,
    call: Call,
    last: StatusReading,
  ): Promise<StatusReading | undefined> {
    const filter = { field: 'tags', operator: 'eq', value: tag } as const
    const deadlineMs = call.deadlineMs * LIST_SHARE
    try {
      const rows = await this.#deployments.listFirst([filter], { ...call, deadlineMs })
      const row = rows.find((one) => one.id === id)
      return row && !row.isReady ? last : readyByRow(row, last)
    } catch (thrown) {
      // More requests are no answer to a rate limit, nor to a cancel.
      if (toActionError(thrown).kind === 'rate-limited' || call.signal.aborted) throw thrown
      this.#isListNext = false
      return undefined
    }
  }

  #isTurnOfList(): boolean {
    return this.#isListNext && this.#clock.nowMs() - this.#refusedAtMs < REMEMBERED_MS
  }

  #note(error: ActionError): void {
    if (error.kind !== 'rate-limited') return
    this.#isListNext = !this.#isTurnOfList()
    this.#refusedAtMs = this.#clock.nowMs()
  }
}
