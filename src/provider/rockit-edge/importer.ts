import { ActionError, describe, toActionError } from '../../base/errors.ts'
import type { Call, CreateResult, ProviderContext } from '../provider.ts'
import type { RockitEdgeApi } from './api.ts'
import { askImport } from './ask-import.ts'
import type { BuildFiles } from './build-files.ts'
import { type RockitEdgeClient, type RockitEdgeReply, replyError } from './client.ts'
import { findNewTasks, isOpenUpload } from './new-tasks.ts'
import type { Reader } from './reader.ts'
import { sendBuild } from './send-build.ts'
import type { RockitEdgeSettings } from './settings.ts'
import { newUploadMark } from './tags.ts'
import { type Baseline, isImport, Tracked } from './tracked.ts'
import { uploadTarget } from './upload-target.ts'
import { type ImportAnswer, readImport } from './wire/replies.ts'
import { importBodies } from './wire/requests.ts'

/** What `stop` knows the task of an open upload by. */
export const UPLOAD_ID = 'upload-task:'

export interface ImportScene {
  readonly settings: RockitEdgeSettings
  readonly context: ProviderContext
  readonly send: RockitEdgeClient
  readonly api: RockitEdgeApi
  readonly reader: Reader
  /** What is uploaded; undefined where ROCKIT Edge downloads by itself. */
  readonly files: BuildFiles | undefined
  /** Told of each import before it is asked for, so that its news is not missed. */
  readonly onAsking: (tracked: Tracked) => void
}

/** So often a new upload URL is asked for where one turned out not to be valid. */
const MAX_FRESH = 2
/** Asks for one import and, in upload mode, brings the build there. */
export class Importer {
  readonly #scene: ImportScene
  /** The form of the request that this instance understands, once that is known. */
  #bodies: Record<string, unknown>[]
  /** An upload that was asked for and is neither complete nor expired: its tag, and its task. */
  readonly #open = new Map<string, string | undefined>()

  constructor(scene: ImportScene) {
    this.#scene = scene
    const { application, source } = scene.settings
    this.#bodies = importBodies(application, source.kind === 'url' ? source : undefined)
  }

  /** Marks and tasks of uploads that have to be expired. */
  get openUploads(): ReadonlyMap<string, string | undefined> {
    return this.#open
  }

  async create(call: Call): Promise<CreateResult> {
    let result: CreateResult | 'expired' = 'expired'
    for (let fresh = 0; result === 'expired'; fresh++) {
      result = await this.#createOnce(call, fresh < MAX_FRESH)
    }
    return result
  }

  async #createOnce(call: Call, mayAskAfresh: boolean): Promise<CreateResult | 'expired'> {
    const { context, onAsking, files, reader } = this.#scene
    let baseline: Baseline
    try {
      const [app, tasks] = await Promise.all([reader.readApp(call), reader.listTasks(call)])
      baseline = { app, tasks }
    } catch (thrown) {
      return { kind: 'try-again', error: toActionError(thrown) }
    }
    const tracked = new Tracked(baseline)
    onAsking(tracked)
    const tag = files && newUploadMark(Date.now())
    if (tag !== undefined) {
      this.#open.set(tag, undefined)
      context.cleanUpNotes.opened(tag)
    }
    const { send } = this.#scene
    const asked = await askImport(send, this.#bodies, baseline, call)
    if (asked.kind === 'result') {
      if (tag !== undefined) this.closed(tag)
      return asked.result
    }
    if (asked.kind === 'ambiguous') return await this.#resolve(asked.error, tracked, tag, call)
    this.#bodies = [asked.body]
    const answer = readImport(asked.reply.json, files !== undefined)
    tracked.told(answer.taskName, answer.buildName)
    if (!files || tag === undefined) return this.#created(tracked, answer.taskName)
    return await this.#upload(files, tag, tracked, asked.reply, answer, mayAskAfresh, call)
  }

  closed(tag: string): void {
    this.#open.delete(tag)
    this.#scene.context.cleanUpNotes.closed(tag)
  }

