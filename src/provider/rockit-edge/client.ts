import { ActionError, type ErrorKind } from '../../base/errors.ts'
import type { HttpClient, HttpReply } from '../../net/request.ts'
import { readRetryAfter } from '../../net/retry-after.ts'
import { kindOfStatus, noAnswer } from '../http-errors.ts'
import type { Call } from '../provider.ts'
import type { RockitEdgeAccess } from './settings.ts'
import { parseJson, shapeOf, textOf } from './wire/json.ts'
import { NAMES } from './wire/names.ts'
import { readProblem } from './wire/replies.ts'

export interface RockitEdgeRequest {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** Below `/be/v1`, with leading slash, without query. */
  path: string
  query?: Record<string, string>
  body?: unknown
}

export interface RockitEdgeReply extends HttpReply {
  /** The request as errors name it: method and path, no query. */
  request: string
  /** Undefined when the body is no JSON. */
  json: unknown
  isGood: boolean
}

/** Sends one request. Resolves for every status; throws `ActionError` when no whole reply came. */
export type RockitEdgeClient = (request: RockitEdgeRequest, call: Call) => Promise<RockitEdgeReply>

/** The gateway gives up on its backend after this time, so waiting longer brings nothing. */
export const LONGEST_CALL_MS = 60_000

/**
 * Access as a machine account by the three headers of the page "Authentication". `Accept` is always
 * sent: the gateway's firewall refuses requests without it.
 *
 * @param logShape told of each reply's names and types, where somebody debugs
 */
export function createRockitEdgeClient(
  http: HttpClient,
  { apiUrl, token, organization, username }: Omit<RockitEdgeAccess, 'application'>,
  logShape: ((line: string) => void) | undefined,
): RockitEdgeClient {
  const base = `${apiUrl.pathname.replace(/\/$/, '').replace(/\/be\/v1$/, '')}/be/v1`
  return async ({ method, path, query, body }, call) => {
    const url = new URL(base + path, apiUrl)
    url.search = new URLSearchParams(query).toString()
    const request = `${method} /be/v1${path}`
    try {
      const reply = await http({
        method,
        url,
        headers: {
          'x-rockit-orgname': organization,
          'x-rockit-username': username,
          'x-rockit-api-key': token,
          accept: 'application/json',
          'user-agent': 'deploy-game-server',
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        deadlineMs: Math.min(call.deadlineMs, LONGEST_CALL_MS),
        signal: call.signal,
      })
      const json = parseJson(reply.text)
      logShape?.(`${request} → ${reply.status}: ${json === undefined ? 'no JSON' : shapeOf(json)}`)
      return { ...reply, request, json, isGood: reply.status >= 200 && reply.status < 300 }
    } catch (thrown) {
      throw noAnswer('ROCKIT Edge', thrown, request)
    }
  }
}

/** What users can do, by status, where the caller knows nothing better. */
const NEXT: Partial<Record<ErrorKind, string>> = {
  unauthorized:
    'Check organization, username and api-token: they must be those of one machine account. Secrets are empty in pull requests from forks and by Dependabot.',
  forbidden: 'Ask for a role with the permission that this needs.',
  'not-found': 'Check api-url: it should be the address of your ROCKIT Edge.',
  'rate-limited': 'The limit counts all callers of the instance: run fewer jobs at the same time.',
  'server-fault': 'ROCKIT Edge has a fault of its own or is under maintenance: run the job later.',
  'malformed-reply':
    'Check api-url. If it is right, run the job again with debug logging and report the shapes that it shows.',
}

/** @param what what could not be done, such as `ROCKIT Edge refused the import` */
export function replyError(
  reply: RockitEdgeReply,
  what: string,
  next: Partial<Record<ErrorKind, string>> = {},
): ActionError {
  const kind = kindOfStatus(reply.status)
  const message = readProblem(reply.text, reply.json)
  const advice = next[kind] ?? NEXT[kind]
  const hint = reply.headers['retry-after'] ?? textOf(reply.json, NAMES.envelope.retryAfter)
  const retryAfterMs = readRetryAfter(hint, Date.now())
  return new ActionError({
    kind,
    what: `${what} (HTTP ${reply.status})${message ? `: ${message}` : '.'}`,
    request: `${reply.request} → ${reply.status}`,
    ...(advice !== undefined && { next: advice }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  })
}
