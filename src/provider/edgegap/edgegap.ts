import type { Clock } from '../../base/clock.ts'
import type { Delivery, Notification } from '../../base/delivery.ts'
import { ActionError, toActionError } from '../../base/errors.ts'
import { adaptiveSchedule } from '../../wait/schedule.ts'
import type {
  Call,
  CreateResult,
  Diagnosis,
  Observation,
  Preparation,
  Provider,
  ProviderContext,
  Target,
} from '../provider.ts'
import {
  createEdgegapClient,
  type EdgegapClient,
  type EdgegapReply,
  type EdgegapRequest,
  replyError,
} from './client.ts'
import { deploymentBody } from './deployment-body.ts'
import type { Location } from './locations.ts'
import type { EdgegapAccess, EdgegapDeploySettings } from './settings.ts'

/** Loaded when the first reply is awaited, not before: the validator costs 10 ms at start-up. */
const wire = () => import('./wire.ts')

/** Statuses of a stop that say what has become of the server. */
const STOP_ANSWERS: ReadonlySet<number> = new Set([200, 202, 400, 404, 410])

/** Rows per page of the list, and pages that are read at most. */
const PAGE_ROWS = 100
const MAX_PAGES = 50
/** The API has no tail: the whole log comes, however little of it is shown. */
const MAX_LOG_BYTES = 32 * 1024 * 1024

const WHILE_CREATING = {
  refused:
    'Check application and version: both must exist and be active, and the account may not be at its limits.',
  'not-found': 'Check application and version: both must exist in this organisation.',
  'no-capacity':
    'No server could be placed: try another location, ask for less CPU or memory, or stop other deployments of a limited account.',
} as const

interface EdgegapTarget extends Target {
  readonly location: Location
}

/** Deployments on Edgegap's API v2 (create) and v1 (all else). */
export class Edgegap implements Provider<EdgegapTarget> {
  readonly title = 'Edgegap'
  readonly targets: readonly EdgegapTarget[]
  readonly canStop = true
  readonly createMs = 30_000
  readonly #settings: EdgegapDeploySettings | undefined
  readonly #send: EdgegapClient
  readonly #clock: Clock

  /** @param settings what is to be deployed; undefined where nothing is */
  constructor(
    { apiUrl, token }: EdgegapAccess,
    { http, clock }: ProviderContext,
    settings?: EdgegapDeploySettings,
  ) {
    this.#clock = clock
    this.#settings = settings
    this.#send = createEdgegapClient(http, apiUrl, token)
    this.targets = settings?.own.locations.map(toTarget) ?? []
  }

  pollSchedule = adaptiveSchedule

