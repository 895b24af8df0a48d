import type { Delivery, Notification } from '../../base/delivery.ts'
import { type ActionError, toActionError } from '../../base/errors.ts'
import type { EdgegapDeploySettings, EdgegapSettings } from '../../settings/settings.ts'
import { adaptiveSchedule, type PollSchedule } from '../../wait/schedule.ts'
import type {
  Arrived,
  Attempt,
  Call,
  CreateResult,
  Member,
  Observation,
  Preparation,
  Provider,
  ProviderContext,
  ServerLog,
  StopReply,
  Target,
} from '../provider.ts'
import { createEdgegapClient, type EdgegapClient } from './client.ts'
import { readCreate } from './create-reply.ts'
import { deploymentBody } from './deployment-body.ts'
import { Deployments } from './deployments.ts'
import { wire } from './load-wire.ts'
import type { Location } from './locations.ts'
import { Watch } from './watch.ts'

/** A place, with what Edgegap is sent for it. */
export interface EdgegapTarget extends Target {
  location: Location
}

/** Deployments on Edgegap's API v2 (create) and v1 (all else). */
export class Edgegap implements Provider<EdgegapTarget> {
  readonly title = 'Edgegap'
  readonly traits = { canStop: true, webhook: 'in-create', createMs: 30_000 } as const
  readonly targets: readonly EdgegapTarget[]
  readonly #settings: EdgegapSettings
  readonly #send: EdgegapClient
  readonly #deployments: Deployments
  readonly #watch: Watch
  /** Carried by all deployments of this run, where there are several: one list serves for all. */
  readonly #runTag: string | undefined

  constructor(settings: EdgegapSettings, context: ProviderContext) {
    this.#settings = settings
    this.#send = createEdgegapClient(context.http, settings.apiUrl, settings.token)
    this.#deployments = new Deployments(this.#send, context.clock)
    this.targets = settings.operation === 'deploy' ? targetsOf(settings.locations) : []
    this.#runTag = this.targets.length > 1 ? context.newAttemptTag() : undefined
    this.#watch = new Watch(this.#deployments, context.clock, this.#runTag)
  }

  pollSchedule(random: () => number): PollSchedule {
    return adaptiveSchedule(random, () => this.#watch.shortestIntervalMs(this.targets.length))
  }

  async prepare(): Promise<Preparation> {
    return { version: this.#deploy().version, versionAction: 'unmanaged' }
  }

  async create(target: EdgegapTarget, attempt: Attempt, call: Call): Promise<CreateResult> {
    const tags = [attempt.tag, ...(this.#runTag === undefined ? [] : [this.#runTag])]
    const body = deploymentBody(this.#deploy(), target.location, tags, attempt.webhook)
    try {
      const reply = await this.#send({ method: 'POST', path: '/v2/deployments', body }, call)
      const result = await readCreate(reply)
      if (result.kind === 'created') this.#watch.created(result.id)
      return result
    } catch (thrown) {
      const error = toActionError(thrown)
      if (error.kind === 'untrusted-certificate') return { kind: 'refused', error }
      return { kind: error.kind === 'unreachable' ? 'try-again' : 'unknown', error }
    }
  }

  readonly webhooks = {
    read: async ({ body }: Delivery): Promise<Notification> => {
      const { readWebhook } = await wire()
      return readWebhook(body.toString('utf8'))
    },
  }

  readonly groups = {
    members: (
      { application, group }: { application: string; group: string | undefined },
      call: Call,
    ): Promise<Member[]> => this.#deployments.members(application, group, call),
  }

  findByTags(tags: readonly string[], call: Call): Promise<ReadonlyMap<string, string>> {
    return this.#deployments.findByTags(tags, call)
  }

  observe(
    ids: readonly string[],
    call: Call,
    arrived?: Arrived,
  ): Promise<ReadonlyMap<string, Observation | ActionError>> {
    return this.#watch.observe(ids, call, arrived)
  }

  readLog(id: string, call: Call): Promise<ServerLog | undefined> {
    return this.#deployments.log(id, call)
  }

  stop(id: string, call: Call): Promise<StopReply> {
    return this.#deployments.stop(id, call)
  }

  #deploy(): EdgegapDeploySettings {
    if (this.#settings.operation !== 'deploy') throw new Error('not a deploy')
    return this.#settings
  }
}

/** Two equal lines are two servers; in reports each has a name of its own. */
function targetsOf(locations: readonly Location[]): EdgegapTarget[] {
  const taken = new Set<string>()
  return locations.map((location) => {
    let name = location.name
    for (let count = 2; taken.has(name); count++) name = `${location.name} (${count})`
    taken.add(name)
    return { name, where: location.where, location }
  })
}
