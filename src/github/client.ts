import { ActionError } from '../base/errors.ts'
import { isRecord } from '../base/json.ts'
import { type HttpClient, HttpFailure, type HttpReply } from '../net/request.ts'
import type { Budget } from './budget.ts'
import { isAmbiguous, isFinal, oddReply, toGitHubError } from './failure.ts'

export type Octokit = InstanceType<typeof import('@actions/github/lib/utils')['GitHub']>

interface Reply {
  status: number
  data: unknown
}

/** One call of the API, by a method of Octokit. */
type Call<T extends Reply = Reply> = (octokit: Octokit) => Promise<T>

interface Page extends Reply {
  headers: { link?: string | undefined }
}

export interface ClientOptions {
  token: string
  apiUrl: URL
  http: HttpClient
  environment: NodeJS.ProcessEnv
  budget: Budget
  /** The present as milliseconds since 1970. */
  wallMs: () => number
}

/** From the request to the whole reply. GitHub itself gives up after 10 s. */
const CALL_MS = 10_000
/** The pauses before a request is sent again. */
const PAUSES_MS = [500, 2_000, 5_000]
/** Room for a page of 100 comments of the greatest length. */
const MAX_REPLY_BYTES = 32 * 1024 * 1024
/** A renamed repository needs one. */
const MAX_REDIRECTS = 3
/** 10,000 entries: stops at a server that never gives a last page. */
const MAX_PAGES = 100

/**
 * GitHub's API by @actions/github, which is loaded with the first call. Requests go out by our own
 * HTTP client, so proxies, deadlines and the end of the run hold for them as for all others.
 */
export class GitHubClient {
  readonly #options: ClientOptions
  #octokit: Promise<Octokit> | undefined

  constructor(options: ClientOptions) {
    this.#options = options
  }

