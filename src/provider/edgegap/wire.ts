import { isIP } from 'node:net'
import * as z from 'zod/mini'
import type { Notification } from '../../base/delivery.ts'
import { ActionError } from '../../base/errors.ts'
import { isPage } from '../http-errors.ts'
import { flag, integer, isRecord, isYes, list, parseJson, record, text } from '../json.ts'
import type { Facts, Observation, Port } from '../provider.ts'
import { pageError } from './client.ts'
import { keepKeyOrder, originalKey } from './key-order.ts'
import type { Place } from './placement.ts'

/**
 * Edgegap's JSON in our words. Readers are lenient: fields are missing or null in some phases,
 * numbers come as strings in some payloads, and unknown fields are dropped. Nothing outside this
 * file knows a wire name. Shapes: OpenAPI v1 (2026.04.24) and v2 (2026.06.01).
 */

const accepted = z.object({ request_id: z.optional(text) })
const problem = z.object({
  message: z.optional(text),
  error: z.optional(text),
  detail: z.optional(text),
})
const portShape = z.object({
  name: z.optional(text),
  internal: z.optional(integer),
  external: z.optional(integer),
  protocol: z.optional(text),
})
const locationShape = z.object({
  city: z.optional(text),
  country: z.optional(text),
  latitude: z.optional(z.unknown()),
  longitude: z.optional(z.unknown()),
})
const statusShape = z.object({
  request_id: z.optional(text),
  fqdn: z.optional(text),
  public_ip: z.optional(text),
  current_status: z.optional(text),
  error: z.optional(flag),
  error_detail: z.optional(text),
  ports: z.optional(record),
  location: z.optional(record),
  tags: z.optional(list),
  app_name: z.optional(text),
})
// Not lenient: whoever reads no rows where there are some creates a second server.
const listShape = z.object({
  data: z.array(z.unknown()),
  pagination: z.optional(record),
})
const paginationShape = z.object({
  has_next: z.optional(z.unknown()),
  next_page_number: z.optional(integer),
})
const rowShape = z.object({
  request_id: z.optional(text),
  ready: z.optional(flag),
  tags: z.optional(z.unknown()),
})
const crashShape = z.object({
  exit_code: z.optional(integer),
  message: z.optional(text),
  restart_count: z.optional(integer),
})
const logsShape = z.object({
  logs: z.optional(text),
  crash_logs: z.optional(text),
  crash_data: z.optional(record),
})

/** An id is 12 lower-case hex digits in every source; it goes into URLs, so nothing odd may pass. */
const ID = /^[A-Za-z0-9_-]{1,64}$/

/** @throws ActionError `malformed-reply` when the text is not a JSON object */
export function parse<T extends z.ZodMiniType>(
  schema: T,
  body: string,
  request: string,
): z.output<T> {
  // Where it is none, the text itself is not shown: it may be a proxy's page or half a reply.
  const value = parseJson(body)
  const result = schema.safeParse(value)
  if (isRecord(value) && result.success) return result.data
  if (isPage(body)) throw pageError(request)
  throw new ActionError({
    kind: 'malformed-reply',
    what: 'Edgegap sent a reply that is not the JSON it documents.',
    request,
  })
}

/** The id in the reply to a create, also in a 422; undefined where there is none. */
export function readCreatedId(body: string, request: string): string | undefined {
  const id = parse(accepted, body, request).request_id
  return id !== undefined && ID.test(id) ? id : undefined
}

/** @throws ActionError `malformed-reply` when a reply is not the JSON of the API */
export function expectMessage(body: string, request: string): void {
  parse(problem, body, request)
}

/** An error reply of the API itself has a JSON object. */
export function isApiError(body: string): boolean {
  return isRecord(parseJson(body))
}

/**
 * The provider's explanation in an error reply; falls back to the raw text. It is not cut here: a
 * secret in it is recognised only while it is whole.
 */
export function readProblem(body: string): string {
  const value = parseJson(body)
  // A gateway's page is no explanation.
  if (value === undefined) return isPage(body) ? '' : body.trim()
  const result = problem.safeParse(value)
  if (!result.success) return ''
  return result.data.message ?? result.data.error ?? result.data.detail ?? ''
}

