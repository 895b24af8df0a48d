import { ActionError, type ErrorKind } from '../../base/errors.ts'
import type { HttpClient } from '../../net/request.ts'
import { isPage } from '../http-errors.ts'
import {
  createRestClient,
  type RestClient,
  type RestReply,
  type RestRequest,
  refusalError,
} from '../rest-client.ts'

export type EdgegapRequest = RestRequest
export type EdgegapReply = RestReply
export type EdgegapClient = RestClient

/**
 * Authenticated access to Edgegap's API. The header is `Authorization: token <key>`, declared as an
 * API key and not as a bearer token (OpenAPI v1 and v2, `securitySchemes`).
 */
export function createEdgegapClient(http: HttpClient, apiUrl: URL, token: string): EdgegapClient {
  const headers = { authorization: `token ${token}` }
  return createRestClient({ http, baseUrl: apiUrl, headers, who: "Edgegap's API" })
}

/** What users can do, by status, where the caller knows nothing better. */
const NEXT: Partial<Record<ErrorKind, string>> = {
  unauthorized:
    'Check api-token: it must be an API token of your Edgegap organization. Secrets are empty in pull requests from forks and by Dependabot.',
  forbidden: 'This token may not do that: use one of the organization that owns the application.',
  'rate-limited': 'The limit is per organization: let fewer jobs deploy at the same time.',
  'server-fault': 'Edgegap has a fault of its own: run the job again later.',
  'malformed-reply': 'Check api-url: it should be https://api.edgegap.com.',
}

/**
 * A reply of the API that is not what it documents.
 *
 * @param what what is wrong with it
 * @param request as errors name it
 */
export function malformedReply(what: string, request?: string): ActionError {
  return new ActionError({
    kind: 'malformed-reply',
    what,
    next: 'Run the job again. If it stays so, check api-url: it should be https://api.edgegap.com.',
    request,
  })
}

/**
 * A web page came where the API should answer.
 *
 * @param request as errors name it, with the status where it is known
 */
export function pageError(request: string): ActionError {
  return new ActionError({
    kind: 'not-the-api',
    what: "A web page answered instead of Edgegap's API",
    next: 'Check api-url: it should be https://api.edgegap.com. Without api-url, check what stands between this runner and the internet.',
    request,
  })
}

/**
 * An error reply as an error.
 *
 * @param what what could not be done, such as `Edgegap refused the deployment`
 * @param message the API's own explanation; may be empty
 * @param next what to do, by kind, where this call knows better than the general advice
 * @param isUnknownId whether the reply says that the API does not know the id of the request
 */
export function replyError(
  reply: EdgegapReply,
  what: string,
  message: string,
  next: Partial<Record<ErrorKind, string>> = {},
  isUnknownId = false,
): ActionError {
  // A page with any status but a fault's says nothing about token, id or account.
  if (isPage(reply.text) && reply.status < 500 && reply.status !== 429) {
    return pageError(`${reply.request} → ${reply.status}`)
  }
  const refusal = { what, message, next: { ...NEXT, ...next } }
  if (isUnknownId) return refusalError(reply, { ...refusal, kind: 'not-found' })
  return refusalError(reply, reply.status === 422 ? { ...refusal, kind: 'no-capacity' } : refusal)
}
