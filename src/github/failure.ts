import { ActionError, type ErrorKind } from '../base/errors.ts'
import { HttpFailure, type HttpFailureReason } from '../net/request.ts'
import { readRetryAfter } from '../net/retry-after.ts'
import { asObject } from './json.ts'

/** Without a hint GitHub asks for a minute before anything is sent again. */
const RATE_LIMIT_PAUSE_MS = 60_000
/** More reasons of one refusal are left out. */
const MOST_DETAILS = 3
/** Every limit of GitHub ends within the hour; what a server says beyond it is an error of that server. */
const LONGEST_PAUSE_MS = 3_600_000

/**
 * What a call of Octokit threw, as an error of ours. Octokit's own error holds the whole reply with its
 * headers, so nothing of it is kept but status and message.
 *
 * @param wallMs the present as milliseconds since 1970
 */
export function toGitHubError(thrown: unknown, wallMs: number): unknown {
  if (thrown instanceof ActionError) return thrown
  const { name, status, cause, request, response } = asObject(thrown)
  if (name !== 'HttpError' || typeof status !== 'number') return thrown
  const sent = asObject(request)
  const what = `${String(sent.method)} ${pathOf(String(sent.url))}`
  if (cause instanceof HttpFailure) return noAnswer(cause, what)
  return refusal(status, asObject(response), what, wallMs)
}

const TOO_SLOW = 'GitHub had not answered when the step ended'

/** What is known of calls that the end of the step cut off. */
export function tooSlow(): ActionError {
  return new ActionError({ kind: 'connection-lost', what: TOO_SLOW })
}

/** A reply with a good status whose body is not what GitHub documents. */
export function oddReply(what: string): ActionError {
  return new ActionError({ kind: 'malformed-reply', what: `GitHub's reply gave no ${what}` })
}

function noAnswer(failure: HttpFailure, request: string): ActionError {
  const isGivenUp = failure.reason === 'aborted'
  return new ActionError({
    kind: KINDS[failure.reason] ?? 'connection-lost',
    what: isGivenUp ? TOO_SLOW : `GitHub gave no answer: ${failure.message}`,
    request,
  })
}

/** Where the request was certainly not sent; any other may have done its work. */
const KINDS: Readonly<Partial<Record<HttpFailureReason, ErrorKind>>> = {
  unreachable: 'unreachable',
  untrusted: 'untrusted-certificate',
}

function refusal(
  status: number,
  response: Readonly<Record<string, unknown>>,
  what: string,
  wallMs: number,
): ActionError {
  const { message, errors } = asObject(response.data)
  const retryAfterMs = rateLimitPause(status, response, wallMs)
  return new ActionError({
    kind: retryAfterMs === undefined ? kindOf(status) : 'rate-limited',
    what: [
      typeof message === 'string' ? message : 'GitHub gave no reason',
      ...details(errors),
    ].join(': '),
    request: `${what} → ${status}`,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  })
}

/** `Validation Failed` alone says nothing: which field, and what is wrong with it. */
function details(errors: unknown): string[] {
  const found = (Array.isArray(errors) ? errors : [])
    .slice(0, MOST_DETAILS)
    .map((error: unknown) => {
      const { message, field, code } = asObject(error)
      const words = typeof error === 'string' ? [error] : message ? [message] : [field, code]
      return words.filter((word) => typeof word === 'string').join(' ')
    })
  const given = found.filter(Boolean)
  return given.length === 0 ? [] : [given.join(', ')]
}

/** The pause that a rate limit asks for; undefined where the status is none. Both kinds come as 403 or 429. */
function rateLimitPause(
  status: number,
  response: Readonly<Record<string, unknown>>,
  wallMs: number,
): number | undefined {
  if (status !== 403 && status !== 429) return undefined
  const {
    'retry-after': after,
    'x-ratelimit-remaining': left,
    'x-ratelimit-reset': reset,
  } = asObject(response.headers)
  if (after !== undefined) return readRetryAfter(String(after), wallMs) ?? RATE_LIMIT_PAUSE_MS
  if (left === '0' && /^\d{1,12}$/.test(String(reset))) {
    return Math.min(LONGEST_PAUSE_MS, Math.max(1_000, Number(reset) * 1_000 - wallMs))
  }
  return status === 429 || isSecondaryLimit(response) ? RATE_LIMIT_PAUSE_MS : undefined
}

/** GitHub does not always send a header with its secondary limit; the page that it names always tells. */
function isSecondaryLimit(response: Readonly<Record<string, unknown>>): boolean {
  const { documentation_url: page } = asObject(response.data)
  return /#.*secondary-rate-limits/.test(String(page))
}

function kindOf(status: number): ErrorKind {
  if (status === 401) return 'unauthorized'
  if (status === 403) return 'forbidden'
  if (status === 404 || status === 410) return 'not-found'
  if (status >= 500) return 'server-fault'
  return 'refused'
}

const FINAL: ReadonlySet<ErrorKind> = new Set([
  'unauthorized',
  'forbidden',
  'not-found',
  'refused',
  'untrusted-certificate',
])

/** True when asking again later in the run changes nothing. */
export function isFinal({ kind }: ActionError): boolean {
  return FINAL.has(kind)
}

/** True when the request may have done its work although no good reply came. */
export function isAmbiguous({ kind }: ActionError): boolean {
  return kind === 'connection-lost' || kind === 'server-fault' || kind === 'malformed-reply'
}

/**
 * What a call gives, or `otherwise` where what it is about is there no more.
 *
 * @throws whatever else the call throws
 */
export async function unlessGone<T>(call: Promise<T>, otherwise: T): Promise<T> {
  try {
    return await call
  } catch (thrown) {
    if (thrown instanceof ActionError && thrown.kind === 'not-found') return otherwise
    throw thrown
  }
}

function pathOf(url: string): string {
  return URL.canParse(url) ? new URL(url).pathname : url
}
