import type { PlanCheck } from '../plan.ts'
import { PAGE_ROWS } from './deployments.ts'

/**
 * What the free tier allows ("Apps and Versions" in Edgegap's documentation): versions of an
 * application, and servers at the same time. No request tells an account's own limits.
 */
const FREE = { versions: 2, servers: 1 }

/**
 * Whether the application has room for a version that is created.
 *
 * @param count how many versions it has then; undefined where that could not be read
 */
export function checkVersionQuota(count: number | undefined): PlanCheck {
  return check('quota of versions', count, `${count} with the new one`, FREE.versions)
}

/**
 * Whether the account has room for more servers.
 *
 * @param active rows on the first page of its list; undefined where that could not be read
 * @param added how many this run creates
 */
export function checkServerQuota(active: number | undefined, added: number): PlanCheck {
  const total = active === undefined ? undefined : active + added
  const orMore = (active ?? 0) < PAGE_ROWS ? '' : ' or more'
  return check(
    'quota of servers',
    total,
    `${active}${orMore} active, ${added} to be added`,
    FREE.servers,
  )
}

function check(what: string, count: number | undefined, known: string, free: number): PlanCheck {
  if (count === undefined) return { what, result: 'unknown', detail: 'the list could not be read' }
  const detail = `${known}; the free tier allows ${free}`
  if (count <= free) return { what, result: 'good', detail }
  return {
    what,
    result: 'unknown',
    detail: `${detail}, and Edgegap does not tell the limits of other accounts`,
  }
}
