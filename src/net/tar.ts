import { constants, type Stats } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import type { Headers } from 'tar-stream'
import headers from 'tar-stream/headers.js'
import { ActionError } from '../base/errors.ts'

/** One thing in an archive, in the words of its header. */
export interface Entry {
  /** Within the archive, with `/` between its parts. */
  readonly name: string
  /** On this machine. */
  readonly path: string
  readonly type: 'file' | 'directory' | 'symlink'
  readonly sizeBytes: number
  readonly mode: number
  readonly modifiedMs: number
  /** What a symbolic link says. */
  readonly target?: string
}

const BLOCK_BYTES = 512
const ZEROS = Buffer.alloc(2 * BLOCK_BYTES)
const CHUNK_BYTES = 64 * 1024
/** What a name may take in the old header; longer ones and all beyond ASCII go into a pax header. */
const LONGEST_PLAIN = 100

/** How long the archive of these entries is. */
export function tarBytes(entries: readonly Entry[]): number {
  return entries.reduce(
    (sum, entry) => sum + headerOf(entry).length + padded(entry.sizeBytes),
    ZEROS.length,
  )
}

/**
 * The archive of these entries, bit by bit and exactly as long as `tarBytes` says. Headers are
 * encoded by tar-stream, without its own stream: the length has to be known before, and memory must
 * not depend on it.
 *
 * @throws ActionError when a file is not what it was when its entry was made
 */
export async function* packTar(entries: readonly Entry[]): AsyncGenerator<Uint8Array> {
  for (const entry of entries) {
    yield headerOf(entry)
    if (entry.type !== 'file' || entry.sizeBytes === 0) continue
    yield* readUnchanged(entry)
    const gap = padded(entry.sizeBytes) - entry.sizeBytes
    if (gap > 0) yield ZEROS.subarray(0, gap)
  }
  yield ZEROS
}

/**
 * A file's bytes. Ends at once when the file is not what it was, or becomes so while it is read.
 *
 * @throws ActionError naming the file
 */
export async function* readUnchanged(
  file: Pick<Entry, 'path' | 'sizeBytes' | 'modifiedMs'>,
): AsyncGenerator<Uint8Array> {
  const handle = await openFile(file.path).catch((thrown) => {
    throw unreadable(file.path, thrown)
  })
  try {
    checkUnchanged(file, await handle.stat())
    let left = file.sizeBytes
    while (left > 0) {
      const chunk = Buffer.allocUnsafe(Math.min(left, CHUNK_BYTES))
      const { bytesRead } = await handle.read(chunk, 0, chunk.length).catch((thrown) => {
        throw unreadable(file.path, thrown)
      })
      if (bytesRead === 0) throw changed(file.path)
      left -= bytesRead
      // Before its end is given away: whoever has all of a file takes it for good.
      if (left === 0) checkUnchanged(file, await handle.stat())
      yield chunk.subarray(0, bytesRead)
    }
  } finally {
    await handle.close()
  }
}

/** Opens a file for reading. Never waits for the other end of a pipe, and follows no link. */
export async function openFile(path: string): Promise<FileHandle> {
  // Windows has neither of the two flags.
  const { O_RDONLY, O_NONBLOCK = 0, O_NOFOLLOW = 0 } = constants
  return await open(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW)
}

function checkUnchanged(
  { path, sizeBytes, modifiedMs }: Pick<Entry, 'path' | 'sizeBytes' | 'modifiedMs'>,
  stats: Stats,
): void {
  const isSame = stats.isFile() && stats.size === sizeBytes && stats.mtimeMs === modifiedMs
  if (!isSame) throw changed(path)
}

function changed(path: string): ActionError {
  return new ActionError({
    kind: 'unusable-input',
    what: `The file ${path} changed while it was uploaded.`,
    next: 'Let nothing write to the build while it is published.',
  })
}

function unreadable(path: string, thrown: unknown): ActionError {
  const { code = 'unknown error' } = thrown as NodeJS.ErrnoException
  const isMissing = code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP'
  return new ActionError({
    kind: 'unusable-input',
    what: isMissing
      ? `The file ${path} was removed or replaced while the build was uploaded (${code}).`
      : `The file ${path} could not be read while the build was uploaded (${code}).`,
    next: isMissing
      ? 'Let nothing write to the build while it is published.'
      : 'Check the disk of this runner.',
  })
}

function padded(sizeBytes: number): number {
  return Math.ceil(sizeBytes / BLOCK_BYTES) * BLOCK_BYTES
}

/** Owners are left out: those of a runner mean nothing elsewhere. */
function headerOf({ name, type, sizeBytes, mode, modifiedMs, target }: Entry): Buffer {
  const header: Headers & { name: string } = {
    name,
    type,
    mode,
    size: sizeBytes,
    uid: 0,
    gid: 0,
    // The field has no room for dates before 1970, and the encoder none for those after 2038.
    mtime: new Date(Math.min(Math.max(0, modifiedMs), 0x7fff_ffff * 1000)),
    ...(target !== undefined && { linkname: target }),
  }
  const isPlain = [name, target ?? ''].every(
    (text) => text.length <= LONGEST_PLAIN && Buffer.byteLength(text) === text.length,
  )
  const plain = isPlain ? headers.encode(header) : null
  if (plain) return plain
  const pax = headers.encodePax({ name, linkname: target })
  const { linkname: _, ...own } = header
  const link = target === undefined ? {} : { linkname: 'PaxHeader' }
  const before = { ...own, name: 'PaxHeader', type: 'pax-header' as const, size: pax.length }
  const parts = [
    headers.encode(before),
    pax,
    ZEROS.subarray(0, padded(pax.length) - pax.length),
    headers.encode({ ...own, ...link, name: 'PaxHeader' }),
  ]
  return Buffer.concat(parts.flatMap((part) => part ?? []))
}

/** Whether a file begins as an uncompressed tar does: with a header whose checksum is right. */
export function isTarHeader(block: Buffer): boolean {
  try {
    return block.length === BLOCK_BYTES && headers.decode(block, 'utf8', true) !== null
  } catch {
    return false
  }
}
