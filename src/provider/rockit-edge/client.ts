import type { ActionError, ErrorKind } from '../../base/errors.ts'
import type { HttpClient } from '../../net/request.ts'
import type { Call } from '../call.ts'
import { parseJson, shapeOf } from '../json.ts'
import { createRestClient, type RestReply, type RestRequest, refusalError } from '../rest-client.ts'
import type { RockitEdgeSettings } from './settings.ts'
import { readProblem, saysFailed } from './wire/replies.ts'
import type { Forms } from './wire/requests.ts'

export interface RockitEdgeReply extends RestReply {
  /** Undefined when the body is no JSON. */
  json: unknown
  /** By its status, and of a change also by what its body says. */
  isGood: boolean
}

/** Sends one request; its path is below `/be/v1`. Throws `ActionError` when no whole reply came. */
export type RockitEdgeClient = (request: RestRequest, call: Call) => Promise<RockitEdgeReply>

/** The gateway gives up on its backend after this time, so waiting longer brings nothing. */
const LONGEST_CALL_MS = 60_000

/**
 * Access as a machine account by the three headers of the page "Authentication".
 *
 * @param logShape gets the names and types of each reply, where somebody debugs
 */
export function createRockitEdgeClient(
  http: HttpClient,
  { apiUrl, token, organization, username }: RockitEdgeSettings,
  logShape: ((line: string) => void) | undefined,
): RockitEdgeClient {
  const baseUrl = new URL(apiUrl)
  const path = apiUrl.pathname.replace(/\/{2,}/g, '/').replace(/\/(?:be\/v1\/?)?$/, '')
  baseUrl.pathname = `${path}/be/v1`
  const send = createRestClient({
    http,
    baseUrl,
    headers: {
      'x-rockit-orgname': organization,
      'x-rockit-username': username,
      'x-rockit-api-key': token,
    },
    who: 'ROCKIT Edge',
    longestCallMs: LONGEST_CALL_MS,
  })
  return async (request, call) => {
    const reply = await send(request, call)
    const json = parseJson(reply.text)
    const shape = json === undefined ? 'no JSON' : shapeOf(json)
    logShape?.(`${reply.request} → ${reply.status}: ${shape}`)
    const isRefused = request.method !== 'GET' && saysFailed(json)
    return { ...reply, json, isGood: isGoodStatus(reply) && !isRefused }
  }
}

/**
 * Sends the alternative where the best guess is refused as it is (400 or 422), with which nothing can
 * have happened.
 *
 * @returns of two refusals the first
 */
export async function sendForms(
  send: RockitEdgeClient,
  request: Omit<RestRequest, 'body'>,
  [best, alternative]: Forms,
  call: Call,
): Promise<RockitEdgeReply> {
  const reply = await send({ ...request, body: best }, call)
  if (!isFormRefused(reply)) return reply
  const second = await send({ ...request, body: alternative }, call)
  return isFormRefused(second) ? reply : second
}

function isGoodStatus({ status }: RestReply): boolean {
  return status >= 200 && status < 300
}

/** Whether a request is refused as it is, with which nothing can have happened. */
export function isFormRefused({ status }: RockitEdgeReply): boolean {
  return status === 400 || status === 422
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
    'Check api-url. If it is right, run the job again with debug logging and report the reply formats that it shows.',
}

/** @param what what could not be done, such as `ROCKIT Edge refused the import` */
export function replyError(
  reply: RockitEdgeReply,
  what: string,
  next: Partial<Record<ErrorKind, string>> = {},
): ActionError {
  const isRefused = isGoodStatus(reply) && saysFailed(reply.json)
  // A good reply that is not understood may hold an upload URL or a secret.
  const isQuotable = !isGoodStatus(reply) || isRefused
  const problem = isQuotable ? readProblem(reply.text, reply.json) : { message: '' }
  const kind = isRefused ? { kind: 'refused' as const } : {}
  return refusalError(reply, { what, ...problem, ...kind, next: { ...NEXT, ...next } })
}
