import type { Deployment } from './deployment.ts'
import { isObject } from './order.ts'

/** The deployments that the list query asks for, in its order. */
export type Query = (deployments: readonly Deployment[]) => Deployment[]

/** A query that the list answers with 400. */
export class QueryError extends Error {}

type Predicate = (deployment: Deployment) => boolean

const exact = ['eq', 'neq']
const sets = [...exact, 'in', 'nin']
const texts = [...sets, 'ilike']
const times = ['eq', 'gte', 'lte']

interface Field {
  readonly operators: readonly string[]
  readonly values: (deployment: Deployment) => readonly string[]
}

// Fields and operators as Edgegap's own MCP server documents them.
const fields: Readonly<Record<string, Field>> = {
  // OpenAPI v1's example has the status in lower case.
  status: { operators: exact, values: ({ status }) => [status.toLowerCase()] },
  created_at: { operators: times, values: ({ createdOn }) => [createdOn.toISOString()] },
  request_id: { operators: sets, values: ({ id }) => [id] },
  tags: { operators: sets, values: ({ tags }) => tags },
  application: { operators: sets, values: ({ application }) => [application] },
  version: { operators: sets, values: ({ version }) => [version] },
  fleet_name: { operators: texts, values: () => [] },
  host_name: { operators: texts, values: ({ hostName }) => [hostName] },
}

const sortable = ['created_at', 'available_session_sockets']

/**
 * Compiles the list's `query` parameter, a JSON text of filters and order (OpenAPI v1, example).
 * Filters of the fields `ignored` are checked and then not applied. Throws a `QueryError`.
 */
export function parseQuery(text: string | undefined, ignored: readonly string[] = []): Query {
  const { filters = [], order_by = [] } = text === undefined ? {} : parseObject(text)
  const predicates = parseFilters(filters, ignored)
  const isAscending = parseOrder(order_by)
  return (deployments) => {
    const found = deployments.filter((deployment) => predicates.every((test) => test(deployment)))
    return isAscending ? found : found.reverse()
  }
}

function parseObject(text: string): Record<string, unknown> {
  let query: unknown
  try {
    query = JSON.parse(text)
  } catch {
    throw new QueryError('query is not JSON')
  }
  if (!isObject(query)) throw new QueryError('query must be an object')
  return query
}

function parseFilters(filters: unknown, ignored: readonly string[]): Predicate[] {
  if (!Array.isArray(filters)) throw new QueryError('filters must be an array')
  const names = filters.map((filter) => (isObject(filter) ? filter.field : undefined))
  const repeated = names.find((name, index) => names.indexOf(name) !== index)
  if (repeated !== undefined) throw new QueryError(`more than one filter for field ${repeated}`)
  return filters.map(parseFilter).filter((_, index) => !ignored.includes(String(names[index])))
}

function parseFilter(filter: unknown): Predicate {
  if (!isObject(filter)) throw new QueryError('a filter must be an object')
  const { field: name, operator, value } = filter
  const field = Object.hasOwn(fields, String(name)) ? fields[String(name)] : undefined
  if (field === undefined) throw new QueryError(`unknown field ${name}`)
  if (!field.operators.includes(String(operator))) {
    throw new QueryError(`field ${name} does not take the operator ${operator}`)
  }
  if (field.operators === times) return timePredicate(String(operator), value)
  return textPredicate(field, String(operator), value)
}

function textPredicate({ values }: Field, operator: string, value: unknown): Predicate {
  const isSet = operator === 'in' || operator === 'nin'
  if (isSet !== Array.isArray(value)) {
    throw new QueryError(`${operator} takes ${isSet ? 'an array' : 'one value'}`)
  }
  if (operator === 'ilike') {
    const pattern = likePattern(String(value))
    return (deployment) => values(deployment).some((text) => pattern.test(text))
  }
  const wanted = new Set((Array.isArray(value) ? value : [value]).map(String))
  const isMember: Predicate = (deployment) => values(deployment).some((text) => wanted.has(text))
  const isNegated = operator === 'neq' || operator === 'nin'
  return isNegated ? (deployment) => !isMember(deployment) : isMember
}

function timePredicate(operator: string, value: unknown): Predicate {
  const wantedMs = parseTimeMs(String(value))
  return ({ createdOn }) => {
    const createdMs = createdOn.getTime()
    if (operator === 'gte') return createdMs >= wantedMs
    if (operator === 'lte') return createdMs <= wantedMs
    return createdMs === wantedMs
  }
}

/** A time without a zone, as Edgegap writes them, is taken for UTC. */
function parseTimeMs(text: string): number {
  const hasZone = /(Z|[+-]\d\d:?\d\d)$/i.test(text)
  const timeMs = Date.parse(`${text.replace(' ', 'T')}${hasZone ? '' : 'Z'}`)
  if (Number.isNaN(timeMs)) throw new QueryError(`${text} is not a time`)
  return timeMs
}

function likePattern(text: string): RegExp {
  const source = text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll('%', '.*')
  return new RegExp(`^${source}$`, 'is')
}

/** Newest first unless told; Edgegap's own default is not known. */
function parseOrder(orders: unknown): boolean {
  if (!Array.isArray(orders)) throw new QueryError('order_by must be an array')
  for (const order of orders) {
    const { field, order: direction } = isObject(order) ? order : {}
    if (!sortable.includes(String(field))) throw new QueryError(`cannot order by ${field}`)
    if (direction !== 'asc' && direction !== 'desc') throw new QueryError('order is asc or desc')
  }
  return orders.some(({ field, order }) => field === 'created_at' && order === 'asc')
}
