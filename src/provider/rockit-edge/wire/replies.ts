import { isPage } from '../../http-errors.ts'
import { fields, isRecord, record, text, unwrap } from '../../json.ts'
import { anything, documented, guessed, label, plainWord } from './readers.ts'

export type ImportReply = ReturnType<typeof readImport>

const URL_NAMES = ['uploadUrl', 'url', 'putUrl', 'uploadURL', 'upload_url', 'signedUrl', 'href']
const imported = fields({
  taskName: guessed(label, 'taskName', 'task', 'taskId'),
  buildName: guessed(label, 'buildName', 'build', 'buildId'),
})
const target = fields({
  url: guessed(text, ...URL_NAMES),
  headers: guessed(record, 'headers'),
})
const IMPORT_OWN = [...URL_NAMES, 'taskName', 'taskId', 'buildName', 'buildId']

/** `uploadHeaders` are those that the upload must carry, where the reply names some. */
export function readImport(reply: unknown) {
  const answer = unwrap(reply, IMPORT_OWN, ['build', 'data', 'result'])
  const found = findUploadTarget(answer)
  return {
    uploadUrl: found?.url,
    uploadHeaders: readHeaders(found?.headers ?? {}),
    ...imported.parse(answer),
  }
}

/** Whoever sends sets these; signed URLs often come with the first two. */
const SET_BY_SENDER =
  /^(?:host|content-length|transfer-encoding|connection|keep-alive|expect|upgrade|te|trailer|proxy-.*)$/i

/** Those that can be sent as they are. */
function readHeaders(from: Readonly<Record<string, unknown>>): Record<string, string> {
  const headers = Object.entries(from).flatMap(([name, given]) => {
    const value = text.parse(given)
    const isSendable = /^[\w!#$%&'*+.^`|~-]+$/.test(name) && /^[\x20-\x7e]+$/.test(value ?? '')
    return isSendable && !SET_BY_SENDER.test(name) ? [[name, value]] : []
  })
  return Object.fromEntries(headers)
}

/** Under its name, or whatever else holds a web address: a reply to an upload has no other. */
function findUploadTarget(answer: Readonly<Record<string, unknown>>) {
  const byName = URL_NAMES.map((name) => answer[name])
  const all = [...byName, ...Object.values(answer)]
  const targets = all.map((value) => target.parse(isRecord(value) ? value : { url: value }))
  return targets.find(({ url }) => url !== undefined && /^https?:\/\/[^/]/i.test(url))
}

const SECRET_NAMES = ['secret', 'webhookSecret', 'jwtSecret', 'signingSecret', 'key', 'token']
const subscription = fields({
  name: documented(label, 'name'),
  secret: guessed(label, ...SECRET_NAMES),
})

/** The subscription within the reply to its creation. */
function newSubscription(reply: unknown) {
  return subscription.parse(unwrap(reply, SECRET_NAMES, ['subscription', 'data', 'result']))
}

export function readSecret(reply: unknown): string | undefined {
  return newSubscription(reply).secret
}

export function readNewName(reply: unknown): string | undefined {
  return newSubscription(reply).name
}

export function readSubscriptionName(row: unknown): string | undefined {
  return subscription.parse(isRecord(row) ? row : { name: row }).name
}

const verdict = fields({ status: guessed(label, 'status') })

/** Whether a reply says so itself, in the envelope of the gateway's own ones, whatever its HTTP status. */
export function saysFailed(json: unknown): boolean {
  const { status = '' } = verdict.parse(json)
  return ['failed', 'failure', 'error'].includes(plainWord(status))
}

const problem = fields({
  error: documented(anything, 'error'),
  message: documented(label, 'message', 'error', 'detail', 'description'),
  retryAfter: documented(label, 'retryAfter'),
})

/** What a refusal says, in whichever field. */
export function readProblem(
  body: string,
  json: unknown,
): { message: string; retryAfter?: string | undefined } {
  if (!isRecord(json)) {
    return { message: typeof json === 'string' ? json : isPage(body) ? '' : body.trim() }
  }
  const { error, message = '', retryAfter } = problem.parse(json)
  return { message: (isRecord(error) && problem.parse(error).message) || message, retryAfter }
}

/** The gateway's own reply, which no request gets past (public Terraform stack, edge/api-gw.tf). */
export function isMaintenance(status: number, json: unknown): boolean {
  return status === 503 && problem.parse(json).error === 'maintenance'
}
