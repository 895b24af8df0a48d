import { ActionError, type ErrorKind } from '../base/errors.ts'
import type { HttpClient, HttpReply } from '../net/request.ts'
import { readRetryAfter } from '../net/retry-after.ts'
import type { Call } from './call.ts'
import { kindOfStatus, noAnswer } from './http-errors.ts'

export interface RestRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Below the base URL, with leading slash, without query. */
  path: string
  query?: Record<string, string>
  body?: unknown
  /** Longest reply that is read. */
  maxReplyBytes?: number
  /** Of a longer reply the end is kept, and of one that breaks off what came. */
  keepsEnd?: boolean
}

export interface RestReply extends HttpReply {
  /** The request as errors name it: method and path, no query. */
  request: string
}

/** Sends one request. Resolves for every status; throws `ActionError` when no whole reply came. */
export type RestClient = (request: RestRequest, call: Call) => Promise<RestReply>

export interface RestOptions {
  http: HttpClient
  /** Its path comes before the path of each request. */
  baseUrl: URL
  /** The credentials. */
  headers: Readonly<Record<string, string>>
  /** Who answers, such as `Edgegap's API`, for errors. */
  who: string
  /** No request waits longer than this, whatever the caller allows. */
  longestCallMs?: number
}

/** A name that is nothing but dots: in a URL it means the folder itself, or the one above it. */
const DOT_SEGMENT = /(?:^|\/)(?:\.|%2e){1,2}(?:\/|$)/i

/** Access to a provider's JSON API. `accept` is always sent: firewalls refuse requests without it. */
export function createRestClient(options: RestOptions): RestClient {
  const { http, baseUrl, who, longestCallMs = Number.POSITIVE_INFINITY } = options
  // Set and never resolved: what begins with two slashes would name another host.
  const basePath = baseUrl.pathname.replace(/\/+$/, '')
  return async ({ method, path, query, body, maxReplyBytes, keepsEnd }, call) => {
    const url = new URL(baseUrl)
    url.pathname = basePath + path
    url.search = new URLSearchParams(query).toString()
    const request = `${method} ${basePath}${path}`
    if (DOT_SEGMENT.test(path)) throw leadsElsewhere(request)
    try {
      const reply = await http({
        method,
        url,
        headers: {
          ...options.headers,
          accept: 'application/json',
          'user-agent': 'deploy-game-server',
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        ...(maxReplyBytes !== undefined && { maxReplyBytes }),
        ...(keepsEnd && { keepsEnd }),
        deadlineMs: Math.min(call.deadlineMs, longestCallMs),
        signal: call.signal,
      })
      return { ...reply, request }
    } catch (thrown) {
      throw noAnswer(who, thrown, request)
    }
  }
}

/** The delete of a version called `..` would be the delete of its application. */
function leadsElsewhere(request: string): ActionError {
  return new ActionError({
    kind: 'refused',
    what: 'A name of nothing but dots cannot be put into a request, so it was not sent',
    next: 'Give it another name in the dashboard.',
    request,
  })
}

/** What an error reply means, where that is known better than from its status. */
export interface Refusal {
  /** What could not be done, such as `Edgegap refused the deployment`. */
  what: string
  /** The provider's own explanation; may be empty. */
  message: string
  kind?: ErrorKind
  /** What to do, by kind. */
  next: Partial<Record<ErrorKind, string>>
  /** In place of the header `Retry-After`, where only the body holds it. */
  retryAfter?: string | undefined
}

/** An error reply as an error. */
export function refusalError(reply: RestReply, refusal: Refusal): ActionError {
  const { what, message, kind = kindOfStatus(reply.status), next } = refusal
  const hint = reply.headers['retry-after'] ?? refusal.retryAfter
  const why = message || redirectOf(reply)
  return new ActionError({
    kind,
    what: `${what} (HTTP ${reply.status})${why ? `: ${why}` : ''}`,
    request: `${reply.request} → ${reply.status}`,
    next: next[kind],
    retryAfterMs: readRetryAfter(hint, Date.now()),
  })
}

/** Where a redirect leads that was not followed; empty where it does not say, or for other replies. */
function redirectOf({ status, headers }: RestReply): string {
  if (status < 300 || status >= 400) return ''
  const target = URL.parse(headers.location ?? '')
  return target?.host
    ? `it redirects to ${target.host}, and the token is not sent to another host`
    : ''
}
