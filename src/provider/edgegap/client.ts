import { ActionError, type ErrorKind } from '../../base/errors.ts'
import type { HttpClient, HttpReply } from '../../net/request.ts'
import { readRetryAfter } from '../../net/retry-after.ts'
import { kindOfStatus, noAnswer } from '../http-errors.ts'
import type { Call } from '../provider.ts'

export interface EdgegapRequest {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** With leading slash, without query. */
  path: string
  query?: Record<string, string>
  body?: unknown
  /** Longest reply that is read. */
  maxReplyBytes?: number
}

export interface EdgegapReply extends HttpReply {
  /** The request as errors name it: method and path, no query. */
  request: string
}

/** Sends one request. Resolves for every status; throws `ActionError` when no whole reply came. */
export type EdgegapClient = (request: EdgegapRequest, call: Call) => Promise<EdgegapReply>

/**
 * Authenticated access to Edgegap's API. The header is `Authorization: token <key>`, declared as an
 * API key and not as a bearer token (OpenAPI v1 and v2, `securitySchemes`).
 */
export function createEdgegapClient(http: HttpClient, apiUrl: URL, token: string): EdgegapClient {
  return async ({ method, path, query, body, maxReplyBytes }, call) => {
    // Not resolved against the base: a path that begins with two slashes would name another host.
    const url = new URL(apiUrl)
    url.pathname = apiUrl.pathname.replace(/\/+$/, '') + path
    url.search = new URLSearchParams(query).toString()
    const request = `${method} ${path}`
    try {
      const reply = await http({
        method,
        url,
        headers: {
          authorization: `token ${token}`,
          accept: 'application/json',
          'user-agent': 'deploy-game-server',
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        ...(maxReplyBytes !== undefined && { maxReplyBytes }),
        deadlineMs: call.deadlineMs,
        signal: call.signal,
      })
      return { ...reply, request }
    } catch (thrown) {
      throw noAnswer("Edgegap's API", thrown, request)
    }
  }
}

/** What users can do, by status, where the caller knows nothing better. */
const NEXT: Partial<Record<ErrorKind, string>> = {
  unauthorized:
    'Check api-token: it must be an API token of your Edgegap organisation. Secrets are empty in pull requests from forks and by Dependabot.',
  forbidden: 'This token may not do that: use one of the organisation that owns the application.',
  'rate-limited': 'The limit is per organisation: let fewer jobs deploy at the same time.',
  'server-fault': 'Edgegap has a fault of its own: run the job again later.',
  'malformed-reply': 'Check api-url: it should be https://api.edgegap.com.',
}

/**
 * An error reply as an error.
 *
 * @param what what could not be done, such as `Edgegap refused the deployment`
 * @param next what to do, by kind, where this call knows better than the general advice
 */
export function replyError(
  reply: EdgegapReply,
  what: string,
  message: string,
  next: Partial<Record<ErrorKind, string>> = {},
): ActionError {
  const kind = reply.status === 422 ? 'no-capacity' : kindOfStatus(reply.status)
  const advice = next[kind] ?? NEXT[kind]
  const retryAfterMs = readRetryAfter(reply.headers['retry-after'], Date.now())
  return new ActionError({
    kind,
    what: `${what} (HTTP ${reply.status})${message ? `: ${message}` : '.'}`,
    request: `${reply.request} → ${reply.status}`,
    ...(advice !== undefined && { next: advice }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  })
}
