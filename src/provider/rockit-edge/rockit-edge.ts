import type { Delivery } from '../../base/delivery.ts'
import { ActionError } from '../../base/errors.ts'
import type { PollSchedule } from '../../wait/schedule.ts'
import type { Call } from '../call.ts'
import type { Plan } from '../plan.ts'
import type {
  Attempt,
  CreateResult,
  Observation,
  Preparation,
  Provider,
  ProviderContext,
  StopReply,
  Target,
} from '../provider.ts'
import { RockitEdgeApi } from './api.ts'
import { type BuildFiles, findBuildFiles } from './build-files.ts'
import { createRockitEdgeClient, type RockitEdgeClient } from './client.ts'
import { evaluate } from './evaluate.ts'
import type { ImportRecord } from './import-record.ts'
import { Importer, UPLOAD_ID } from './importer.ts'
import { expectUsable } from './lock.ts'
import { findUploads } from './lost-imports.ts'
import { NotificationReader } from './notification-reader.ts'
import { planImport } from './plan.ts'
import { Reader } from './reader.ts'
import type { RockitEdgeSettings } from './settings.ts'
import { SUBSCRIPTION_ID, Subscriptions } from './subscriptions.ts'
import { isSubscriptionName } from './tags.ts'
import type { App } from './wire/app.ts'
import type { Task } from './wire/task.ts'

/** The gateway's limit counts all callers of an instance together. */
const SHORTEST_POLL_MS = 10_000
const POLL_SPREAD_MS = 5_000
/** An upload has its own limits, by its progress. */
const LONGEST_CREATE_MS = 24 * 3_600_000

/** Builds as deployments: import, then publishing, on the backend API of a ROCKIT Edge. */
export class RockitEdge implements Provider {
  readonly title = 'ROCKIT Edge'
  readonly targets: readonly Target[]
  readonly successWord: string
  readonly traits = {
    canStop: false,
    webhook: 'subscription',
    createMs: LONGEST_CREATE_MS,
  } as const
  readonly #settings: RockitEdgeSettings
  readonly #context: ProviderContext
  readonly #send: RockitEdgeClient
  readonly #api: RockitEdgeApi
  readonly #reader: Reader
  readonly #subscriptions: Subscriptions
  #importer: Importer | undefined
  #files: BuildFiles | undefined
  /** The import that is under way; the webhook may be faster than the reply to it. */
  #record: ImportRecord | undefined
  #deploymentId: string | undefined
  readonly #notifications: NotificationReader

  constructor(settings: RockitEdgeSettings, context: ProviderContext) {
    this.#settings = settings
    this.#context = context
    const isDebugging = context.environment.RUNNER_DEBUG === '1'
    const logShape = (line: string) => context.log(`debug: ${line}`)
    this.#send = createRockitEdgeClient(context.http, settings, isDebugging ? logShape : undefined)
    this.#api = new RockitEdgeApi(this.#send, settings.application)
    this.#reader = new Reader(this.#api, context.clock, context.log)
    this.#subscriptions = new Subscriptions(this.#send, this.#api, context)
    this.#notifications = new NotificationReader(settings, this.#subscriptions, context.log)
    const { application: name, organization } = settings
    this.successWord = settings.waitUntil === 'imported' ? 'imported' : 'published'
    this.targets = [{ name, where: organization }]
  }

  pollSchedule(random: () => number): PollSchedule {
    return { intervalMs: () => SHORTEST_POLL_MS + random() * POLL_SPREAD_MS }
  }

  /** Checks everything that can be wrong before anything is sent, and the build before any request. */
  async prepare(call: Call): Promise<Preparation> {
    await this.#findFiles()
    const [{ tasks }] = await Promise.all([
      this.#check(call),
      this.#subscriptions.removeLeftovers(call),
    ])
    const { wait } = this.#settings
    const webhookRequired = tasks === undefined && wait !== 'none' ? mayNotRead() : undefined
    return {
      version: '',
      versionAction: 'unmanaged',
      ...(webhookRequired && { webhookRequired }),
    }
  }

  async plan(call: Call): Promise<Plan> {
    await this.#findFiles()
    const { app, tasks } = await this.#check(call)
    return planImport(this.#settings, { app, tasks, files: this.#files })
  }

  async #findFiles(): Promise<void> {
    const { source } = this.#settings
    this.#files = source.kind === 'path' ? await findBuildFiles(source.path) : undefined
  }

