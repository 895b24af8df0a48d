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
  return check('quota of versions', count, (n) => `${n} with the new one`, FREE.versions)
}

/**
 * Whether the account has room for more servers.
 *
 * @param active rows on the first page of its list; undefined where that could not be read
 * @param added how many this run creates
 */
export function checkServerQuota(active: number | undefined, added: number): PlanCheck {
  const total = active === undefined ? undefined : active + added
  const describe = (count: number) => {
    const now = count - added
    return `${now}${now < PAGE_ROWS ? '' : ' or more'} active, ${added} to be added`
  }
  return check('quota of servers', total, describe, FREE.servers)
}

function check(
  what: string,
  count: number | undefined,
  describe: (count: number) => string,
  free: number,
): PlanCheck {
  if (count === undefined) return { what, result: 'unknown', detail: 'the list could not be read' }
  const known = `${describe(count)}; the free tier allows ${free}`
  if (count <= free) return { what, result: 'good', detail: known }
  return {
    what,
    result: 'unknown',
    detail: `${known}, and Edgegap does not tell the limits of other accounts`,
  }
}
