import { CAUSES, type Cause, NoAnswer } from './asking.ts'

const CAUSE_OF_CODE: Readonly<Record<string, Cause>> = {
  ENOTFOUND: 'unresolved',
  EAI_AGAIN: 'unresolved',
  EAI_NODATA: 'unresolved',
  EAI_NONAME: 'unresolved',
  ENETUNREACH: 'no-route',
  EHOSTUNREACH: 'no-route',
  EADDRNOTAVAIL: 'no-route',
  EAFNOSUPPORT: 'no-route',
  EACCES: 'no-route',
  EPERM: 'no-route',
  ETIMEDOUT: 'silent',
  ECONNREFUSED: 'refused',
  ECONNRESET: 'cut',
  EPIPE: 'cut',
}
/** What OpenSSL and Node call a certificate that does not verify. */
const CERTIFICATE_CODE =
  /^(?:CERT_|UNABLE_TO_(?:GET|VERIFY|DECRYPT|DECODE)_|DEPTH_ZERO_|SELF_SIGNED_|ERR_TLS_CERT|CRL_|INVALID_(?:CA|PURPOSE)|HOSTNAME_MISMATCH|PATH_LENGTH_)/
/** A peer that speaks no TLS, or one with which no version is common. */
const TLS_CODE = /^(?:ERR_SSL_|ERR_TLS_|EPROTO$)/
/** Node's parser found something else than HTTP. */
const NO_HTTP_CODE = /^HPE_/

/** An error of Node's network modules as the reason why nothing was answered. */
export function toNoAnswer(thrown: unknown, host: string): NoAnswer {
  if (thrown instanceof NoAnswer) return thrown
  if (thrown instanceof AggregateError && thrown.errors.length > 0) {
    // Both kinds of address were tried: a refusal says more than a missing route.
    return mostTelling(thrown.errors.map((error) => toNoAnswer(error, host)))
  }
  const code = codeOf(thrown)
  if (CERTIFICATE_CODE.test(code)) return new NoAnswer('bad-certificate', sayCertificate(code))
  if (NO_HTTP_CODE.test(code)) return new NoAnswer('wrong-answer', `it speaks no HTTP (${code})`)
  if (TLS_CODE.test(code)) return new NoAnswer('wrong-answer', `it speaks no TLS (${code})`)
  const kind = CAUSE_OF_CODE[code] ?? 'cut'
  return new NoAnswer(kind, SENTENCES[kind]?.(host, code) ?? `the network failed (${code})`)
}

/** Of several failures the one that says most; of equal ones the last. */
export function mostTelling(failures: readonly NoAnswer[]): NoAnswer {
  return failures.reduce((best, next) => (rank(next.kind) >= rank(best.kind) ? next : best))
}

function rank(kind: Cause): number {
  return CAUSES.indexOf(kind)
}

const SENTENCES: Partial<Record<Cause, (host: string, code: string) => string>> = {
  unresolved: (host, code) => `the name ${host} does not resolve (${code})`,
  'no-route': (_, code) => `this machine has no route to the server (${code})`,
  silent: (_, code) => `nothing came back (${code})`,
  refused: (_, code) => `nothing listens at this port (${code})`,
}

function sayCertificate(code: string): string {
  const reason = CERTIFICATE_REASONS[code] ?? 'it does not verify'
  return `the certificate is not accepted: ${reason} (${code})`
}

const CERTIFICATE_REASONS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'it has expired',
  CERT_NOT_YET_VALID: 'it is not valid yet',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'it is signed by itself',
  SELF_SIGNED_CERT_IN_CHAIN: 'its authority is not known to this machine',
  UNABLE_TO_GET_ISSUER_CERT: 'its authority is not known to this machine',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its authority is not known to this machine',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its authority is not known, or the chain is not sent whole',
  ERR_TLS_CERT_ALTNAME_INVALID: 'it was made for another name',
}

function codeOf(thrown: unknown): string {
  const { code, name } = thrown as NodeJS.ErrnoException
  return code ?? name ?? 'unknown'
}
