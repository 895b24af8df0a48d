import { describe } from '../../../base/errors.ts'
import type { Call } from '../../call.ts'
import { isRecord, parseJson } from '../../json.ts'
import { budget } from '../budget.ts'
import { findVersionNameFault, type VersionInputs } from '../version-inputs.ts'
import { usableId } from '../wire.ts'
import { isJson, listVersions, readPages, type VersionApi, versionPath } from './api.ts'
import { describeReply } from './errors.ts'
import type { Version } from './version.ts'
import { write } from './write.ts'

/** Versions that `keep-versions` may delete, and how many of them. */
export interface Pruning {
  /** Oldest first. */
  readonly candidates: readonly string[]
  readonly count: number
}

/** Two tries: a version that stays costs a warning and nothing else. */
const TRIES = 2
/** A delete is done at once; what hangs must not hold up the deploy for long. */
const DELETE_MS = 10_000
const PRUNE_MS = 45_000
/** With less than this left nothing more is begun. */
const SHORTEST_MS = 1_000
/** So many rows are either deployments of this version, or a filter was ignored. */
const MAX_ROWS = 100

/**
 * What has to go so that at most `keepVersions` are there in the end; undefined when nothing has.
 *
 * @param listed every version of the application
 * @param isCreating whether the version of the settings is about to be created
 */
export function planPruning(
  { version, versionFrom, promote, keepVersions }: VersionInputs,
  listed: readonly Version[],
  isCreating: boolean,
): Pruning | undefined {
  if (keepVersions === undefined) return undefined
  const isOneMore = isCreating && !listed.some(({ name }) => name === version)
  const count = listed.length + (isOneMore ? 1 : 0) - keepVersions
  if (count <= 0) return undefined
  const spared = new Set([version, versionFrom, ...promote])
  const candidates = listed
    // A name that no path can hold would lead to the application itself.
    .filter(({ name }) => !spared.has(name) && findVersionNameFault(name) === undefined)
    // One that does not tell its age may be the newest.
    .filter(({ createdAtMs }) => createdAtMs > 0)
    .sort((a, b) => a.createdAtMs - b.createdAtMs || (a.name < b.name ? -1 : 1))
  return { candidates: candidates.map(({ name }) => name), count }
}

/** The candidates that would be deleted now. Reads only. */
export async function findPrunable(
  api: VersionApi,
  { candidates, count }: Pruning,
  call: Call,
): Promise<string[]> {
  const rest = budget(api.clock, call)
  const names: string[] = []
  for (const name of candidates) {
    if (names.length === count) break
    if (!(await isInUse(api, name, rest()))) names.push(name)
  }
  return names
}

/** What was deleted, oldest first, and what went wrong. */
export interface Pruned {
  readonly deleted: readonly string[]
  readonly warnings: readonly string[]
}

/**
 * Deletes the versions that are too many, oldest first. They are listed anew: since the plan was made
 * others may have been deleted, or made again under their old names. Each is checked for live
 * deployments right before. Never throws: a failure becomes a warning.
 *
 * @param isCreating whether the version of the settings is about to be created
 */
export async function pruneVersions(
  api: VersionApi,
  settings: VersionInputs,
  isCreating: boolean,
  call: Call,
): Promise<Pruned> {
  const rest = budget(api.clock, { ...call, deadlineMs: Math.min(PRUNE_MS, call.deadlineMs) })
  try {
    const pruning = planPruning(settings, await listVersions(api, rest()), isCreating)
    return pruning ? await deleteOldest(api, pruning, rest) : { deleted: [], warnings: [] }
  } catch (thrown) {
    if (call.signal.aborted) return { deleted: [], warnings: [] }
    const warning = `keep-versions could not list the versions: ${describe(thrown)}`
    return { deleted: [], warnings: [warning] }
  }
}

async function deleteOldest(
  api: VersionApi,
  { candidates, count }: Pruning,
  rest: () => Call,
): Promise<Pruned> {
  const deleted: string[] = []
  const warnings: string[] = []
  let left = count
  for (const name of candidates) {
    if (left === 0 || rest().signal.aborted) return { deleted, warnings }
    if (rest().deadlineMs < SHORTEST_MS) {
      warnings.push('keep-versions took too long and was ended: the next run goes on with it.')
      break
    }
    try {
      if (await isInUse(api, name, rest())) continue
      const { fault, mayBeGone } = await deleteVersion(api, name, rest())
      if (mayBeGone) left -= 1
      if (fault === undefined) deleted.push(name)
      else warnings.push(`keep-versions could not delete the version ${name}: ${fault}`)
    } catch (thrown) {
      warnings.push(`keep-versions could not delete the version ${name}: ${describe(thrown)}`)
    }
  }
  if (left > 0 && warnings.length === 0) warnings.push(tooFew(left))
  return { deleted, warnings }
}

/** A warning. @param missing how many versions could not be deleted that should have been */
export function tooFew(missing: number): string {
  return `keep-versions leaves ${missing} more than asked for: the others have live deployments, are named in version, version-from or promote, or have no known age.`
}

interface DeleteEnd {
  /** Undefined when the version is gone for certain. */
  readonly fault?: string
  /** Where nobody knows, the next one must not be deleted in its place. */
  readonly mayBeGone: boolean
}

async function deleteVersion(api: VersionApi, name: string, call: Call): Promise<DeleteEnd> {
  const rest = budget(api.clock, call, DELETE_MS)
  let fault = ''
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const path = versionPath(api, name)
    const result = await write(api, { method: 'DELETE', path }, 'Edgegap did not delete it', rest())
    if (result.kind === 'done') return { mayBeGone: true }
    if (result.kind === 'refused') {
      // Another job was faster, or the reply to our own first try was lost.
      if (result.reply.status === 404 && isJson(result.reply)) return { mayBeGone: true }
      return { mayBeGone: false, fault: describeReply(result.reply, 'Edgegap refused') }
    }
    fault = describe(result.error)
  }
  return { mayBeGone: true, fault }
}

/**
 * Asks Edgegap whether a version has a deployment that lives, or might have one. A row of the list
 * does not tell its version, and a filter may be ignored: each row's status is read, and whatever
 * stays unclear counts as in use.
 */
async function isInUse(api: VersionApi, version: string, call: Call): Promise<boolean> {
  const rest = budget(api.clock, call)
  const query = JSON.stringify({
    filters: [
      { field: 'application', operator: 'eq', value: api.application },
      { field: 'version', operator: 'eq', value: version },
    ],
  })
  const list = { path: '/v1/deployments', keys: ['data'], query: { query } }
  const rows = await readPages(api, list, rest())
  if (rows.length > MAX_ROWS) return true
  for (const row of rows) {
    if (await belongsTo(api, row, version, rest())) return true
  }
  return false
}

async function belongsTo(
  { send, application }: VersionApi,
  row: unknown,
  version: string,
  call: Call,
): Promise<boolean> {
  const given = isRecord(row) ? row.request_id : undefined
  const id = typeof given === 'string' ? usableId(given) : undefined
  if (id === undefined) return true
  const reply = await send({ method: 'GET', path: `/v1/status/${id}` }, call)
  if (!isJson(reply)) return true
  // A listed id that the status does not know may belong to a server that is only some moments old.
  if (reply.status === 410) return false
  if (reply.status !== 200) return true
  const status = parseJson(reply.text)
  if (!isRecord(status) || !status.app_name || !status.app_version) return true
  return status.app_name === application && status.app_version === version
}
