import type { Delivery, Notification } from '../../base/delivery.ts'
import { ActionError } from '../../base/errors.ts'
import type { PollSchedule } from '../../wait/schedule.ts'
import type {
  Call,
  CreateResult,
  Observation,
  Preparation,
  Provider,
  ProviderContext,
  Target,
} from '../provider.ts'
import { RockitEdgeApi } from './api.ts'
import { type BuildFiles, findBuildFiles } from './build-files.ts'
import { createRockitEdgeClient, type RockitEdgeClient } from './client.ts'
import { Importer, UPLOAD_ID } from './importer.ts'
import { judge } from './judge.ts'
import { findUploads } from './leftover-uploads.ts'
import { lockAdvice } from './lock.ts'
import { readPatiently } from './patience.ts'
import { Reader } from './reader.ts'
import type { RockitEdgeAccess, RockitEdgeSettings } from './settings.ts'
import { SUBSCRIPTION_ID, Subscriptions } from './subscriptions.ts'
import { isSubscriptionName } from './tags.ts'
import { isSignedWith } from './token.ts'
import { isSameBuild, type Tracked } from './tracked.ts'
import type { App, Task } from './wire/replies.ts'
import { readNews } from './wire/webhook.ts'

const TOKEN_HEADER = 'x-rockit-subscriptions'
/** The gateway's limit counts all callers of an instance together. */
const SHORTEST_POLL_MS = 10_000
const POLL_SPREAD_MS = 5_000
/** An upload has its own limits, by its progress. */
const LONGEST_CREATE_MS = 24 * 3_600_000
const MAX_TOLD_UNKNOWN = 5

/** Builds as deployments: import, then publishing, on the backend API of a ROCKIT Edge. */
export class RockitEdge implements Provider {
  readonly title = 'ROCKIT Edge'
  readonly targets: readonly Target[]
  readonly canStop = false
  readonly createMs = LONGEST_CREATE_MS
  readonly #access: RockitEdgeAccess
  readonly #publish: RockitEdgeSettings | undefined
  readonly #context: ProviderContext
  readonly #send: RockitEdgeClient
  readonly #api: RockitEdgeApi
  readonly #reader: Reader
  readonly #subscriptions: Subscriptions
  #importer: Importer | undefined
  #files: BuildFiles | undefined
  /** The import that is under way; the webhook may be faster than the answer to it. */
  #tracked: Tracked | undefined
  #deploymentId: string | undefined
  readonly #unknownNews = new Set<string>()

  /** @param publish what is to be published; the post step has none */
  constructor(access: RockitEdgeAccess, context: ProviderContext, publish?: RockitEdgeSettings) {
    this.#access = access
    this.#publish = publish
    this.#context = context
    const isDebugging = context.environment.RUNNER_DEBUG === '1'
    const logShape = (line: string) => context.log(`debug: ${line}`)
    this.#send = createRockitEdgeClient(context.http, access, isDebugging ? logShape : undefined)
    this.#api = new RockitEdgeApi(this.#send, access.application)
    this.#reader = new Reader(this.#api, context.log)
    this.#subscriptions = new Subscriptions(this.#send, context)
    const { application: name, organization } = access
    this.targets = [{ name, where: organization }]
  }

  pollSchedule(random: () => number): PollSchedule {
    return { intervalMs: () => SHORTEST_POLL_MS + random() * POLL_SPREAD_MS }
  }

  /** Everything is looked at that can be wrong before anything is sent. */
  async prepare(call: Call): Promise<Preparation> {
    const { source, wait } = this.#settings()
    const [files, app, tasks] = await Promise.all([
      source.kind === 'path' ? findBuildFiles(source.path) : undefined,
      readPatiently(() => this.#reader.readApp(call), this.#context.clock, call),
      readPatiently(() => this.#reader.listTasks(call), this.#context.clock, call),
      this.#subscriptions.removeLeftovers(this.#api, call),
    ])
    this.#files = files
    if (app) this.#checkApp(app, tasks ?? [])
    const webhookRequired = tasks === undefined && wait !== 'none' ? mayNotRead() : undefined
    return {
      version: '',
      versionAction: 'unmanaged',
      ...(webhookRequired && { webhookRequired }),
    }
  }

  async create(_plan: Target, _mark: string, call: Call): Promise<CreateResult> {
    this.#importer ??= new Importer({
      settings: this.#settings(),
      context: this.#context,
      send: this.#send,
      api: this.#api,
      reader: this.#reader,
      files: this.#files,
      onAsking: (tracked) => {
        this.#tracked = tracked
      },
    })
    const result = await this.#importer.create(call)
    if (result.kind === 'created') this.#deploymentId = result.id
    return result
  }

