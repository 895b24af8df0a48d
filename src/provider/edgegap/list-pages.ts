import { malformedReply } from './client.ts'
import type { DeploymentPage, DeploymentRow } from './wire.ts'

const MAX_PAGES = 50
/** A list that changes faster than it can be read is read no more often than this. */
const MAX_READINGS = 4

/** Reads a page by its number, from 1. */
export type ReadPage = (page: number) => Promise<DeploymentPage>

/**
 * The rows of all pages. Where there are several, a server that ends moves those behind it forward
 * while the list is read, and one of them gets from a page that is to come to one that was read.
 *
 * @throws ActionError `malformed-reply` where the pages have no end
 */
export async function readPages(readPage: ReadPage): Promise<DeploymentRow[]> {
  return (await readThrough(readPage)).rows
}

/**
 * The same, and none is missed: a list of several pages is read again until nothing new is in it. What
 * has ended meanwhile may be among the rows. A further reading that fails costs none of those before.
 */
export async function readAllPages(readPage: ReadPage): Promise<DeploymentRow[]> {
  const { rows, pages } = await readThrough(readPage)
  if (pages === 1) return rows
  const known = new Set(rows.map(({ id }) => id))
  for (let reading = 2; reading <= MAX_READINGS; reading++) {
    const again = await readThrough(readPage).catch(() => undefined)
    const missed = again?.rows.filter(({ id }) => !known.has(id)) ?? []
    if (missed.length === 0) break
    rows.push(...missed)
    for (const { id } of missed) known.add(id)
  }
  return rows
}

async function readThrough(readPage: ReadPage): Promise<{ rows: DeploymentRow[]; pages: number }> {
  const rows: DeploymentRow[] = []
  const ids = new Set<string | undefined>()
  for (let page = 1; page <= MAX_PAGES; page++) {
    const read = await readPage(page)
    rows.push(...read.rows)
    if (!read.hasNext) return { rows, pages: page }
    const before = ids.size
    for (const { id } of read.rows) ids.add(id)
    // The same page for ever: the number of the page is ignored, or the end is never said.
    if (ids.size === before) {
      throw malformedReply(
        `Page ${page} of the list of deployments shows only deployments of earlier pages`,
      )
    }
  }
  throw malformedReply(`The list of deployments has more than ${MAX_PAGES} pages`)
}