  async #check(call: Call): Promise<{ app: App | undefined; tasks: Task[] | undefined }> {
    const reader = this.#reader
    const [app, tasks] = await Promise.all([
      reader.repeat((bounded) => reader.readApp(bounded), call),
      reader.repeat((bounded) => reader.listTasks(bounded), call),
    ])
    if (app) expectUsable(this.#settings.application, app, tasks ?? [])
    return { app, tasks }
  }

  async create(_target: Target, _attempt: Attempt, call: Call): Promise<CreateResult> {
    this.#importer ??= new Importer({
      settings: this.#settings,
      context: this.#context,
      send: this.#send,
      api: this.#api,
      reader: this.#reader,
      files: this.#files,
      onAsking: (record) => {
        this.#record = record
      },
    })
    const result = await this.#importer.create(call)
    if (result.kind === 'created') this.#deploymentId = result.id
    return result
  }

  readonly webhooks = {
    read: (delivery: Delivery) =>
      this.#notifications.read(delivery, () => ({
        record: this.#record,
        id: this.#deploymentId,
        mayReadTasks: this.#reader.mayReadTasks,
      })),
    subscribe: (webhook: URL, call: Call) => this.#subscriptions.open(webhook, call),
  }

  /** Removes the subscription, and expires an upload that did not come to its end. */
  async finish(call: Call): Promise<void> {
    const uploads = [...(this.#importer?.openUploads ?? [])]
    const ends = await Promise.allSettled([
      this.#subscriptions.close(call),
      ...uploads.map(([tag, task]) => this.#expire(tag, task, call)),
    ])
    const reasons = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason] : []))
    if (reasons.length > 0) throw reasons[0]
  }

  async #expire(tag: string, task: string | undefined, call: Call): Promise<void> {
    const names = task === undefined ? [...(await this.#findUploads([tag], call)).keys()] : [task]
    // The list may lag behind: what is not found is left to the post step.
    if (names.length === 0) return
    for (const name of names) await this.#expireTask(name, call)
    this.#importer?.closed(tag)
  }

  /** Says so only where it was open: what was uploaded before goes on. */
  async #expireTask(name: string, call: Call): Promise<void> {
    const result = await this.#api.expireUpload(name, call)
    if (result === 'accepted') this.#context.log(`Expired the upload task ${name}.`)
  }

  /** Subscriptions are found by their own names, uploads by the time at which they were asked for. */
  async findByTags(tags: readonly string[], call: Call): Promise<ReadonlyMap<string, string>> {
    const found = new Map<string, string>()
    for (const tag of tags) if (isSubscriptionName(tag)) found.set(SUBSCRIPTION_ID + tag, tag)
    for (const [task, tag] of await this.#findUploads(tags, call)) {
      found.set(UPLOAD_ID + task, tag)
    }
    return found
  }

  async #findUploads(tags: readonly string[], call: Call): Promise<ReadonlyMap<string, string>> {
    return await findUploads(tags, () => this.#api.listTasks(call))
  }

  async observe(
    ids: readonly string[],
    call: Call,
  ): Promise<ReadonlyMap<string, Observation | ActionError>> {
    const own = this.#deploymentId
    const observation = ids.includes(own ?? '') ? await this.#observe(call) : undefined
    return new Map(ids.map((id) => [id, (id === own && observation) || notImported(id)]))
  }

  async #observe(call: Call): Promise<Observation> {
    const record = this.#record
    if (!record) throw new Error('nothing was imported')
    const reading = await this.#reader.read(record, call)
    if (!reading.tasks && !this.#subscriptions.isOpen) throw mayNotRead()
    const { application, waitUntil, source } = this.#settings
    const expectedBytes = source.kind === 'url' ? source.sizeBytes : undefined
    return evaluate(record, reading, { app: application, waitUntil, expectedBytes })
  }

  async stop(id: string, call: Call): Promise<StopReply> {
    if (id.startsWith(SUBSCRIPTION_ID)) {
      await this.#subscriptions.remove(id.slice(SUBSCRIPTION_ID.length), call)
      return 'gone'
    }
    if (id.startsWith(UPLOAD_ID)) {
      await this.#expireTask(id.slice(UPLOAD_ID.length), call)
      return 'gone'
    }
    throw new ActionError({ kind: 'refused', what: `${id} cannot be taken back.` })
  }
}

function notImported(id: string): ActionError {
  return new ActionError({ kind: 'not-found', what: `${id} is not what this run imported.` })
}

function mayNotRead(): ActionError {
  return new ActionError({
    kind: 'no-tunnel',
    what: 'This account may not read tasks, and without a webhook nothing else shows how a build ends.',
    next: 'Ask for a role with tasks 2 (read), or give this run a tunnel and subscriptions 11.',
  })
}
