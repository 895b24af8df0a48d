import * as z from 'zod/mini'
import { flag, integer, isYes, record, text } from '../../json.ts'
import type { Facts } from '../../provider.ts'
import { keepKeyOrder } from '../key-order.ts'
import { addressFields, type ReadFacts, readFacts } from './facts.ts'
import { parse, usableId } from './reply.ts'
import { tagName } from './status.ts'

// Not lenient: whoever reads no rows where there are some creates a second server.
const listShape = z.object({
  data: z.array(z.unknown()),
  pagination: z.optional(record),
})
const paginationShape = z.object({
  has_next: z.optional(z.unknown()),
  next_page_number: z.optional(integer),
})
const rowShape = z.object({
  ...addressFields,
  request_id: z.optional(text),
  ready: z.optional(flag),
  tags: z.optional(z.unknown()),
})

/** A row of the list of deployments. */
export interface DeploymentRow {
  /** Undefined when there is none, or none that can be put into a request. */
  id: string | undefined
  isReady: boolean
  /** How it is reached, set where it is ready and the row says so in full; never its location. */
  facts?: Facts
  /** Undefined when the row does not say. */
  tags: readonly string[] | undefined
}

export interface DeploymentPage {
  rows: DeploymentRow[]
  hasNext: boolean
}

/** A page of `GET /v1/deployments`. */
export function readDeployments(body: string, request: string): DeploymentPage {
  const page = parse(listShape, keepKeyOrder(body), request)
  const rows: DeploymentRow[] = []
  for (const value of page.data) {
    const row = rowShape.safeParse(value).data
    if (row === undefined) continue
    rows.push({
      id: usableId(row.request_id),
      isReady: row.ready ?? false,
      ...(row.ready && reachedBy(readFacts(row))),
      tags: Array.isArray(row.tags) ? row.tags.map(tagName) : undefined,
    })
  }
  return { rows, hasNext: hasNextPage(page.pagination) }
}

/** Whether a list goes on behind this page. @param pagination the field of that name in its reply */
export function hasNextPage(pagination: unknown): boolean {
  const shown = paginationShape.safeParse(pagination ?? {}).data
  const says = shown?.has_next ?? undefined
  return says === undefined ? shown?.next_page_number !== undefined : isYes(says)
}

/** Without a host there are no ports. */
function reachedBy(facts: ReadFacts): Pick<DeploymentRow, 'facts'> {
  return facts.ports.length === 0 ? {} : { facts }
}