/**
 * The states of Edgegap's lifecycle. TERMINATING and TERMINATED are failures here: nothing we wait
 * for is meant to end. The values are those of Edgegap's own clients; the API declares a free string.
 */
const STATES: Readonly<Record<string, Observation['state']>> = {
  INITIALIZING: 'pending',
  SEEKING: 'pending',
  SEEKED: 'pending',
  SCANNING: 'pending',
  DEPLOYING: 'pending',
  READY: 'succeeded',
  ERROR: 'failed',
  TERMINATING: 'failed',
  TERMINATED: 'failed',
}

/** A status, with the place that only this provider's code compares. */
export interface StatusReading extends Observation {
  place?: Place
}

/** A status is a word; it is kept for every change of it. */
const MAX_STATUS = 200

/**
 * A reply of `GET /v1/status/{id}`.
 *
 * READY counts only without `error: true`; `running` alone never counts, because the schema defaults
 * it to true. The status comes with and without its `Status.` prefix.
 */
export function readStatus(body: string, id: string, request: string): StatusReading {
  const status = parse(statusShape, keepKeyOrder(body), request)
  if (status.request_id !== undefined && status.request_id !== id) {
    throw new ActionError({
      kind: 'malformed-reply',
      what: 'Edgegap answered with the status of another deployment.',
      request,
    })
  }
  const verbatim = (status.current_status ?? '').slice(0, MAX_STATUS)
  const name = verbatim
    .trim()
    .replace(/^status\./i, '')
    .toUpperCase()
  const base = Object.hasOwn(STATES, name) ? STATES[name] : undefined
  const facts = readFacts(status)
  // A server that nobody can reach is not ready, whatever it is called.
  const isNowhere = base === 'succeeded' && facts.host === undefined && facts.ip === undefined
  const state = status.error ? 'failed' : isNowhere ? 'pending' : (base ?? 'pending')
  const place = readPlace(status.location)
  const reason = status.error_detail || (state === 'failed' ? endingOf(name) : undefined)
  return {
    state,
    status: verbatim,
    known: base !== undefined,
    facts,
    ...(place && { place }),
    ...(reason && { reason }),
    ...(Object.hasOwn(ENDS, name) && { end: ENDS[name] }),
  }
}

const ENDS: Readonly<Record<string, NonNullable<Observation['end']>>> = {
  TERMINATING: 'ending',
  TERMINATED: 'ended',
}

function endingOf(name: string): string {
  return name.startsWith('TERMINAT')
    ? 'it was terminated before it was ready'
    : 'Edgegap reports an error without details'
}

function readFacts(status: z.output<typeof statusShape>): Facts {
  const fqdn = readHost(status.fqdn)
  const ip = readHost(status.public_ip)
  const host = fqdn ?? ip
  const location = locationShape.safeParse(status.location ?? {}).data
  const place = [location?.city, location?.country].filter(Boolean).join(', ')
  return {
    ...(fqdn && { host: fqdn }),
    ...(ip && { ip }),
    ...(place && { location: place }),
    ports: host ? readPorts(status.ports ?? {}, host) : [],
  }
}

function readPlace(location: Record<string, unknown> | undefined): Place | undefined {
  const place = locationShape.safeParse(location ?? {}).data
  if (!place?.city) return undefined
  const [latitude, longitude] = [toDegrees(place.latitude, 90), toDegrees(place.longitude, 180)]
  const isKnown = latitude !== undefined && longitude !== undefined
  return { city: place.city, ...(isKnown && { point: { latitude, longitude } }) }
}

/** A number within the limit, also one that comes as text. */
export function toDegrees(value: unknown, limit: number): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  return typeof number === 'number' && Math.abs(number) <= limit ? number : undefined
}

/**
 * Workflows put the address into shell commands, so only what a host can be called passes: no quote,
 * no blank, no `$`, no leading hyphen.
 */
function readHost(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  return isIP(text) !== 0 || /^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$/.test(text) ? text : undefined
}

