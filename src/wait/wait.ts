import type { Clock } from '../base/clock.ts'
import { type ActionError, areCredentialsRefused, toActionError } from '../base/errors.ts'
import { boundedCheck } from './bounded-check.ts'
import { afterAnswer, afterRefusal, comeAgainMs } from './rate-limit.ts'
import type { PollSchedule } from './schedule.ts'

/** One authoritative reading of a deployment, as far as waiting goes. */
export interface Reading {
  state: 'pending' | 'succeeded' | 'failed'
  /** The provider's own status, verbatim. */
  status: string
}

/** How a reading was learned. */
export type NewsSource = 'webhook' | 'poll'

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

export type WaitEvent<R extends Reading> =
  | { type: 'reading'; reading: R; changed: boolean; source: NewsSource; atMs: number }
  | { type: 'failure'; error: ActionError; consecutive: number; nextInMs: number; atMs: number }
  | { type: 'recovered'; after: number; atMs: number }

export interface WaitOptions<R extends Reading> {
  clock: Clock
  /** Monotonic moment the deployment was accepted: the wait's time zero. */
  acceptedAtMs: number
  timeoutMs: number
  pollSchedule: PollSchedule
  /** Reads the deployment once. `deadlineMs` is how long it may take. */
  observe: (deadlineMs: number, signal: AbortSignal) => Promise<R>
  /** Aborts when the run is cancelled. */
  signal: AbortSignal
  /** From 0 to 1: spreads checks that a rate limit turned away. Default: always the middle. */
  random?: () => number
  waker?: Waker
  /** Moves a poll to a moment at which others poll as well; the first one comes then, not at once. */
  align?: (dueAtMs: number) => number
  onEvent?: (event: WaitEvent<R>) => void
}

export type WaitResult<R extends Reading> = { last: R | undefined; elapsedMs: number } & (
  | { ending: 'settled'; last: R; source: NewsSource }
  /** `failures`: status checks that failed in a row at the end. */
  | { ending: 'timed-out'; lastError: ActionError | undefined; failures: number }
  | { ending: 'cancelled' }
  /** The status cannot be read: the credentials are refused. */
  | { ending: 'credentials-refused'; error: ActionError }
)

/**
 * How long one status check may take: a hung request must delay the result by little, yet a provider that is
 * slow today must be heard as well, so each failure in a row gives the next one as much again.
 */
const CHECK_MS = 3_000
const LONGEST_CHECK_MS = 10_000
/** The last check starts at the deadline and may take this long: the wait overruns by no more. */
const LAST_CHECK_MS = 900
/** Below this a check would only fail for want of time. */
const SHORTEST_CHECK_MS = 100
/**
 * A single 401 or 403 may be a gateway's, or a passing fault: the token has just created something.
 * Credentials count as refused after so many in a row over so long.
 */
const REFUSED_CHECKS = 4
const REFUSED_MS = 8_000
/** From this many failures in a row the interval grows, up to the longest of the poll schedule. */
const PATIENCE = 3
const LONGEST_BACKOFF_MS = 10_000
/**
 * A notification is answered at once, yet the checks that notifications cause keep this distance, and twice as much
 * after each one that brought nothing new: a provider notifies a few times, so what goes on is noise or an attack.
 * It never is more than that of polling, whose checks would be made without notifications as well.
 */
const NOTIFICATION_SPACING_MS = 250
const LONGEST_NOTIFICATION_SPACING_MS = 10_000
/** After so many notifications that brought nothing new the waker no longer slows down polling. */
const EMPTY_NOTIFICATIONS_TRUSTED = 4

/**
 * Waits until a deployment is settled, the time is over or the run is cancelled.
 *
 * Checks follow the poll schedule, the first one too, and a notification of the waker brings the next
 * one forward. Failed ones are counted and never decide anything, except where the credentials are
 * refused. Returns at most `LAST_CHECK_MS` after the deadline, hung requests included.
 */
