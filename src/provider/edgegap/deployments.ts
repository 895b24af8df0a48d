import type { Clock } from '../../base/clock.ts'
import { ActionError } from '../../base/errors.ts'
import { inTurn } from '../../base/in-turn.ts'
import { Pacer } from '../../base/pacer.ts'
import type { Call } from '../call.ts'
import type { ServerLog, StopReply } from '../provider.ts'
import { budget } from './budget.ts'
import { type EdgegapClient, type EdgegapReply, type EdgegapRequest, replyError } from './client.ts'
import { type ReadPage, readAllPages, readPages } from './list-pages.ts'
import { wire } from './load-wire.ts'
import { readServerLog } from './server-log.ts'
import { tooManyUntagged, unusableId, withoutTags } from './tag-errors.ts'
import type { DeploymentPage, DeploymentRow, Membership, StatusReading } from './wire.ts'

/** Rows per page of the list. */
export const PAGE_ROWS = 100
/** The API has no tail: the whole log comes, however little of it is shown. */
const MAX_LOG_BYTES = 32 * 1024 * 1024
/** Statuses of a stop that say what has become of the server. */
const STOP_ANSWERS: ReadonlySet<number> = new Set([200, 202, 400, 404, 410])
/** Rows that do not show their tags are checked one by one, so many at most. */
const MAX_UNTAGGED = 100
/** Statuses on the way at the same time. */
export const STATUS_AT_ONCE = 10
/** Edgegap allows 20 status requests a second for the whole organization; a few may go at once. */
export const STATUS_SPACING_MS = 60
export const STATUS_BURST = 3

/** Of lists it allows 10 a second. */
const LIST_SPACING_MS = 125
const LIST_BURST = 2

/** Gets each status, or why it could not be read, as soon as that is known. */
export type ArrivedStatus = (id: string, reading: StatusReading | ActionError) => void

/** One filter of the list (OpenAPI v1, `GET /v1/deployments`). */
export interface Filter {
  field: 'tags' | 'application' | 'status'
  operator: 'eq' | 'in'
  value: string | readonly string[]
}

/** Requests about deployments that exist, on Edgegap's API v1. */
export class Deployments {
  readonly #send: EdgegapClient
  readonly #clock: Clock
  readonly #statuses: Pacer
  readonly #lists: Pacer
  readonly #isPortless: (call: Call) => Promise<boolean>

  /** @param isPortless whether the version that is deployed has no port at all */
  constructor(
    send: EdgegapClient,
    clock: Clock,
    isPortless: (call: Call) => Promise<boolean> = async () => false,
  ) {
    this.#send = send
    this.#clock = clock
    this.#isPortless = isPortless
    this.#statuses = new Pacer(clock, STATUS_SPACING_MS, STATUS_BURST)
    this.#lists = new Pacer(clock, LIST_SPACING_MS, LIST_BURST)
  }

