import { ActionError, describe, toActionError } from '../../base/errors.ts'
import { isLoopback } from '../../base/loopback.ts'
import type { Call } from '../call.ts'
import type { CreateResult, ProviderContext } from '../provider.ts'
import type { RockitEdgeApi } from './api.ts'
import { askImport } from './ask-import.ts'
import type { BuildFiles } from './build-files.ts'
import { type RockitEdgeClient, type RockitEdgeReply, replyError } from './client.ts'
import { type Baseline, ImportRecord } from './import-record.ts'
import { findLostImport, isOpenUpload } from './lost-imports.ts'
import type { Reader } from './reader.ts'
import { sendBuild } from './send-build.ts'
import type { RockitEdgeSettings } from './settings.ts'
import { newUploadTag } from './tags.ts'
import { type ImportReply, readImport } from './wire/replies.ts'
import { importBodies } from './wire/requests.ts'
import { isImport } from './wire/task.ts'

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
  /** Called for each import before it is asked for, so that no notification of it is missed. */
  readonly onAsking: (record: ImportRecord) => void
}

/** So often a new upload URL is asked for where one turned out not to be valid. */
const MAX_NEW_URLS = 2

/** An upload that was asked for. */
interface Upload {
  readonly files: BuildFiles
  readonly tag: string
  readonly record: ImportRecord
  readonly reply: RockitEdgeReply
  readonly answer: ImportReply
}

/** Asks for one import and, in upload mode, sends the build there. */
export class Importer {
  readonly #scene: ImportScene
  /** The form of the request that this instance understands, once that is known. */
  #bodies: Record<string, unknown>[]
  /** An upload that was asked for and is neither complete nor expired: its tag, and its task. */
  readonly #open = new Map<string, string | undefined>()
  #newUrls = 0

  constructor(scene: ImportScene) {
    this.#scene = scene
    const { application, source } = scene.settings
    this.#bodies = importBodies(application, source.kind === 'url' ? source : undefined)
  }

  /** Tags and tasks of uploads that have to be expired. */
  get openUploads(): ReadonlyMap<string, string | undefined> {
    return this.#open
  }

  async create(call: Call): Promise<CreateResult> {
    const { context, onAsking, files, reader, send } = this.#scene
    let baseline: Baseline
    try {
      const [app, tasks] = await Promise.all([reader.readApp(call), reader.listTasks(call)])
      baseline = { app, tasks }
    } catch (thrown) {
      return { kind: 'try-again', error: toActionError(thrown) }
    }
    const record = new ImportRecord(baseline)
    onAsking(record)
    const tag = files && newUploadTag(Date.now())
    if (tag !== undefined) {
      this.#open.set(tag, undefined)
      context.cleanUpNotes.opened(tag)
    }
    const asked = await askImport(send, this.#bodies, baseline, call)
    if (asked.kind === 'ambiguous') return await this.#resolve(asked.error, record, tag, call)
    if (asked.kind !== 'answered') {
      if (tag !== undefined) this.closed(tag)
      return asked
    }
    this.#bodies = [asked.body]
    const answer = readImport(asked.reply.json, files !== undefined)
    record.identify(answer.taskName, answer.buildName)
    if (!files || tag === undefined) return this.#created(record, answer.taskName)
    return await this.#upload({ files, tag, record, reply: asked.reply, answer }, call)
  }

  closed(tag: string): void {
    this.#open.delete(tag)
    this.#scene.context.cleanUpNotes.closed(tag)
  }

  /**
   * Nobody knows whether the request was accepted. A task that is new since then shows it; nothing is
   * asked for again before that is known. A new upload is of no use, for its URL is lost: it is expired.
   */
  async #resolve(
    error: ActionError,
    record: ImportRecord,
    tag: string | undefined,
    call: Call,
  ): Promise<CreateResult> {
    const { api, context } = this.#scene
    context.log(`No clear reply to the import; checking whether it began: ${describe(error)}`)
    // The end of this run, or its post step, finds an upload by its tag.
    if (call.signal.aborted) return { kind: 'try-again', error }
    try {
      const task = await findLostImport(record, tag !== undefined, api, context.clock, call)
      if (task && tag === undefined) {
        context.log(`The import began: its task is ${task.name}.`)
        record.identify(task.name, task.build)
        return this.#created(record, task.name)
      }
      if (task) {
        context.log(`The import began, but its upload URL is lost: expiring the task ${task.name}.`)
        await api.expireUpload(task.name, call)
      }
    } catch (thrown) {
      return { kind: 'broken-off', error: unresolved(toActionError(thrown)) }
    }
    if (tag !== undefined) this.closed(tag)
    return { kind: 'try-again', error }
  }

