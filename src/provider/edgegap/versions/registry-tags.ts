import * as z from 'zod/mini'
import { describe } from '../../../base/errors.ts'
import type { Call } from '../../call.ts'
import { integer, isRecord, isYes, text } from '../../json.ts'
import { budget } from '../budget.ts'
import { type Image, showImage } from '../image.ts'
import { parse } from '../wire.ts'
import { isJson, type VersionApi } from './api.ts'
import { toReplyError } from './errors.ts'
import { readTime } from './version.ts'

/** What Edgegap's own registry says about a tag. */
export type TagCheck =
  | { kind: 'present'; pushedAtMs: number }
  /** The whole list was read, and the tag is not in it. */
  | { kind: 'missing' }
  /** Nothing certain: another registry, or one that did not answer. */
  | { kind: 'unknown'; warning?: string }

export const OWN_REGISTRY = 'registry.edgegap.com'
/** A check that Edgegap repeats itself with the image must not hold up the run for long. */
const CHECK_MS = 10_000
const PAGE_ROWS = 100
const MAX_PAGES = 20

const tagShape = z.object({
  tag: z.optional(text),
  name: z.optional(text),
  last_push_at: z.optional(text),
  artifact: z.optional(z.unknown()),
})

/** Looks a tag up in Edgegap's registry; other registries cannot be asked. Never throws. */
export async function checkTag(api: VersionApi, image: Image, call: Call): Promise<TagCheck> {
  if (image.registry !== OWN_REGISTRY) return { kind: 'unknown' }
  const rest = budget(api.clock, { ...call, deadlineMs: Math.min(CHECK_MS, call.deadlineMs) })
  try {
    for (const name of namesOf(image)) {
      const check = await searchTag(api, name, image.tag, rest)
      if (check !== undefined) return check
    }
    return unknown(image, 'it knows no image of this name')
  } catch (thrown) {
    return unknown(image, describe(thrown))
  }
}

function unknown(image: Image, why: string): TagCheck {
  const what = `The tag of ${showImage(image)} could not be checked in the registry`
  return { kind: 'unknown', warning: `${what}: ${why}` }
}

/** The API takes the name without the project, which it knows from the token; its document has both. */
function namesOf({ name }: Image): string[] {
  const slash = name.indexOf('/')
  return slash < 0 ? [name] : [name.slice(slash + 1), name]
}

/** Undefined when the registry knows no such image. */
async function searchTag(
  { send }: VersionApi,
  name: string,
  tag: string,
  rest: () => Call,
): Promise<TagCheck | undefined> {
  const path = `/v1/container-registry/images/${name.split('/').map(encodeURIComponent).join('/')}/tags`
  const seen = new Set<string>()
  for (let page = 1; page <= MAX_PAGES; page++) {
    const query = { page: String(page), limit: String(PAGE_ROWS) }
    const reply = await send({ method: 'GET', path, query }, rest())
    if (reply.status === 404 && isJson(reply)) return undefined
    if (reply.status !== 200) throw toReplyError(reply, 'Could not list the tags')
    const { rows, isWhole, isLast, count } = readTags(reply.text, reply.request)
    const found = rows.find((row) => row.tag === tag)
    if (found) return { kind: 'present', pushedAtMs: found.pushedAtMs }
    if (!isWhole) return { kind: 'unknown' }
    const known = seen.size
    for (const row of rows) seen.add(row.tag)
    // An end is believed where Edgegap says so: the size of its pages is not documented.
    if (isLast || seen.size === count || (rows.length === 0 && page > 1)) return { kind: 'missing' }
    if (seen.size === known) return { kind: 'unknown' }
  }
  return { kind: 'unknown' }
}

function readTags(body: string, request: string) {
  const reply = parse(
    z.looseObject({ count: z.optional(integer), total_count: z.optional(integer) }),
    body,
    request,
  )
  const data = Array.isArray(reply.data) ? (reply.data as unknown[]) : [undefined]
  const rows = data.flatMap((row) => toTag(row) ?? [])
  const next = isRecord(reply.pagination) ? reply.pagination.has_next : undefined
  return {
    rows,
    // The tag may be in what cannot be read.
    isWhole: rows.length === data.length,
    isLast: next !== undefined && next !== null && !isYes(next),
    count: reply.total_count ?? reply.count,
  }
}

function toTag(value: unknown): { tag: string; pushedAtMs: number } | undefined {
  const row = tagShape.safeParse(value).data
  const tag = row?.tag ?? row?.name
  if (row === undefined || tag === undefined) return undefined
  const artifact = isRecord(row.artifact) ? row.artifact : {}
  // A tag whose image was deleted is as good as none; its row still counts as read.
  const isDeleted = isYes(artifact.artifact_deleted) || isYes(artifact.deleted)
  return { tag: isDeleted ? `${tag} (deleted)` : tag, pushedAtMs: readTime(row.last_push_at) }
}
