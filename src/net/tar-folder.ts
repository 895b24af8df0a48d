import { lstat, readdir, readlink, realpath } from 'node:fs/promises'
import { dirname, isAbsolute, join, relative, sep } from 'node:path'
import { type Entry, openFile } from './tar.ts'

/** What an archive of a folder would hold, and what cannot be put into it, as clauses. */
export interface FolderListing {
  readonly entries: Entry[]
  readonly problems: string[]
}

/**
 * Lists a folder as entries of an archive: depth first and by name, so that the same folder gives the
 * same archive; named as `tar -cf x .` names them. The folder itself may be named by a link, as build
 * tools like to. Throws nothing where the folder exists.
 */
export async function listFolder(given: string): Promise<FolderListing> {
  const listing: FolderListing = { entries: [], problems: [] }
  const root = await realpath(given)
  await walk(root, root, '.', listing)
  return listing
}

async function walk(
  path: string,
  root: string,
  name: string,
  listing: FolderListing,
): Promise<void> {
  const { entries, problems } = listing
  try {
    const stats = await lstat(path)
    const { mode, mtimeMs: modifiedMs } = stats
    const entry = { path, mode: mode & 0o777, modifiedMs, sizeBytes: 0 }
    if (stats.isDirectory()) {
      entries.push({ ...entry, name: `${name}/`, type: 'directory' })
      const names = await readdir(path)
      for (const child of names.sort(byBytes)) {
        await walk(join(path, child), root, `${name}/${child}`, listing)
      }
    } else if (stats.isFile()) {
      // Opening shows more than `access`, which goes by the real user and not by the effective one.
      await (await openFile(path)).close()
      entries.push({ ...entry, name, type: 'file', sizeBytes: stats.size })
    } else if (stats.isSymbolicLink()) {
      const target = await readlink(path)
      const problem = await findLinkProblem(path, target, root)
      if (problem) problems.push(`${path} ${problem}`)
      else entries.push({ ...entry, name, type: 'symlink', target: target.replaceAll(sep, '/') })
    } else problems.push(`${path} is neither file, folder nor link`)
  } catch (thrown) {
    const { code = 'unknown error' } = thrown as NodeJS.ErrnoException
    const why = path.includes('\ufffd') ? 'its name is not UTF-8' : code
    problems.push(`${path} cannot be read (${why})`)
  }
}

/** A link is kept as a link, so it must lead somewhere, and within the folder. */
async function findLinkProblem(
  path: string,
  target: string,
  root: string,
): Promise<string | undefined> {
  if (isAbsolute(target)) return `is a link with an absolute target (${target})`
  let real: string
  try {
    real = await realpath(path)
  } catch {
    return `is a link that leads nowhere (${target})`
  }
  // One that goes out and comes back in by the folder's name leads to its end here, and nowhere else.
  const ways = [relative(root, real), join(relative(root, dirname(path)), target)]
  return ways.some(leaves) ? `is a link that leaves the folder (${target})` : undefined
}

/** True for the way from a folder to something that is not within it. */
function leaves(way: string): boolean {
  return way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way)
}

/** Not by locale, which differs from machine to machine. */
function byBytes(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
