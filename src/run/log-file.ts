import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { ServerLog } from '../provider/provider.ts'

/** Lines that are cleaned at once: between two such parts the rest of the run gets its turn. */
const LINES_AT_ONCE = 500
const NOT_WHOLE =
  '[This log is not whole: it was longer than 32 MB, of which this is the end, or its transfer broke off.]'
const LONGEST_NAME = 100

/**
 * Writes a log to `<id>.log`. It appears there whole or not at all, in place of an older one.
 *
 * @param folder absolute; it is made where it does not exist
 * @param redact removes secrets
 * @returns the absolute path
 * @throws the file system's errors
 */
export async function writeLogFile(
  folder: string,
  id: string,
  log: ServerLog,
  redact: (text: string) => string,
): Promise<string> {
  const path = join(folder, `${fileNameOf(id)}.log`)
  const unfinished = `${path}.part`
  await makeFolder(folder)
  // Of a run that was killed. A link goes, not what it leads to.
  await rm(unfinished, { force: true })
  try {
    await writeFile(unfinished, partsOf(log, redact), { flag: 'wx', mode: 0o644 })
    await rename(unfinished, path)
  } catch (thrown) {
    await rm(unfinished, { force: true })
    throw thrown
  }
  return path
}

/**
 * Node's own `recursive` never comes back where a file system refuses folders as if the one above were
 * missing, as `/proc` does.
 */
async function makeFolder(path: string): Promise<void> {
  const existing = await stat(path).catch(() => undefined)
  if (existing) return
  const above = dirname(path)
  if (above !== path) await makeFolder(above)
  await mkdir(path).catch((thrown: NodeJS.ErrnoException) => {
    // Another step of this job was faster.
    if (thrown.code !== 'EEXIST') throw thrown
  })
}

/** The text of the file, in parts. */
function* partsOf(
  { lines, isCut, crash }: ServerLog,
  redact: (text: string) => string,
): Generator<string> {
  if (isCut) yield `${NOT_WHOLE}\n`
  for (let from = 0; from < lines.length; from += LINES_AT_ONCE) {
    const part = lines.slice(from, from + LINES_AT_ONCE).join('\n')
    yield `${redact(part)}\n`
  }
  if (crash) yield `[Process: ${redact(crash)}]\n`
}

/** Whatever a provider takes for an id, it is a plain name here and never leads out of the folder. */
function fileNameOf(id: string): string {
  return id.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, LONGEST_NAME) || '_'
}
