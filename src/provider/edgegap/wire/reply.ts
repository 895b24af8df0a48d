import * as z from 'zod/mini'
import type { Notification } from '../../../base/delivery.ts'
import { isDeploymentId } from '../../../settings/groups.ts'
import { isPage } from '../../http-errors.ts'
import { isRecord, parseJson, text } from '../../json.ts'
import { malformedReply, pageError } from '../client.ts'

const accepted = z.object({ request_id: z.optional(text) })
/** `error: false` stands in a status too and explains nothing. */
const words = z.pipe(
  z.pipe(
    z.unknown(),
    z.transform((value) => (typeof value === 'boolean' ? undefined : value)),
  ),
  text,
)
const problem = z.object({
  message: z.optional(words),
  error: z.optional(words),
  detail: z.optional(words),
})

/**
 * An id is 12 lower-case hex digits in every source; it goes into URLs, so nothing odd may pass.
 *
 * @returns undefined for what cannot be put into a request
 */
export function usableId(id: string | undefined): string | undefined {
  return id !== undefined && isDeploymentId(id) ? id : undefined
}

/** @throws ActionError `malformed-reply` when the text is not a JSON object */
export function parse<T extends z.ZodMiniType>(
  schema: T,
  body: string,
  request: string,
): z.output<T> {
  // Where it is none, the text itself is not shown: it may be a proxy's page or half a reply.
  const value = parseJson(body)
  const result = schema.safeParse(value)
  if (isRecord(value) && result.success) return result.data
  if (isPage(body)) throw pageError(request)
  throw malformedReply('Edgegap sent a reply that is not the JSON it documents.', request)
}

/** The id in the reply to a create, also in a 422; undefined where there is none. */
export function readCreatedId(body: string, request: string): string | undefined {
  return usableId(parse(accepted, body, request).request_id)
}

/** @throws ActionError `malformed-reply` when a reply is not the JSON of the API */
export function expectMessage(body: string, request: string): void {
  parse(problem, body, request)
}

/** An error reply of the API itself has a JSON object. */
export function isApiError(body: string): boolean {
  return isRecord(parseJson(body))
}

/**
 * The provider's explanation in an error reply; falls back to the raw text. It is not cut here: a
 * secret in it is recognised only while it is whole.
 */
export function readProblem(body: string): string {
  const value = parseJson(body)
  // A gateway's page is no explanation.
  if (value === undefined) return isPage(body) ? '' : body.trim()
  const result = problem.safeParse(value)
  if (!result.success) return ''
  const { message, error, detail } = result.data
  return message || error || detail || ''
}

/**
 * A webhook's body: the JSON of the status. Of all that it says only the id is read, to find out
 * whether it is about one of ours.
 */
export function readWebhook(body: string): Notification {
  try {
    const id = readCreatedId(body, 'webhook')
    if (id !== undefined) return { kind: 'notification', id }
  } catch {
    // Falls through: whatever it is, it is not a webhook of Edgegap.
  }
  return { kind: 'ignored', why: 'not a webhook of Edgegap' }
}