  async prepare(): Promise<Preparation> {
    return { version: this.#deploy().version, versionAction: 'unmanaged' }
  }

  async create(
    target: EdgegapTarget,
    tag: string,
    call: Call,
    webhook: URL | undefined,
  ): Promise<CreateResult> {
    const settings = this.#deploy()
    const body = deploymentBody(settings, target.location, tag, webhook)
    try {
      const reply = await this.#send({ method: 'POST', path: '/v2/deployments', body }, call)
      return await readCreate(reply)
    } catch (thrown) {
      const error = toActionError(thrown)
      return { kind: error.kind === 'unreachable' ? 'try-again' : 'unknown', error }
    }
  }

  async readNotification({ body }: Delivery): Promise<Notification> {
    const { readWebhook } = await wire()
    return readWebhook(body.toString('utf8'))
  }

  /**
   * Asks for the tags by tag and checks each row again: a filter that the server ignored or read
   * otherwise must never make a stranger's deployment ours. Rows without tags are looked at one by one.
   */
  async findByTags(sought: readonly string[], call: Call): Promise<ReadonlyMap<string, string>> {
    const { readDeployments } = await wire()
    const query = JSON.stringify({
      filters: [{ field: 'tags', operator: 'in', value: sought }],
    })
    const found = new Map<string, string>()
    const untilMs = this.#clock.nowMs() + call.deadlineMs
    const rest = () => ({ ...call, deadlineMs: Math.max(1, untilMs - this.#clock.nowMs()) })
    for (let page = 1; page <= MAX_PAGES; page++) {
      const reply = await this.#get('/v1/deployments', rest(), 'list deployments', {
        query: { query, page: String(page), limit: String(PAGE_ROWS) },
      })
      const { rows, hasNext } = readDeployments(reply.text, reply.request)
      for (const row of rows) {
        const tags = row.tags ?? (row.id === undefined ? [] : await this.#tagsOf(row.id, rest()))
        const tag = sought.find((one) => tags.includes(one))
        if (tag === undefined) continue
        // It is ours and cannot be named in a request: nothing may be created beside it.
        if (row.id === undefined) throw unusableId(tag)
        found.set(row.id, tag)
      }
      if (!hasNext) return found
    }
    throw new ActionError({
      kind: 'malformed-reply',
      what: `The list of deployments has no end within ${MAX_PAGES} pages.`,
    })
  }

  async observe(id: string, call: Call): Promise<Observation> {
    const path = `/v1/status/${id}`
    const [reply, { readStatus }] = await Promise.all([
      this.#get(path, call, `read the status of ${id}`),
      wire(),
    ])
    return readStatus(reply.text, id, reply.request)
  }

  async diagnose(id: string, lines: number, call: Call): Promise<Diagnosis | undefined> {
    const path = `/v1/deployment/${id}/container-logs`
    const reply = await this.#get(path, call, `read the log of ${id}`, {
      maxReplyBytes: MAX_LOG_BYTES,
    })
    const { readLogs } = await wire()
    const { logs, crashLogs, crash } = readLogs(reply.text, reply.request)
    const all = [...splitLines(logs), ...splitLines(crashLogs)]
    if (all.length === 0 && !crash) return undefined
    const logLines = lines > 0 ? all.slice(-lines) : []
    return { logLines, truncated: all.length > logLines.length, ...(crash && { crash }) }
  }

  /**
   * 200 and 202 accept (also repeatedly, while it is stopping); 410 says that it is gone. The live
   * API answers 400 for an id that it does not know, where the OpenAPI lists 404; since a 400 has
   * many causes, both count as gone only when the status does not know the id either.
   */
  async stop(id: string, call: Call): Promise<'accepted' | 'gone'> {
    const reply = await this.#send({ method: 'DELETE', path: `/v1/stop/${id}` }, call)
    if (STOP_ANSWERS.has(reply.status)) await expectJson(reply)
    if (reply.status === 200 || reply.status === 202) return 'accepted'
    if (reply.status === 410) return 'gone'
    if ((reply.status === 400 || reply.status === 404) && (await this.#isGone(id, call))) {
      return 'gone'
    }
    const { readProblem } = await wire()
    throw replyError(reply, `Edgegap did not stop ${id}`, readProblem(reply.text))
  }

  async #isGone(id: string, call: Call): Promise<boolean> {
    const reply = await this.#send({ method: 'GET', path: `/v1/status/${id}` }, call)
    if (reply.status === 400 || reply.status === 404) {
      await expectJson(reply)
      return true
    }
    if (reply.status !== 200) return false
    const { readStatus } = await wire()
    return /TERMINATED$/i.test(readStatus(reply.text, id, reply.request).status)
  }

  async #tagsOf(id: string, call: Call): Promise<readonly string[]> {
    const { readTags } = await wire()
    const reply = await this.#send({ method: 'GET', path: `/v1/status/${id}` }, call)
    // A row may vanish between the list and this; then it is nobody's.
    if (reply.status === 400 || reply.status === 404) return []
    if (reply.status !== 200) throw replyError(reply, `Could not read the tags of ${id}`, '')
    return readTags(reply.text, reply.request)
  }

  async #get(
    path: string,
    call: Call,
    purpose: string,
    more: Pick<EdgegapRequest, 'query' | 'maxReplyBytes'> = {},
  ): Promise<EdgegapReply> {
    const reply = await this.#send({ method: 'GET', path, ...more }, call)
    if (reply.status === 200) return reply
    const { readProblem } = await wire()
    throw replyError(reply, `Could not ${purpose}`, readProblem(reply.text))
  }

  #deploy(): EdgegapDeploySettings {
    if (!this.#settings) throw new Error('not a deploy')
    return this.#settings
  }
}

/**
 * 202 accepts. 422 refuses, yet a deployment in error state may exist under the id that it carries.
 * 5xx, 429, redirects and unreadable acceptances leave open whether something was created.
 */
async function readCreate(reply: EdgegapReply): Promise<CreateResult> {
  const { readCreatedId, readProblem } = await wire()
  if (reply.status >= 200 && reply.status < 300) {
    const id = readCreatedId(reply.text, reply.request)
    if (id !== undefined) return { kind: 'created', id }
    const error = replyError(reply, 'Edgegap accepted the deployment without naming its id', '')
    return { kind: 'unknown', error, isAccepted: true }
  }
  const message = readProblem(reply.text)
  const error = replyError(reply, 'Edgegap refused the deployment', message, WHILE_CREATING)
  if (reply.status === 429 || reply.status >= 500 || reply.status < 400) {
    return { kind: 'unknown', error }
  }
  if (reply.status !== 422) return { kind: 'refused', error }
  const id = readRefusedId(reply)
  return { kind: 'refused', error, ...(id === undefined ? { mayExist: true } : { id }) }

  function readRefusedId(refusal: EdgegapReply): string | undefined {
    try {
      return readCreatedId(refusal.text, refusal.request)
    } catch {
      return undefined
    }
  }
}

/**
 * An answer about the fate of a server counts only if it is the API's own: the page of a proxy or of
 * a wrong host has every status, and no JSON.
 */
async function expectJson({ text, request }: EdgegapReply): Promise<void> {
  const { expectMessage } = await wire()
  expectMessage(text, request)
}

function unusableId(tag: string): ActionError {
  return new ActionError({
    kind: 'malformed-reply',
    what: `Edgegap lists what carries the tag ${tag} under an id that is none.`,
  })
}

function toTarget(location: Location): EdgegapTarget {
  return { name: location.name, where: location.where, location }
}

function splitLines(text: string): string[] {
  const lines = text.split(/\r\n|\n|\r/)
  if (lines.at(-1) === '') lines.pop()
  return lines
}
