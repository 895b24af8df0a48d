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
import { createRockitEdgeClient } from './client.ts'
import { evaluate } from './evaluate.ts'
import type { ImportRecord } from './import-record.ts'
import { Importer } from './importer.ts'
import { expectUsable } from './lock.ts'
import { NotificationReader } from './notification-reader.ts'
import { planImport } from './plan.ts'
import { Reader } from './reader.ts'
import type { RockitEdgeSettings } from './settings.ts'
import { SUBSCRIPTION_ID, Subscriptions } from './subscriptions.ts'
import { isSubscriptionName } from './tags.ts'
import { UPLOAD_ID, Uploads } from './uploads.ts'
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
  #isWarned = false
  readonly #reader: Reader
  readonly #subscriptions: Subscriptions
  readonly #uploads: Uploads
  readonly #importer: Importer
  readonly #notifications: NotificationReader
  #files: BuildFiles | undefined

  constructor(settings: RockitEdgeSettings, context: ProviderContext) {
    this.#settings = settings
    this.#context = context
    const { http, environment, clock, log } = context
    const isDebugging = environment.RUNNER_DEBUG === '1'
    const logShape = (line: string) => log(`debug: ${line}`)
    const send = createRockitEdgeClient(http, settings, isDebugging ? logShape : undefined)
    const api = new RockitEdgeApi(send, settings.application)
    const reader = new Reader(api, clock, log)
    const subscriptions = new Subscriptions(api, context)
    const uploads = new Uploads(api, context)
    const importer = new Importer({ settings, context, api, reader, uploads })
    this.#notifications = new NotificationReader({ settings, subscriptions, importer, reader, log })
    this.#reader = reader
    this.#subscriptions = subscriptions
    this.#uploads = uploads
    this.#importer = importer
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
    return await this.#importer.create(this.#files, call)
  }

  readonly webhooks = {
    read: (delivery: Delivery) => this.#notifications.read(delivery),
    subscribe: (webhook: URL, call: Call) => this.#subscriptions.open(webhook, call),
  }

  /** Removes the subscription, and expires an upload that did not come to its end. */
  async finish(call: Call): Promise<void> {
    const uploads = this.#uploads
    const ends = await Promise.allSettled([
      this.#subscriptions.close(call),
      ...uploads.tags.map((tag) => uploads.expire(tag, call)),
    ])
    for (const end of ends) if (end.status === 'rejected') throw end.reason
  }

  /** Subscriptions are found by their own names, uploads by the time at which they were asked for. */
  async findByTags(tags: readonly string[], call: Call): Promise<ReadonlyMap<string, string>> {
    const uploads = await this.#uploads.find(tags, call)
    return new Map([
      ...tags.filter(isSubscriptionName).map((tag) => [SUBSCRIPTION_ID + tag, tag] as const),
      ...[...uploads].map(([task, tag]) => [UPLOAD_ID + task, tag] as const),
    ])
  }

  async observe(
    ids: readonly string[],
    call: Call,
  ): Promise<ReadonlyMap<string, Observation | ActionError>> {
    const { id: own, record } = this.#importer
    const isOwn = record && ids.some((id) => id === own)
    const observation = isOwn ? await this.#observe(record, call) : undefined
    return new Map(ids.map((id) => [id, (id === own && observation) || notImported(id)]))
  }

  async #observe(record: ImportRecord, call: Call): Promise<Observation> {
    const reading = await this.#reader.read(record, call)
    this.#warnOfContenders(record)
    if (!reading.tasks && !this.#subscriptions.isOpen) throw mayNotRead()
    const { application, waitUntil, source } = this.#settings
    const expectedBytes = source.kind === 'url' ? source.sizeBytes : undefined
    return evaluate(record, reading, { app: application, waitUntil, expectedBytes })
  }

  #warnOfContenders({ contenders }: ImportRecord): void {
    if (contenders.length === 0 || this.#isWarned) return
    this.#isWarned = true
    this.#context.warn(
      `Several imports of ${this.#settings.application} began at the same time (builds ${contenders.join(', ')}), and nothing says which is of this run: it succeeds only if all of them do. Let one run at a time publish, by concurrency in the workflow.`,
    )
  }

  async stop(id: string, call: Call): Promise<StopReply> {
    if (id.startsWith(SUBSCRIPTION_ID)) {
      await this.#subscriptions.remove(id.slice(SUBSCRIPTION_ID.length), call)
      return 'gone'
    }
    if (id.startsWith(UPLOAD_ID)) {
      await this.#uploads.expireTask(id.slice(UPLOAD_ID.length), call)
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
