import { type Clock, formatDuration } from '../clock.ts'
import type { Observation } from '../provider/provider.ts'
import type { WaitEvent } from '../wait/wait.ts'
import type { Printer } from './printer.ts'
import type { LaunchReport } from './report.ts'

/** In long waits nobody should wonder whether the step still lives. */
const SILENCE_MS = 30_000
/** Of failures in a row the first ones are told, then every so many. */
const TOLD_FAILURES = 3
const TELL_EVERY = 10

/** The account of launching and waiting in the log, line by line. */
export class Progress {
  readonly #printer: Printer
  readonly #clock: Clock
  readonly #several: boolean
  readonly #waiting = new Map<LaunchReport, { status: string; sinceMs: number }>()
  readonly #warned = new Set<string>()

  /** @param several whether each line has to say which launch it is about */
  constructor(printer: Printer, clock: Clock, several: boolean) {
    this.#printer = printer
    this.#clock = clock
    this.#several = several
  }

  accepted(launch: LaunchReport): void {
    this.#tell(launch, 0, `accepted as ${launch.id}, ${launch.plan.name} (${launch.plan.where})`)
    this.#waiting.set(launch, { status: 'accepted', sinceMs: this.#clock.nowMs() })
  }

  waiting(launch: LaunchReport, event: WaitEvent<Observation>): void {
    switch (event.type) {
      case 'reading':
        if (event.changed) this.#changed(launch, event)
        return
      case 'recovered':
        this.#tell(launch, event.atMs, `the API answers again, after ${event.after} failed looks`)
        return
      case 'failure': {
        const { consecutive, error } = event
        if (consecutive > TOLD_FAILURES && consecutive % TELL_EVERY !== 0) return
        const next = `next look in ${formatDuration(event.nextInMs)}`
        const count = consecutive > 1 ? `${consecutive} looks failed in a row` : 'a look failed'
        this.#tell(launch, event.atMs, `${count}: ${error.message} (${next})`)
      }
    }
  }

  /** Runs `work` and breaks every long silence with a line until it ends. */
  async whileRunning<T>(work: () => Promise<T>): Promise<T> {
    const over = new AbortController()
    const heartbeat = this.#beat(over.signal)
    try {
      return await work()
    } finally {
      over.abort()
      await heartbeat
    }
  }

  async #beat(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const silentMs = this.#clock.nowMs() - this.#printer.lastLineAtMs
      if (silentMs >= SILENCE_MS) {
        for (const [launch, { status, sinceMs }] of this.#waiting) {
          this.#tell(launch, this.#clock.nowMs() - sinceMs, `still ${status || 'without status'}`)
        }
      }
      const restMs = this.#printer.lastLineAtMs + SILENCE_MS - this.#clock.nowMs()
      await this.#clock.sleep(Math.max(1_000, restMs), signal)
    }
  }

  #changed(launch: LaunchReport, event: WaitEvent<Observation> & { type: 'reading' }): void {
    const { reading, source, atMs } = event
    const reason = reading.reason ? `: ${reading.reason}` : ''
    const brought = source === 'webhook' ? ' (webhook)' : ''
    this.#tell(launch, atMs, `${reading.status || '(no status)'}${reason}${brought}`)
    const waiting = this.#waiting.get(launch)
    if (waiting) waiting.status = reading.status
    if (reading.state !== 'pending') this.#waiting.delete(launch)
    if (reading.known || reading.state !== 'pending' || this.#warned.has(reading.status)) return
    this.#warned.add(reading.status)
    this.#printer.warning(
      `The provider reports the status "${reading.status}", which this action does not know. It is waited on.`,
    )
  }

  #tell(launch: LaunchReport, atMs: number, what: string): void {
    const who = this.#several ? `${launch.plan.name}: ` : ''
    this.#printer.line(`[${formatDuration(atMs).padStart(7)}] ${who}${what}`)
  }
}
