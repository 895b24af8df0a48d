import type { Clock } from '../../base/clock.ts'
import { ActionError } from '../../base/errors.ts'
import type { Call } from '../call.ts'
import { budget } from './budget.ts'
import { readyByRow } from './by-row.ts'
import {
  type ArrivedStatus,
  type Deployments,
  STATUS_BURST,
  STATUS_SPACING_MS,
} from './deployments.ts'
import { FailedList } from './failed-list.ts'
import { listInCheck } from './list-in-check.ts'
import { Turns } from './turns.ts'
import { TwoWays } from './two-ways.ts'
import type { DeploymentRow, StatusReading } from './wire.ts'

/** Up to so many are read one by one, without a list. */
const MOST_WITHOUT_LIST = 2
/** Up to so many each one's own status is read at once: that fits into the rate limit. */
const MOST_AT_ONCE = 10
/** Rows of one page of the list. */
const ROWS_PER_REQUEST = 100
/** While nothing happens a run should stay below this, for other jobs share the rate limits. */
const MAX_REQUESTS_PER_S = 1.8
/** Statuses read with one check at most; paced below the rate limit they take little over a second. */
const MAX_READ_PER_CHECK = 22
/** Of those that the list has never shown, so many with each check. */
const MAX_UNLISTED_PER_CHECK = 5
/** By then a deployment has its place as a rule; read earlier it would have to be read again. */
const PLACED_MS = 1_000
/** Until so long after the last create each one is read ahead: later all may become ready at once. */
const AHEAD_MS = 2_700

/** So long after one came to its end others are likely to follow: checks are closer together. */
const ENDING_MS = 5_000

type Rows = ReadonlyMap<string | undefined, DeploymentRow>
type Read = Map<string, StatusReading | ActionError>

/**
 * Status checks of many deployments. The rows of the list have `ready` and the address, but no
 * status, error or location, and only active deployments are listed (OpenAPI v1). So one list by the
 * run's tag serves for all of them, and single statuses follow within the rate limit: for those that
 * became ready or vanished, for those that the list of failed ones names, for each one once soon after
 * its create, because it then has its location, and for the pending ones in turn.
 *
 * Where more become ready than can be read in a moment, the row is enough for those of which all else
 * was read before. OpenAPI v1 says of its `ready`: "True if deployment is Ready for connections."
 */
export class Watch {
  readonly #deployments: Deployments
  readonly #clock: Clock
  readonly #runTag: string | undefined
  readonly #failed: FailedList
  readonly #twoWays: TwoWays
  readonly #turns = new Turns()
  readonly #last = new Map<string, StatusReading>()
  readonly #seenAtMs = new Map<string, number>()
  readonly #listed = new Set<string | undefined>()
  #newestAtMs = Number.NEGATIVE_INFINITY
  /** When the last one came to its end, ready or failed. */
  #endedAtMs = Number.NEGATIVE_INFINITY
  #checks = 0

  /** @param runTag the tag that all deployments of this run carry, where there are several */
  constructor(deployments: Deployments, clock: Clock, runTag: string | undefined) {
    this.#deployments = deployments
    this.#clock = clock
    this.#runTag = runTag
    this.#failed = new FailedList(deployments)
    this.#twoWays = new TwoWays(deployments, clock)
  }

  /**
   * One status check of all of them.
   *
   * @param arrived gets each one as soon as it is known
   */
  async observe(
    ids: readonly string[],
    call: Call,
    arrived: ArrivedStatus = () => {},
  ): Promise<Read> {
    for (const id of ids) this.created(id)
    if (ids.length <= MOST_WITHOUT_LIST)
      return await this.#twoWays.read(ids, call, this.#last, this.#noting(arrived))
    if (this.#runTag === undefined) return await this.#single(ids, call, arrived)
    this.#checks += 1
    const rest = budget(this.#clock, call)
    const [rows, failed] = await Promise.all([
      this.#list(this.#runTag, call),
      this.#isTurnOf('failed') ? this.#failed.read(this.#runTag, call) : [],
    ])
    if (!rows) return await this.#withoutList(ids, rest(), arrived)
    const byRow = this.#readyByRow(ids, rows)
    const toRead = this.#toRead(ids, { rows, failed, byRow })
    const read: Read = new Map()
    for (const id of ids) {
      // What has ended and is not read yet is left out: it is asked for again at once.
      if (toRead.has(id) || this.#isLeftOut(id, rows, byRow)) continue
      const known = byRow.get(id) ?? this.#last.get(id) ?? NOT_READ_YET
      this.#note(id, known)
      read.set(id, known)
      arrived(id, known)
    }
    for (const [id, one] of await this.#single([...toRead], rest(), arrived)) read.set(id, one)
    this.#failed.confirm(failed, read)
    return read
  }

  /**
   * To be called as soon as there is one: some of it is known only a moment later.
   *
   * @param tag one that no other deployment carries
   */
  created(id: string, tag?: string): void {
    if (tag !== undefined) this.#twoWays.created(id, tag)
    if (this.#seenAtMs.has(id)) return
    this.#newestAtMs = this.#clock.nowMs()
    this.#seenAtMs.set(id, this.#newestAtMs)
  }

  /** How far apart the checks of so many deployments should be, milliseconds. */
  shortestIntervalMs(count: number): number {
    if (count <= MOST_WITHOUT_LIST) return 0
    const pages = pagesOf(count)
    const isEnding = this.#clock.nowMs() - this.#endedAtMs < ENDING_MS
    const perSecond = isEnding ? 2 * MAX_REQUESTS_PER_S : MAX_REQUESTS_PER_S
    return ((pages + 1 / pages) * 1_000) / perSecond
  }

  #note(id: string, reading: StatusReading): void {
    this.#last.set(id, reading)
    if (reading.state !== 'pending') this.#endedAtMs = this.#clock.nowMs()
  }

  /** Undefined where it cannot be had. */
  async #list(runTag: string, call: Call): Promise<Rows | undefined> {
    const filter = { field: 'tags', operator: 'eq', value: runTag } as const
    const rows = await listInCheck((part) => this.#deployments.listOnce([filter], part), call)
    if (!rows) return undefined
    for (const { id } of rows) this.#listed.add(id)
    return new Map(rows.map((row) => [row.id, row]))
  }

  /** Then the statuses alone have to do, as many as fit into one check. */
  async #withoutList(ids: readonly string[], call: Call, arrived: ArrivedStatus): Promise<Read> {
    const toRead = this.#turns.take(ids, MAX_READ_PER_CHECK)
    const read = await this.#single(toRead, call, arrived)
    for (const id of ids) {
      if (read.has(id)) continue
      const known = this.#last.get(id) ?? NOT_READ_YET
      read.set(id, known)
      arrived(id, known)
    }
    return read
  }

  /** Beside its list every check of up to 100 deployments has one request more, of others fewer. */
  #isTurnOf(kind: 'failed' | 'pending'): boolean {
    const turn = this.#checks % (2 * pagesOf(this.#seenAtMs.size))
    if (turn === 0) return kind === 'failed' || !this.#failed.isUseful
    return turn === 1 && kind === 'pending'
  }

  get #isPaced(): boolean {
    return this.#seenAtMs.size > MOST_AT_ONCE
  }

  async #single(ids: readonly string[], call: Call, arrived: ArrivedStatus): Promise<Read> {
    return await this.#deployments.statuses(ids, call, this.#isPaced, this.#noting(arrived))
  }

