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
