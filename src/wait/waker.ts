/** Why the wait was woken between two polls. */
export type Wake =
  /** Somebody says that the status has changed. */
  | 'notification'
  /** Notifications may have been lost: check once. */
  | 'gap'
  /** The waker is to be relied on from now on, or no longer. */
  | 'changed'
  | 'aborted'

/** What can wake the wait between two polls. */
export interface Waker {
  /**
   * Resolves with what happened since the last call (at once, if something did meanwhile), or when
   * `signal` aborts. Never rejects.
   */
  nextWake(signal: AbortSignal): Promise<Wake>
  /** How long polling may be stretched now; undefined: not at all, the waker is not to be relied on. */
  slowPollMs(elapsedMs: number): number | undefined
}
