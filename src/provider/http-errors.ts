import { ActionError, type ErrorKind } from '../base/errors.ts'
import { certificateAdvice, HttpFailure } from '../net/http-failure.ts'

/**
 * A request that brought no whole reply, as an error of the provider.
 *
 * @param who answers usually, such as `Edgegap's API`
 * @returns what is to be thrown; anything but a failed request is handed back as it is
 */
export function noAnswer(who: string, thrown: unknown, request: string): unknown {
  if (!(thrown instanceof HttpFailure)) return thrown
  if (thrown.reason === 'untrusted') {
    return new ActionError({
      kind: 'untrusted-certificate',
      what: `${who} was not asked: ${thrown.message}`,
      next: certificateAdvice(thrown.message),
      request,
    })
  }
  return new ActionError({
    kind: thrown.reason === 'unreachable' ? 'unreachable' : 'connection-lost',
    what: `${who} gave no answer: ${thrown.message}`,
    next:
      thrown.reason === 'too-large'
        ? 'Check api-url: the API sends no reply of that size.'
        : 'Check that this runner reaches api-url. If it needs a proxy, set https_proxy.',
    request,
  })
}

/** A web page in place of what an API sends: of a proxy, a gateway, or a wrong host. */
export function isPage(body: string): boolean {
  return /^\s*</.test(body)
}

/** What a status that is no success usually means. */
export function kindOfStatus(status: number): ErrorKind {
  if (status === 401) return 'unauthorized'
  if (status === 403) return 'forbidden'
  if (status === 404) return 'not-found'
  if (status === 429) return 'rate-limited'
  if (status >= 500) return 'server-fault'
  // A redirect is not followed, and a good status that comes here had a bad body.
  return status < 400 ? 'malformed-reply' : 'refused'
}
