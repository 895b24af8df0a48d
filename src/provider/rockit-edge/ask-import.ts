import { type ActionError, toActionError } from '../../base/errors.ts'
import type { Call } from '../call.ts'
import type { CreateResult } from '../provider.ts'
import { type RockitEdgeClient, type RockitEdgeReply, replyError } from './client.ts'
import type { Baseline } from './import-record.ts'
import { lockAdvice } from './lock.ts'
import { isMaintenance } from './wire/replies.ts'

type Body = Record<string, unknown>

export type Asked =
  /** `body` is the form that this instance understands. */
  | { kind: 'answered'; reply: RockitEdgeReply; body: Body }
  /** It may have been accepted or not. */
  | { kind: 'ambiguous'; error: ActionError }
  /** It was certainly not accepted. */
  | CreateResult

/** Asks for an import in each form until one is not refused as it is. */
export async function askImport(
  send: RockitEdgeClient,
  bodies: readonly Body[],
  baseline: Baseline,
  call: Call,
): Promise<Asked> {
  let refusal: RockitEdgeReply | undefined
  for (const body of bodies) {
    let reply: RockitEdgeReply
    try {
      reply = await send({ method: 'POST', path: '/builds', body }, call)
    } catch (thrown) {
      const error = toActionError(thrown)
      return { kind: error.kind === 'unreachable' ? 'try-again' : 'ambiguous', error }
    }
    if (reply.isGood) return { kind: 'answered', reply, body }
    if (reply.status === 400 || reply.status === 422) {
      refusal ??= reply
      continue
    }
    const error = importError(reply, baseline)
    if (isMaintenance(reply.status, reply.json)) return { kind: 'try-again', error }
    if (reply.status >= 500 || reply.status === 429) return { kind: 'ambiguous', error }
    return { kind: 'refused', error }
  }
  if (!refusal) throw new Error('no form of the import to send')
  return { kind: 'refused', error: importError(refusal, baseline) }
}

function importError(reply: RockitEdgeReply, { tasks = [] }: Baseline): ActionError {
  const what = reply.status >= 500 ? 'could not handle' : 'refused'
  return replyError(reply, `ROCKIT Edge ${what} the import`, {
    refused: lockAdvice(tasks),
    forbidden: 'Ask for a role with apps 6 (read 2 and update 4).',
    'not-found': 'Check application and api-url.',
  })
}
