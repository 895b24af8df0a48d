import type { Clock } from '../base/clock.ts'

/** Why a run was ended from outside. */
export class Cancelled extends Error {
  constructor(signalName: string) {
    super(`the run was cancelled (${signalName})`)
    this.name = 'Cancelled'
  }
}

/**
 * The runner sends SIGINT, 7.5 s later SIGTERM, and kills 2.5 s after that (actions/runner,
 * `ProcessInvoker`). All cleaning up is planned to end before the second signal.
 */
const CLEAN_UP_MS = 6_500
/** What is left after a second signal. */
const CLEAN_UP_AFTER_LAST_SIGNAL_MS = 1_800

/** The run's abort signal, and the end of the time that is left for cleaning up after it. */
export interface Cancellation {
  /** Aborts when the run is cancelled. */
  readonly signal: AbortSignal
  /** Aborts when cleaning up must be over; what is not done by then is the post step's. */
  readonly over: AbortSignal
}

/** The runner sends the first two; SIGHUP and SIGBREAK are what a closed terminal or console sends. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGBREAK'] as const

interface SignalSource {
  on(event: (typeof SIGNALS)[number], listener: (name: string) => void): unknown
}

/**
 * Turns the signals that end a process into one abort. The process itself goes on until it has
 * cleaned up. What is not a signal and ends the run as well calls `cancel`.
 */
export function listenForCancel(
  source: SignalSource,
  clock: Clock,
): Cancellation & { cancel: (why: string) => void } {
  const run = new AbortController()
  const over = new AbortController()
  const onSignal = (name: string) => {
    const leftMs = run.signal.aborted ? CLEAN_UP_AFTER_LAST_SIGNAL_MS : CLEAN_UP_MS
    void clock.sleep(leftMs).then(() => over.abort(new Cancelled(name)))
    run.abort(new Cancelled(name))
  }
  for (const name of SIGNALS) source.on(name, onSignal)
  return { signal: run.signal, over: over.signal, cancel: onSignal }
}
