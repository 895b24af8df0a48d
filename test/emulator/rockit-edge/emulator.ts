import { createTimers } from '../edgegap/timers.ts'
import { type EmulatorServer, startServer } from '../server.ts'
import { type App, type AppSeed, newApp } from './app.ts'
import { type Build, newBuild } from './build.ts'
import { createEventLog, type EventMatch } from './event-log.ts'
import { createPipeline } from './pipeline.ts'
import type { PipelineEvent } from './pipeline-event.ts'
import { addBackendRoutes } from './routes.ts'
import { type Failure, type Script, training } from './script.ts'
import { createSettings, type RockitEdgeOptions, type RockitEdgeSettings } from './settings.ts'
import { type StorageHost, startStorageHost } from './storage.ts'
import { isAlive, newSubscription, type Subscription } from './subscription.ts'
import { createTasks, type Task } from './task.ts'
import { createWebhooks, type WebhookRecord, type WebhookRequest } from './webhooks.ts'
import { createWords } from './words.ts'

export interface RockitEdgeEmulator
  extends Pick<EmulatorServer, 'url' | 'requests' | 'requestsTo' | 'whenRequested' | 'faults'> {
  /** May be changed at any time. */
  readonly settings: RockitEdgeSettings
  /** By name; may be added to and changed. */
  readonly apps: ReadonlyMap<string, App>
  /** Imports and trainings, oldest first. */
  readonly builds: readonly Build[]
  readonly tasks: readonly Task[]
  /** All that were ever made; `aliveSubscriptions` for those that still get webhooks. */
  readonly subscriptions: readonly Subscription[]
  aliveSubscriptions(): Subscription[]
  readonly webhooks: readonly WebhookRecord[]
  /** What happened in the pipelines, whether or not anyone was notified. */
  readonly events: readonly PipelineEvent[]
  /** The host that uploads go to, with its records and its own faults. */
  readonly storage: Pick<StorageHost, 'url' | 'uploads' | 'faults'>
  /** Settles with the event that fits; an earlier one counts. Throws after `timeoutMs`. */
  whenEvent(match: EventMatch, options?: { readonly timeoutMs?: number }): Promise<PipelineEvent>
  addApp(name: string, seed?: AppSeed): App
  /** Puts a subscription there that someone else made earlier. */
  addSubscription(order: Pick<Subscription, 'name' | 'url'> & Partial<Subscription>): Subscription
  /** Queues pipelines: each next import takes one. */
  nextScript(...scripts: Script[]): void
  /** Queues what the next retried tasks go through. */
  nextRetryScript(...scripts: Script[]): void
  /** Has trace training make a new image of the app and publish it, with no import of anyone. */
  train(appName: string, options?: TrainingOptions): Build
  /** Sends a webhook of one's own making; settles with what became of it. */
  sendWebhook(body: unknown, request?: WebhookRequest): Promise<WebhookRecord>
  close(): Promise<void>
}

export interface TrainingOptions {
  readonly stepMs?: number
  readonly failure?: Failure
  readonly script?: Script
  /** Which build's image is made anew; the app's current one by default. */
  readonly buildName?: string
}

/** Starts ROCKIT Edge's backend API and its storage host, each on a loopback port. */
export async function startRockitEdgeEmulator(
  options: RockitEdgeOptions = {},
): Promise<RockitEdgeEmulator> {
  const settings = createSettings(options)
  const server = await startServer()
  const storage = await startStorageHost(settings)
  const timers = createTimers()
  const eventLog = createEventLog()
  const subscriptions: Subscription[] = []
  const webhooks = createWebhooks(settings, timers, subscriptions, server.closing)
  const builds: Build[] = []
  const tasks = createTasks(settings)
  const apps = new Map<string, App>()
  const scripts: Script[] = []
  const retryScripts: Script[] = []

  const addApp = (name: string, seed?: AppSeed) => {
    const app = newApp(name, seed)
    apps.set(name, app)
    return app
  }
  for (const [name, seed] of Object.entries(options.apps ?? { my_game: {} })) addApp(name, seed)

  const pipeline = createPipeline(settings, timers, tasks, (event) => {
    eventLog.publish(event)
    webhooks.announce(event)
  })
  addBackendRoutes(server, {
    settings,
    words: createWords(settings),
    apps,
    builds,
    tasks,
    pipeline,
    storage,
    subscriptions,
    takeScript: () => scripts.shift() ?? settings.script,
    takeRetryScript: () => retryScripts.shift() ?? settings.retryScript,
  })

  return {
    url: server.url,
    requests: server.requests,
    requestsTo: server.requestsTo,
    whenRequested: server.whenRequested,
    faults: server.faults,
    settings,
    apps,
    builds,
    tasks: tasks.all,
    subscriptions,
    aliveSubscriptions: () => subscriptions.filter(isAlive),
    webhooks: webhooks.records,
    events: eventLog.all,
    storage,
    whenEvent: eventLog.when,
    addApp,
    addSubscription(order) {
      const subscription = newSubscription(order)
      subscriptions.push(subscription)
      return subscription
    },
    nextScript: (...next) => scripts.push(...next),
    nextRetryScript: (...next) => retryScripts.push(...next),
    train(appName, { script, buildName, ...pace } = {}) {
      const app = apps.get(appName)
      if (app === undefined) throw new Error(`the emulator has no app ${appName}`)
      const name = buildName ?? String(app.currentBuild).padStart(4, '0')
      const order = { origin: 'training', mode: 'url', url: undefined } as const
      const build = newBuild({ ...order, app, name, sizeBytes: undefined }, builds.length, settings)
      builds.push(build)
      pipeline.start(build, script ?? training(pace))
      return build
    },
    sendWebhook: webhooks.send,
    async close() {
      timers.close()
      await Promise.all([server.close(), storage.close()])
    },
  }
}
