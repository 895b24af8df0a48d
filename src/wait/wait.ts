import type { Clock } from '../clock.ts'
import { ActionError, toActionError } from '../errors.ts'
import type { Cadence } from './cadence.ts'

/** One authoritative reading of a launch, as far as waiting goes. */
export interface Reading {
  state: 'pending' | 'succeeded' | 'failed'
  /** The provider's own status, verbatim. */
  status: string
}

/** Which of the two brought the news. */
export type NewsSource = 'webhook' | 'poll'

/** What can wake the wait between two polls. */
export interface Bell {
  /**
   * Resolves when the bell has rung since the last call (at once, if it did meanwhile), or when
   * `signal` aborts. Never rejects.
   */
  nextRing(signal: AbortSignal): Promise<'rang' | 'aborted'>
  /** How long polling may be stretched now; undefined: not at all, the bell is not to be relied on. */
  slowPollMs(elapsedMs: number): number | undefined
}

export type WaitEvent<R extends Reading> =
  | { type: 'reading'; reading: R; changed: boolean; atMs: number }
  | { type: 'failure'; error: ActionError; consecutive: number; nextInMs: number; atMs: number }
  | { type: 'recovered'; after: number; atMs: number }

export interface WaitOptions<R extends Reading> {
  clock: Clock
  /** Monotonic moment the launch was accepted: the wait's time zero. */
  acceptedAtMs: number
  timeoutMs: number
  cadence: Cadence
  /** Reads the launch once. `deadlineMs` is how long it may take. */
  observe: (deadlineMs: number, signal: AbortSignal) => Promise<R>
  /** Aborts when the run is cancelled. */
  signal: AbortSignal
  bell?: Bell
  onEvent?: (event: WaitEvent<R>) => void
}

export type WaitResult<R extends Reading> = { last: R | undefined; elapsedMs: number } & (
  | { ending: 'settled'; last: R; source: NewsSource }
  | { ending: 'timed-out'; lastError: ActionError | undefined }
  | { ending: 'cancelled' }
  /** The provider will never tell: the credentials are refused. */
  | { ending: 'shut-out'; error: ActionError }
)

/** Longest single look; a hung request must not eat the whole wait. */
const LOOK_MS = 10_000
/** A timer may fire a little early, and what is left then is too short for a look. */
const SHORTEST_LOOK_MS = 25
/** The last look starts at the deadline and may take this long: the wait overruns by no more. */
const LAST_LOOK_MS = 900
/** From this many failures in a row the interval grows, up to the longest of the cadence. */
const PATIENCE = 3
const LONGEST_BACKOFF_MS = 10_000
/**
 * A ring is answered at once, yet looks that rings cause keep this distance, and twice as much after
 * each ring without news: a provider rings a few times, so what rings on is noise or an attack.
 */
const RING_SPACING_MS = 250
const LONGEST_RING_SPACING_MS = 10_000
/** After so many rings without news the bell no longer slows down polling. */
const EMPTY_RINGS_TRUSTED = 4

/**
 * Waits until a launch is settled, the time is over or the run is cancelled.
 *
 * The first look comes at once. After that, looks follow the cadence, and a ring of the bell brings
 * the next one forward. Failed looks are counted and never decide anything, except where the
 * credentials are refused. Returns at most `LAST_LOOK_MS` after the deadline, hung requests included.
 */
