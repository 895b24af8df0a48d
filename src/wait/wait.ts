import type { Clock } from '../base/clock.ts'
import { type ActionError, toActionError } from '../base/errors.ts'
import { bounded } from './bounded.ts'
import { notificationDueMs } from './notification-spacing.ts'
import { Pace } from './pace.ts'
import { Refusals } from './refusals.ts'
import type { PollSchedule } from './schedule.ts'
import type { Wake, Waker } from './waker.ts'

/** One authoritative reading of a deployment, as far as waiting goes. */
export interface Reading {
  state: 'pending' | 'succeeded' | 'failed'
  /** The provider's own status, verbatim. */
  status: string
  /** No webhook will bring the end of this state: polling stays at full pace. */
  endsUnannounced?: true
}

/** How a reading was learned. */
export type NewsSource = 'webhook' | 'poll'

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
  return await new Wait(options).untilSettled()
}

/** When the next check is due: asked again whenever the waker has changed. */
type Due = () => number

class Wait<R extends Reading> {
  readonly #options: WaitOptions<R>
  readonly #deadlineAtMs: number
  readonly #pace: Pace
  readonly #refusals = new Refusals()
  #last: R | undefined
  #lastError: ActionError | undefined
  /** In a row. */
  #failures = 0
  /** The last check, or the beginning. */
  #checkedAtMs: number
  /** The last check that a notification caused. */
  #notifiedAtMs = Number.NEGATIVE_INFINITY
  #source: NewsSource = 'poll'
  /** Notifications that brought nothing new. */
  #empty = 0
  /** The provider does not want to be asked earlier, whatever notifies. */
  #notBeforeMs = Number.NEGATIVE_INFINITY

  constructor(options: WaitOptions<R>) {
    this.#options = options
    this.#deadlineAtMs = options.acceptedAtMs + options.timeoutMs
    this.#pace = new Pace(options.pollSchedule, options.random)
    this.#checkedAtMs = options.clock.nowMs()
  }