  /**
   * It is open whether a request was taken. A task that is new since then tells; nothing is asked for
   * again before that is known. A new upload is of no use, for its URL is lost: it is expired.
   */
  async #resolve(
    error: ActionError,
    tracked: Tracked,
    tag: string | undefined,
    call: Call,
  ): Promise<CreateResult> {
    const { api, context } = this.#scene
    context.log(`It is open whether the import was taken: ${describe(error)}`)
    // The end of this run, or its post step, finds an upload by its tag.
    if (call.signal.aborted) return { kind: 'try-again', error }
    try {
      const [task] = await findNewTasks(tracked, tag !== undefined, api, context.clock, call)
      if (task && tag === undefined) {
        context.log(`It was: its task is ${task.name}.`)
        tracked.told(task.name, task.build)
        return this.#created(tracked, task.name)
      }
      if (task) {
        context.log(`It was, but where to upload to is lost: expiring the task ${task.name}.`)
        await api.expireUpload(task.name, call)
      }
    } catch (thrown) {
      return { kind: 'broken-off', error: unresolved(toActionError(thrown)) }
    }
    if (tag !== undefined) this.closed(tag)
    return { kind: 'try-again', error }
  }

  async #upload(
    files: BuildFiles,
    tag: string,
    tracked: Tracked,
    reply: RockitEdgeReply,
    answer: ImportAnswer,
    mayAskAfresh: boolean,
    call: Call,
  ): Promise<CreateResult | 'expired'> {
    const { context } = this.#scene
    if (answer.taskName !== undefined) this.#begun(tag, answer.taskName)
    const taskName = answer.taskName ?? (await this.#findUploadTask(tag, tracked, call))
    const target = uploadTarget(answer)
    if (!(target instanceof URL)) {
      return { kind: 'broken-off', error: replyError(reply, `${target}`) }
    }
    for (const secret of [target.href, target.pathname + target.search]) context.hide(secret)
    const look = () => this.#lookForUpload(tracked, taskName, call)
    const headers = answer.uploadHeaders
    const sent = await sendBuild({ context, files, url: target, headers, call, look })
    switch (sent.kind) {
      case 'stored':
        this.closed(tag)
        return this.#created(tracked, taskName)
      case 'cancelled':
        return {
          kind: 'try-again',
          error: new ActionError({ kind: 'cancelled', what: 'Cancelled.' }),
        }
      case 'failed':
        return { kind: 'broken-off', error: sent.error }
      case 'expired':
        if (!mayAskAfresh || call.signal.aborted) return { kind: 'broken-off', error: sent.error }
        context.log(`${sent.error.message} Asking for a new import.`)
        return await this.#expireForFresh(tag, taskName, call)
    }
  }

  #begun(tag: string, taskName: string): void {
    this.#open.set(tag, taskName)
    this.#scene.context.cleanUpNotes.created(tag, UPLOAD_ID + taskName)
  }

  /** The answer need not name it. Without the right to read tasks it stays unknown. */
  async #findUploadTask(tag: string, tracked: Tracked, call: Call): Promise<string | undefined> {
    try {
      const tasks = await this.#scene.api.listTasks(call)
      tracked.see(tasks)
      const fresh = [...tracked.tasks.values()]
      const found =
        fresh.find(isOpenUpload) ?? fresh.find(({ type }) => !isImport(type) && type !== 'deploy')
      if (found) {
        tracked.told(found.name, found.build)
        this.#begun(tag, found.name)
      }
      return found?.name
    } catch {
      return undefined
    }
  }

  async #lookForUpload(
    tracked: Tracked,
    taskName: string | undefined,
    call: Call,
  ): Promise<'stored' | 'open' | 'unknown'> {
    try {
      tracked.see(await this.#scene.api.listTasks(call))
    } catch {
      return 'unknown'
    }
    if (tracked.own().some(({ type }) => isImport(type))) return 'stored'
    const task = taskName === undefined ? undefined : tracked.tasks.get(taskName)
    if (!task) return 'unknown'
    return task.stage === 'end' ? 'stored' : 'open'
  }

  /** An open upload task may hold the app locked against the next import. */
  async #expireForFresh(tag: string, taskName: string | undefined, call: Call): Promise<'expired'> {
    const { api, context } = this.#scene
    try {
      if (taskName !== undefined) await api.expireUpload(taskName, call)
      this.closed(tag)
    } catch (thrown) {
      context.log(describe(thrown))
    }
    return 'expired'
  }

  #created(tracked: Tracked, taskName: string | undefined): CreateResult {
    const { application } = this.#scene.settings
    const what = tracked.build ?? taskName ?? newUploadMark(Date.now()).slice(-12)
    return { kind: 'created', id: `${application}/${what}` }
  }
}

function unresolved(cause: ActionError): ActionError {
  return new ActionError({
    kind: 'unresolved-create',
    what: `An import may have been begun, and looking for it failed: ${describe(cause)}`,
    next: 'Look at the tasks of the app in ROCKIT Edge before you publish again; expire an upload task that is left open.',
    cause,
  })
}