export async function waitForOutcome<R extends Reading>(
  options: WaitOptions<R>,
): Promise<WaitResult<R>> {
  const { clock, cadence, signal, bell } = options
  const deadlineAtMs = options.acceptedAtMs + options.timeoutMs
  const elapsedMs = () => clock.nowMs() - options.acceptedAtMs
  let last: R | undefined
  let lastError: ActionError | undefined
  let failures = 0
  let source: NewsSource = 'poll'
  let emptyRings = 0

  while (!signal.aborted) {
    const leftMs = deadlineAtMs - clock.nowMs()
    const isLastLook = leftMs < SHORTEST_LOOK_MS
    const lookMs = isLastLook ? LAST_LOOK_MS : Math.min(LOOK_MS, leftMs)
    const lookedAtMs = clock.nowMs()
    let pauseMs: number
    try {
      const reading = await bounded(options, lookMs)
      if (failures > 0) emit({ type: 'recovered', after: failures, atMs: elapsedMs() })
      failures = 0
      const changed = reading.status !== last?.status || reading.state !== last.state
      last = reading
      emit({ type: 'reading', reading, changed, atMs: elapsedMs() })
      if (reading.state !== 'pending') {
        return { ending: 'settled', last: reading, source, elapsedMs: elapsedMs() }
      }
      if (source === 'webhook') emptyRings += changed ? 0 : 1
      pauseMs = pauseAfterReading(lookedAtMs)
    } catch (thrown) {
      if (signal.aborted) break
      const error = toActionError(thrown)
      if (error.kind === 'unauthorized' || error.kind === 'forbidden') {
        return { ending: 'shut-out', error, last, elapsedMs: elapsedMs() }
      }
      lastError = error
      failures += 1
      pauseMs = pauseAfterFailure(error, failures, elapsedMs())
      emit({ type: 'failure', error, consecutive: failures, nextInMs: pauseMs, atMs: elapsedMs() })
    }
    if (isLastLook) return { ending: 'timed-out', last, lastError, elapsedMs: elapsedMs() }
    source = await pause(Math.min(pauseMs, deadlineAtMs - clock.nowMs()), lookedAtMs)
  }
  return { ending: 'cancelled', last, elapsedMs: elapsedMs() }

  function emit(event: WaitEvent<R>): void {
    options.onEvent?.(event)
  }

  /** Intervals count from look to look, so that a slow reply does not stretch them. */
  function pauseAfterReading(lookedAtMs: number): number {
    const trusted = emptyRings < EMPTY_RINGS_TRUSTED
    const slowMs = trusted ? bell?.slowPollMs(elapsedMs()) : undefined
    const intervalMs = slowMs ?? cadence.intervalMs(elapsedMs())
    return Math.max(0, lookedAtMs + intervalMs - clock.nowMs())
  }

  function pauseAfterFailure(error: ActionError, count: number, atMs: number): number {
    if (error.retryAfterMs !== undefined) return error.retryAfterMs
    const intervalMs = cadence.intervalMs(atMs)
    const grown = intervalMs * 1.5 ** Math.max(0, count - PATIENCE)
    return Math.max(intervalMs, Math.min(LONGEST_BACKOFF_MS, grown))
  }

  async function pause(durationMs: number, lookedAtMs: number): Promise<NewsSource> {
    if (!bell) {
      await clock.sleep(durationMs, signal)
      return 'poll'
    }
    const over = new AbortController()
    const either = AbortSignal.any([over.signal, signal])
    const ring = bell.nextRing(either)
    const result = await Promise.race([
      ring,
      clock.sleep(durationMs, either).then(() => 'time' as const),
    ])
    over.abort()
    if (result !== 'rang') return 'poll'
    const spacingMs = Math.min(RING_SPACING_MS * 2 ** emptyRings, LONGEST_RING_SPACING_MS)
    const waitMs = Math.min(lookedAtMs + spacingMs, deadlineAtMs) - clock.nowMs()
    await clock.sleep(waitMs, signal)
    return 'webhook'
  }
}

/** One look that ends in time even if `observe` ignores its deadline. */
async function bounded<R extends Reading>(options: WaitOptions<R>, lookMs: number): Promise<R> {
  const over = new AbortController()
  const signal = AbortSignal.any([options.signal, over.signal])
  const look = options.observe(lookMs, signal)
  // The race below may be lost by a look that fails later; nobody else listens to it then.
  look.catch(() => {})
  try {
    const result = await Promise.race([look, options.clock.sleep(lookMs, signal).then(() => null)])
    if (result) return result
  } finally {
    over.abort()
  }
  throw new ActionError({
    kind: 'connection-lost',
    what: `No answer within ${Math.round(lookMs)} ms.`,
  })
}