  /** @throws ActionError of kind `not-found` for an id that the API does not know */
  async status(id: string, call: Call): Promise<StatusReading> {
    const path = `/v1/status/${encodeURIComponent(id)}`
    const rest = budget(this.#clock, call)
    const [reply, { readStatus, asPortless }] = await Promise.all([
      this.#get(path, rest(), `read the status of ${id}`),
      wire(),
    ])
    const reading = readStatus(reply.text, id, reply.request)
    return reading.namesNoPort && (await this.#isPortless(rest())) ? asPortless(reading) : reading
  }

  /** Waits for the next status request that keeps many of them below the rate limit. */
  async turn(signal: AbortSignal): Promise<void> {
    await this.#statuses.turn(signal)
  }

  /**
   * Several statuses, a few at a time; each id has its status or its error.
   *
   * @param isPaced whether there are so many that they have to keep below the rate limit
   * @param arrived gets each one as soon as it is there
   */
  async statuses(
    ids: readonly string[],
    call: Call,
    isPaced: boolean,
    arrived: ArrivedStatus,
  ): Promise<Map<string, StatusReading | ActionError>> {
    const read = new Map<string, StatusReading | ActionError>()
    await inTurn(ids, STATUS_AT_ONCE, async (id) => {
      if (isPaced) await this.turn(call.signal)
      const one = await this.status(id, call).catch((thrown) => {
        if (thrown instanceof ActionError) return thrown
        throw thrown
      })
      read.set(id, one)
      arrived(id, one)
    })
    return read
  }

  /**
   * Every row of the list that the filters let through. Callers check each row again: a filter that
   * the server ignored or read otherwise must never make a stranger's deployment ours.
   */
  async list(filters: readonly Filter[], call: Call): Promise<DeploymentRow[]> {
    const readPage = this.#pages(filters, call)
    return await readAllPages(async (page) => {
      await this.#lists.turn(call.signal)
      return await readPage(page)
    })
  }

  /** The same for those who can do without a row: a long list may change while it is read. */
  async listOnce(filters: readonly Filter[], call: Call): Promise<DeploymentRow[]> {
    return await readPages(this.#pages(filters, call))
  }

  #pages(filters: readonly Filter[], call: Call): ReadPage {
    const rest = budget(this.#clock, call)
    return (page) => this.#page(filters, page, rest())
  }

  /** The rows of the first page only. */
  async listFirst(filters: readonly Filter[], call: Call): Promise<DeploymentRow[]> {
    return (await this.#page(filters, 1, call)).rows
  }

  async #page(filters: readonly Filter[], page: number, call: Call): Promise<DeploymentPage> {
    const { readDeployments } = await wire()
    const reply = await this.#get('/v1/deployments', call, 'list deployments', {
      query: {
        query: JSON.stringify({ filters }),
        page: String(page),
        limit: String(PAGE_ROWS),
      },
    })
    return readDeployments(reply.text, reply.request)
  }

  /** Id → tag, of all that carries one of the tags. Rows without tags are checked one by one. */
  async findByTags(sought: readonly string[], call: Call): Promise<ReadonlyMap<string, string>> {
    const rest = budget(this.#clock, call)
    const rows = await this.list([{ field: 'tags', operator: 'in', value: sought }], rest())
    const found = new Map<string, string>()
    let untagged = 0
    for (const row of rows) {
      if (row.tags === undefined) untagged += 1
      if (untagged > MAX_UNTAGGED) throw tooManyUntagged(MAX_UNTAGGED)
      const tags = row.tags ?? (row.id && (await this.#tagsOf(row.id, rest())))
      const tag = tags && sought.find((one) => tags.includes(one))
      if (!tag) continue
      // It is ours and cannot be named in a request: nothing may be created beside it.
      if (row.id === undefined) throw unusableId(tag)
      found.set(row.id, tag)
    }
    return found
  }

  /** @throws ActionError where its status shows no tags: it may be the one that is looked for */
  async #tagsOf(id: string, call: Call): Promise<readonly string[] | undefined> {
    const membership = await this.membership(id, call)
    if (membership && !membership.tags) throw withoutTags(id)
    return membership?.tags
  }

  /** Whose a deployment is, and whether it ends; undefined where the API does not know it. */
  async membership(
    id: string,
    call: Call,
  ): Promise<(Membership & Pick<StatusReading, 'end'>) | undefined> {
    const path = `/v1/status/${encodeURIComponent(id)}`
    const reply = await this.#send({ method: 'GET', path }, call)
    const { readMembership, readStatus, expectMessage } = await wire()
    // A row may vanish between the list and this.
    if (reply.status === 400 || reply.status === 404) {
      expectMessage(reply.text, reply.request)
      return undefined
    }
    if (reply.status !== 200) throw replyError(reply, `Could not read the status of ${id}`, '')
    const { end } = readStatus(reply.text, id, reply.request)
    return { ...readMembership(reply.text, reply.request), ...(end && { end }) }
  }

  /** The log of its container; undefined where there is none. */
  async log(id: string, call: Call): Promise<ServerLog | undefined> {
    const path = `/v1/deployment/${encodeURIComponent(id)}/container-logs`
    const reply = await this.#get(path, call, `read the log of ${id}`, {
      maxReplyBytes: MAX_LOG_BYTES,
      keepsEnd: true,
    })
    return await readServerLog(reply)
  }

  /**
   * 200 and 202 accept (also repeatedly, while it is stopping); 410 says that it is gone. The live
   * API answers 400 for an id that it does not know, where the OpenAPI lists 404. An answer counts
   * only if it is the API's own: the page of a proxy or of a wrong host has every status, and no JSON.
   */
  async stop(id: string, call: Call): Promise<StopReply> {
    const reply = await this.#send(
      { method: 'DELETE', path: `/v1/stop/${encodeURIComponent(id)}` },
      call,
    )
    const { expectMessage, readProblem } = await wire()
    if (STOP_ANSWERS.has(reply.status)) expectMessage(reply.text, reply.request)
    if (reply.status === 200 || reply.status === 202) return 'accepted'
    if (reply.status === 410) return 'gone'
    if (reply.status === 400 || reply.status === 404) {
      // A 400 has many causes; of an id that the status knows it means something else.
      const end = await this.#endOf(id, call)
      if (end === 'ended') return 'gone'
      if (end === 'unknown') return 'unknown'
    }
    throw replyError(reply, `Edgegap did not stop ${id}`, readProblem(reply.text))
  }

  async #endOf(id: string, call: Call): Promise<StatusReading['end'] | 'unknown'> {
    try {
      return (await this.status(id, call)).end
    } catch (thrown) {
      if (thrown instanceof ActionError && thrown.kind === 'not-found') return 'unknown'
      throw thrown
    }
  }

  async #get(
    path: string,
    call: Call,
    purpose: string,
    more: Pick<EdgegapRequest, 'query' | 'maxReplyBytes' | 'keepsEnd'> = {},
  ): Promise<EdgegapReply> {
    const reply = await this.#send({ method: 'GET', path, ...more }, call)
    if (reply.status === 200) return reply
    const { readProblem, isApiError } = await wire()
    // The live API answers 400 for an id that it does not know.
    const isUnknownId = reply.status === 400 && !more.query && isApiError(reply.text)
    throw replyError(reply, `Could not ${purpose}`, readProblem(reply.text), {}, isUnknownId)
  }
}
