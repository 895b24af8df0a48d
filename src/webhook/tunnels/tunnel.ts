import type { Clock } from '../../base/clock.ts'
import type { Delivery } from '../../base/delivery.ts'
import type { HostLookup } from '../../net/request.ts'

/** Why a tunnel is not there. Decisions are made on it; `message` is for people. */
export type TunnelFailureKind =
  /** Something of ours or of the machine is missing: a binary, a port. */
  | 'unavailable'
  /** What was downloaded is not what was pinned. Never to be tried again. */
  | 'hash-mismatch'
  /** Credentials or host key are refused. Never to be tried again. */
  | 'refused'
  /** The other side limits the number of requests. */
  | 'rate-limited'
  /** The other side failed, or is not reached. */
  | 'service'
  /** It did not come up in time. */
  | 'timeout'
  /** It was up and is gone. */
  | 'lost'

export class TunnelFailure extends Error {
  readonly kind: TunnelFailureKind
  constructor(kind: TunnelFailureKind, message: string) {
    super(message)
    this.name = 'TunnelFailure'
    this.kind = kind
  }
}

/** What an open tunnel tells while it is open. */
export interface TunnelEvents {
  /**
   * The URL is known: it may be handed to the provider, though nothing may answer yet. Called again
   * when a further attempt has another URL.
   */
  onUrl(url: URL): void
  /** An attempt failed and another will follow later. */
  onRetry(why: string): void
  /** The self-ping came back, or came back again after a loss. */
  onVerified(): void
  /** Nothing comes through at the moment; the transport may bring it back. */
  onLost(why: string): void
  /** Notifications may have been lost meanwhile: the provider should be asked once. */
  onGap(): void
  /** A delivery that came by another way than the receiver (a relay's stream). */
  onDelivery(delivery: Delivery): void
}

/** What a transport works with. */
export interface TransportContext extends TunnelEvents {
  clock: Clock
  /** Aborts when the tunnel is to be closed; everything of the transport ends with it. */
  signal: AbortSignal
  /** Monotonic end of the time for coming up, retries included. */
  opensUntilMs: number
  /** From 0 to 1. */
  random: () => number
  /** One line for the log. */
  log(line: string): void
  /** Something that the user should know of. */
  warn(text: string): void
  /** Hides a value from now on. */
  hide(secret: string): void
  /** The receiver's port on 127.0.0.1; 0 for a transport without receiver. */
  localPort: number
  /** The path that notifications must be posted to, `/` and the run's secret. */
  path: string
  /**
   * Sends a self-ping through `url` and checks that the answer is ours.
   *
   * @param lookup resolves the host where the system's resolver must not be asked
   * @throws TunnelFailure while it does not come back
   */
  ping(url: URL, lookup?: HostLookup): Promise<void>
  /** A folder that only this user can read, removed in the end. Created on the first call. */
  privateFolder(): Promise<string>
  /** Starts a child process that is certain to end with this step. */
  spawn(command: string, args: readonly string[], options: ChildOptions): Child
  /** The process's own environment: for proxies, tool cache and PATH, never to be passed on. */
  environment: NodeJS.ProcessEnv
}

export interface ChildOptions {
  /** Beside what every child needs (PATH, home, temporary folder, certificates, tracking id). */
  environment?: Record<string, string>
  /** The folder it starts in. */
  cwd?: string
  /** Each line of stdout and stderr; they are drained whether or not anybody listens. */
  onLine?: (line: string) => void
}

/** How a child ended: its exit code, or the signal or error that ended it. */
export interface ChildEnd {
  code: number | undefined
  reason: string
}

export interface Child {
  readonly pid: number | undefined
  /** Resolves when it has ended. */
  readonly ended: Promise<ChildEnd>
  /** Its last lines, oldest first. */
  lastLines(): string[]
  /** SIGTERM, and SIGKILL after `graceMs`. Resolves when it has ended. */
  stop(graceMs?: number): Promise<void>
}

/**
 * A way for a webhook into this runner.
 *
 * Resolves when the tunnel was closed by `context.signal`; rejects with `TunnelFailure` when it cannot
 * come up, or is lost for good.
 */
export type Transport = (context: TransportContext) => Promise<void>
