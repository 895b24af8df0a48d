import type { Reply } from '../delivery.ts'
import type { RockitEdgeSettings } from './settings.ts'
import type { Json, Words } from './words.ts'

type Query = Readonly<Record<string, string>>

interface Listing<T> {
  /** What the rows are called in their envelope. */
  readonly name: string
  readonly json: (row: T) => Json
  /** What `order[]` may ask for. */
  readonly keys: Readonly<Record<string, (row: T) => string | number>>
}

/** `offset` and `limit` (10 by default), and `order[]` with its signs, as on "List Subscriptions". */
export function pageReply<T>(
  rows: readonly T[],
  query: Query,
  { name, json, keys }: Listing<T>,
  words: Words,
  settings: RockitEdgeSettings,
): Reply {
  const offset = Number(query.offset ?? 0)
  const limit = Number(query.limit ?? 10)
  if (!Number.isInteger(offset) || offset < 0 || !Number.isInteger(limit) || limit < 1) {
    return words.refuse(400, 'invalid', 'offset must be 0 or more and limit 1 or more')
  }
  const sorted = sort(rows, query['order[]'], keys)
  if (sorted === undefined) return words.refuse(400, 'invalid', 'cannot sort by that')
  const shown = sorted.slice(offset, offset + Math.min(limit, settings.maxPageSize))
  return words.page(name, shown.map(json), rows.length)
}

function sort<T>(
  rows: readonly T[],
  order: string | undefined,
  keys: Listing<T>['keys'],
): readonly T[] | undefined {
  if (order === undefined) return rows
  // The page prints the value in brackets of its own, and an unescaped plus arrives as a space.
  const [, sign, field] = /^\[?([-+ ]?)(\w+)\]?$/.exec(order) ?? []
  const key = field !== undefined && Object.hasOwn(keys, field) ? keys[field] : undefined
  if (key === undefined) return undefined
  const direction = sign === '-' ? -1 : 1
  return rows.toSorted((a, b) => (key(a) < key(b) ? -direction : key(a) > key(b) ? direction : 0))
}
