import { type ActionError, toActionError } from '../../base/errors.ts'
import type { Call } from '../call.ts'
import type { CreateResult } from '../provider.ts'
import { type RockitEdgeClient, type RockitEdgeReply, replyError, sendForms } from './client.ts'
import type { Baseline } from './import-record.ts'
import { lockAdvice } from './lock.ts'
import { isMaintenance } from './wire/replies.ts'
import type { Forms } from './wire/requests.ts'

export type Asked =
  | { kind: 'answered'; reply: RockitEdgeReply }
  /** It may have been accepted or not. */
  | { kind: 'ambiguous'; error: ActionError }
  /** It was certainly not accepted. */
  | CreateResult

/** Asks for an import, and says what is certain of it then. Throws nothing. */
export async function askImport(
  send: RockitEdgeClient,
  forms: Forms,
  baseline: Baseline,
  call: Call,
): Promise<Asked> {
  let reply: RockitEdgeReply
  try {
    reply = await sendForms(send, { method: 'POST', path: '/builds' }, forms, call)
  } catch (thrown) {
    const error = toActionError(thrown)
    return { kind: error.kind === 'unreachable' ? 'try-again' : 'ambiguous', error }
  }
  if (reply.isGood) return { kind: 'answered', reply }
  const error = importError(reply, baseline)
  // Gateway and firewall limit the rate, before anything gets past them.
  if (isMaintenance(reply.status, reply.json) || reply.status === 429) {
    return { kind: 'try-again', error }
  }
  return { kind: reply.status >= 500 ? 'ambiguous' : 'refused', error }
}

function importError(reply: RockitEdgeReply, { tasks = [] }: Baseline): ActionError {
  const what = reply.status >= 500 ? 'could not handle' : 'refused'
  return replyError(reply, `ROCKIT Edge ${what} the import`, {
    refused: lockAdvice(tasks),
    forbidden: 'Ask for a role with apps 6 (read 2 and update 4).',
    'not-found': 'Check application and api-url.',
  })
}
