import { ActionError, describe, toActionError } from '../../base/errors.ts'
import { isLoopback } from '../../base/loopback.ts'
import type { Call } from '../call.ts'
import type { CreateResult, ProviderContext } from '../provider.ts'
import type { RockitEdgeApi } from './api.ts'
import { askImport } from './ask-import.ts'
import type { BuildFiles } from './build-files.ts'
import { type RockitEdgeReply, replyError } from './client.ts'
import { type Baseline, ImportRecord } from './import-record.ts'
import { findLostImport } from './lost-imports.ts'
import type { Reader } from './reader.ts'
import { sendBuild } from './send-build.ts'
import type { RockitEdgeSettings } from './settings.ts'
import { newUploadTag } from './tags.ts'
import type { Uploads } from './uploads.ts'
import { type ImportReply, readImport } from './wire/replies.ts'
import { importForms } from './wire/requests.ts'
import { isImport, isOpenUpload } from './wire/task.ts'

export interface ImportScene {
  readonly settings: RockitEdgeSettings
  readonly context: ProviderContext
  readonly api: RockitEdgeApi
  readonly reader: Reader
  readonly uploads: Uploads
}

/** So often a new upload URL is asked for where one turned out not to be valid. */
const MAX_NEW_URLS = 2

/** The end of an upload is held back for a last list of tasks no longer than this. */
const LONGEST_HOLD_MS = 5_000

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
  #newUrls = 0
  /** The import that was asked for last; a webhook of it may come before the reply to it. */
  record: ImportRecord | undefined
  /** Of the deployment, once the import is accepted. */
  id: string | undefined

  constructor(scene: ImportScene) {
    this.#scene = scene
  }

  /**
   * Reads what there is before, asks for one import and, with `files`, sends the build. Every upload
   * that may be open after it is in the clean-up notes.
   *
   * @param files what is uploaded; undefined where ROCKIT Edge downloads by itself
   * @returns `created` with an id that is made here of the app and its build, or its task, or a random
   *   name: what the reply to an import names is not documented (page "Import native builds"). Every
   *   error is a result too; nothing is thrown.
   */
  async create(files: BuildFiles | undefined, call: Call): Promise<CreateResult> {
    const { settings, api, reader, uploads } = this.#scene
    let baseline: Baseline
    try {
      const [app, tasks] = await Promise.all([reader.readApp(call), reader.listTasks(call)])
      baseline = { app, tasks }
    } catch (thrown) {
      return { kind: 'try-again', error: toActionError(thrown) }
    }
    const record = new ImportRecord(baseline, files !== undefined)
    this.record = record
    const upload = files && { files, tag: uploads.opened(), record }
    const { application, source } = settings
    const forms = importForms(application, source.kind === 'url' ? source : undefined)
    const asked = await askImport(api.send, forms, baseline, call)
    if (asked.kind === 'ambiguous') {
      return await this.#resolve(asked.error, record, upload?.tag, call)
    }
    if (asked.kind !== 'answered') {
      if (upload) uploads.closed(upload.tag)
      return asked
    }
    const answer = readImport(asked.reply.json)
    record.identify(answer.taskName, answer.buildName)
    if (!upload) return this.#created(record, answer.taskName)
    return await this.#upload({ ...upload, reply: asked.reply, answer }, call)
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
    const { api, context, uploads } = this.#scene
    context.log(`No clear reply to the import; checking whether it began: ${describe(error)}`)
    if (call.signal.aborted) {
      // The end of this run, or its post step, finds an upload by its tag.
      return tag === undefined
        ? { kind: 'broken-off', error: cancelledAtRequest(error) }
        : { kind: 'try-again', error }
    }
    try {
      const task = await findLostImport(record, tag !== undefined, api, context.clock, call)
      if (task && tag === undefined) {
        context.log(`The import began: its task is ${task.name}.`)
        return this.#created(record, task.name)
      }
      if (task) {
        context.log(`The import began, but its upload URL is lost: expiring the task ${task.name}.`)
        await api.expireUpload(task.name, call)
      }
    } catch (thrown) {
      return { kind: 'broken-off', error: unresolved(toActionError(thrown)) }
    }
    if (tag !== undefined) uploads.closed(tag)
    return { kind: 'try-again', error }
  }

  async #upload(upload: Upload, call: Call): Promise<CreateResult> {
    const { context, uploads } = this.#scene
    const { files, tag, record, reply, answer } = upload
    if (answer.taskName !== undefined) uploads.begun(tag, answer.taskName)
    const taskName = answer.taskName ?? (await this.#findUploadTask(tag, record, call))
    const url = uploadTarget(answer)
    if (!(url instanceof URL)) return { kind: 'broken-off', error: replyError(reply, url) }
    for (const secret of [url.href, url.pathname + url.search]) context.hide(secret)
    const headers = answer.uploadHeaders
    const check = () => this.#checkUpload(record, taskName, call)
    const beforeEnd = () => this.#excludeOthers(record, call)
    const sent = await sendBuild({ context, files, url, headers, call, check, beforeEnd })
    switch (sent.kind) {
      case 'stored':
        uploads.closed(tag)
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
        // An open upload task may hold the app locked against the next import.
        await uploads.expire(tag, call).catch((thrown) => context.log(describe(thrown)))
        return { kind: 'try-again', error: sent.error }
      }
    }
  }

  /** The reply need not name it. Without the right to read tasks it stays unknown. */
  async #findUploadTask(
    tag: string,
    record: ImportRecord,
    call: Call,
  ): Promise<string | undefined> {
    await this.#updateTasks(record, call)
    const tasks = [...record.tasks.values()]
    const [upload, ...others] = tasks.filter(isOpenUpload)
    // Of several any may be somebody else's, and is not ours to expire.
    if (others.length > 0) return undefined
    // It may be called otherwise, but what is called otherwise may also be of a training: it is only
    // asked to expire, which no other task can.
    const name = upload?.name ?? tasks.find(({ kind }) => kind === 'other')?.name
    if (name !== undefined) this.#scene.uploads.begun(tag, name)
    return upload?.name
  }

  /** What others import while our build is on its way is not to be taken for ours. */
  async #excludeOthers(record: ImportRecord, { signal }: Call): Promise<void> {
    if (record.isBuildNamed) return
    const { api } = this.#scene
    // Without the list their imports can only be told apart by what they name.
    const listed = await api.listTasks({ deadlineMs: LONGEST_HOLD_MS, signal }).catch(() => [])
    record.exclude(listed)
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

  #created(record: ImportRecord, taskName: string | undefined): CreateResult {
    const what = record.build ?? taskName ?? newUploadTag(Date.now()).slice(-12)
    this.id = `${this.#scene.settings.application}/${what}`
    return { kind: 'created', id: this.id }
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

function cancelledAtRequest(cause: ActionError): ActionError {
  return new ActionError({
    kind: 'unresolved-create',
    what: 'The import was asked for when the run was cancelled: it may have begun, and then goes on',
    next: 'Check the tasks of the app in ROCKIT Edge before you publish again.',
    cause,
  })
}

function unresolved(cause: ActionError): ActionError {
  return new ActionError({
    kind: 'unresolved-create',
    what: `An import may have begun, and checking failed: ${describe(cause)}`,
    next: 'Check the tasks of the app in ROCKIT Edge before you publish again; expire an upload task that is left open.',
    cause,
  })
}
