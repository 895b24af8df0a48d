import * as z from 'zod/mini'
import type { GitHubClient } from './client.ts'
import type { Repository } from './event.ts'
import { oddReply, unlessGone } from './failure.ts'
import { id, list, parseObject, shape, text } from './json.ts'
import type { RunKey } from './run-order.ts'

/** The states of GitHub that we use. */
export type RecordState = 'in_progress' | 'success' | 'failure' | 'error' | 'inactive'

/** A GitHub Deployment as we read it. */
export interface DeploymentRecord {
  id: number
  sha: string
  /** Undefined: somebody else made it. */
  own: OwnPayload | undefined
}

/** What our records carry as their payload. */
export interface OwnPayload {
  /** Tells one record of ours from every other, also when the reply to its creation was lost. */
  key: string
  group: string
  run: RunKey
}

export interface NewRecord {
  sha: string
  environment: string
  isPreview: boolean
  payload: OwnPayload & { application: string; version: string }
  description: string
}

export interface NewStatus {
  state: RecordState
  description: string
  environmentUrl?: string | undefined
  logUrl?: string | undefined
}

/** GitHub refuses longer ones. */
const LONGEST_DESCRIPTION = 140
const PER_PAGE = 100
/** 3,000 records: older ones are asked for one by one. */
const MAX_STATE_PAGES = 30
/** GitHub itself takes only the exact name for production. */
const PRODUCTION = /^prod(?:uction)?(?![a-z])/i

const WIRE_RECORD = shape({ id, sha: text, payload: z.unknown() })
const WIRE_STATUS = shape({ id, state: text })
const WIRE_NODE = shape({ databaseId: id, latestStatus: shape({ state: text }) })
const WIRE_STATES = shape({
  repository: shape({
    deployments: shape({
      nodes: z.pipe(list, z.array(WIRE_NODE)),
      pageInfo: shape({ hasNextPage: z.unknown(), endCursor: text }),
    }),
  }),
})
const STATES_QUERY = `query ($owner: String!, $repo: String!, $environment: String!, $after: String) {
  repository(owner: $owner, name: $repo) {
    deployments(
      first: 100
      after: $after
      environments: [$environment]
      orderBy: { field: CREATED_AT, direction: DESC }
    ) {
      nodes { databaseId latestStatus { state } }
      pageInfo { hasNextPage endCursor }
    }
  }
}`
const WIRE_RUN = shape({ id, number: id, attempt: id })
const WIRE_PAYLOAD = shape({ deploy_game_server: text, group: text, run: WIRE_RUN })

/** GitHub's deployments, with nothing decided: one method a request. All throw ActionError. */
export class DeploymentRecords {
  readonly #client: GitHubClient
  readonly #where: { owner: string; repo: string }

  constructor(client: GitHubClient, { owner, name }: Repository) {
    this.#client = client
    this.#where = { owner, repo: name }
  }