export async function waitForOutcome<R extends Reading>(
  options: WaitOptions<R>,
): Promise<WaitResult<R>> {
  const { clock, pollSchedule, signal, waker } = options
  const deadlineAtMs = options.acceptedAtMs + options.timeoutMs
  const elapsedMs = () => clock.nowMs() - options.acceptedAtMs
  let last: R | undefined
  let lastError: ActionError | undefined
  let failures = 0
  let refused = { count: 0, sinceMs: 0 }
  /** Kept between checks because of a rate limit that all jobs of an organization share. */
  let distanceMs = 0
  let source: NewsSource = 'poll'
  let emptyNotifications = 0
  /** The last check, or the beginning. */
  let checkedAtMs = clock.nowMs()
  /** The last check that a notification caused. */
  let notifiedAtMs = Number.NEGATIVE_INFINITY
  /** The provider does not want to be asked earlier, whatever notifies. */
  let notBeforeMs = Number.NEGATIVE_INFINITY

  const { firstMs } = pollSchedule
  if (options.align) {
    source = await pause(() => checkedAtMs + Math.max(firstMs ?? 0, intervalMs()))
  } else if (firstMs !== undefined) {
    source = await pause(() => options.acceptedAtMs + firstMs)
  }
  while (!signal.aborted) {
    // Timers may strike a little early.
    const isLastCheck = deadlineAtMs - clock.nowMs() < 1
    const patientMs = Math.min(CHECK_MS * (failures + 1), LONGEST_CHECK_MS)
    const checkMs = isLastCheck ? LAST_CHECK_MS : Math.min(patientMs, deadlineAtMs - clock.nowMs())
    checkedAtMs = clock.nowMs()
    if (source === 'webhook') notifiedAtMs = checkedAtMs
    let dueAtMs: () => number
    try {
      const reading = await boundedCheck(options, checkMs)
      if (failures > 0) emit({ type: 'recovered', after: failures, atMs: elapsedMs() })
      failures = 0
      distanceMs = afterAnswer(distanceMs)
      refused = { count: 0, sinceMs: 0 }
      const changed = reading.status !== last?.status || reading.state !== last.state
      last = reading
      emit({ type: 'reading', reading, changed, source, atMs: elapsedMs() })
      if (reading.state !== 'pending') {
        return { ending: 'settled', last: reading, source, elapsedMs: elapsedMs() }
      }
      if (source === 'webhook' && !changed) emptyNotifications += 1
      // Intervals count from check to check, so that a slow reply does not stretch them.
      dueAtMs = () => checkedAtMs + intervalMs()
    } catch (thrown) {
      if (signal.aborted) break
      const error = toActionError(thrown)
      if (!areCredentialsRefused(error)) refused = { count: 0, sinceMs: 0 }
      else if (refused.count === 0) refused = { count: 1, sinceMs: clock.nowMs() }
      else refused.count += 1
      const refusedMs = clock.nowMs() - refused.sinceMs
      if (refused.count >= REFUSED_CHECKS && refusedMs >= REFUSED_MS) {
        return { ending: 'credentials-refused', error, last, elapsedMs: elapsedMs() }
      }
      lastError = error
      failures += 1
      const nextInMs = pauseAfterFailure(error, failures)
      const nextAtMs = clock.nowMs() + nextInMs
      if (error.retryAfterMs !== undefined) notBeforeMs = nextAtMs
      if (source === 'webhook') emptyNotifications += 1
      dueAtMs = () => nextAtMs
      emit({ type: 'failure', error, consecutive: failures, nextInMs, atMs: elapsedMs() })
    }
    if (isLastCheck) {
      return { ending: 'timed-out', last, lastError, failures, elapsedMs: elapsedMs() }
    }
    source = await pause(dueAtMs)
  }
  return { ending: 'cancelled', last, elapsedMs: elapsedMs() }

  function emit(event: WaitEvent<R>): void {
    options.onEvent?.(event)
  }

  function intervalMs(): number {
    const slowMs =
      emptyNotifications < EMPTY_NOTIFICATIONS_TRUSTED ? waker?.slowPollMs(elapsedMs()) : undefined
    return slowMs ?? pollMs()
  }

  /** Between two polls where nothing notifies. */
  function pollMs(): number {
    return Math.max(pollSchedule.intervalMs(elapsedMs()), distanceMs)
  }

  function pauseAfterFailure(error: ActionError, count: number): number {
    const normalMs = pollSchedule.intervalMs(elapsedMs())
    if (error.kind === 'rate-limited') distanceMs = afterRefusal(distanceMs, normalMs)
    if (error.retryAfterMs !== undefined) {
      // Where a webhook may come it must be answered: then the pause is that of a slow poll at most.
      const limitMs = waker?.slowPollMs(elapsedMs()) ?? Number.POSITIVE_INFINITY
      // It may be zero, which is no reason to ask without a pause.
      return Math.max(normalMs, Math.min(error.retryAfterMs, limitMs))
    }
    if (error.kind === 'rate-limited') {
      return comeAgainMs(distanceMs, normalMs, options.random?.() ?? 0.5)
    }
    const grownMs = normalMs * 1.5 ** Math.max(0, count - PATIENCE)
    return Math.max(normalMs, Math.min(LONGEST_BACKOFF_MS, grownMs))
  }

  /** Sleeps until the next check is due, or until something brings it forward. */
  async function pause(dueAtMs: () => number): Promise<NewsSource> {
    for (;;) {
      const ownDueMs = dueAtMs()
      const dueMs = beforeDeadline(options.align?.(ownDueMs) ?? ownDueMs)
      const wake = await sleepOrWake(dueMs - clock.nowMs())
      if (wake === 'changed') continue
      if (wake !== 'notification') return 'poll'
      const spacingMs = NOTIFICATION_SPACING_MS * 2 ** emptyNotifications
      const spacedAtMs = notifiedAtMs + Math.min(spacingMs, LONGEST_NOTIFICATION_SPACING_MS)
      const polledMs = failures > 0 ? Number.POSITIVE_INFINITY : pollMs()
      const polledAtMs = checkedAtMs + Math.max(NOTIFICATION_SPACING_MS, polledMs)
      // A notification brings the next check forward; many of them must not put it off.
      const soonestMs = Math.max(notBeforeMs, Math.min(spacedAtMs, polledAtMs))
      const notificationDueMs = Math.min(dueMs, beforeDeadline(soonestMs))
      await clock.sleep(notificationDueMs - clock.nowMs(), signal)
      return 'webhook'
    }
  }

  /** What is due too shortly before the deadline to be answered in time is left to the last check. */
  function beforeDeadline(dueMs: number): number {
    return deadlineAtMs - dueMs < SHORTEST_CHECK_MS ? deadlineAtMs : dueMs
  }

  async function sleepOrWake(durationMs: number): Promise<Wake | 'time'> {
    if (!waker) {
      await clock.sleep(durationMs, signal)
      return 'time'
    }
    const over = new AbortController()
    const either = AbortSignal.any([over.signal, signal])
    const slept = clock.sleep(durationMs, either).then(() => 'time' as const)
    const wake = await Promise.race([waker.nextWake(either), slept])
    over.abort()
    return wake
  }
}