  async untilSettled(): Promise<WaitResult<R>> {
    const { clock, signal } = this.#options
    await this.#pauseBeforeFirst()
    while (!signal.aborted) {
      // Timers may fire a little early.
      const isLastCheck = this.#deadlineAtMs - clock.nowMs() < 1
      const next = await this.#check(isLastCheck)
      if ('ending' in next) return next
      if (isLastCheck) {
        const [lastError, failures] = [this.#lastError, this.#failures]
        return { ending: 'timed-out', lastError, failures, ...this.#soFar() }
      }
      await this.#pause(next.dueAtMs)
    }
    return { ending: 'cancelled', ...this.#soFar() }
  }

  async #pauseBeforeFirst(): Promise<void> {
    const { align, acceptedAtMs, pollSchedule } = this.#options
    const { firstMs } = pollSchedule
    if (align) {
      await this.#pause(() => this.#checkedAtMs + Math.max(firstMs ?? 0, this.#intervalMs()))
    } else if (firstMs !== undefined) await this.#pause(() => acceptedAtMs + firstMs)
  }

  async #check(isLast: boolean): Promise<WaitResult<R> | { dueAtMs: Due }> {
    const { clock } = this.#options
    const leftMs = this.#deadlineAtMs - clock.nowMs()
    const patientMs = Math.min(CHECK_MS * (this.#failures + 1), LONGEST_CHECK_MS)
    this.#checkedAtMs = clock.nowMs()
    if (this.#source === 'webhook') this.#notifiedAtMs = this.#checkedAtMs
    try {
      const reading = await bounded(
        this.#options,
        isLast ? LAST_CHECK_MS : Math.min(patientMs, leftMs),
      )
      return this.#answered(reading)
    } catch (thrown) {
      return this.#failed(toActionError(thrown))
    }
  }

  #answered(reading: R): WaitResult<R> | { dueAtMs: Due } {
    if (this.#failures > 0)
      this.#emit({ type: 'recovered', after: this.#failures, atMs: this.#elapsedMs() })
    this.#failures = 0
    this.#refusals.reset()
    this.#pace.answered()
    const changed = reading.status !== this.#last?.status || reading.state !== this.#last.state
    this.#last = reading
    const source = this.#source
    this.#emit({ type: 'reading', reading, changed, source, atMs: this.#elapsedMs() })
    if (reading.state !== 'pending') {
      return { ending: 'settled', last: reading, source, elapsedMs: this.#elapsedMs() }
    }
    if (source === 'webhook' && !changed) this.#empty += 1
    // Intervals count from check to check, so that a slow reply does not stretch them.
    return { dueAtMs: () => this.#checkedAtMs + this.#intervalMs() }
  }

  #failed(error: ActionError): WaitResult<R> | { dueAtMs: Due } {
    const { clock, signal } = this.#options
    if (signal.aborted) return { ending: 'cancelled', ...this.#soFar() }
    if (this.#refusals.areFinal(error, clock.nowMs())) {
      return { ending: 'credentials-refused', error, ...this.#soFar() }
    }
    this.#lastError = error
    this.#failures += 1
    const nextInMs = this.#pace.failed(error, {
      failures: this.#failures,
      elapsedMs: this.#elapsedMs(),
      // Where a webhook may come it must be answered: no pause is longer than that of a slow poll.
      slowPollMs: this.#options.waker?.slowPollMs(this.#elapsedMs()),
    })
    const nextAtMs = clock.nowMs() + nextInMs
    if (error.retryAfterMs !== undefined) this.#notBeforeMs = nextAtMs
    if (this.#source === 'webhook') this.#empty += 1
    const failure = { type: 'failure', error, consecutive: this.#failures, nextInMs } as const
    this.#emit({ ...failure, atMs: this.#elapsedMs() })
    return { dueAtMs: () => nextAtMs }
  }

  #intervalMs(): number {
    const elapsedMs = this.#elapsedMs()
    const isAnnounced = !this.#last?.endsUnannounced
    const isTrusted = isAnnounced && this.#empty < EMPTY_NOTIFICATIONS_TRUSTED
    const slowMs = isTrusted ? this.#options.waker?.slowPollMs(elapsedMs) : undefined
    return slowMs ?? this.#pace.intervalMs(elapsedMs)
  }

  /** Sleeps until the next check is due, or until something brings it forward. */
  async #pause(dueAtMs: Due): Promise<void> {
    const { clock, signal, align } = this.#options
    let wake: Wake | 'time' = 'changed'
    let dueMs = 0
    while (wake === 'changed') {
      const ownDueMs = dueAtMs()
      dueMs = this.#beforeDeadline(align?.(ownDueMs) ?? ownDueMs)
      wake = await this.#sleepOrWake(dueMs - clock.nowMs())
    }
    this.#source = wake === 'notification' ? 'webhook' : 'poll'
    if (wake !== 'notification') return
    const isFailing = this.#failures > 0
    const pollMs = isFailing ? Number.POSITIVE_INFINITY : this.#pace.intervalMs(this.#elapsedMs())
    const spacedMs = notificationDueMs(this.#notifiedAtMs, this.#empty, this.#checkedAtMs, pollMs)
    // A notification brings the next check forward; many of them must not put it off.
    const soonestMs = Math.max(this.#notBeforeMs, spacedMs)
    await clock.sleep(Math.min(dueMs, this.#beforeDeadline(soonestMs)) - clock.nowMs(), signal)
  }

  /** What is due too shortly before the deadline to be answered in time is left to the last check. */
  #beforeDeadline(dueMs: number): number {
    return this.#deadlineAtMs - dueMs < SHORTEST_CHECK_MS ? this.#deadlineAtMs : dueMs
  }

  async #sleepOrWake(durationMs: number): Promise<Wake | 'time'> {
    const { clock, signal, waker } = this.#options
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

  #elapsedMs(): number {
    return this.#options.clock.nowMs() - this.#options.acceptedAtMs
  }

  #soFar() {
    return { last: this.#last, elapsedMs: this.#elapsedMs() }
  }

  #emit(event: WaitEvent<R>): void {
    this.#options.onEvent?.(event)
  }
}
