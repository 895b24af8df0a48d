export type HttpFailureReason =
  /** No connection: the request was certainly not sent. */
  | 'unreachable'
  /** The certificate does not verify: nothing was sent, and trying again changes nothing. */
  | 'untrusted'
  /** The connection broke, before or within the reply. */
  | 'broken'
  /** The deadline passed. */
  | 'deadline'
  /** The caller's signal aborted. */
  | 'aborted'
  | 'too-large'

/** A request that brought no whole reply. Holds no header, body or query. */
export class HttpFailure extends Error {
  readonly reason: HttpFailureReason
  constructor(reason: HttpFailureReason, message: string) {
    super(message)
    this.name = 'HttpFailure'
    this.reason = reason
  }
}

/** Codes after which the request line cannot have left this machine. */
const NEVER_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_PRX_CONN',
  'UND_ERR_PRX_TLS',
])
/** Steps before there is a connection. Once there is one the same codes come from `read` or `write`. */
const BEFORE_CONNECTION = new Set(['connect', 'getaddrinfo'])
/** A peer that speaks something else than TLS. */
const NO_TLS = /^ERR_(?:TLS_|SSL_)/
/** Certificates that do not verify (Node's and OpenSSL's codes). */
const UNTRUSTED =
  /^(?:UNABLE_TO_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|ERR_TLS_CERT_ALTNAME_INVALID|INVALID_CA|HOSTNAME_MISMATCH)/

/**
 * What an error of a connection means for the request, by its code.
 *
 * @param host that the connection was with, or was to be with
 */
export function connectionFailure(error: unknown, host: string): HttpFailure {
  const { code, syscall } = firstOf(error)
  if (UNTRUSTED.test(code)) {
    return new HttpFailure('untrusted', `the certificate of ${host} is not trusted (${code})`)
  }
  if (NEVER_SENT.has(code) || NO_TLS.test(code) || BEFORE_CONNECTION.has(syscall ?? '')) {
    return new HttpFailure('unreachable', `no connection to ${host} (${code})`)
  }
  return new HttpFailure('broken', `the connection to ${host} broke (${code})`)
}

/** An error or, where several addresses were tried, the first of its errors. */
function firstOf(error: unknown): { code: string; syscall: string | undefined } {
  if (error instanceof AggregateError && error.errors.length > 0) return firstOf(error.errors[0])
  const { code, name, syscall } = error as NodeJS.ErrnoException
  return { code: code ?? name ?? 'unknown', syscall }
}

/**
 * What to do about a certificate that does not verify.
 *
 * @param code Node's or OpenSSL's, somewhere in a text
 */
export function certificateAdvice(code: string): string {
  if (/CERT_(?:HAS_EXPIRED|NOT_YET_VALID)/.test(code)) {
    return 'Check the clock of this runner. If it is right, whoever runs that server, or the proxy before it, must renew the certificate.'
  }
  if (/ALTNAME_INVALID|HOSTNAME_MISMATCH/.test(code)) {
    return 'The certificate is one for another name: check the URL, and whether a proxy or a name server of your network leads elsewhere.'
  }
  return 'Set NODE_EXTRA_CA_CERTS to the file of the certificate authority, for the whole job or in the environment of the runner.'
}
