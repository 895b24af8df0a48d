import * as z from 'zod/mini'
import { flag, integer, isRecord, record, text } from '../../json.ts'
import type { Observation } from '../../provider.ts'
import { malformedReply } from '../client.ts'
import { keepKeyOrder } from '../key-order.ts'
import type { Place } from '../placement.ts'
import { addressFields, readFacts, readPlace } from './facts.ts'
import { adviceOnFailure } from './failure-advice.ts'
import { parse } from './reply.ts'

const statusShape = z.object({
  ...addressFields,
  request_id: z.optional(text),
  current_status: z.optional(text),
  error: z.optional(flag),
  error_detail: z.optional(text),
  location: z.optional(record),
  tags: z.optional(z.unknown()),
  app_name: z.optional(text),
  max_duration: z.optional(integer),
})

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

/** A status, with what only this provider's code compares. */
export interface StatusReading extends Observation {
  place?: Place
  /** It is called ready, has a host, and names no port at all: its version may have none. */
  namesNoPort?: true
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
  if (status.request_id !== undefined && !isSameId(status.request_id, id)) {
    throw malformedReply('Edgegap answered with the status of another deployment.', request)
  }
  const verbatim = (status.current_status ?? '').slice(0, MAX_STATUS)
  const name = verbatim
    .trim()
    .replace(/^status\./i, '')
    .toUpperCase()
  const base = Object.hasOwn(STATES, name) ? STATES[name] : undefined
  const facts = readFacts(status)
  const { max_duration: maxMinutes = 0 } = status
  if (maxMinutes > 0) facts.maxMinutes = maxMinutes
  // A server that nobody can reach is not ready, whatever it is called.
  const hasHost = facts.host !== undefined || facts.ip !== undefined
  const isNowhere = base === 'succeeded' && (!hasHost || facts.ports.length === 0)
  const namesNoPort = isNowhere && hasHost && Object.keys(status.ports ?? {}).length === 0
  const state = status.error ? 'failed' : isNowhere ? 'pending' : (base ?? 'pending')
  const place = readPlace(status.location)
  const reason = status.error_detail || (state === 'failed' ? endingOf(name) : undefined)
  const next = state === 'failed' ? adviceOnFailure(status.error_detail ?? '') : undefined
  return {
    state,
    status: verbatim,
    known: base !== undefined,
    facts,
    ...(place && { place }),
    ...(isNowhere && state === 'pending' && WITHOUT_ADDRESS),
    ...(namesNoPort && state === 'pending' && { namesNoPort }),
    ...(reason && { reason }),
    ...(next && { next }),
    ...(Object.hasOwn(ENDS, name) && { end: ENDS[name] }),
  }
}

const WITHOUT_ADDRESS = {
  endsUnannounced: true,
  reason: 'it has no address that players could use yet',
  next: 'Edgegap calls it ready and names no host and port: check the ports of its version in the dashboard.',
} as const

/** Ids are hex: whoever spells the letters otherwise means the same one. */
function isSameId(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}

/** One of a version that has no port: nobody is meant to connect to it. */
export function asPortless(reading: StatusReading): StatusReading {
  const { next: _, endsUnannounced: _none, namesNoPort: _nor, ...rest } = reading
  return { ...rest, state: 'succeeded', reason: 'its version has no port, so it has no address' }
}

const ENDS: Readonly<Record<string, NonNullable<Observation['end']>>> = {
  TERMINATING: 'ending',
  TERMINATED: 'ended',
}

function endingOf(name: string): string {
  return name.startsWith('TERMINAT')
    ? 'it was terminated'
    : 'Edgegap reports an error without details'
}

export interface Membership {
  /** undefined where the status does not show tags: the OpenAPI does not require it to. */
  tags: readonly string[] | undefined
  application: string | undefined
}

/** Whose a deployment is, by its status: list rows do not say. */
export function readMembership(body: string, request: string): Membership {
  const { tags, app_name } = parse(statusShape, body, request)
  return { tags: Array.isArray(tags) ? tags.map(tagName) : undefined, application: app_name }
}

/** Tags are strings; the tag endpoints show them as objects with a name. */
export function tagName(tag: unknown): string {
  return text.parse(isRecord(tag) ? tag.name : tag) ?? ''
}
