import type { Stats } from 'node:fs'
import { lstat, readdir, readlink, realpath, stat } from 'node:fs/promises'
import { isAbsolute, join, relative, sep } from 'node:path'
import { ActionError, describe } from '../../base/errors.ts'
import {
  type Entry,
  isTarHeader,
  openFile,
  packTar,
  readUnchanged,
  tarBytes,
} from '../../net/tar.ts'

/** A build that is ready to be sent, any number of times. */
export interface BuildFiles {
  readonly sizeBytes: number
  /** For the log, such as `12 files`. */
  readonly summary: string
  open(): AsyncIterable<Uint8Array>
}

/** How gzip, zstd, xz, bzip2 and zip begin. */
const COMPRESSED = ['1f8b', '28b52ffd', 'fd377a585a00', '425a68', '504b0304'].map((magic) =>
  Buffer.from(magic, 'hex'),
)

/** So many problems are named; the rest is counted. */
const NAMED_PROBLEMS = 5

/**
 * Checks the build before anything of it is sent: a folder, which is packed as it is sent, or
 * a tar file.
 *
 * @throws ActionError naming what cannot be packed
 */
export async function findBuildFiles(path: string): Promise<BuildFiles> {
  let stats: Stats
  try {
    stats = await stat(path)
  } catch (thrown) {
    const { code = '' } = thrown as NodeJS.ErrnoException
    throw unusable(code === 'ENOENT' ? `There is no ${path}.` : `${path} cannot be read (${code}).`)
  }
  if (stats.isDirectory()) return await findFolder(path)
  if (stats.isFile()) return await findTar(path)
  throw unusable(`${path} is neither a folder nor a file.`)
}

async function findTar(given: string): Promise<BuildFiles> {
  const block = Buffer.alloc(512)
  let file: { path: string; sizeBytes: number; modifiedMs: number }
  try {
    const path = await realpath(given)
    const handle = await openFile(path)
    const { size: sizeBytes, mtimeMs: modifiedMs } = await handle.stat()
    await handle.read(block).finally(() => handle.close())
    file = { path, sizeBytes, modifiedMs }
  } catch (thrown) {
    throw unusable(`${given} cannot be read: ${describe(thrown)}.`)
  }
  if (!isTarHeader(block)) {
    const what = `is ${file.sizeBytes === 0 ? 'empty and so ' : ''}not an uncompressed tar file`
    const isPacked = COMPRESSED.some((magic) => block.subarray(0, magic.length).equals(magic))
    throw unusable(
      `${given} ${what}${isPacked ? ', but a compressed one' : ''}.`,
      'Make it with `tar -cf` from within the game’s folder, or name the folder itself.',
    )
  }
  return { sizeBytes: file.sizeBytes, summary: 'a tar file', open: () => readUnchanged(file) }
}

async function findFolder(root: string): Promise<BuildFiles> {
  const entries: Entry[] = []
  const problems: string[] = []
  await walk(root, await realpath(root), '.', entries, problems)
  if (problems.length > 0) {
    const named = problems.slice(0, NAMED_PROBLEMS).join('; ')
    const more = problems.length - NAMED_PROBLEMS
    throw unusable(`${named}${more > 0 ? `; and ${more} more` : ''}.`)
  }
  const files = entries.filter(({ type }) => type !== 'directory').length
  if (files === 0) throw unusable(`The folder ${root} holds no files.`)
  return {
    sizeBytes: tarBytes(entries),
    summary: `${files} file${files === 1 ? '' : 's'}`,
    open: () => packTar(entries),
  }
}

/**
 * Depth first and by name, so that the same folder gives the same archive; named as `tar -cf x .`
 * names them, which is what the vendor's page "Import native builds" asks for.
 */
async function walk(
  path: string,
  root: string,
  name: string,
  entries: Entry[],
  problems: string[],
): Promise<void> {
  try {
    const stats = await lstat(path)
    const { mode, mtimeMs: modifiedMs } = stats
    const entry = { path, mode: mode & 0o777, modifiedMs, sizeBytes: 0 }
    if (stats.isDirectory()) {
      entries.push({ ...entry, name: `${name}/`, type: 'directory' })
      const names = await readdir(path)
      for (const child of names.sort(byBytes)) {
        await walk(join(path, child), root, `${name}/${child}`, entries, problems)
      }
    } else if (stats.isFile()) {
      // Opening shows more than `access`, which goes by the real user and not by the effective one.
      await (await openFile(path)).close()
      entries.push({ ...entry, name, type: 'file', sizeBytes: stats.size })
    } else if (stats.isSymbolicLink()) {
      const target = await readlink(path)
      const problem = await findLinkProblem(path, target, root)
      if (problem) problems.push(`${path} ${problem}`)
      else entries.push({ ...entry, name, type: 'symlink', target: target.replaceAll('\\', '/') })
    } else problems.push(`${path} is neither file, folder nor link`)
  } catch (thrown) {
    const { code = 'unknown error' } = thrown as NodeJS.ErrnoException
    const why = path.includes('\ufffd') ? 'its name is not UTF-8' : code
    problems.push(`${path} cannot be read (${why})`)
  }
}

/** A link is kept as a link, so it must lead somewhere, and within the build. */
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
  const way = relative(root, real)
  return way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way)
    ? `is a link that leaves the folder (${target})`
    : undefined
}

/** Not by locale, which differs from machine to machine. */
function byBytes(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function unusable(what: string, next?: string): ActionError {
  return new ActionError({
    kind: 'unusable-input',
    what: `The build cannot be used: ${what}`,
    next: next ?? 'Nothing was sent. Check the input build.',
  })
}
