import * as z from 'zod/mini'
import { ActionError, toActionError } from '../../../src/base/errors.ts'
import type { Call } from '../../../src/provider/call.ts'
import { integer, parseJson, text } from '../../../src/provider/json.ts'
import type {
  Attempt,
  CreateResult,
  Observation,
  Provider,
  ProviderContext,
  StopReply,
  Target,
} from '../../../src/provider/provider.ts'
import {
  createRestClient,
  type RestClient,
  type RestRequest,
  refusalError,
} from '../../../src/provider/rest-client.ts'
import type { DeploySettings } from '../../../src/settings/settings.ts'
import { fixedSchedule } from '../../../src/wait/schedule.ts'
import type { SampleOwn } from './definition.ts'

const rowShape = z.object({
  id: z.optional(text),
  tag: z.optional(text),
  state: z.optional(text),
  port: z.optional(integer),
  slot: z.optional(text),
})
type Row = z.output<typeof rowShape>
const STATES: Readonly<Record<string, Observation['state']>> = {
  starting: 'pending',
  up: 'succeeded',
  broken: 'failed',
  ended: 'failed',
}

/** Servers behind a plain JSON API: `POST /servers`, `GET /servers`, `GET` and `DELETE /servers/ID`. */
export class Sample implements Provider {
  readonly title = 'Sample'
  readonly traits = { canStop: true, webhook: 'none', createMs: 5_000 } as const
  readonly targets: readonly Target[]
  readonly #apiUrl: URL
  readonly #send: RestClient
  readonly #settings: DeploySettings<SampleOwn> | undefined

  constructor(
    { apiUrl, token }: { readonly apiUrl: URL; readonly token: string },
    region: string,
    { http }: ProviderContext,
    settings?: DeploySettings<SampleOwn>,
  ) {
    this.#apiUrl = apiUrl
    const headers = { 'x-sample-key': token }
    this.#send = createRestClient({ http, baseUrl: apiUrl, headers, who: 'Sample' })
    this.#settings = settings
    this.targets = settings ? [{ name: region, where: region }] : []
  }

  pollSchedule = () => fixedSchedule(100)

  async prepare() {
    return { version: this.#settings?.version ?? '', versionAction: 'unmanaged' as const }
  }

  async plan() {
    const [target] = this.targets
    return {
      ...{ version: this.#settings?.version ?? '', versionAction: 'unmanaged' as const },
      ...{ preparing: [], finishing: [], checks: [], warnings: [] },
      deploying: [{ kind: 'create' as const, what: `server in ${target?.name}`, detail: '' }],
    }
  }

  async create(target: Target, { tag }: Attempt, call: Call): Promise<CreateResult> {
    const { application, version, own } = this.#settings ?? {}
    const body = { application, version, tag, region: target.name, password: own?.password }
    try {
      const { id } = await this.#get({ method: 'POST', path: '/servers', body }, rowShape, call)
      if (id !== undefined) return { kind: 'created', id }
      return { kind: 'unknown', error: unreadable('POST /servers') }
    } catch (thrown) {
      const error = toActionError(thrown)
      if (error.kind === 'unreachable') return { kind: 'try-again', error }
      const isOpen = ['connection-lost', 'server-fault', 'malformed-reply'].includes(error.kind)
      return { kind: isOpen ? 'unknown' : 'refused', error }
    }
  }

  async observe(ids: readonly string[], call: Call) {
    const checks = ids.map(async (id) => [id, await this.#check(id, call)] as const)
    return new Map(await Promise.all(checks))
  }

  async findByTags(tags: readonly string[], call: Call): Promise<ReadonlyMap<string, string>> {
    const rows = await this.#get({ method: 'GET', path: '/servers' }, z.array(rowShape), call)
    return new Map(
      rows.flatMap(({ id, tag, state }) => {
        const isOurs = id !== undefined && tag !== undefined && tags.includes(tag)
        return isOurs && state !== 'ended' ? [[id, tag] as const] : []
      }),
    )
  }

  async stop(id: string, call: Call): Promise<StopReply> {
    const reply = await this.#send({ method: 'DELETE', path: pathOf(id) }, call)
    if (parseJson(reply.text) === undefined) throw unreadable(reply.request)
    if (reply.status === 200) return 'accepted'
    if (reply.status === 410) return 'gone'
    if (reply.status === 404) return 'unknown'
    throw refusalError(reply, { what: `Sample did not stop ${id}`, message: '', next: {} })
  }

  async #check(id: string, call: Call): Promise<Observation | ActionError> {
    try {
      return this.#read(await this.#get({ method: 'GET', path: pathOf(id) }, rowShape, call))
    } catch (thrown) {
      return toActionError(thrown)
    }
  }

  #read({ state = '', port, slot = '' }: Row): Observation {
    const { hostname } = this.#apiUrl
    const address = `${hostname}:${port}`
    const game = { name: 'game', internal: undefined, protocol: 'UDP', address }
    const known = Object.hasOwn(STATES, state)
    return {
      state: (known && STATES[state]) || 'pending',
      status: state,
      known,
      facts: {
        host: hostname,
        ports: port === undefined ? [] : [{ ...game, external: port }],
        outputs: { slot },
      },
      ...(state === 'broken' && { reason: 'its disk is broken' }),
      ...(state === 'ended' && { end: 'ended' as const }),
    }
  }

  /** The body of a good reply; everything else is an error. */
  async #get<T extends z.ZodMiniType>(request: RestRequest, shape: T, call: Call) {
    const reply = await this.#send(request, call)
    if (reply.status !== 200) {
      const said = z.object({ message: z.optional(text) }).safeParse(parseJson(reply.text))
      const message = said.data?.message ?? ''
      throw refusalError(reply, { what: 'Sample refused', message, next: {} })
    }
    const result = shape.safeParse(parseJson(reply.text))
    if (!result.success) throw unreadable(reply.request)
    return result.data as z.output<T>
  }
}

const pathOf = (id: string) => `/servers/${encodeURIComponent(id)}`

function unreadable(request: string): ActionError {
  const what = 'Sample sent a reply that is not the JSON it documents'
  return new ActionError({ kind: 'malformed-reply', what, request })
}
