import type { Reply } from '../delivery.ts'
import type { EdgegapSettings } from './settings.ts'

type Parameters = Readonly<Record<string, string>>

/** The members that every list of Edgegap has beside its rows. */
export interface Pagination {
  readonly total_count: number
  readonly pagination: {
    readonly number: number
    readonly next_page_number: number | null
    readonly previous_page_number: number | null
    readonly paginator: { readonly num_pages: number }
    readonly has_next: boolean
    readonly has_previous: boolean
  }
}

/**
 * Cuts the page that the request's `page` and `limit` ask for out of all rows and hands it to
 * `reply`; refuses a page or limit that is not a number of 1 or more.
 */
export function pagedReply<Row>(
  rows: readonly Row[],
  { page = '1', limit }: Parameters,
  settings: EdgegapSettings,
  reply: (rows: readonly Row[], pagination: Pagination) => Reply,
): Reply {
  const number = Number(page)
  const asked = Number(limit ?? settings.defaultPageSize)
  if (!isPositive(number) || !isPositive(asked)) {
    const message = 'page and limit must be integers of 1 or more'
    return { status: 400, body: { message } }
  }
  const size = Math.min(asked, settings.maxPageSize)
  const shown = rows.slice((number - 1) * size, number * size)
  return reply(shown, paginationOf(rows.length, number, size))
}

function paginationOf(count: number, number: number, size: number): Pagination {
  const pages = Math.max(1, Math.ceil(count / size))
  const hasNext = number < pages
  const hasPrevious = number > 1
  return {
    total_count: count,
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

function isPositive(value: number): boolean {
  return Number.isInteger(value) && value >= 1
}
