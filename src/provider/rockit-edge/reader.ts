import type { Clock } from '../../base/clock.ts'
import { describe, type ErrorKind, toActionError } from '../../base/errors.ts'
import { retry } from '../../base/retry.ts'
import type { Call } from '../call.ts'
import type { RockitEdgeApi } from './api.ts'
import type { ImportRecord, Reading } from './import-record.ts'
import type { App } from './wire/app.ts'
import { isFailed, type Task } from './wire/task.ts'

const PASSING: readonly ErrorKind[] = ['connection-lost', 'rate-limited', 'server-fault']
const RETRY_PAUSES_MS = [1_000, 3_000]
/** The details of one task must not hold up the outcome for long. */
const MAX_DETAIL_READS = 2
const MAX_DETAILS_AT_ONCE = 5

/** Reads what the account's role lets it read, and logs once what it does not. */
export class Reader {
  readonly #api: RockitEdgeApi
  readonly #clock: Clock
  readonly #log: (line: string) => void
  readonly #forbidden = new Set<'tasks' | 'app'>()
  readonly #allowed = new Set<'tasks' | 'app'>()
  /** By name of the task. */
  readonly #detailReads = new Map<string, number>()

  constructor(api: RockitEdgeApi, clock: Clock, log: (line: string) => void) {
    this.#api = api
    this.#clock = clock
    this.#log = log
  }

  /** False once ROCKIT Edge has refused to list them. */
  get mayReadTasks(): boolean {
    return !this.#forbidden.has('tasks')
  }

  /** Undefined where it may not be read. */
  async readApp(call: Call): Promise<App | undefined> {
    return await this.#unlessForbidden('app', () => this.#api.readApp(call))
  }

  /** Undefined where they may not be read. */
  async listTasks(call: Call): Promise<Task[] | undefined> {
    return await this.#unlessForbidden('tasks', () => this.#api.listTasks(call))
  }

  /** Reads again after a passing fault: waits as long as ROCKIT Edge asks for, within the call's time. */
  async repeat<T>(read: (call: Call) => Promise<T>, { deadlineMs, signal }: Call): Promise<T> {
    const endsAtMs = this.#clock.nowMs() + deadlineMs
    return await retry(() => read({ deadlineMs: endsAtMs - this.#clock.nowMs(), signal }), {
      clock: this.#clock,
      signal,
      withinMs: deadlineMs,
      maxAttempts: Number.POSITIVE_INFINITY,
      longestPauseMs: Number.POSITIVE_INFINITY,
      // Where ROCKIT Edge names no time of its own, two pauses are all.
      pauseMs: (attempt) => RETRY_PAUSES_MS[attempt - 1] ?? Number.POSITIVE_INFINITY,
      isFinal: (thrown) => !isPassing(thrown),
      onRetry: ({ thrown, pauseMs }) => {
        if (toActionError(thrown).retryAfterMs === undefined) return
        this.#log(`${describe(thrown)}. Trying again in ${Math.ceil(pauseMs / 1000)} s.`)
      },
    })
  }

  /** Everything that one status check needs; the tasks go into the record too. */
  async read(record: ImportRecord, call: Call): Promise<Reading> {
    const [app, tasks] = await Promise.all([this.#readAppIfPossible(call), this.listTasks(call)])
    if (tasks) {
      await this.#readMissing(record, record.update(tasks), call)
      await this.#readDetails(record, call)
    }
    const reading = { app, tasks, nowMs: this.#clock.nowMs() }
    record.noteRest(reading)
    return reading
  }

  /** Tasks say nearly all; a status check that only lacks the app is still one. */
  async #readAppIfPossible(call: Call): Promise<App | undefined> {
    try {
      return await this.readApp(call)
    } catch (thrown) {
      if (!this.mayReadTasks) throw thrown
      return undefined
    }
  }

  /** A task that is listed no more may still be read by its name. */
  async #readMissing(record: ImportRecord, names: readonly string[], call: Call): Promise<void> {
    await Promise.all(
      names.map(async (name) => {
        const task = await this.#api.readTask(name, call).catch((thrown) => {
          if (toActionError(thrown).kind !== 'forbidden') throw thrown
        })
        if (task) record.tasks.set(name, task)
        else record.lose(name)
      }),
    )
  }

  /**
   * Why a task failed, and whether its build differs from the one before, may stand in its details
   * alone. They are read once, and once more where that brought no answer.
   */
  async #readDetails(record: ImportRecord, call: Call): Promise<void> {
    const tasks = [...record.own(), ...record.unnamed()].filter(
      (task) =>
        (this.#detailReads.get(task.name) ?? 0) < MAX_DETAIL_READS &&
        (isFailed(task) || (task.kind === 'mkraw' && task.stage === 'end')),
    )
    await Promise.all(
      tasks.slice(0, MAX_DETAILS_AT_ONCE).map(async ({ name }) => {
        const reads = (this.#detailReads.get(name) ?? 0) + 1
        this.#detailReads.set(name, reads)
        try {
          const details = await this.#api.readTask(name, call)
          if (details) record.addDetails(details)
          this.#detailReads.set(name, MAX_DETAIL_READS)
        } catch (thrown) {
          // Without them the outcome is known all the same.
          if (reads < MAX_DETAIL_READS && isPassing(thrown)) throw thrown
        }
      }),
    )
  }

  /** A refusal counts for good only where reading has never worked: gateways refuse by mistake too. */
  async #unlessForbidden<T>(what: 'tasks' | 'app', read: () => Promise<T>): Promise<T | undefined> {
    if (this.#forbidden.has(what)) return undefined
    try {
      const value = await read()
      this.#allowed.add(what)
      return value
    } catch (thrown) {
      if (toActionError(thrown).kind !== 'forbidden' || this.#allowed.has(what)) throw thrown
      if (this.#forbidden.has(what)) return undefined
      this.#forbidden.add(what)
      const consequence = what === 'app' ? '' : '; relying on signed webhooks alone'
      const subject = what === 'app' ? 'The app' : 'Tasks'
      this.#log(`${subject} may not be read${consequence} (${describe(thrown)}).`)
      return undefined
    }
  }
}

function isPassing(thrown: unknown): boolean {
  return PASSING.includes(toActionError(thrown).kind)
}
