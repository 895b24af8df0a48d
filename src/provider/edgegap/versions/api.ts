import * as z from 'zod/mini'
import type { Clock } from '../../../base/clock.ts'
import { type ActionError, toActionError } from '../../../base/errors.ts'
import { pauseAfter, retry } from '../../../base/retry.ts'
import type { Call } from '../../call.ts'
import { parseJson } from '../../json.ts'
import { budget } from '../budget.ts'
import {
  type EdgegapClient,
  type EdgegapReply,
  type EdgegapRequest,
  malformedReply,
} from '../client.ts'
import { hasNextPage, parse } from '../wire.ts'
import { refusal, toReplyError } from './errors.ts'
import { readVersion, toVersion, type Version } from './version.ts'

/** What the parts of this folder send requests with. */
export interface VersionApi {
  readonly send: EdgegapClient
  readonly clock: Clock
  readonly application: string
}

/** Longest that one read may take; a further attempt is better than a longer wait. */
const READ_MS = 15_000
const PAUSES_MS = [500, 1_000, 2_000]
const PAGE_ROWS = 100
const MAX_PAGES = 100

export function versionPath({ application }: VersionApi, version: string): string {
  return `/v1/app/${encodeURIComponent(application)}/version/${encodeURIComponent(version)}`
}

function versionsPath({ application }: VersionApi): string {
  return `/v1/app/${encodeURIComponent(application)}/versions`
}

/**
 * Sends a GET, again after what passes by itself.
 *
 * @returns the reply, of whatever status that will not change
 * @throws ActionError when no reply came within the attempts
 */
export async function read(
  api: VersionApi,
  request: Omit<EdgegapRequest, 'method'>,
  call: Call,
): Promise<EdgegapReply> {
  const rest = budget(api.clock, call)
  return await retry(() => attemptRead(api, request, rest()), {
    clock: api.clock,
    signal: call.signal,
    withinMs: call.deadlineMs,
    maxAttempts: PAUSES_MS.length + 1,
    pauseMs: (attempt) => PAUSES_MS[attempt - 1] ?? 0,
    // Refused credentials are a reply here, and not an error.
    isFinal: () => false,
  })
}

/** @throws ActionError that may be gone at the next attempt */
async function attemptRead(
  { send }: VersionApi,
  request: Omit<EdgegapRequest, 'method'>,
  call: Call,
): Promise<EdgegapReply> {
  const deadlineMs = Math.min(READ_MS, call.deadlineMs)
  const reply = await send({ method: 'GET', ...request }, { ...call, deadlineMs })
  const passes = reply.status === 429 || reply.status >= 500 || !isJson(reply)
  if (passes) throw toReplyError(reply, `Could not read ${request.path}`)
  return reply
}

/** Only the API's own answers count: the page of a proxy has every status and no JSON. */
export function isJson({ text }: EdgegapReply): boolean {
  return parseJson(text) !== undefined
}

/**
 * Waits before a further attempt.
 *
 * @param ownMs the pause where the error does not ask for one
 * @returns false when there is no time left for one
 */
export async function canPause(
  { clock }: VersionApi,
  error: ActionError,
  ownMs: number,
  { signal, deadlineMs }: Call,
): Promise<boolean> {
  const pauseMs = pauseAfter(error, ownMs)
  if (signal.aborted || pauseMs >= deadlineMs) return false
  await clock.sleep(pauseMs, signal)
  return !signal.aborted
}

/**
 * Reads a version.
 *
 * @returns undefined when Edgegap does not know it
 * @throws ActionError when it could not be read
 */
export async function fetchVersion(
  api: VersionApi,
  name: string,
  call: Call,
): Promise<Version | undefined> {
  const reply = await read(api, { path: versionPath(api, name) }, call)
  if (reply.status === 404) return undefined
  if (reply.status !== 200) throw refusal(api, reply, `Could not read the version ${name}`)
  return readVersion(reply.text, reply.request)
}

/** @throws ActionError when it could not be read */
export async function isApplication(api: VersionApi, call: Call): Promise<boolean> {
  try {
    await expectApplication(api, call)
    return true
  } catch (thrown) {
    if (toActionError(thrown).kind === 'not-found') return false
    throw thrown
  }
}

/** @throws ActionError `not-found` when the organization has no such application */
export async function expectApplication(api: VersionApi, call: Call): Promise<void> {
  const path = `/v1/app/${encodeURIComponent(api.application)}`
  const reply = await read(api, { path }, call)
  if (reply.status !== 200) {
    throw refusal(api, reply, `Could not read the application ${api.application}`)
  }
}

/** Every version of the application, in the order in which Edgegap lists them. */
export async function listVersions(api: VersionApi, call: Call): Promise<Version[]> {
  const rows = await readPages(api, { path: versionsPath(api), keys: ['versions', 'data'] }, call)
  // A page that came twice must not make two versions of one.
  const byName = new Map<string, Version>()
  for (const row of rows) {
    const version = toVersion(row)
    if (version) byName.set(version.name, version)
  }
  return [...byName.values()]
}

/** Not lenient: whoever reads no rows where there are some deletes what is in use. */
function rowsOf(
  body: Readonly<Record<string, unknown>>,
  keys: readonly string[],
  request: string,
): unknown[] {
  const rows = keys.map((key) => body[key]).find(Array.isArray)
  if (rows !== undefined) return rows as unknown[]
  if (body.total_count === 0) return []
  throw malformedReply('Edgegap sent a list in which no rows could be found.', request)
}

type Query = Readonly<Record<string, string>>

/**
 * Reads every page of a list. The size of a page is not documented, so the end is where Edgegap says.
 *
 * @param list its path, the names that the rows may have in the reply, and what else to ask
 * @throws ActionError when one of them could not be read
 */
export async function readPages(
  api: VersionApi,
  { path, keys, query: more }: { path: string; keys: readonly string[]; query?: Query },
  call: Call,
): Promise<unknown[]> {
  const rest = budget(api.clock, call)
  const rows: unknown[] = []
  for (let page = 1; page <= MAX_PAGES; page++) {
    const query = { ...more, page: String(page), limit: String(PAGE_ROWS) }
    const reply = await read(api, { path, query }, rest())
    if (reply.status !== 200) throw refusal(api, reply, `Could not read ${path}`)
    const body = parse(z.looseObject({}), reply.text, reply.request)
    rows.push(...rowsOf(body, keys, reply.request))
    if (!hasNextPage(body.pagination)) return rows
  }
  throw malformedReply(`The list has more than ${MAX_PAGES} pages`, `GET ${path}`)
}
