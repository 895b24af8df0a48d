import { withoutStop } from './sentence.ts'

/**
 * What can go wrong, as a closed set. Decisions are made on `kind`, never on text: texts are for
 * people and come from providers that reword them.
 */
export type ErrorKind =
  /** The provider does not accept the credentials. */
  | 'unauthorized'
  /** The credentials are good, but not for this. */
  | 'forbidden'
  /** The provider does not know what was named. */
  | 'not-found'
  /** The provider refused the request as it is; repeating it changes nothing. */
  | 'refused'
  /** What the inputs name on this machine cannot be used: a folder that is empty, a file that changes. */
  | 'unusable-input'
  /** The runner's own files cannot be written. */
  | 'unusable-runner'
  /** Accepted, but no server could be placed. */
  | 'no-capacity'
  /** Too many requests; `retryAfterMs` says when, where the provider says so. */
  | 'rate-limited'
  /** The provider failed (5xx). */
  | 'server-fault'
  /** No connection came up: the request was certainly not processed. */
  | 'unreachable'
  /** The other side's certificate does not verify; nothing was sent. */
  | 'untrusted-certificate'
  /** The connection broke or the reply never came: the request may have been processed. */
  | 'connection-lost'
  /** A reply that is not what the provider documents. */
  | 'malformed-reply'
  /** What answers is a web page, not the provider's API. */
  | 'not-the-api'
  /** A stop that has not been seen to take effect. */
  | 'stop-unconfirmed'
  /** A deployment may exist, and it could not be found out whether it does. */
  | 'unresolved-create'
  /** The webhook was asked for and cannot come. */
  | 'no-tunnel'
  /** The deployment ended badly. */
  | 'deployment-failed'
  /** The deployment was not done in time. */
  | 'timed-out'
  /** The run was cancelled. */
  | 'cancelled'
  /** Our own fault. */
  | 'internal'

export interface ErrorDetails {
  kind: ErrorKind
  /** What happened, one sentence. May hold remote text: it is cleaned where it is printed. */
  what: string
  /** What the user can do about it, one sentence. */
  next?: string | undefined
  /** The request that failed, without query or credentials, such as `GET /v1/status/abc → 500`. */
  request?: string | undefined
  retryAfterMs?: number | undefined
  cause?: unknown
}

export class ActionError extends Error {
  readonly kind: ErrorKind
  readonly next: string | undefined
  readonly request: string | undefined
  readonly retryAfterMs: number | undefined

  constructor(details: ErrorDetails) {
    super(details.what, { cause: details.cause })
    this.name = 'ActionError'
    this.kind = details.kind
    this.next = details.next
    this.request = details.request
    this.retryAfterMs = details.retryAfterMs
  }
}

const FREE_SPACE = 'The disk of this runner is full: free some space, then run the job again.'
/** Codes that say so. They come without a path where a file that is open already is written. */
const FULL_DISK: Readonly<Record<string, string>> = { ENOSPC: FREE_SPACE, EDQUOT: FREE_SPACE }
const CHECK_FILE = 'Check that it exists and that this step may read and write it.'
/** Codes of the file system that are no fault of ours, and what to do about them. */
const FILE_FAULTS: Readonly<Record<string, string>> = {
  ENOENT: 'It is gone, or was never there: check that nothing removes it while the step runs.',
  EACCES: CHECK_FILE,
  EPERM: CHECK_FILE,
  ENOTDIR: 'A part of its path is a file, not a folder.',
  EISDIR: 'It is a folder, not a file.',
  ENAMETOOLONG: 'Its name is too long for the file system.',
  EROFS: 'It is on a file system that cannot be written to.',
  EIO: 'The disk of this runner has a fault.',
}

/**
 * Any thrown value as an `ActionError`. Foreign errors lose everything but name, code and message:
 * their other properties may hold headers, bodies or URLs with secrets.
 */
export function toActionError(thrown: unknown): ActionError {
  if (thrown instanceof ActionError) return thrown
  const error = thrown instanceof Error ? thrown : new Error(String(thrown))
  const { code, syscall, path } = error as NodeJS.ErrnoException
  const next = fullDiskAdvice(code) ?? (path === undefined ? undefined : FILE_FAULTS[code ?? ''])
  if (next !== undefined) {
    return new ActionError({
      kind: 'unusable-runner',
      what: `${path ?? 'A file'} could not be used (${syscall ?? 'file'}: ${code})`,
      next,
      cause: error,
    })
  }
  return new ActionError({
    kind: 'internal',
    what: `Unexpected ${error.name}${code ? ` (${code})` : ''}: ${error.message}`,
    next: 'This looks like a fault of this action: please report it with the log of this step.',
    cause: error,
  })
}

/** What to do where an error of the file system says that the disk is full; undefined for all others. */
export function fullDiskAdvice(code: string | undefined): string | undefined {
  return FULL_DISK[code ?? '']
}

/** A secondary failure in a few words, for a warning. It ends without a full stop. */
export function describe(thrown: unknown): string {
  const { message, request } = toActionError(thrown)
  const what = withoutStop(message)
  return request ? `${what} (${request})` : what
}

/** True when the credentials are refused: then asking again changes nothing. */
export function areCredentialsRefused({ kind }: ActionError): boolean {
  return kind === 'unauthorized' || kind === 'forbidden'
}
