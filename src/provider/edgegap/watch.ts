import type { ActionError } from '../../base/errors.ts'
import type { Call } from '../provider.ts'
import type { Deployments } from './deployments.ts'
import type { DeploymentRow, StatusReading } from './wire.ts'

/** So few are read one by one. */
const FEW = 2
/** One in so many pending deployments is read by itself with each check, for the list shows no error. */
const PENDING_PER_CHECK = 100
/** Rows of one page of the list. */
const ROWS_PER_REQUEST = 100
/** While nothing happens a run should stay below this, for other jobs share the rate limits. */
const MAX_REQUESTS_PER_S = 1.6
/** Those that became ready are read at once, as far as it fits into the time of one check. */
const MAX_CHANGED_PER_CHECK = 30
/** Deployments that the list does not show, read by themselves with one check at most. */
const MAX_ABSENT_PER_CHECK = 20

/**
 * Status checks of many deployments. The rows of the list have `ready` but no status, error or
 * location, and only active deployments are listed (OpenAPI v1). So one list by the run's tag serves
 * for all of them, and a single status follows for each one that became ready or is not listed, and
 * in turn for the pending ones, because a failure shows nowhere else.
 */
export class Watch {
  readonly #deployments: Deployments
  readonly #runTag: string | undefined
  readonly #last = new Map<string, StatusReading>()
  /** Pending ids in the order in which their turn comes. */
  #turns: string[] = []

  /** @param runTag the tag that all deployments of this run carry, where there are several */
  constructor(deployments: Deployments, runTag: string | undefined) {
    this.#deployments = deployments
    this.#runTag = runTag
  }

  async observe(
    ids: readonly string[],
    call: Call,
  ): Promise<Map<string, StatusReading | ActionError>> {
    const runTag = this.#runTag
    if (runTag === undefined || ids.length <= FEW) return await this.#single(ids, call)
    const rows = await this.#deployments.list(
      [{ field: 'tags', operator: 'eq', value: runTag }],
      call,
    )
    const byId = new Map(rows.map((row) => [row.id, row]))
    const read = await this.#single(this.#toRead(ids, byId), call)
    for (const id of ids) if (!read.has(id)) read.set(id, this.#last.get(id) ?? NOT_READ_YET)
    return read
  }

  async #single(ids: readonly string[], call: Call) {
    const read = await this.#deployments.statuses(ids, call)
    for (const [id, one] of read) if ('state' in one) this.#last.set(id, one)
    return read
  }

  #toRead(ids: readonly string[], rows: ReadonlyMap<string | undefined, DeploymentRow>): string[] {
    const changed: string[] = []
    const absent: string[] = []
    const pending: string[] = []
    for (const id of ids) {
      const row = rows.get(id)
      if (row === undefined) absent.push(id)
      else if (row.isReady !== (this.#last.get(id)?.state === 'succeeded')) changed.push(id)
      else pending.push(id)
    }
    return [
      ...this.#takeTurns(changed, MAX_CHANGED_PER_CHECK),
      ...this.#takeTurns(absent, MAX_ABSENT_PER_CHECK),
      ...this.#takeTurns(pending, Math.ceil(pending.length / PENDING_PER_CHECK)),
    ]
  }

  /** Those of the ids that were not read for longest. */
  #takeTurns(ids: readonly string[], count: number): string[] {
    const known = new Set(this.#turns)
    this.#turns.unshift(...ids.filter((id) => !known.has(id)))
    const wanted = new Set(ids)
    const taken = this.#turns.filter((id) => wanted.has(id)).slice(0, count)
    const done = new Set(taken)
    this.#turns = [...this.#turns.filter((id) => !done.has(id)), ...taken]
    return taken
  }
}

/** Listed as not ready: more will be known when its turn comes. */
const NOT_READ_YET: StatusReading = { state: 'pending', status: '', known: true, facts: {} }

/** How far apart the checks of so many deployments should be, milliseconds. */
export function shortestIntervalMs(count: number): number {
  if (count <= FEW) return 0
  const requests = Math.ceil(count / ROWS_PER_REQUEST) + Math.ceil(count / PENDING_PER_CHECK)
  return (requests * 1_000) / MAX_REQUESTS_PER_S
}