  #noting(arrived: ArrivedStatus): ArrivedStatus {
    return (id, one) => {
      if (!(one instanceof ActionError)) this.#note(id, one)
      arrived(id, one)
    }
  }

  #readyByRow(ids: readonly string[], rows: Rows): ReadonlyMap<string, StatusReading> {
    const ready = new Map<string, StatusReading>()
    const changed = ids.filter((id) => this.#hasChanged(id, rows.get(id)))
    if (changed.length <= (this.#isPaced ? STATUS_BURST : MOST_AT_ONCE)) return ready
    for (const id of changed) {
      const reading = readyByRow(rows.get(id), this.#last.get(id))
      if (reading) ready.set(id, reading)
    }
    return ready
  }

  #isLeftOut(id: string, rows: Rows, byRow: ReadonlyMap<string, unknown>): boolean {
    return !byRow.has(id) && this.#groupOf(id, rows.get(id)) === 'urgent'
  }

  #hasChanged(id: string, row: DeploymentRow | undefined): boolean {
    return row !== undefined && row.isReady !== (this.#last.get(id)?.state === 'succeeded')
  }

  #toRead(
    ids: readonly string[],
    known: { rows: Rows; failed: readonly string[]; byRow: ReadonlyMap<string, unknown> },
  ): ReadonlySet<string> {
    const groups = { urgent: [], unlisted: [], unplaced: [], pending: [] }
    const sorted: Record<keyof typeof groups, string[]> = groups
    for (const id of ids) {
      if (known.failed.includes(id)) sorted.urgent.push(id)
      else if (!known.byRow.has(id)) sorted[this.#groupOf(id, known.rows.get(id))].push(id)
    }
    const toRead = new Set<string>()
    const add = (group: readonly string[], most: number) => {
      const count = Math.min(most, MAX_READ_PER_CHECK - toRead.size)
      for (const id of this.#turns.take(group, count)) toRead.add(id)
    }
    add(sorted.urgent, MAX_READ_PER_CHECK)
    add(sorted.unlisted, MAX_UNLISTED_PER_CHECK)
    const aheadMs = this.#newestAtMs + AHEAD_MS - this.#clock.nowMs()
    if (aheadMs > 0) add(sorted.unplaced, aheadMs / STATUS_SPACING_MS)
    else if (this.#isTurnOf('pending')) add([...sorted.unplaced, ...sorted.pending], 1)
    return toRead
  }

  #groupOf(id: string, row: DeploymentRow | undefined) {
    // Absent in the first checks is not terminated: the list may be late.
    if (row === undefined) return this.#listed.has(id) ? 'urgent' : 'unlisted'
    if (this.#hasChanged(id, row)) return 'urgent'
    const ageMs = this.#clock.nowMs() - (this.#seenAtMs.get(id) ?? 0)
    const isUnplaced = this.#last.get(id)?.facts.location === undefined && ageMs >= PLACED_MS
    return isUnplaced && this.#isPaced ? 'unplaced' : 'pending'
  }
}

/** Listed as not ready: more will be known when its turn comes. */
const NOT_READ_YET: StatusReading = { state: 'pending', status: '', known: true, facts: {} }

function pagesOf(count: number): number {
  return Math.max(1, Math.ceil(count / ROWS_PER_REQUEST))
}
