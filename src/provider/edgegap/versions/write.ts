import { type ActionError, toActionError } from '../../../base/errors.ts'
import type { Call } from '../../call.ts'
import { isRecord, isYes, parseJson } from '../../json.ts'
import type { EdgegapReply, EdgegapRequest } from '../client.ts'
import type { VersionApi } from './api.ts'
import { toReplyError } from './errors.ts'

/** What came of one request that changes something. */
export type WriteResult =
  | { kind: 'done' }
  /** Nothing was changed. */
  | { kind: 'refused'; reply: EdgegapReply }
  /** It may have been changed or not: reading tells. */
  | { kind: 'unknown'; error: ActionError }

/** Pauses before a write is sent again, where reading showed that it had no effect. */
export const WRITE_PAUSES_MS: readonly number[] = [500, 1_000, 2_000, 4_000]
/** A write that is on the wire is waited for so long after a cancel: what is reported has to be right. */
export const LINGER_MS = 2_500
/** A create pulls the image before it answers. */
const WRITE_MS = 60_000

/**
 * Sends one POST, PATCH or DELETE, and never repeats it. Throws nothing.
 *
 * @param what what could not be done if it fails, such as `Edgegap did not delete it`
 */
export async function write(
  { send }: VersionApi,
  request: EdgegapRequest,
  what: string,
  call: Call,
): Promise<WriteResult> {
  try {
    const deadlineMs = Math.min(WRITE_MS, call.deadlineMs)
    const reply = await send(request, { ...call, deadlineMs })
    if (
      reply.status === 429 ||
      reply.status >= 500 ||
      (reply.status >= 300 && reply.status < 400)
    ) {
      return { kind: 'unknown', error: toReplyError(reply, what) }
    }
    if (reply.status >= 400) return { kind: 'refused', reply }
    return hasSucceeded(reply)
      ? { kind: 'done' }
      : { kind: 'unknown', error: toReplyError(reply, `${what}: it did not confirm it`) }
  } catch (thrown) {
    return { kind: 'unknown', error: toActionError(thrown) }
  }
}

/** `success: false` under a good status is no success; 204 has no body. */
function hasSucceeded({ status, text }: EdgegapReply): boolean {
  if (status === 204) return true
  const body = parseJson(text)
  return isRecord(body) && (body.success === undefined || isYes(body.success))
}
