import { type Clock, formatDuration } from '../base/clock.ts'
import type { Observation } from '../provider/provider.ts'
import type { Printer } from '../runner/printer.ts'
import type { DeploymentState } from '../state/state.ts'
import type { WaitEvent } from '../wait/wait.ts'

/** In long waits nobody should wonder whether the step still lives. */
const SILENCE_MS = 30_000
/** Of failures in a row the first ones are logged, then every so many. */
const LOGGED_FAILURES = 3
const LOG_EVERY = 10

/** The account of deploying and waiting in the log, line by line. */
export class Progress {
  readonly #printer: Printer
  readonly #clock: Clock
  readonly #several: boolean
  readonly #waiting = new Map<DeploymentState, { status: string; sinceMs: number }>()
  readonly #warned = new Set<string>()

  /** @param several whether each line has to say which deployment it is about */
  constructor(printer: Printer, clock: Clock, several: boolean) {
    this.#printer = printer
    this.#clock = clock
    this.#several = several
  }

  accepted(deployment: DeploymentState): void {
    this.#line(
      deployment,
      0,
      `accepted as ${deployment.id}, ${deployment.target.name} (${deployment.target.where})`,
    )
    this.#waiting.set(deployment, { status: 'accepted', sinceMs: this.#clock.nowMs() })
  }

  waiting(deployment: DeploymentState, event: WaitEvent<Observation>): void {
    switch (event.type) {
      case 'reading':
        if (event.changed) this.#changed(deployment, event)
        return
      case 'recovered':
        this.#line(
          deployment,
          event.atMs,
          `the API answers again, after ${event.after} failed status checks`,
        )
        return
      case 'failure': {
        const { consecutive, error } = event
        if (consecutive > LOGGED_FAILURES && consecutive % LOG_EVERY !== 0) return
        const next = `next one in ${formatDuration(event.nextInMs)}`
        const count =
          consecutive > 1 ? `${consecutive} status checks failed in a row` : 'a status check failed'
        this.#line(deployment, event.atMs, `${count}: ${error.message} (${next})`)
      }
    }
  }

  /** What is done with a deployment that is ready already. */
  begins(deployment: DeploymentState, what: string): void {
    this.says(deployment, what)
    this.#waiting.set(deployment, {
      status: what,
      sinceMs: deployment.acceptedAtMs ?? this.#clock.nowMs(),
    })
  }

  /** A line about a deployment, with the time since it was accepted. */
  says(deployment: DeploymentState, what: string): void {
    const nowMs = this.#clock.nowMs()
    this.#line(deployment, nowMs - (deployment.acceptedAtMs ?? nowMs), what)
  }

  /** Nothing is waited for any more. */
  done(deployment: DeploymentState): void {
    this.#waiting.delete(deployment)
  }

  /**
   * Runs `work` and breaks every long silence with a line until it ends.
   *
   * @param what is going on, such as `moving versions`; missing where deployments are waited for
   */
  async whileRunning<T>(work: () => Promise<T>, what?: string): Promise<T> {
    const over = new AbortController()
    const heartbeat = this.#beat(over.signal, what)
    try {
      return await work()
    } finally {
      over.abort()
      await heartbeat
    }
  }

  async #beat(signal: AbortSignal, what: string | undefined): Promise<void> {
    const sinceMs = this.#clock.nowMs()
    while (!signal.aborted) {
      const silentMs = this.#clock.nowMs() - this.#printer.lastLineAtMs
      if (silentMs >= SILENCE_MS) {
        if (what !== undefined) {
          const elapsedMs = this.#clock.nowMs() - sinceMs
          this.#printer.line(`[${formatDuration(elapsedMs).padStart(7)}] still ${what}`)
        }
        for (const [deployment, { status, sinceMs }] of this.#waiting) {
          this.#line(
            deployment,
            this.#clock.nowMs() - sinceMs,
            `still ${status || 'without status'}`,
          )
        }
      }
      const restMs = this.#printer.lastLineAtMs + SILENCE_MS - this.#clock.nowMs()
      await this.#clock.sleep(Math.max(1_000, restMs), signal)
    }
  }

  #changed(deployment: DeploymentState, event: WaitEvent<Observation> & { type: 'reading' }): void {
    const { reading, source, atMs } = event
    const reason = reading.reason ? `: ${reading.reason}` : ''
    const brought = source === 'webhook' ? ' (webhook)' : ''
    const { placement } = reading.facts
    const place = placement && reading.state === 'succeeded' ? `, ${placement}` : ''
    this.#line(deployment, atMs, `${reading.status || '(no status)'}${reason}${place}${brought}`)
    const waiting = this.#waiting.get(deployment)
    if (waiting) waiting.status = reading.status
    if (reading.state !== 'pending') this.#waiting.delete(deployment)
    if (reading.known || reading.state !== 'pending' || this.#warned.has(reading.status)) return
    this.#warned.add(reading.status)
    this.#printer.warning(
      `The provider reports the status "${reading.status}", which this action does not know. It goes on waiting.`,
    )
  }

  #line(deployment: DeploymentState, atMs: number, what: string): void {
    const who = this.#several ? `${deployment.target.name}: ` : ''
    this.#printer.line(`[${formatDuration(atMs).padStart(7)}] ${who}${what}`)
  }
}
