import { describe, toActionError } from '../../base/errors.ts'
import type { Call } from '../provider.ts'
import type { RockitEdgeApi } from './api.ts'
import type { Tracked } from './tracked.ts'
import type { App, Task } from './wire/replies.ts'

/** Reads what the account's role lets it read, and tells once of what it does not. */
export class Reader {
  readonly #api: RockitEdgeApi
  readonly #log: (line: string) => void
  readonly #forbidden = new Set<'tasks' | 'app'>()

  constructor(api: RockitEdgeApi, log: (line: string) => void) {
    this.#api = api
    this.#log = log
  }

  /** Undefined where it may not be read. */
  async readApp(call: Call): Promise<App | undefined> {
    return await this.#unlessForbidden('app', () => this.#api.readApp(call))
  }

  /** Undefined where they may not be read. */
  async listTasks(call: Call): Promise<Task[] | undefined> {
    return await this.#unlessForbidden('tasks', () => this.#api.listTasks(call))
  }

  /** Everything that one judgement needs; the tasks go into `tracked` too. */
  async look(
    tracked: Tracked,
    call: Call,
  ): Promise<{ app: App | undefined; tasks: Task[] | undefined }> {
    const [app, tasks] = await Promise.all([this.#readAppIfPossible(call), this.listTasks(call)])
    if (tasks) await this.#readMissing(tracked, tracked.see(tasks), call)
    return { app, tasks }
  }

  /** Tasks tell nearly all; a look that only lacks the app is still a look. */
  async #readAppIfPossible(call: Call): Promise<App | undefined> {
    try {
      return await this.readApp(call)
    } catch (thrown) {
      if (toActionError(thrown).kind === 'unauthorized' || this.#forbidden.has('tasks'))
        throw thrown
      return undefined
    }
  }

  /** A task that is listed no more may still be read by its name. */
  async #readMissing(tracked: Tracked, names: readonly string[], call: Call): Promise<void> {
    await Promise.all(
      names.map(async (name) => {
        const task = await this.#api.readTask(name, call)
        if (task) tracked.tasks.set(name, task)
        else tracked.vanished.add(name)
      }),
    )
  }

  async #unlessForbidden<T>(what: 'tasks' | 'app', read: () => Promise<T>): Promise<T | undefined> {
    if (this.#forbidden.has(what)) return undefined
    try {
      return await read()
    } catch (thrown) {
      if (toActionError(thrown).kind !== 'forbidden') throw thrown
      if (this.#forbidden.has(what)) return undefined
      this.#forbidden.add(what)
      this.#log(
        what === 'tasks'
          ? `Tasks may not be read, so verified webhooks stand for themselves (${describe(thrown)}).`
          : `The app may not be read (${describe(thrown)}).`,
      )
      return undefined
    }
  }
}
