import { readFileSync, statSync } from 'node:fs'
import * as z from 'zod/mini'
import { id, type JsonObject, list, parseObject, shape, text } from './json.ts'
import type { RunKey } from './run-order.ts'

export interface Repository {
  owner: string
  name: string
}

/** Where an open pull request may be found by API: of this branch of this owner's fork. */
export interface PullSearch {
  owner: string
  /** The fork's name; undefined where the event does not tell. */
  repository: string | undefined
  branch: string
}

/** What caused the run and where it belongs, as far as GitHub (or a look-alike) says. */
export interface GitHubEvent {
  apiUrl: URL
  repository: Repository
  /** The commit that was deployed; undefined where nothing names one. */
  sha: string | undefined
  /** The page of that commit. */
  commitUrl: string | undefined
  /** For a pull request: what it deploys goes away again. */
  isPreview: boolean
  pullNumber: number | undefined
  /** How to find the pull request where the event does not name it; undefined where there is none. */
  pullSearch: PullSearch | undefined
  run: RunKey
  /** The page of the run. */
  runUrl: string | undefined
}

/** GitHub's own are below 1 MB; a larger file is not an event. */
const MAX_EVENT_BYTES = 25 * 1024 * 1024
/** Events that ran on a branch, which may have an open pull request. */
const BRANCH_EVENTS: readonly string[] = ['push', 'workflow_dispatch']
const PULL_EVENTS: readonly unknown[] = ['pull_request', 'pull_request_target']

/**
 * Reads what the runner tells of the event. Event files are not trusted: whatever in them is not as
 * GitHub documents it is taken for absent.
 *
 * @param environment the step's environment
 * @returns undefined where this is no GitHub: no repository, or no usable API URL
 */
export function readEvent(environment: NodeJS.ProcessEnv): GitHubEvent | undefined {
  const repository = readRepository(environment.GITHUB_REPOSITORY)
  const apiUrl = readServer(environment.GITHUB_API_URL || 'https://api.github.com')
  if (!repository || !apiUrl) return undefined
  const details = readDetails(environment, repository)
  const page = pageOf(environment, repository)
  const run = readRun(environment)
  return {
    apiUrl,
    repository,
    ...details,
    commitUrl: page && details.sha && `${page}/commit/${details.sha}`,
    run,
    runUrl: page && run.id > 0 ? `${page}/actions/runs/${run.id}${attemptPath(run)}` : undefined,
  }
}

type Details = Pick<GitHubEvent, 'sha' | 'isPreview' | 'pullNumber' | 'pullSearch'>

function readDetails(environment: NodeJS.ProcessEnv, repository: Repository): Details {
  const name = environment.GITHUB_EVENT_NAME ?? ''
  const event = readEventFile(environment.GITHUB_EVENT_PATH)
  const ownSha = readSha(environment.GITHUB_SHA)
  if (name === 'workflow_run') return ofWorkflowRun(event, ownSha, repository)
  const pull = PULL.parse(event.pull_request)
  const issue = ISSUE.parse(event.issue)
  return {
    // A pull request's own GITHUB_SHA is the merge commit, on which the pull request shows nothing.
    sha: readSha(pull.head.sha) ?? ownSha,
    isPreview: PULL_EVENTS.includes(name),
    pullNumber:
      pull.number ??
      (issue.pull_request ? issue.number : undefined) ??
      pullOf(environment.GITHUB_REF),
    pullSearch: BRANCH_EVENTS.includes(name)
      ? searchFor(repository, environment.GITHUB_REF?.match(/^refs\/heads\/(.+)$/)?.[1])
      : undefined,
  }
}

/** `refs/pull/12/merge`: what is left where the event file cannot be read. */
function pullOf(ref: string | undefined): number | undefined {
  return id.parse(ref?.match(/^refs\/pull\/(\d+)\/(?:merge|head)$/)?.[1])
}

const HEAD = shape({ sha: text })
const BASE = shape({ repo: shape({ url: text }) })
const PULL = shape({ number: id, head: HEAD, base: BASE })
const ISSUE = shape({ number: id, pull_request: z.unknown() })
const WORKFLOW_RUN = shape({
  event: text,
  head_sha: text,
  head_branch: text,
  head_repository: shape({ owner: shape({ login: text }), name: text }),
  pull_requests: list,
})

/** A run that another run's end started: what counts is what that one was for. */
function ofWorkflowRun(
  event: JsonObject,
  ownSha: string | undefined,
  { owner, name }: Repository,
): Details {
  const run = WORKFLOW_RUN.parse(event.workflow_run)
  const { head_repository: head } = run
  // A branch of this repository may also have a pull request in another one of the same network.
  const here = `/repos/${owner}/${name}`.toLowerCase()
  const pulls = run.pull_requests.map((pull) => PULL.parse(pull))
  const own = pulls.find(({ base }) => base.repo.url?.toLowerCase().endsWith(here) ?? true)
  return {
    sha: readSha(run.head_sha) ?? ownSha,
    isPreview: PULL_EVENTS.includes(run.event),
    pullNumber: own?.number,
    // The list is always empty for pull requests from forks.
    pullSearch: searchFor({ owner: head.owner.login, name: head.name }, run.head_branch),
  }
}

function searchFor(
  { owner, name }: { owner: string | undefined; name: string | undefined },
  branch: string | undefined,
): PullSearch | undefined {
  const isSound = owner !== undefined && NAME.test(owner) && branch !== undefined && branch !== ''
  return isSound && branch.length <= 255 ? { owner, repository: name, branch } : undefined
}

function readEventFile(path: string | undefined): JsonObject {
  try {
    if (!path || statSync(path).size > MAX_EVENT_BYTES) return {}
    return parseObject(readFileSync(path, 'utf8'))
  } catch {
    return {}
  }
}

const NAME = /^[\w.-]{1,100}$/

function readRepository(value: string | undefined): Repository | undefined {
  const [owner = '', name = '', ...rest] = (value ?? '').split('/')
  const isSound = [owner, name].every((part) => NAME.test(part) && !/^\.+$/.test(part))
  return isSound && rest.length === 0 ? { owner, name } : undefined
}

/** SHA-1, or SHA-256 in repositories that use it. */
function readSha(value: string | undefined): string | undefined {
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(value ?? '') ? value : undefined
}

function pageOf({ GITHUB_SERVER_URL }: NodeJS.ProcessEnv, { owner, name }: Repository) {
  const server = readServer(GITHUB_SERVER_URL || 'https://github.com')
  return server && `${server.href.replace(/\/+$/, '')}/${owner}/${name}`
}

/** Named by the runner, which sends the same token there itself; without TLS in some own networks. */
function readServer(text: string): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isWeb = url?.protocol === 'https:' || url?.protocol === 'http:'
  return url && isWeb && !url.username && !url.search && !url.hash ? url : undefined
}

function readRun(environment: NodeJS.ProcessEnv): RunKey {
  const read = (name: string) => id.parse(environment[name])
  return {
    id: read('GITHUB_RUN_ID') ?? 0,
    number: read('GITHUB_RUN_NUMBER') ?? 0,
    attempt: read('GITHUB_RUN_ATTEMPT') ?? 1,
  }
}

function attemptPath({ attempt }: RunKey): string {
  return attempt > 1 ? `/attempts/${attempt}` : ''
}
