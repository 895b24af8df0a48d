import type { Delivery, Notification } from '../../base/delivery.ts'
import { type ActionError, toActionError } from '../../base/errors.ts'
import { decode } from '../../net/decode.ts'
import { adaptiveSchedule, type PollSchedule } from '../../wait/schedule.ts'
import type { Call } from '../call.ts'
import type { Groups } from '../groups.ts'
import type { Plan } from '../plan.ts'
import type {
  Arrived,
  Attempt,
  CreateResult,
  Observation,
  Preparation,
  Provider,
  ProviderContext,
  ServerLog,
  StopReply,
} from '../provider.ts'
import type { Versions } from '../versions.ts'
import { createEdgegapClient, type EdgegapClient } from './client.ts'
import { readCreate } from './create-reply.ts'
import { deploymentBody } from './deployment-body.ts'
import { Deployments } from './deployments.ts'
import { wire } from './load-wire.ts'
import { readMembers } from './members.ts'
import { type EdgegapTarget, Places } from './places.ts'
import { portlessVersion } from './portless.ts'
import type { EdgegapAccess, EdgegapDeploySettings, EdgegapVersionSettings } from './settings.ts'
import { hintAtNumber, type VersionInputs } from './version-inputs.ts'
import type { VersionApi } from './versions/api.ts'
import type { ManagedVersions } from './versions/managed-versions.ts'
import { Watch } from './watch.ts'

/** Deployments on Edgegap's API v2 (create) and v1 (all else). */
export class Edgegap implements Provider<EdgegapTarget> {
  readonly title = 'Edgegap'
  readonly traits = { canStop: true, webhook: 'in-create', createMs: 30_000 } as const
  readonly versions: Versions | undefined
  readonly #settings: EdgegapDeploySettings | EdgegapVersionSettings | undefined
  readonly #send: EdgegapClient
  readonly #deployments: Deployments
  readonly #watch: Watch
  readonly #places: Places
  readonly #context: ProviderContext
  #managed: Promise<ManagedVersions> | undefined
  /** Carried by all deployments of this run, where there are several: one list serves for all. */
  readonly #runTag: string | undefined

  /** @param settings undefined where deployments are only found and stopped */
  constructor(
    { apiUrl, token }: EdgegapAccess,
    context: ProviderContext,
    settings?: EdgegapDeploySettings | EdgegapVersionSettings,
  ) {
    this.#settings = settings
    this.#context = context
    this.#send = createEdgegapClient(context.http, apiUrl, token)
    this.#deployments = new Deployments(this.#send, context.clock, this.#portless())
    this.#places = new Places(settings?.operation === 'deploy' ? settings.own.locations : [])
    this.versions = settings && isManaged(settings.own.versions) ? this.#lazyVersions() : undefined
    this.#runTag = this.targets.length > 1 ? context.newAttemptTag() : undefined
    this.#watch = new Watch(this.#deployments, context.clock, this.#runTag)
  }

  get targets(): readonly EdgegapTarget[] {
    return this.#places.targets
  }

