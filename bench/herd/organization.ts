import type { HttpClient, HttpReply } from '../../src/net/request.ts'
import type { VirtualClock } from '../../test/wait/virtual-clock.ts'

/** What Edgegap's OpenAPI documents allow one organization each second. */
const LIMITS = { create: 40, status: 20, list: 10 } as const
type Limited = keyof typeof LIMITS
/** How long a request takes, there and back. */
const [SHORTEST_MS, LONGEST_MS] = [60, 140]
/** How long it takes until a status has the location. */
const PLACED_MS = 1_000

interface Server {
  readonly id: string
  readonly tags: readonly string[]
  readonly placedAtMs: number
  readonly readyAtMs: number
}

/** Edgegap's API as one organization sees it, on a virtual clock: creates, statuses and lists. */
export class Organization {
  readonly http: HttpClient
  readonly #clock: VirtualClock
  readonly #random: () => number
  readonly #servers = new Map<string, Server>()
  readonly #passes: Record<Limited, number[]> = { create: [], status: [], list: [] }
  requests = 0
  /** Answered 429. */
  refused = 0

  /** @param readyAfterMs how long the next server takes from its create */
  constructor(clock: VirtualClock, random: () => number, readyAfterMs: () => number) {
    this.#clock = clock
    this.#random = random
    this.http = async ({ method, url, body }) => {
      this.requests += 1
      await this.#travel()
      const reply = this.#answer(method, url, String(body ?? ''), readyAfterMs)
      if (reply.status === 429) this.refused += 1
      await this.#travel()
      return reply
    }
  }

  /** When the server was ready; virtual milliseconds. */
  readyAtMs(id: string): number {
    return this.#servers.get(id)?.readyAtMs ?? Number.NaN
  }

  /** How many servers there are: more than jobs would be duplicates. */
  get servers(): number {
    return this.#servers.size
  }

  async #travel(): Promise<void> {
    await this.#clock.sleep((SHORTEST_MS + (LONGEST_MS - SHORTEST_MS) * this.#random()) / 2)
  }

  #answer(method: string, url: URL, body: string, readyAfterMs: () => number): HttpReply {
    const { pathname } = url
    if (method === 'POST') {
      if (this.#isOver('create')) return TOO_MANY
      const id = (this.#servers.size + 1).toString(16).padStart(12, '0')
      const { tags } = JSON.parse(body) as { tags: string[] }
      const nowMs = this.#clock.nowMs()
      const moments = { placedAtMs: nowMs + PLACED_MS, readyAtMs: nowMs + readyAfterMs() }
      this.#servers.set(id, { id, tags, ...moments })
      return json(202, { request_id: id })
    }
    if (pathname === '/v1/deployments') {
      if (this.#isOver('list')) return TOO_MANY
      const query = url.searchParams.get('query') ?? ''
      const rows = [...this.#servers.values()].filter(({ tags }) =>
        tags.some((tag) => query.includes(tag)),
      )
      return json(200, {
        data: rows.map((one) => ({
          request_id: one.id,
          ready: this.#isReady(one),
          tags: one.tags,
          ...(this.#isReady(one) && ADDRESS),
        })),
        pagination: { has_next: false },
      })
    }
    if (this.#isOver('status')) return TOO_MANY
    const server = this.#servers.get(pathname.split('/').at(-1) ?? '')
    if (!server) return json(400, { message: 'unknown' })
    return json(200, {
      request_id: server.id,
      current_status: this.#isReady(server) ? 'Status.READY' : 'Status.DEPLOYING',
      ...(this.#clock.nowMs() >= server.placedAtMs && { location: LOCATION }),
      ...(this.#isReady(server) && ADDRESS),
    })
  }

  #isReady({ readyAtMs }: Server): boolean {
    return this.#clock.nowMs() >= readyAtMs
  }

  #isOver(name: Limited): boolean {
    const nowMs = this.#clock.nowMs()
    const recent = this.#passes[name].filter((atMs) => nowMs - atMs < 1_000)
    const isOver = recent.length >= LIMITS[name]
    this.#passes[name] = isOver ? recent : [...recent, nowMs]
    return isOver
  }
}

/** In a status and in a row of the list, which never has the location (OpenAPI v1). */
const ADDRESS = {
  public_ip: '203.0.113.9',
  ports: { gameport: { external: 31_000, internal: 7_777, protocol: 'UDP' } },
}
const LOCATION = { city: 'New York', country: 'United States of America' }

const TOO_MANY: HttpReply = { status: 429, headers: {}, text: '{"message":"Too many requests"}' }

function json(status: number, body: unknown): HttpReply {
  return { status, headers: {}, text: JSON.stringify(body) }
}
