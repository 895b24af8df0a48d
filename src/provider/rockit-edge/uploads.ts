import { ActionError } from '../../base/errors.ts'
import type { Call } from '../call.ts'
import type { ProviderContext } from '../provider.ts'
import type { RockitEdgeApi } from './api.ts'
import { newUploadTag, uploadAskedMs } from './tags.ts'
import { isOpenUpload } from './wire/task.ts'

/** What `stop` knows the task of an open upload by. */
export const UPLOAD_ID = 'upload-task:'

/** Clocks may differ, and times may be given in whole seconds. */
const EARLIEST_MS = -30_000
/** An upload task is made at once when it is asked for. */
const LATEST_MS = 60_000

/** Uploads that were asked for and are neither complete nor expired: one may keep the app locked. */
export class Uploads {
  readonly #api: RockitEdgeApi
  readonly #context: ProviderContext
  /** By tag: the task, where it is known. */
  readonly #open = new Map<string, string | undefined>()

  constructor(api: RockitEdgeApi, context: ProviderContext) {
    this.#api = api
    this.#context = context
  }

  /** Of those that have to be expired. */
  get tags(): string[] {
    return [...this.#open.keys()]
  }

  /** @returns the tag of an upload that is asked for after this */
  opened(): string {
    const tag = newUploadTag(this.#api.nowMs())
    this.#open.set(tag, undefined)
    this.#context.cleanUpNotes.opened(tag)
    return tag
  }

  begun(tag: string, taskName: string): void {
    this.#open.set(tag, taskName)
    this.#context.cleanUpNotes.created(tag, UPLOAD_ID + taskName)
  }

  closed(tag: string): void {
    this.#open.delete(tag)
    this.#context.cleanUpNotes.closed(tag)
  }

  /** @throws ActionError when it may still be open */
  async expire(tag: string, call: Call): Promise<void> {
    const task = this.#open.get(tag)
    const names = task === undefined ? [...(await this.find([tag], call)).keys()] : [task]
    // The list may lag behind: what is not found is left to the post step.
    if (names.length === 0) return
    for (const name of names) await this.expireTask(name, call)
    this.closed(tag)
  }

  /** Says so only where it was open: what was uploaded before goes on. */
  async expireTask(name: string, call: Call): Promise<void> {
    const result = await this.#api.expireUpload(name, call)
    if (result === 'accepted') this.#context.log(`Expired the upload task ${name}.`)
  }

  /**
   * Task → tag, of uploads whose reply was lost. An app takes one import at a time, so an upload that
   * was opened in the minute in which ours was asked for is ours.
   *
   * @throws ActionError where several were: all but one are somebody else's
   */
  async find(tags: readonly string[], call: Call): Promise<ReadonlyMap<string, string>> {
    const found = new Map<string, string>()
    const asked = tags.flatMap((tag) => {
      const askedMs = uploadAskedMs(tag)
      return askedMs === undefined ? [] : [{ tag, askedMs }]
    })
    if (asked.length === 0) return found
    for (const task of (await this.#api.listTasks(call)).filter(isOpenUpload)) {
      const { name, createdMs = Number.NaN } = task
      const own = asked.find(({ askedMs }) => {
        return createdMs >= askedMs + EARLIEST_MS && createdMs <= askedMs + LATEST_MS
      })
      if (own) found.set(name, own.tag)
    }
    if (found.size > asked.length) throw notCertain([...found.keys()])
    return found
  }
}

function notCertain(tasks: readonly string[]): ActionError {
  return new ActionError({
    kind: 'refused',
    what: `The upload tasks ${tasks.join(', ')} are open, and which of them is of this run is not known`,
    next: 'Expire the one that no run sends to any more, by PATCH /be/v1/tasks: the app may be locked until then.',
  })
}