  /**
   * A call that may be sent twice without harm, so it is repeated where a later one may succeed.
   *
   * @returns the reply's data, unread
   * @throws ActionError
   */
  async repeat(call: Call): Promise<unknown> {
    return (await this.#try(() => this.#once(call), isFinal)).data
  }

  /**
   * A change, repeated as by `repeat`, also where the reply is no JSON object: the page of some proxy
   * would pass for a success.
   *
   * @throws ActionError
   */
  async change(call: Call): Promise<void> {
    await this.#try(async () => {
      const { status, data } = await this.#once(call)
      if (status !== 204 && !isRecord(data)) throw oddReply('JSON object')
    }, isFinal)
  }

  /**
   * A list, repeated as by `repeat`, also where the reply is none: taken for an empty list, a page of
   * some proxy would say that nothing is there.
   *
   * @throws ActionError
   */
  async list(call: Call): Promise<readonly unknown[]> {
    return await this.#try(async () => readList((await this.#once(call)).data), isFinal)
  }

  /**
   * A call that creates something: repeated only where it certainly did not.
   *
   * @returns the reply's data, unread
   * @throws ActionError
   */
  async create(call: Call): Promise<unknown> {
    const isLast = (error: ActionError) => isFinal(error) || isAmbiguous(error)
    return (await this.#try(() => this.#once(call), isLast)).data
  }

  async #try<T>(work: () => Promise<T>, isLast: (error: ActionError) => boolean): Promise<T> {
    for (const pauseMs of PAUSES_MS) {
      try {
        return await work()
      } catch (thrown) {
        if (!(thrown instanceof ActionError) || isLast(thrown)) throw thrown
        if (!(await this.#options.budget.pause(thrown.retryAfterMs ?? pauseMs))) throw thrown
      }
    }
    return await work()
  }

  /** @throws ActionError, or whatever is wrong with our own code */
  async #once<T extends Reply>(call: Call<T>): Promise<T> {
    try {
      this.#octokit ??= this.#load()
      const reply = await call(await this.#octokit)
      if (reply.status < 300) return reply
      const what = `GitHub answered with a redirect that cannot be followed (HTTP ${reply.status})`
      throw new ActionError({ kind: 'refused', what })
    } catch (thrown) {
      throw toGitHubError(thrown, this.#options.wallMs())
    }
  }

  /**
   * Every page of a list, first to last, or up to the one that is enough. Each page is repeated by itself.
   *
   * @param read what is kept of an entry: a hundred pages of long comments do not fit into memory
   * @throws ActionError
   */
  async pages<T extends { id: number }>(
    call: (octokit: Octokit, page: number) => Promise<Page>,
    read: (entry: unknown) => T | undefined,
    isEnough?: (page: readonly T[]) => boolean,
  ): Promise<T[]> {
    // An entry can move to the next page while the pages are read: it counts once.
    const all = new Map<number, T>()
    for (let page = 1; page <= MAX_PAGES; page += 1) {
      const { entries, hasNext } = await this.#try(async () => {
        const { data, headers } = await this.#once((octokit) => call(octokit, page))
        return { entries: readList(data), hasNext: /;\s*rel="next"/.test(headers.link ?? '') }
      }, isFinal)
      const found = entries.flatMap((entry) => read(entry) ?? [])
      for (const one of found) all.set(one.id, one)
      if (!hasNext || isEnough?.(found)) break
    }
    return [...all.values()]
  }

  async #load(): Promise<Octokit> {
    const { token, apiUrl, environment } = this.#options
    const { GitHub } = await loadPackage(environment)
    const silent = () => {}
    return new GitHub({
      auth: token,
      baseUrl: apiUrl.href.replace(/\/+$/, ''),
      userAgent: 'deploy-game-server',
      // Deprecation notes go to the console otherwise, past everything that cleans our log.
      request: { fetch: this.#fetch, log: { warn: silent } },
    })
  }

  /** As much of `fetch` as Octokit uses, with GitHub's redirects: those of a renamed repository. */
  readonly #fetch = async (url: string, init: RequestInit) => {
    const { apiUrl } = this.#options
    let target = new URL(url)
    if (target.origin !== apiUrl.origin) {
      throw new HttpFailure('unreachable', `${target.host} is not GitHub's API`)
    }
    for (let redirects = 0; ; redirects += 1) {
      const reply = await this.#send(target, init)
      const next = redirectOf(reply, target, init.method)
      if (next === undefined || redirects === MAX_REDIRECTS) {
        const headers = new Map(Object.entries(reply.headers))
        return { url, status: reply.status, headers, text: async () => reply.text }
      }
      target = next
    }
  }

  #send(url: URL, init: RequestInit): Promise<HttpReply> {
    const { http, budget } = this.#options
    return http({
      method: init.method as 'GET',
      url,
      headers: init.headers as Record<string, string>,
      ...(typeof init.body === 'string' && { body: init.body }),
      deadlineMs: CALL_MS,
      maxReplyBytes: MAX_REPLY_BYTES,
      signal: budget.signal,
    })
  }
}

/**
 * Where a redirect leads that may be followed: only on the same server, since the token goes along, and
 * only where the request stays the same.
 */
function redirectOf({ status, headers }: HttpReply, from: URL, method = 'GET'): URL | undefined {
  const keepsMethod = status === 307 || status === 308
  const isRead = method === 'GET' && (status === 301 || status === 302)
  const { location } = headers
  if (!(keepsMethod || isRead) || location === undefined) return undefined
  const next = URL.canParse(location, from.href) ? new URL(location, from) : undefined
  return next?.origin === from.origin && next.username === '' ? next : undefined
}

/** Some servers give null for an empty list. */
function readList(data: unknown): readonly unknown[] {
  const entries = data ?? []
  if (!Array.isArray(entries)) throw oddReply('list')
  return entries
}

/**
 * The package reads the event file while it loads, and fails to load when that is not JSON. We do not
 * need that: `event.ts` has read the file by then, and copes with a broken one.
 */
async function loadPackage(environment: NodeJS.ProcessEnv) {
  const path = environment.GITHUB_EVENT_PATH
  delete environment.GITHUB_EVENT_PATH
  try {
    return await import('@actions/github/lib/utils')
  } finally {
    if (path !== undefined) environment.GITHUB_EVENT_PATH = path
  }
}