  /** @returns its id */
  async create(record: NewRecord): Promise<number> {
    const { key, ...payload } = record.payload
    const data = await this.#client.create((octokit) =>
      octokit.rest.repos.createDeployment({
        ...this.#where,
        // Always the SHA: a merge queue's ref cannot be resolved, a pull request's is the merge commit.
        ref: record.sha,
        environment: record.environment,
        description: cutTo(record.description, LONGEST_DESCRIPTION),
        // Else GitHub may merge the default branch into this one, and make no record.
        auto_merge: false,
        // Else it refuses while any check of the commit is unfinished, as this run's own is.
        required_contexts: [],
        transient_environment: record.isPreview,
        production_environment: !record.isPreview && PRODUCTION.test(record.environment),
        payload: { deploy_game_server: key, ...payload },
      }),
    )
    const created = WIRE_RECORD.parse(data).id
    if (created === undefined) throw oddReply('id of the deployment record')
    return created
  }

  async addStatus(recordId: number, status: NewStatus): Promise<void> {
    await this.#client.change((octokit) =>
      octokit.rest.repos.createDeploymentStatus({
        ...this.#where,
        deployment_id: recordId,
        state: status.state,
        description: cutTo(status.description, LONGEST_DESCRIPTION),
        ...(status.environmentUrl && { environment_url: status.environmentUrl }),
        ...(status.logUrl && { log_url: status.logUrl }),
        // GitHub would end those of other groups too, and neither transient nor production ones.
        auto_inactive: false,
      }),
    )
  }

  /** Every record of an environment, newest first: those of a commit only, or those newer than one only. */
  async list(
    environment: string,
    { sha, newerThan = 0 }: { sha?: string | undefined; newerThan?: number | undefined } = {},
  ): Promise<DeploymentRecord[]> {
    const records = await this.#client.pages(
      (octokit, page) =>
        octokit.rest.repos.listDeployments({
          ...this.#where,
          environment,
          ...(sha && { sha }),
          per_page: PER_PAGE,
          page,
        }),
      readRecord,
      // GitHub lists the newest first.
      (page) => page.some(({ id }) => id <= newerThan),
    )
    return records.filter(({ id }) => id > newerThan).sort((a, b) => b.id - a.id)
  }

  /**
   * The newest states of an environment's records by their ids, a hundred a request: REST would take a
   * request for each, and the job's token has a thousand an hour. Fewer than all where GraphQL does not
   * answer; throws nothing.
   */
  async states(environment: string): Promise<ReadonlyMap<number, string>> {
    const states = new Map<number, string>()
    let after: string | undefined
    for (let page = 0; page < MAX_STATE_PAGES; page += 1) {
      const reply = await this.#statePage(environment, after)
      for (const { databaseId, latestStatus } of reply.nodes) {
        if (databaseId !== undefined && latestStatus.state !== undefined)
          states.set(databaseId, latestStatus.state.toLowerCase())
      }
      after = reply.pageInfo.endCursor
      if (reply.pageInfo.hasNextPage !== true || after === undefined) break
    }
    return states
  }

  async #statePage(environment: string, after: string | undefined) {
    try {
      const variables = { ...this.#where, environment, after: after ?? null }
      const data = await this.#client.repeat(async (octokit) => {
        return { status: 200, data: await octokit.graphql(STATES_QUERY, variables) }
      })
      return WIRE_STATES.parse(data).repository.deployments
    } catch {
      return WIRE_STATES.parse({}).repository.deployments
    }
  }

  /** The newest state; undefined where there is none yet. One that somebody deleted is inactive. */
  async stateOf(recordId: number): Promise<string | undefined> {
    const listed = this.#client.list((octokit) =>
      octokit.rest.repos.listDeploymentStatuses({
        ...this.#where,
        deployment_id: recordId,
        per_page: PER_PAGE,
      }),
    )
    const statuses = await unlessGone(listed, [{ id: 1, state: 'inactive' }])
    const read = statuses.map((status) => WIRE_STATUS.parse(status))
    return read.sort((a, b) => (b.id ?? 0) - (a.id ?? 0))[0]?.state
  }
}

function readRecord(value: unknown): DeploymentRecord | undefined {
  const { id, sha = '', payload } = WIRE_RECORD.parse(value)
  return id === undefined ? undefined : { id, sha, own: readPayload(payload) }
}

/** GitHub gives a payload back as an object or as the JSON text of one. */
function readPayload(value: unknown): OwnPayload | undefined {
  const payload = WIRE_PAYLOAD.parse(typeof value === 'string' ? parseObject(value) : value)
  const { deploy_game_server: key, group = '', run } = payload
  if (key === undefined) return undefined
  return {
    key,
    group,
    run: { id: run.id ?? 0, number: run.number ?? 0, attempt: run.attempt ?? 1 },
  }
}

function cutTo(line: string, longest: number): string {
  return line.length <= longest ? line : `${line.slice(0, longest - 1).toWellFormed()}…`
}
