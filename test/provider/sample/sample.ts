import { ActionError, toActionError } from '../../../src/base/errors.ts'
import { kindOfStatus, noAnswer } from '../../../src/provider/http-errors.ts'
import type {
  Attempt,
  Call,
  CreateResult,
  Observation,
  Provider,
  ProviderContext,
  StopReply,
  Target,
} from '../../../src/provider/provider.ts'
import type { DeploySettings } from '../../../src/settings/settings.ts'
import { fixedSchedule } from '../../../src/wait/schedule.ts'
import type { SampleOwn } from './definition.ts'

interface Server {
  id: string
  tag: string
  state: 'starting' | 'up' | 'broken'
  port: number
  slot: string
}

/** Servers behind a plain JSON API: `POST /servers`, `GET /servers`, `GET` and `DELETE /servers/ID`. */
export class Sample implements Provider {
  readonly title = 'Sample'
  readonly traits = { canStop: true, webhook: 'none', createMs: 5_000 } as const
  readonly targets: readonly Target[]
  readonly #access: { readonly apiUrl: URL; readonly token: string }
  readonly #context: ProviderContext
  readonly #settings: DeploySettings<SampleOwn> | undefined

  constructor(
    access: { readonly apiUrl: URL; readonly token: string },
    region: string,
    context: ProviderContext,
    settings?: DeploySettings<SampleOwn>,
  ) {
    this.#access = access
    this.#context = context
    this.#settings = settings
    this.targets = settings ? [{ name: region, where: region }] : []
  }

  pollSchedule = () => fixedSchedule(100)

  async prepare() {
    return { version: this.#settings?.version ?? '', versionAction: 'unmanaged' as const }
  }

  async plan() {
    const version = this.#settings?.version ?? ''
    const deploying = this.targets.map(({ name }) => {
      return { kind: 'create', what: `server in ${name}`, detail: '' } as const
    })
    return {
      ...{ version, versionAction: 'unmanaged' as const, deploying },
      ...{ preparing: [], finishing: [], checks: [], warnings: [] },
    }
  }

  async create(target: Target, { tag }: Attempt, call: Call): Promise<CreateResult> {
    const { application, version, own } = this.#settings ?? {}
    const body = { application, version, tag, region: target.name, password: own?.password }
    try {
      const { id } = (await this.#send('POST', '/servers', call, body)) as Server
      return { kind: 'created', id }
    } catch (thrown) {
      const error = toActionError(thrown)
      if (error.kind === 'unreachable') return { kind: 'try-again', error }
      const isOpen = error.kind === 'connection-lost' || error.kind === 'server-fault'
      return { kind: isOpen ? 'unknown' : 'refused', error }
    }
  }

  async observe(ids: readonly string[], call: Call) {
    const checks = ids.map(async (id) => [id, await this.#check(id, call)] as const)
    return new Map(await Promise.all(checks))
  }

  async #check(id: string, call: Call): Promise<Observation | ActionError> {
    try {
      return this.#read((await this.#send('GET', `/servers/${id}`, call)) as Server)
    } catch (thrown) {
      return toActionError(thrown)
    }
  }

  #read({ state, port, slot }: Server): Observation {
    const { hostname } = this.#access.apiUrl
    const address = `${hostname}:${port}`
    const ports = [{ name: 'game', internal: undefined, external: port, protocol: 'UDP', address }]
    return {
      state: state === 'up' ? 'succeeded' : state === 'broken' ? 'failed' : 'pending',
      status: state,
      known: true,
      facts: { host: hostname, ports, outputs: { slot } },
    }
  }

  async findByTags(tags: readonly string[], call: Call): Promise<ReadonlyMap<string, string>> {
    const servers = (await this.#send('GET', '/servers', call)) as Server[]
    const ours = servers.filter(({ tag }) => tags.includes(tag))
    return new Map(ours.map(({ id, tag }) => [id, tag]))
  }

  /** The API answers 404 only for servers that have ended. */
  async stop(id: string, call: Call): Promise<StopReply> {
    try {
      await this.#send('DELETE', `/servers/${id}`, call)
      return 'accepted'
    } catch (thrown) {
      if (toActionError(thrown).kind === 'not-found') return 'gone'
      throw thrown
    }
  }

  async #send(method: 'GET' | 'POST' | 'DELETE', path: string, call: Call, body?: unknown) {
    const { apiUrl, token } = this.#access
    const request = `${method} ${path}`
    const headers = { 'x-sample-key': token, 'content-type': 'application/json' }
    const url = new URL(apiUrl)
    url.pathname = path
    const given = body === undefined ? {} : { body: JSON.stringify(body) }
    const reply = await this.#context
      .http({ method, url, headers, ...call, ...given })
      .catch((thrown: unknown) => Promise.reject(noAnswer('Sample', thrown, request)))
    if (reply.status === 200) return JSON.parse(reply.text) as unknown
    const what = `Sample answered ${reply.status}`
    throw new ActionError({ kind: kindOfStatus(reply.status), what, request })
  }
}
