import type { Reply } from '../delivery.ts'
import { type EmulatorServer, startServer } from '../server.ts'
import { type Account, type Authorised, jobAccount, tokenOf } from './account.ts'
import { addComment, addCommentRoutes } from './comments.ts'
import { addDeployment, addDeploymentRoutes, addStatus } from './deployments.ts'
import { answerQuery } from './graphql.ts'
import { badCredentials, error, notFound } from './replies.ts'
import type { GitHubComment, GitHubDeployment, GitHubState } from './state.ts'
import { toPublicUser } from './wire.ts'

export interface GitHubEmulator
  extends Pick<EmulatorServer, 'url' | 'requests' | 'requestsTo' | 'whenRequested' | 'faults'> {
  /** What GITHUB_API_URL is. */
  readonly apiUrl: string
  readonly state: GitHubState
  /** The token of the job. */
  readonly token: string
  /** Requests of every token that are still allowed, when a number; then the hour is used up. */
  setRequestsLeft(left: number | undefined): void
  /** Puts a comment there that somebody wrote earlier. */
  addComment(author: Account, pull: number, body: string): GitHubComment
  /** Puts a deployment there that somebody made earlier, in this state. */
  addDeployment(creator: Account, body: Record<string, unknown>, state: string): GitHubDeployment
  /** The last state of a deployment. */
  stateOf(id: number): string | undefined
  close(): Promise<void>
}

export interface GitHubOptions {
  /** As a server of an enterprise has: `/api/v3`. */
  readonly root?: string
  readonly account?: Account
  /** `octo/game` unless told. */
  readonly repository?: string
}

const TOKEN = 'ghs_theTokenOfTheJob0123456789'

/** As much of GitHub's API as the action uses, for one repository. */
export async function startGitHub(options: GitHubOptions = {}): Promise<GitHubEmulator> {
  const { root = '', account = jobAccount(), repository = 'octo/game' } = options
  const server = await startServer()
  let lastId = 1_000
  let requestsLeft: number | undefined
  const state: GitHubState = {
    repository,
    accounts: new Map([[TOKEN, account]]),
    deployments: [],
    comments: [],
    pulls: [],
    unknownShas: new Set(),
    payloadAsText: false,
    hasGraphQL: true,
    newId: () => {
      lastId += 1
      return lastId
    },
  }
  server.guard(() => {
    if (requestsLeft === undefined) return undefined
    requestsLeft -= 1
    return requestsLeft < 0 ? usedUp() : undefined
  })
  const authorised: Authorised = (handler) => (request) => {
    const caller = state.accounts.get(tokenOf(request) ?? '')
    return caller ? handler(request, caller) : badCredentials()
  }
  addDeploymentRoutes(server, state, root, authorised)
  addCommentRoutes(server, state, root, authorised)
  addUserRoutes(server, state, root, authorised)
  return {
    url: server.url,
    apiUrl: `${server.url}${root}`,
    requests: server.requests,
    requestsTo: server.requestsTo,
    whenRequested: server.whenRequested,
    faults: server.faults,
    state,
    token: TOKEN,
    setRequestsLeft: (left) => {
      requestsLeft = left
    },
    addComment: (author, pull, body) => addComment(state, author, pull, body),
    addDeployment: (creator, body, last) => {
      const added = addDeployment(state, creator, body)
      addStatus(state, added, creator, { state: last })
      return added
    },
    stateOf: (id) => state.deployments.find((one) => one.id === id)?.statuses.at(-1)?.state,
    close: () => server.close(),
  }
}

function addUserRoutes(
  server: EmulatorServer,
  state: GitHubState,
  root: string,
  authorised: Authorised,
): void {
  server.route(
    'GET',
    `${root}/user`,
    authorised((_, account) =>
      account.app
        ? error(403, 'Resource not accessible by integration')
        : { status: 200, body: toPublicUser(account) },
    ),
  )
  // An enterprise's server has it beside the REST API, not below it.
  server.route(
    'POST',
    `${root.replace(/\/v3$/, '')}/graphql`,
    authorised((request, account) => {
      return state.hasGraphQL ? answerQuery(request.body, account, state) : notFound()
    }),
  )
}

function usedUp(): Reply {
  const reset = Math.ceil(Date.now() / 1000) + 1_800
  return {
    ...error(403, 'API rate limit exceeded for installation'),
    headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(reset) },
  }
}
