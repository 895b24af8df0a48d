import type { Reply } from '../delivery.ts'
import { type Account, demand } from './account.ts'
import type { GitHubDeployment, GitHubState } from './state.ts'

interface Query {
  query?: string
  variables?: { environment?: string; after?: string | null }
}

const PER_PAGE = 100

/** The two queries that the action asks; whatever else is an error, which GraphQL gives with status 200. */
export function answerQuery(body: unknown, account: Account, state: GitHubState): Reply {
  const { query = '', variables = {} } = (body ?? {}) as Query
  if (/\bviewer\b/.test(query)) {
    return data({ viewer: { login: account.login, databaseId: account.id } })
  }
  if (/\bdeployments\(/.test(query) && !demand(account, 'read', ['deployments'])) {
    const { environment, after } = variables
    const all = state.deployments.filter((one) => one.environment === environment).toReversed()
    return data({ repository: { deployments: pageOf(all, Number(after ?? 0)) } })
  }
  return { status: 200, body: { data: null, errors: [{ message: 'Something is not accessible' }] } }
}

function pageOf(all: readonly GitHubDeployment[], from: number) {
  const to = from + PER_PAGE
  return {
    nodes: all.slice(from, to).map(({ id, statuses }) => {
      const last = statuses.at(-1)
      return { databaseId: id, latestStatus: last ? { state: last.state.toUpperCase() } : null }
    }),
    pageInfo: { hasNextPage: to < all.length, endCursor: String(to) },
  }
}

function data(found: object): Reply {
  return { status: 200, body: { data: found } }
}
