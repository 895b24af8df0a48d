import type { Stats } from 'node:fs'
import { realpath, stat } from 'node:fs/promises'
import { ActionError, describe } from '../../base/errors.ts'
import { isTarHeader, openFile, packTar, readUnchanged, tarBytes } from '../../net/tar.ts'
import { listFolder } from '../../net/tar-folder.ts'

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
      'Make it with `tar -cf` from within the folder of the game, or name the folder itself.',
    )
  }
  return { sizeBytes: file.sizeBytes, summary: 'a tar file', open: () => readUnchanged(file) }
}

async function findFolder(root: string): Promise<BuildFiles> {
  const { entries, problems } = await listFolder(root)
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

function unusable(what: string, next?: string): ActionError {
  return new ActionError({
    kind: 'unusable-input',
    what: `The build cannot be used: ${what}`,
    next: next ?? 'Nothing was sent. Check the input build.',
  })
}