/** More would not fit into what a job may have as outputs. */
const MAX_PORTS = 100
const MAX_PORT_NAME = 100
const MAX_PROTOCOL = 20

/**
 * The map is keyed by the port's name, or by its number where it has none. The address is built from
 * host and external port: `link` is a URL for some protocols and `host:port` for others.
 */
function readPorts(map: Record<string, unknown>, host: string): Port[] {
  const ports: Port[] = []
  // An IPv6 address, where there is no name, cannot be distinguished from the port behind it otherwise.
  const authority = host.includes(':') ? `[${host}]` : host
  for (const [key, value] of Object.entries(map)) {
    if (ports.length === MAX_PORTS) break
    const port = portShape.safeParse(value).data
    if (port?.external === undefined || port.external < 1 || port.external > 65_535) continue
    ports.push({
      name: (port.name || originalKey(key)).slice(0, MAX_PORT_NAME),
      internal: port.internal,
      external: port.external,
      protocol: (port.protocol ?? '').slice(0, MAX_PROTOCOL),
      address: `${authority}:${port.external}`,
    })
  }
  return ports
}

/**
 * A webhook's body: the JSON of the status. Of all that it says only the id is read, to find out
 * whether it is about one of ours.
 */
export function readWebhook(body: string): Notification {
  try {
    const id = parse(accepted, body, 'webhook').request_id
    if (id !== undefined && ID.test(id)) return { kind: 'notification', id }
  } catch {
    // Falls through: whatever it is, it is not a webhook of Edgegap.
  }
  return { kind: 'ignored', why: 'not a webhook of Edgegap' }
}

export interface DeploymentRow {
  /** Undefined when it is nothing that can be put into a request. */
  id: string | undefined
  isReady: boolean
  /** Undefined when the row does not say. */
  tags: readonly string[] | undefined
}

export interface DeploymentPage {
  rows: DeploymentRow[]
  hasNext: boolean
}

/** A page of `GET /v1/deployments`. */
export function readDeployments(body: string, request: string): DeploymentPage {
  const page = parse(listShape, body, request)
  const rows: DeploymentRow[] = []
  for (const value of page.data) {
    const row = rowShape.safeParse(value).data
    if (row?.request_id === undefined) continue
    rows.push({
      id: ID.test(row.request_id) ? row.request_id : undefined,
      isReady: row.ready ?? false,
      tags: Array.isArray(row.tags) ? row.tags.map(tagName) : undefined,
    })
  }
  const pagination = paginationShape.safeParse(page.pagination ?? {}).data
  const says = pagination?.has_next ?? undefined
  return {
    rows,
    hasNext: says === undefined ? pagination?.next_page_number !== undefined : isYes(says),
  }
}

export interface Membership {
  tags: readonly string[]
  application: string | undefined
}

/** Whose a deployment is, by its status: list rows do not say. */
export function readMembership(body: string, request: string): Membership {
  const { tags, app_name } = parse(statusShape, body, request)
  return { tags: (tags ?? []).map(tagName), application: app_name }
}

/** Tags are strings; the tag endpoints show them as objects with a name. */
function tagName(tag: unknown): string {
  return text.parse(isRecord(tag) ? tag.name : tag) ?? ''
}

export interface ContainerLogs {
  logs: string
  crashLogs: string
  crash: string | undefined
  restarts: number | undefined
}

/** A reply of `GET /v1/deployment/{id}/container-logs`. */
export function readLogs(body: string, request: string): ContainerLogs {
  const reply = parse(logsShape, body, request)
  return {
    logs: reply.logs ?? '',
    crashLogs: reply.crash_logs ?? '',
    crash: describeCrash(reply.crash_data ?? {}),
    restarts: crashShape.safeParse(reply.crash_data ?? {}).data?.restart_count,
  }
}

function describeCrash(data: Record<string, unknown>): string | undefined {
  const crash = crashShape.safeParse(data).data
  const parts = [
    crash?.exit_code !== undefined && `exit code ${crash.exit_code}`,
    crash?.message,
    crash?.restart_count && `restarted ${crash.restart_count} times`,
  ]
  return parts.filter(Boolean).join(', ') || undefined
}
