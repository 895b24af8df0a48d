import { inTurn } from '../base/in-turn.ts'
import { type FindOptions, findLost } from './find-lost.ts'
import type { LedgerEntry } from './ledger.ts'
import type { CleanUpRun } from './run.ts'
import { stopDeployment } from './stop-deployment.ts'
import { MAX_STOPS } from './stop-many.ts'

export interface CleanUpResult {
  /** Seen to end. */
  stoppedIds: string[]
  /** Had ended before, or never existed. */
  goneIds: string[]
  /** What could not be stopped for certain, or not be searched for, and why. */
  failures: { entry: LedgerEntry; error: unknown }[]
  /** Tags that nothing carries: the provider may list what they made late, or there is nothing. */
  notFound: LedgerEntry[]
}

export interface CleanUpOptions extends FindOptions {
  /** Ids that are to live on: a provider that repeats an id must not make us stop what we keep. */
  spared?: ReadonlySet<string>
  /** How long one stop may take in all, milliseconds. */
  stopMs?: number
  /** Reads the logs of deployments that are stopped next. */
  beforeStop?: (ids: readonly string[]) => Promise<void>
}

/**
 * Ends everything that the entries name: tags without an id are looked up first, every id is stopped
 * until it is seen to end, and then the tags are searched for once more, since what carries a tag of
 * ours is ours whatever id a reply named. Closes in the ledger what has certainly ended; a tag that
 * nothing carries stays in it, for the provider may list it late.
 */
export async function cleanUp(
  run: CleanUpRun,
  entries: readonly LedgerEntry[],
  options: CleanUpOptions = {},
): Promise<CleanUpResult> {
  const result: CleanUpResult = { stoppedIds: [], goneIds: [], failures: [], notFound: [] }
  const known = new Map<string, LedgerEntry>()
  for (const entry of entries) if (entry.id !== undefined) known.set(entry.id, entry)
  const sought = entries.filter(({ id }) => id === undefined)
  if (sought.length > 0) await addFound(run, sought, known, result, options)
  await stopAll(run, known, result, options)
  const extra = await findExtra(run, known, result, options)
  await stopAll(run, extra, result, options)
  // Several may carry one tag; it is closed when all have ended.
  const open = new Set(result.failures.map(({ entry }) => entry.tag))
  for (const { tag } of known.values()) if (!open.has(tag)) run.ledger.closed(tag)
  return result
}

async function addFound(
  run: CleanUpRun,
  sought: readonly LedgerEntry[],
  known: Map<string, LedgerEntry>,
  result: CleanUpResult,
  options: CleanUpOptions,
): Promise<void> {
  const tags = sought.map(({ tag }) => tag)
  const { found, error } = await findLost(run, tags, options)
  for (const [id, tag] of found) {
    known.set(id, { ...sought.find((entry) => entry.tag === tag), tag, id })
  }
  const seen = new Set(found.values())
  const notFound = sought.filter(({ tag }) => !seen.has(tag))
  if (error) result.failures.push(...notFound.map((entry) => ({ entry, error })))
  else result.notFound.push(...notFound)
}

async function stopAll(
  run: CleanUpRun,
  known: ReadonlyMap<string, LedgerEntry>,
  result: CleanUpResult,
  { spared, stopMs, beforeStop }: CleanUpOptions,
): Promise<void> {
  const toStop = [...known].filter(([id]) => !spared?.has(id))
  await beforeStop?.(toStop.flatMap(([id, { isAuxiliary }]) => (isAuxiliary ? [] : id)))
  await inTurn(toStop, MAX_STOPS, async ([id, entry]) => {
    const end = await stopDeployment(run, id, { tag: tagToSearch(entry), limitMs: stopMs })
    if (end.kind === 'unconfirmed') result.failures.push({ entry, error: end.error })
    else if (!entry.isAuxiliary) {
      if (end.kind === 'stopped') result.stoppedIds.push(id)
      else result.goneIds.push(id)
    }
  })
}

/** What else carries a tag of what was just stopped. */
async function findExtra(
  run: CleanUpRun,
  known: ReadonlyMap<string, LedgerEntry>,
  result: CleanUpResult,
  { spared }: CleanUpOptions,
): Promise<Map<string, LedgerEntry>> {
  const extra = new Map<string, LedgerEntry>()
  const failed = new Set(result.failures.map(({ entry }) => entry.tag))
  const entries = [...known.values()].filter(({ tag }) => !failed.has(tag))
  const byTag = new Map<string, LedgerEntry>()
  for (const entry of entries) {
    const tag = tagToSearch(entry)
    if (tag !== undefined) byTag.set(tag, entry)
  }
  if (byTag.size === 0) return extra
  const { found, error } = await findLost(run, [...byTag.keys()], { once: true })
  if (error) {
    // Those that are known have ended; only what else may carry the tag is not known.
    for (const { id: _ended, ...entry } of byTag.values()) result.failures.push({ entry, error })
  }
  for (const [id, tag] of found) {
    const entry = byTag.get(tag)
    if (entry && !known.has(id) && !spared?.has(id)) extra.set(id, { ...entry, id })
  }
  return extra
}

/** Of several that carry one tag, one is kept: the others have entries of their own, by their ids. */
export function entryOfExtra(tag: string, id: string): LedgerEntry {
  return { tag: `${tag}/${id}`, id }
}

/**
 * The tag by which the provider may be searched for an entry. None for what is no deployment, and none
 * for an entry of `entryOfExtra`: its tag also leads to the server that is kept.
 */
function tagToSearch({ tag, isAuxiliary }: LedgerEntry): string | undefined {
  return isAuxiliary || tag.includes('/') ? undefined : tag
}
