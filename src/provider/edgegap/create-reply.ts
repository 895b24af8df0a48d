import { isPage } from '../http-errors.ts'
import type { CreateResult } from '../provider.ts'
import { type EdgegapReply, pageError, replyError } from './client.ts'
import { wire } from './load-wire.ts'

const WHILE_CREATING = {
  refused:
    'Check application and version: both must exist and be active, and the account may not be at its limits.',
  'not-found': 'Check application and version: both must exist in this organization.',
  'no-capacity':
    'No server could be placed: try another location, ask for less CPU or memory, or stop other deployments of a limited account.',
} as const

/**
 * The reply to `POST /v2/deployments`. 202 accepts. 422 refuses, yet a deployment in error state may
 * exist under the id that it carries. 5xx, 429, redirects and unreadable acceptances leave open
 * whether something was created (OpenAPI v2; 422: reference of its 2025-07-31 version).
 *
 * @param hint what else to do about a refusal that may come from a limit of the account
 * @param nameHint what else to do about one that may come from a name which Edgegap does not know
 */
export async function readCreate(
  reply: EdgegapReply,
  hint = '',
  nameHint = '',
): Promise<CreateResult> {
  const { isApiError, readCreatedId, readProblem } = await wire()
  const { status } = reply
  if (status >= 200 && status < 300) {
    if (isPage(reply.text)) {
      return { kind: 'unknown', error: pageError(`${reply.request} → ${status}`) }
    }
    const id = readCreatedId(reply.text, reply.request)
    if (id !== undefined) return { kind: 'created', id }
    const error = replyError(reply, 'Edgegap accepted the deployment without naming its id', '')
    return { kind: 'unknown', error, isAccepted: true }
  }
  const isFault = status >= 500
  const what = isFault
    ? 'Edgegap failed to create the deployment'
    : 'Edgegap refused the deployment'
  const error = replyError(reply, what, readProblem(reply.text), {
    ...WHILE_CREATING,
    refused: `${WHILE_CREATING.refused}${hint}${nameHint}`,
    'not-found': `${WHILE_CREATING['not-found']}${nameHint}`,
    'no-capacity': `${WHILE_CREATING['no-capacity']}${hint}`,
  })
  if (isFault || status === 429 || status < 400) return { kind: 'unknown', error }
  if (status !== 422) return { kind: 'refused', error }
  const id = isApiError(reply.text) ? readCreatedId(reply.text, reply.request) : undefined
  return { kind: 'refused', error, ...(id === undefined ? { mayExist: true } : { id }) }
}
