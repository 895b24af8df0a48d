import { ActionError, toActionError } from '../../base/errors.ts'
import type { Call } from '../call.ts'
import { isRecord } from '../json.ts'
import { isFormRefused, type RockitEdgeClient, type RockitEdgeReply, replyError } from './client.ts'
import { type App, readApp } from './wire/app.ts'
import { expireForms } from './wire/requests.ts'
import { isOpen, readRows, readTask, readTaskReply, type Task } from './wire/task.ts'

const PAGE_ROWS = 100
const MAX_PAGES = 50

/** What is read and changed of one app and its tasks, in our own words. */
export class RockitEdgeApi {
  readonly send: RockitEdgeClient
  readonly #app: string
  #mayLimit = true
  /** What the clock of ROCKIT Edge is ahead of ours, as its last reply says. */
  #aheadMs = 0

  constructor(send: RockitEdgeClient, app: string) {
    this.send = async (request, call) => {
      const reply = await send(request, call)
      const dateMs = Date.parse(reply.headers.date ?? '')
      if (!Number.isNaN(dateMs)) this.#aheadMs = dateMs - Date.now()
      return reply
    }
    this.#app = app
  }

  /** The time as ROCKIT Edge has it, once it has answered: the clock of a runner may be days off. */
  nowMs(): number {
    return Date.now() + this.#aheadMs
  }

  /** @throws ActionError also where there is no such app (`not-found`) */
  async readApp(call: Call): Promise<App> {
    const reply = await this.send({ method: 'GET', path: `/apps/${this.#app}` }, call)
    if (reply.isGood && isRecord(reply.json)) return readApp(reply.json)
    throw replyError(reply, `Could not read the app ${this.#app}`, {
      'not-found': `Check application and api-url: the app must exist in this organization. It is created once, with the deployments that it is published to.`,
      forbidden: 'Ask for a role with apps 6 (read 2 and update 4).',
    })
  }

  /** Every task of exactly this app: the filter ("Listing Tasks") matches parts of names too. */
  async listTasks(call: Call): Promise<Task[]> {
    const rows = await this.listAll('/tasks', 'tasks', { appName: this.#app }, call)
    const tasks = rows.flatMap((row) => readTask(row) ?? [])
    if (tasks.length > 0 && tasks.every(({ app }) => app === '')) throw nameNoApp(this.#app)
    return tasks.filter(({ app }) => app === this.#app)
  }

  /** Undefined when there is no (or no longer) such task. */
  async readTask(name: string, call: Call): Promise<Task | undefined> {
    const path = `/tasks/${encodeURIComponent(name)}`
    const reply = await this.send({ method: 'GET', path }, call)
    if (reply.status === 404 || reply.status === 400) return undefined
    if (!reply.isGood) throw readError(reply, `the task ${name}`)
    const task = readTaskReply(reply.json)
    if (!task) throw replyError(reply, `The reply about the task ${name} is no task`)
    return task
  }

  /** The rows of all pages. A server that ignores the paging brings no row twice. */
  async listAll(
    path: string,
    name: string,
    query: Record<string, string>,
    call: Call,
  ): Promise<unknown[]> {
    const all = new Map<string, unknown>()
    for (let page = 0; page < MAX_PAGES; page++) {
      const reply = await this.#readPage(path, { ...query, offset: String(all.size) }, call)
      if (!reply.isGood) throw readError(reply, `the ${name}`)
      const list = readRows(reply.json, name)
      if (!list) throw replyError(reply, `The reply about the ${name} is no list`)
      const sizeBefore = all.size
      for (const row of list.rows) all.set(JSON.stringify(row), row)
      if (all.size === sizeBefore || (list.total !== undefined && all.size >= list.total)) break
    }
    return [...all.values()]
  }

  /** How many rows may be asked for is not documented: where these are too many, it is left open. */
  async #readPage(
    path: string,
    query: Record<string, string>,
    call: Call,
  ): Promise<RockitEdgeReply> {
    const read = (own: Record<string, string>) =>
      this.send({ method: 'GET', path, query: own }, call)
    if (!this.#mayLimit) return await read(query)
    const reply = await read({ ...query, limit: String(PAGE_ROWS) })
    if (!isFormRefused(reply)) return reply
    const second = await read(query)
    if (second.isGood) this.#mayLimit = false
    return second.isGood ? second : reply
  }

  /**
   * Expires an open upload task, without which the app may stay locked. How to ask is not documented,
   * so each way is tried until the task is no longer open.
   *
   * @returns `gone` when it was not open
   */
  async expireUpload(name: string, call: Call): Promise<'accepted' | 'gone'> {
    if (!(await this.#isOpen(name, call, true))) return 'gone'
    let lastError: ActionError | undefined
    for (const body of expireForms(name)) {
      const reply = await this.send({ method: 'PATCH', path: '/tasks', body }, call)
      if (reply.isGood && !(await this.#isOpen(name, call, false))) return 'accepted'
      lastError = replyError(reply, `The upload task ${name} did not expire`, {
        forbidden: `Expire it by hand, or ask for a role with tasks 6 (read 2 and update 4): the app may be locked until then.`,
        refused: `Expire it by hand: the app may be locked until then.`,
      })
      if (!reply.isGood && ![400, 404, 422].includes(reply.status)) throw lastError
    }
    throw lastError
  }

  /** @param unread what is assumed where the task may not be read */
  async #isOpen(name: string, call: Call, unread: boolean): Promise<boolean> {
    try {
      const known = await this.readTask(name, call)
      // A gateway in trouble knows no task at all: the list must agree before one counts as gone.
      const task = known ?? (await this.listTasks(call)).find((listed) => listed.name === name)
      return task !== undefined && isOpen(task)
    } catch (thrown) {
      if (toActionError(thrown).kind !== 'forbidden') throw thrown
      return unread
    }
  }
}

function nameNoApp(app: string): ActionError {
  return new ActionError({
    kind: 'malformed-reply',
    what: `The tasks that ROCKIT Edge lists name no app, so which of them are of ${app} is not known`,
    next: 'Run the job again with debug logging, and report the reply formats that it shows.',
  })
}

function readError(reply: RockitEdgeReply, what: string): ActionError {
  return replyError(reply, `Could not read ${what}`, {
    forbidden: 'Ask for a role with tasks 2 (read) and subscriptions 11.',
  })
}
