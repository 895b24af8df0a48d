import { ActionError, areCredentialsRefused, describe, toActionError } from '../base/errors.ts'
import { pauseAfter } from '../base/retry.ts'
import { withoutStop } from '../base/sentence.ts'
import type { StopReply } from '../provider/provider.ts'
import { type CleanUpRun, cleanUpCall, MAX_REFUSED } from './run.ts'

const CALL_MS = 10_000
/** With less time left than this, no request is begun. */
const SHORTEST_CALL_MS = 500
/** For a whole stop while the run goes on: what is not certain by then is left to the post step. */
const LIMIT_MS = 30_000
/** After a cancel, for a stop that was accepted and is not carried out yet. */
const LIMIT_AFTER_CANCEL_MS = 2_000
/** How long one status check may take, the second while a cancelled run ends. */
const STATUS_MS = 3_000
const STATUS_AFTER_CANCEL_MS = 1_000
/** Give up after this time without one good answer. */
const SILENT_PROVIDER_MS = 30_000
/** A line in the log at least this often, so that a long wait does not look like a hang. */
const SILENCE_MS = 30_000
const FIRST_PAUSE_MS = 250
const LONGEST_PAUSE_MS = 2_000
/** The longest pause that a Retry-After may ask for: meanwhile a server runs. */
const LONGEST_PATIENCE_MS = 10_000
/**
 * An id that the provider does not know may belong to a server that was created a moment ago, or
 * something in front of the provider answers for it. It counts as gone when neither stop, status nor
 * list has known it for this long and in this many checks in a row. So does a failed one whose stop was
 * accepted, once the list of active ones has been without it for as long.
 */
const UNKNOWN_MS = 12_000
const UNKNOWN_CHECKS = 5

export type StopEnd =
  /** The provider says that it is ending, or has ended. */
  | { kind: 'stopped' }
  /** Neither stop, status nor list has known it for long: it was gone before, or never existed. */
  | { kind: 'gone' }
  /** It may run; with `isAccepted` the provider has taken the stop. */
  | { kind: 'unconfirmed'; isAccepted: boolean; error: ActionError }

export interface StopOptions {
  /** By which the list is asked too, where it is known. */
  tag?: string | undefined
  /** How long in all, milliseconds. */
  limitMs?: number | undefined
  /**
   * What is waited for: that the provider takes the stop, that it is seen to end the server (the
   * default), or that the server is gone.
   */
  until?: 'accepted' | 'ending' | 'ended'
  /** The provider has taken a stop of it before. */
  isAccepted?: boolean
}

/**
 * Stops a deployment and stays until the provider is seen to end it, for as long as the run may still
 * clean up. A stop that was accepted is not believed by itself. Throws nothing.
 */
export async function stopDeployment(
  run: CleanUpRun,
  id: string,
  options: StopOptions = {},
): Promise<StopEnd> {
  return await new Stop(run, id, options).untilCertain()
}

class Stop {
  readonly #run: CleanUpRun
  readonly #id: string
  readonly #options: StopOptions
  readonly #untilMs: number
  #isEnding = false
  /** The answer to a stop was lost or a fault, so it may have arrived. */
  #mayHaveArrived = false
  #attempt = 0
  #saidAtMs: number
  #answeredAtMs: number
  #acceptedAtMs: number | undefined
  #unknown = { sinceMs: Number.NaN, checks: 0 }
  #refused = 0
  #lastError: ActionError | undefined

  constructor(run: CleanUpRun, id: string, options: StopOptions) {
    this.#run = run
    this.#id = id
    this.#options = options
    this.#saidAtMs = run.clock.nowMs()
    this.#answeredAtMs = this.#saidAtMs
    if (options.isAccepted) this.#acceptedAtMs = this.#saidAtMs
    this.#untilMs = this.#saidAtMs + (options.limitMs ?? LIMIT_MS)
  }

