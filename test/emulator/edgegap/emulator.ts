import type { EmulatorServer, RecordedRequest } from '../server.ts'
import { startServer } from '../server.ts'
import { checkToken, createRateLimiter } from './admission.ts'
import { type Catalogue, createCatalogue } from './catalogue/catalogue.ts'
import { addCatalogueRoutes } from './catalogue/routes.ts'
import { versionTraits } from './deployed-version.ts'
import {
  type Deployment,
  type DeploymentOrder,
  isLive,
  isTerminated,
  type WebhookEvent,
} from './deployment.ts'
import type { UnallocatedCreate } from './deployment-api.ts'
import { createDeployments } from './deployments.ts'
import { createLifecycle } from './lifecycle.ts'
import { addDeploymentRoutes } from './routes.ts'
import type { Script, StatusPatch } from './script.ts'
import { createSettings, type EdgegapOptions, type EdgegapSettings, seedOf } from './settings.ts'
import { createTimers } from './timers.ts'
import { createWebhooks, type WebhookRecord, type WebhookRequest } from './webhooks.ts'

export interface EdgegapEmulator
  extends Pick<EmulatorServer, 'url' | 'requests' | 'requestsTo' | 'whenRequested' | 'faults'> {
  /** May be changed at any time. */
  readonly settings: EdgegapSettings
  /** All that were ever created, oldest first. */
  readonly deployments: readonly Deployment[]
  readonly webhooks: readonly WebhookRecord[]
  /** Applications and versions, to read and to change as somebody else would. */
  readonly catalogue: Catalogue
  /** How many deployments the API has created, those answered with 422 included. */
  readonly created: number
  /** Those that are neither terminated nor being stopped. */
  live(): Deployment[]
  /** Those that are not terminated, those being stopped among them. */
  running(): Deployment[]
  /** The requests that could change something: all but GET and HEAD. A dry run has none. */
  writes(): RecordedRequest[]
  /** Those for which a stop was accepted. */
  stopped(): Deployment[]
  byTag(tag: string): Deployment[]
  /** Queues lifecycles: each next create takes one. */
  nextScript(...scripts: Script[]): void
  /** Changes a deployment by hand; a new status ends its script. Throws on an unknown id. */
  setStatus(id: string, patch: StatusPatch): void
  setLogs(
    id: string,
    logs: Pick<StatusPatch, 'logs' | 'crashLogs' | 'crashData' | 'logsLink'>,
  ): void
  /** Answers the next creates with 422; each leaves a deployment in Error, listed unless told. */
  refuseCreates(times: number, options?: Partial<UnallocatedCreate>): void
  /** Puts a deployment there that someone else made earlier; READY at once unless told. */
  addDeployment(order?: Partial<DeploymentOrder>, script?: Script): Deployment
  /** From now on every request is answered with 401. */
  revokeToken(): void
  /** Sends a webhook of one's own making; settles with what became of it. */
  sendWebhook(url: string, body: unknown, request?: WebhookRequest): Promise<WebhookRecord>
  close(): Promise<void>
}

/** Starts Edgegap's deployment API on a loopback port. */
export async function startEdgegapEmulator(options: EdgegapOptions = {}): Promise<EdgegapEmulator> {
  const settings = createSettings(options)
  const server = await startServer(options.port)
  const timers = createTimers()
  const webhooks = createWebhooks(settings, timers, server.closing)
  const announce = (event: WebhookEvent, deployment: Deployment) =>
    webhooks.announce(event, deployment)
  const lifecycle = createLifecycle(settings, timers, announce)
  const deployments = createDeployments(settings, lifecycle)
  const catalogue = createCatalogue(seedOf(options, settings))
  const limitRate = createRateLimiter(settings)
  const unallocated: UnallocatedCreate[] = []
  let isRevoked = false
  let added = 0

  server.guard((request) => checkToken(request, settings, isRevoked))
  server.guard(limitRate)
  const takeUnallocated = () => unallocated.shift()
  addDeploymentRoutes(server, { settings, deployments, lifecycle, catalogue, takeUnallocated })
  const running = () => deployments.all.filter((deployment) => !isTerminated(deployment))
  const isUsed = (application: string, version: string) =>
    running().some((one) => one.application === application && one.version === version)
  addCatalogueRoutes(server, { settings, catalogue, isUsed })

  function change(id: string, patch: StatusPatch): void {
    const deployment = deployments.all.find((candidate) => candidate.id === id)
    if (deployment === undefined) throw new Error(`the emulator has no deployment ${id}`)
    lifecycle.change(deployment, patch)
  }

  return {
    url: server.url,
    requests: server.requests,
    requestsTo: server.requestsTo,
    whenRequested: server.whenRequested,
    faults: server.faults,
    settings,
    deployments: deployments.all,
    webhooks: webhooks.records,
    catalogue,
    get created() {
      return deployments.all.length - added
    },
    live: () => deployments.all.filter(isLive),
    running,
    writes: () => server.requests.filter(({ method }) => !['GET', 'HEAD'].includes(method)),
    stopped: () => deployments.all.filter(({ stopRequestedAt }) => stopRequestedAt !== undefined),
    byTag: (tag) => deployments.all.filter(({ tags }) => tags.includes(tag)),
    nextScript: (...scripts) => deployments.queueScripts(scripts),
    setStatus: change,
    setLogs: change,
    refuseCreates(times, { listed = true, message = 'No server could be allocated' } = {}) {
      for (let count = 0; count < times; count += 1) unallocated.push({ listed, message })
    },
    addDeployment(order = {}, script = [{ afterMs: 0, status: 'READY' }]) {
      added += 1
      const whole = { ...blankOrder(), ...order }
      return deployments.create({ ...versionTraits(whole, catalogue), ...whole }, { script })
    },
    revokeToken() {
      isRevoked = true
    },
    sendWebhook: webhooks.send,
    async close() {
      timers.close()
      await server.close()
    },
  }
}

function blankOrder(): DeploymentOrder {
  return {
    application: 'my-game',
    version: 'v1',
    tags: [],
    environment: [],
    coordinates: undefined,
    webhooks: {},
  }
}