  async #upload(upload: Upload, call: Call): Promise<CreateResult> {
    const { context } = this.#scene
    const { files, tag, record, reply, answer } = upload
    if (answer.taskName !== undefined) this.#begun(tag, answer.taskName)
    const taskName = answer.taskName ?? (await this.#findUploadTask(tag, record, call))
    const url = uploadTarget(answer)
    if (!(url instanceof URL)) return { kind: 'broken-off', error: replyError(reply, url) }
    for (const secret of [url.href, url.pathname + url.search]) context.hide(secret)
    const headers = answer.uploadHeaders
    const check = () => this.#checkUpload(record, taskName, call)
    const sent = await sendBuild({ context, files, url, headers, call, check })
    switch (sent.kind) {
      case 'stored':
        this.closed(tag)
        return this.#created(record, taskName)
      case 'cancelled': {
        const error = new ActionError({ kind: 'cancelled', what: 'Cancelled.' })
        return { kind: 'try-again', error }
      }
      case 'failed':
        return { kind: 'broken-off', error: sent.error }
      case 'expired': {
        if (this.#newUrls >= MAX_NEW_URLS) return { kind: 'broken-off', error: sent.error }
        this.#newUrls += 1
        await this.#expireOpen(tag, taskName, call)
        return { kind: 'try-again', error: sent.error }
      }
    }
  }

  #begun(tag: string, taskName: string): void {
    this.#open.set(tag, taskName)
    this.#scene.context.cleanUpNotes.created(tag, UPLOAD_ID + taskName)
  }

  /** The reply need not name it. Without the right to read tasks it stays unknown. */
  async #findUploadTask(
    tag: string,
    record: ImportRecord,
    call: Call,
  ): Promise<string | undefined> {
    if (!(await this.#updateTasks(record, call))) return undefined
    const tasks = [...record.tasks.values()]
    const found = tasks.find(isOpenUpload) ?? tasks.find(({ kind }) => kind === 'other')
    if (!found) return undefined
    record.identify(found.name, found.build)
    this.#begun(tag, found.name)
    return found.name
  }

  async #checkUpload(
    record: ImportRecord,
    taskName: string | undefined,
    call: Call,
  ): Promise<'stored' | 'open' | 'unknown'> {
    if (!(await this.#updateTasks(record, call))) return 'unknown'
    if (record.own().some(isImport)) return 'stored'
    const task = record.tasks.get(taskName ?? '')
    if (!task) return 'unknown'
    return task.stage === 'end' ? 'stored' : 'open'
  }

  /** @returns false where they cannot be read */
  async #updateTasks(record: ImportRecord, call: Call): Promise<boolean> {
    try {
      record.update(await this.#scene.api.listTasks(call))
      return true
    } catch {
      return false
    }
  }

  /** An open upload task may hold the app locked against the next import. */
  async #expireOpen(tag: string, taskName: string | undefined, call: Call): Promise<void> {
    const { api, context } = this.#scene
    try {
      if (taskName !== undefined) await api.expireUpload(taskName, call)
      this.closed(tag)
    } catch (thrown) {
      context.log(describe(thrown))
    }
  }

  #created(record: ImportRecord, taskName: string | undefined): CreateResult {
    const { application } = this.#scene.settings
    const what = record.build ?? taskName ?? newUploadTag(Date.now()).slice(-12)
    return { kind: 'created', id: `${application}/${what}` }
  }
}

/** Where the build goes to, or what is wrong with what the reply says. */
function uploadTarget({ uploadUrl }: ImportReply): URL | string {
  if (uploadUrl === undefined) return 'The reply to the import has no upload URL'
  if (!URL.canParse(uploadUrl)) return 'The reply to the import has an unusable upload URL'
  const url = new URL(uploadUrl)
  // Whoever reads the URL on its way may write to it.
  if (url.protocol === 'https:' || isLoopback(url.hostname)) return url
  return 'The reply to the import has an upload URL that is not https'
}

function unresolved(cause: ActionError): ActionError {
  return new ActionError({
    kind: 'unresolved-create',
    what: `An import may have begun, and checking failed: ${describe(cause)}`,
    next: 'Check the tasks of the app in ROCKIT Edge before you publish again; expire an upload task that is left open.',
    cause,
  })
}