  async untilCertain(): Promise<StopEnd> {
    const { clock, cancellation } = this.#run
    for (let attempt = 1; ; attempt++) {
      this.#attempt = attempt
      let pauseMs = Math.min(FIRST_PAUSE_MS * 1.5 ** (attempt - 1), LONGEST_PAUSE_MS)
      try {
        const end = await this.#once()
        if (end) return end
        this.#refused = 0
        this.#lastError = undefined
        this.#answeredAtMs = clock.nowMs()
      } catch (thrown) {
        const error = toActionError(thrown)
        this.#lastError = error
        this.#unknown = { sinceMs: Number.NaN, checks: 0 }
        this.#refused = areCredentialsRefused(error) ? this.#refused + 1 : 0
        pauseMs = pauseAfter(error, 300 * 2 ** (attempt - 1), LONGEST_PATIENCE_MS)
        if (this.#refused < MAX_REFUSED && !cancellation.over.aborted) {
          this.#run.printer.line(`Stopping ${this.#id} failed: ${describe(error)}; retrying`)
        }
      }
      if (this.#refused >= MAX_REFUSED || this.#isOver()) return this.#unconfirmed()
      this.#breakSilence()
      const { signal, over } = cancellation
      await clock.sleep(
        Math.min(pauseMs, this.#untilMs - clock.nowMs()),
        signal.aborted ? over : signal,
      )
    }
  }

  /** One stop and, unless it says all, one status check; undefined while nothing is certain. */
  async #once(): Promise<StopEnd | undefined> {
    const { clock, printer } = this.#run
    const reply = await this.#send()
    if (reply === 'gone') return this.#ended('has ended')
    if (reply === 'accepted' && this.#acceptedAtMs === undefined) {
      this.#acceptedAtMs = clock.nowMs()
      printer.line(`Stopping ${this.#id}: accepted`)
    }
    if (reply === 'accepted' && this.#options.until === 'accepted') return { kind: 'stopped' }
    const standing = reply === 'ending' ? reply : await this.#standing()
    if (standing === 'ended') return this.#ended('has ended')
    if (standing === 'ending') {
      // A cancelled run has no time to see the end, and must not hide that this one is on its way out.
      const isEnough = this.#options.until !== 'ended' || this.#run.cancellation.signal.aborted
      if (isEnough) return this.#ended('is ending')
      this.#isEnding = true
    }
    // What failed may keep that status after its end: then only the list of active ones tells.
    const isInDoubt =
      standing === 'unknown' || (standing === 'failed' && this.#acceptedAtMs !== undefined)
    const isUnknown = isInDoubt && !(await this.#isListed(standing === 'failed'))
    // It was seen to end before it was forgotten.
    if (isUnknown && this.#isEnding) return this.#ended('has ended')
    if (!isUnknown) this.#unknown = { sinceMs: Number.NaN, checks: 0 }
    else if (this.#unknown.checks === 0) this.#unknown = { sinceMs: clock.nowMs(), checks: 1 }
    else this.#unknown.checks += 1
    const { sinceMs, checks } = this.#unknown
    if (checks >= UNKNOWN_CHECKS && clock.nowMs() - sinceMs >= UNKNOWN_MS) {
      printer.line(
        standing === 'failed'
          ? `${this.#id} is not listed by the provider any more`
          : `${this.#id} is not known to the provider any more`,
      )
      return { kind: this.#acceptedAtMs === undefined ? 'gone' : 'stopped' }
    }
    return undefined
  }

  /** A stop may be carried out although its answer is lost or is a fault: then the status decides. */
  async #send(): Promise<StopReply | 'ending'> {
    try {
      return await this.#run.provider.stop(this.#id, this.#call())
    } catch (thrown) {
      this.#mayHaveArrived = true
      const standing = await this.#standing().catch(() => 'unknown' as const)
      if (standing === 'ended') return 'gone'
      if (standing === 'ending') return 'ending'
      throw thrown
    }
  }

  async #standing(): Promise<'running' | 'failed' | 'ending' | 'ended' | 'unknown'> {
    const { provider, cancellation } = this.#run
    const limitMs = cancellation.signal.aborted ? STATUS_AFTER_CANCEL_MS : STATUS_MS
    const observed = (await provider.observe([this.#id], this.#call(limitMs))).get(this.#id)
    if (observed instanceof ActionError) {
      if (observed.kind === 'not-found') return 'unknown'
      throw observed
    }
    return observed?.end ?? (observed?.state === 'failed' ? 'failed' : 'running')
  }

  /** @param otherwise the answer where no tag is known to search by */
  async #isListed(otherwise: boolean): Promise<boolean> {
    const { tag } = this.#options
    if (tag === undefined) return otherwise
    return (await this.#run.provider.findByTags([tag], this.#call())).has(this.#id)
  }

  #ended(how: string): StopEnd {
    this.#run.printer.line(`${this.#id} ${how}`)
    // An earlier stop may have arrived although its reply did not.
    const isByStop = this.#acceptedAtMs !== undefined || this.#mayHaveArrived
    const wasRunning = isByStop || how === 'is ending' || this.#attempt > 1
    return { kind: wasRunning ? 'stopped' : 'gone' }
  }

  #unconfirmed(): StopEnd {
    const isAccepted = this.#acceptedAtMs !== undefined
    const last = this.#lastError
    if (last && (!isAccepted || this.#refused > 0)) {
      return { kind: 'unconfirmed', isAccepted, error: last }
    }
    const error = new ActionError({
      kind: 'stop-unconfirmed',
      what: isAccepted
        ? `The stop of ${this.#id} was accepted, but the server has not been seen to end${last ? ` (${withoutStop(last.message)})` : ''}`
        : `The provider does not know ${this.#id} at the moment`,
      next: 'Check it in the dashboard: you pay for it until it has ended.',
    })
    return { kind: 'unconfirmed', isAccepted, error }
  }

  #breakSilence(): void {
    const { clock, printer } = this.#run
    if (clock.nowMs() - this.#saidAtMs < SILENCE_MS) return
    this.#saidAtMs = clock.nowMs()
    printer.line(
      `${this.#id} has not been seen to end yet${this.#acceptedAtMs === undefined ? '' : '; its stop was accepted'}`,
    )
  }

  #isOver(): boolean {
    const { clock, cancellation } = this.#run
    if (cancellation.over.aborted || clock.nowMs() >= this.#untilMs) return true
    if (clock.nowMs() - this.#answeredAtMs >= SILENT_PROVIDER_MS) return true
    const acceptedMs = this.#acceptedAtMs === undefined ? 0 : clock.nowMs() - this.#acceptedAtMs
    return cancellation.signal.aborted && acceptedMs >= LIMIT_AFTER_CANCEL_MS
  }

  #call(limitMs = CALL_MS) {
    const leftMs = this.#untilMs - this.#run.clock.nowMs()
    return cleanUpCall(this.#run, Math.min(limitMs, Math.max(leftMs, SHORTEST_CALL_MS)))
  }
}