  async subscribe(webhook: URL, call: Call): Promise<void> {
    await this.#subscriptions.open(webhook, call)
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
    for (const name of names) {
      const result = await this.#api.expireUpload(name, call)
      if (result === 'accepted') this.#context.log(`Expired the upload task ${name}.`)
    }
    this.#importer?.closed(tag)
  }

  /**
   * The signature tells who sent it, then the body whom it is about. What it says is kept: it stands
   * for itself where it may not be looked up, and for tasks that are listed no more.
   */
  async readNotification({ headers, body }: Delivery): Promise<Notification> {
    const secrets = await this.#subscriptions.secrets()
    const token = headers[TOKEN_HEADER] ?? ''
    if (!(await isSignedWith(token, secrets)))
      return { kind: 'ignored', why: 'not signed by ROCKIT Edge' }
    const { organization, application } = this.#access
    const read = readNews(body.toString('utf8'), organization, application)
    switch (read.kind) {
      case 'unreadable':
        return { kind: 'ignored', why: 'unreadable' }
      case 'foreign':
        return { kind: 'ignored', why: 'for another app' }
      case 'unknown':
        this.#tellUnknown(read.what)
        return { kind: 'ignored', why: 'of an unknown kind' }
    }
    const tracked = this.#tracked
    if (!tracked) return { kind: 'ignored', why: 'from before the import' }
    tracked.hear(read.news)
    const { build } = read.news
    const isOther = build && tracked.build && !isSameBuild(build, tracked.build)
    return isOther
      ? { kind: 'ignored', why: 'for another build' }
      : { kind: 'notification', id: this.#deploymentId }
  }

  #tellUnknown(what: string): void {
    if (this.#unknownNews.has(what) || this.#unknownNews.size >= MAX_TOLD_UNKNOWN) return
    this.#unknownNews.add(what)
    this.#context.log(`Webhook: "${what}" is nothing that this action knows; it is ignored.`)
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

  async observe(_id: string, call: Call): Promise<Observation> {
    const tracked = this.#tracked
    if (!tracked) throw new Error('nothing was imported')
    const { app, tasks } = await this.#reader.look(tracked, call)
    if (!tasks && !this.#subscriptions.isOpen) throw mayNotRead()
    const { application, waitUntil, source } = this.#settings()
    const expectedBytes = source.kind === 'url' ? source.sizeBytes : undefined
    const look = { app, tasks, nowMs: this.#context.clock.nowMs() }
    return judge(tracked, look, { app: application, waitUntil, expectedBytes })
  }

  #settings(): RockitEdgeSettings {
    if (!this.#publish) throw new Error('nothing is to be published')
    return this.#publish
  }

  #checkApp({ error, isLocked }: App, tasks: readonly Task[]): void {
    if (error === undefined && !isLocked) return
    const { application } = this.#access
    throw new ActionError({
      kind: 'refused',
      what:
        error === undefined
          ? `The app ${application} is locked, so nothing was sent.`
          : `The app ${application} is in an error state, so nothing was sent: ${error}.`,
      next: lockAdvice(tasks),
    })
  }

  async stop(id: string, call: Call): Promise<'accepted' | 'gone'> {
    if (id.startsWith(SUBSCRIPTION_ID)) {
      await this.#subscriptions.remove(id.slice(SUBSCRIPTION_ID.length), call)
      return 'gone'
    }
    if (id.startsWith(UPLOAD_ID))
      return await this.#api.expireUpload(id.slice(UPLOAD_ID.length), call)
    throw new ActionError({ kind: 'refused', what: `${id} cannot be taken back.` })
  }
}

function mayNotRead(): ActionError {
  return new ActionError({
    kind: 'no-tunnel',
    what: 'This account may not read tasks, and without a webhook nothing else tells how a build ends.',
    next: 'Ask for a role with tasks 2 (read), or give this run a tunnel and subscriptions 11.',
  })
}
