import type { Reply } from '../delivery.ts'
import { type Deployment, isTerminated } from './deployment.ts'
import { orderedReply } from './ordered-json.ts'
import { pagedReply } from './paging.ts'
import { parseQuery, QueryError } from './query.ts'
import type { EdgegapSettings } from './settings.ts'
import { rowJson } from './wire.ts'

type Parameters = Readonly<Record<string, string>>

/** OpenAPI v1 `GET /v1/deployments`. */
export function listReply(
  deployments: readonly Deployment[],
  parameters: Parameters,
  settings: EdgegapSettings,
): Reply {
  const visible = deployments.filter((deployment) => isListed(deployment, settings))
  const { ignoreFilters } = settings
  try {
    const query = ignoreFilters === true ? undefined : parameters.query
    const ignored = typeof ignoreFilters === 'boolean' ? [] : ignoreFilters
    const found = parseQuery(query, ignored)(visible)
    return pagedReply(found, parameters, settings, (shown, pagination) => {
      const data = shown.map((deployment) => rowJson(deployment, settings))
      return orderedReply(200, { data, message: [], ...pagination })
    })
  } catch (error) {
    if (error instanceof QueryError) return { status: 400, body: { message: error.message } }
    throw error
  }
}

/** OpenAPI v1: only active deployments. One that is terminating still holds its slot. */
function isListed(deployment: Deployment, { listLagMs }: EdgegapSettings): boolean {
  const hasAppeared = performance.now() - deployment.createdAt >= listLagMs
  return deployment.listed && hasAppeared && !isTerminated(deployment)
}