  pollSchedule(random: () => number): PollSchedule {
    return adaptiveSchedule(random, () => this.#watch.shortestIntervalMs(this.targets.length))
  }

  /** Without a version to make and a city to look up it sends nothing. */
  async prepare(call: Call): Promise<Preparation> {
    const { version } = this.#runSettings()
    const prepareVersion = async () => {
      if (this.versions) await (await this.#manage()).prepare(call)
    }
    await Promise.all([this.#lookUp(call), prepareVersion()])
    return { version, ...(!this.versions && { versionAction: 'unmanaged' }) }
  }

  async plan(call: Call): Promise<Plan> {
    const { planEdgegap } = await import('./plan.ts')
    const settings = this.#runSettings()
    const [, plan] = await Promise.all([
      this.#lookUp(call),
      planEdgegap(this.#api(settings.application), settings, call),
    ])
    return { ...plan, deploying: this.#places.describe() }
  }

  async create(target: EdgegapTarget, attempt: Attempt, call: Call): Promise<CreateResult> {
    const tags = [attempt.tag, ...(this.#runTag === undefined ? [] : [this.#runTag])]
    const location = this.#places.ask(target, attempt.tag)
    const settings = this.#deploySettings()
    const body = deploymentBody(settings, location, tags, attempt.webhook)
    try {
      const reply = await this.#send({ method: 'POST', path: '/v2/deployments', body }, call)
      const result = await readCreate(reply, limitHint(settings), hintAtNumber(settings.version))
      if (result.kind === 'created') {
        this.#places.found(result.id, attempt.tag)
        this.#watch.created(result.id, attempt.tag)
      }
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
      return readWebhook(decode(body))
    },
  }

  readonly groups: Groups = {
    members: (scope, call) => readMembers(this.#deployments, this.#context.clock, scope, call),
    isApplication: async (application, call) => {
      const { isApplication } = await import('./versions/api.ts')
      return await isApplication(this.#api(application), call)
    },
  }

  async findByTags(tags: readonly string[], call: Call): Promise<ReadonlyMap<string, string>> {
    const found = await this.#deployments.findByTags(tags, call)
    for (const [id, tag] of found) this.#places.found(id, tag)
    return found
  }

  async observe(
    ids: readonly string[],
    call: Call,
    arrived?: Arrived,
  ): Promise<ReadonlyMap<string, Observation | ActionError>> {
    const compared = new Map<string, Observation | ActionError>()
    await this.#watch.observe(ids, call, (id, one) => {
      const reading = 'state' in one ? this.#places.compare(id, one) : one
      compared.set(id, reading)
      arrived?.(id, reading)
    })
    return compared
  }

  readLog(id: string, call: Call): Promise<ServerLog | undefined> {
    return this.#deployments.log(id, call)
  }

  stop(id: string, call: Call): Promise<StopReply> {
    return this.#deployments.stop(id, call)
  }

  #deploySettings(): EdgegapDeploySettings {
    if (this.#settings?.operation !== 'deploy') throw new Error('not a deploy')
    return this.#settings
  }

  /** Of a run that deploys, or makes a version. */
  #runSettings(): EdgegapDeploySettings | EdgegapVersionSettings {
    if (this.#settings === undefined) throw new Error('nothing to deploy or to make')
    return this.#settings
  }

  #api(application: string): VersionApi {
    return { send: this.#send, clock: this.#context.clock, application }
  }

  #portless() {
    if (this.#settings?.operation !== 'deploy') return undefined
    return portlessVersion(this.#api(this.#settings.application), this.#settings.version)
  }

  #lookUp(call: Call): Promise<void> {
    return this.#places.lookUp(this.#api(''), call)
  }

  /** Most deploys leave versions alone: what manages them is loaded only for the others. */
  #manage(): Promise<ManagedVersions> {
    const { application, own } = this.#runSettings()
    this.#managed ??= import('./versions/managed-versions.ts').then(({ ManagedVersions }) => {
      return new ManagedVersions(this.#api(application), own.versions, this.#context)
    })
    return this.#managed
  }

  #lazyVersions(): Versions {
    return {
      ensure: async (call) => await (await this.#manage()).ensure(call),
      expectUnmoved: async (call) => await (await this.#manage()).expectUnmoved(call),
      promote: async (onMoved, call) => await (await this.#manage()).promote(onMoved, call),
      prune: async (call) => await (await this.#manage()).prune(call),
    }
  }
}

/** The API's texts are not read to tell a limit from other refusals. */
function limitHint({ group, replace }: EdgegapDeploySettings): string {
  if (replace?.when === 'before-deploy' || (group === undefined && !replace)) return ''
  const older = replace?.reach.kind === 'application' ? 'application' : 'group'
  return ` Where the account allows no further server, replace: before-deploy stops the older ones of this ${older} first.`
}

/** Whether a run does anything about versions beside deploying one. */
function isManaged({ image, promote, keepVersions }: VersionInputs): boolean {
  return image !== undefined || promote.length > 0 || keepVersions !== undefined
}
