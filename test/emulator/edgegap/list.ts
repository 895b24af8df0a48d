import type { Reply } from '../delivery.ts'
import { type Deployment, isTerminated } from './deployment.ts'
import { parseQuery, QueryError } from './query.ts'
import type { EdgegapSettings } from './settings.ts'
import { rowJson } from './wire.ts'

type Parameters = Readonly<Record<string, string>>

/** OpenAPI v1 `GET /v1/deployments`. */
export function listReply(
  deployments: readonly Deployment[],
  { query, page = '1', limit }: Parameters,
  settings: EdgegapSettings,
): Reply {
  const pageNumber = Number(page)
  const pageSize = Number(limit ?? settings.defaultPageSize)
  if (!isPositive(pageNumber) || !isPositive(pageSize)) {
    return refuse('page and limit must be integers of 1 or more')
  }
  const visible = deployments.filter((deployment) => isListed(deployment, settings))
  try {
    const found = parseQuery(settings.ignoreFilters ? undefined : query)(visible)
    const rows = found.map((deployment) => rowJson(deployment, settings))
    const body = pageOf(rows, pageNumber, Math.min(pageSize, settings.maxPageSize))
    return { status: 200, body }
  } catch (error) {
    if (error instanceof QueryError) return refuse(error.message)
    throw error
  }
}

/** OpenAPI v1: only active deployments. One that is terminating still holds its slot. */
function isListed(deployment: Deployment, { listLagMs }: EdgegapSettings): boolean {
  const hasAppeared = performance.now() - deployment.createdAt >= listLagMs
  return deployment.listed && hasAppeared && !isTerminated(deployment)
}

function pageOf(rows: readonly unknown[], number: number, size: number) {
  const pages = Math.max(1, Math.ceil(rows.length / size))
  const hasNext = number < pages
  const hasPrevious = number > 1
  return {
    data: rows.slice((number - 1) * size, number * size),
    message: [],
    total_count: rows.length,
    pagination: {
      number,
      next_page_number: hasNext ? number + 1 : null,
      previous_page_number: hasPrevious ? number - 1 : null,
      paginator: { num_pages: pages },
      has_next: hasNext,
      has_previous: hasPrevious,
    },
  }
}

function refuse(message: string): Reply {
  return { status: 400, body: { message } }
}

function isPositive(value: number): boolean {
  return Number.isInteger(value) && value >= 1
}
