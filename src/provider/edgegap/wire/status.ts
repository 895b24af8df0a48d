import * as z from 'zod/mini'
import { flag, integer, isRecord, record, text } from '../../json.ts'
import type { Observation } from '../../provider.ts'
import { malformedReply } from '../client.ts'
import { keepKeyOrder } from '../key-order.ts'
import type { Place } from '../placement.ts'
import { addressFields, readFacts, readPlace } from './facts.ts'
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
    throw malformedReply('Edgegap answered with the status of another deployment.', request)
  }
  const verbatim = (status.current_status ?? '').slice(0, MAX_STATUS)
  const name = verbatim
    .trim()
    .replace(/^status\./i, '')
    .toUpperCase()
  const base = Object.hasOwn(STATES, name) ? STATES[name] : undefined
  const facts = readFacts(status)
  const maxMinutes = status.max_duration
  if (maxMinutes !== undefined && maxMinutes > 0) facts.maxMinutes = maxMinutes
  // A server that nobody can reach is not ready, whatever it is called: it has no host, or ports of
  // which none leads to it yet. One without any port is of a version that has none.
  const hasHost = facts.host !== undefined || facts.ip !== undefined
  const isUnmapped = !facts.ports?.length && Object.keys(status.ports ?? {}).length > 0
  const isNowhere = base === 'succeeded' && (!hasHost || isUnmapped)
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
