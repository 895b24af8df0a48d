import * as z from 'zod/mini'
import { isRecord } from '../base/json.ts'

export { isRecord, parseJson } from '../base/json.ts'

/**
 * Lenient readers for replies of providers. Each takes what live payloads have been seen to hold and
 * gives undefined for everything else; none of them fails.
 */
export type Json = Readonly<Record<string, unknown>>

/** A text, or a number or boolean as text. */
export const text = z.pipe(
  z.unknown(),
  z.transform((value) => {
    if (typeof value === 'string') return value
    return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined
  }),
)

/** A whole number, also as text. */
export const integer = z.pipe(
  z.unknown(),
  z.transform((value) => {
    // `Number` alone would also read 31e3 and 0x10, and an empty text as 0.
    const isDigits = typeof value === 'string' && /^\s*[+-]?\d{1,16}\s*$/.test(value)
    const number = isDigits ? Number(value) : value
    return Number.isSafeInteger(number) ? (number as number) : undefined
  }),
)

/** Only a clear yes counts: `error: null` and `error: "false"` are no errors. */
export const flag = z.pipe(z.unknown(), z.transform(isYes))

/** Whether a value is a clear yes: `true`, `yes` or 1, also as text. */
export function isYes(value: unknown): boolean {
  // `{"toString": null}` cannot be made a text of: trying to would throw.
  if (typeof value === 'object') return false
  return ['true', 'yes', '1'].includes(String(value).trim().toLowerCase())
}

/** A boolean or a count, also as text; undefined where it is neither yes nor no. */
export const yesNo = z.pipe(
  z.unknown(),
  z.transform((value) => {
    const word = typeof value === 'object' ? '' : String(value).trim()
    if (/^(?:true|yes|on|[1-9]\d*)$/i.test(word)) return true
    return /^(?:false|no|off|0)$/i.test(word) ? false : undefined
  }),
)

/** A time as text, or as seconds or milliseconds since 1970; in milliseconds. */
export const time = z.pipe(
  z.unknown(),
  z.transform((value) => {
    const number = typeof value === 'string' && /^\d{9,14}$/.test(value) ? Number(value) : value
    if (typeof number === 'number') return number < 100_000_000_000 ? number * 1000 : number
    const timeMs = typeof value === 'string' ? Date.parse(value) : Number.NaN
    return Number.isNaN(timeMs) ? undefined : timeMs
  }),
)

/** A list; an empty one in place of all else. */
export const list = z.pipe(
  z.unknown(),
  z.transform((value) => (Array.isArray(value) ? (value as unknown[]) : [])),
)

/** An object; an empty one in place of all else. */
export const record = z.pipe(
  z.unknown(),
  z.transform((value) => (isRecord(value) ? value : {})),
)

/** A field that may stand under one of several names. */
interface Field<T> {
  readonly reader: z.ZodMiniType<T>
  readonly names: readonly string[]
}

/** @param names what it may be called; the first that holds something readable counts */
export function field<T>(reader: z.ZodMiniType<T>, ...names: string[]): Field<T> {
  return { reader, names }
}

type Values<S> = { [K in keyof S]: S[K] extends Field<infer T> ? T | undefined : never }

/** An object whose fields are read under the first of their names that holds something readable. */
export function fields<S extends Readonly<Record<string, Field<unknown>>>>(shape: S) {
  return z.pipe(
    record,
    z.transform((from): Values<S> => {
      const values = Object.entries(shape).map(([key, { reader, names }]) => {
        const found = names.map((name) =>
          Object.hasOwn(from, name) ? reader.parse(from[name]) : undefined,
        )
        return [key, found.find((value) => value !== undefined)]
      })
      return Object.fromEntries(values) as Values<S>
    }),
  )
}

/** Envelopes lie within each other at most so deep. */
const DEEPEST_ENVELOPE = 4

/**
 * A thing without the envelopes around it: goes inwards while nothing that the thing itself has is
 * there.
 *
 * @param own names of which the thing has at least one
 * @param envelopes what an envelope may call what it holds
 */
export function unwrap(value: unknown, own: readonly string[], envelopes: readonly string[]): Json {
  let here = record.parse(value) as Json
  for (let depth = 0; depth < DEEPEST_ENVELOPE; depth++) {
    if (own.some((name) => Object.hasOwn(here, name))) return here
    const inner = envelopes.map((name) => here[name]).find(isRecord)
    if (!inner) return here
    here = inner
  }
  return here
}

const SHOWN_NAMES = 40
const DEEPEST = 6

/** Names and types of a value, never the values: for a debug log that may be shown to anybody. */
export function shapeOf(value: unknown, depth = 0): string {
  if (Array.isArray(value)) {
    return value.length === 0 ? '[]' : `[${shapeOf(value[0], depth + 1)}] × ${value.length}`
  }
  if (!isRecord(value)) return value === null ? 'null' : typeof value
  if (depth >= DEEPEST) return '{…}'
  const names = Object.keys(value)
  const shown = names
    .slice(0, SHOWN_NAMES)
    // A name may be data too, where an object is a map; names of fields are short words.
    .map((name) => `${/^\w{1,40}$/.test(name) ? name : '?'}: ${shapeOf(value[name], depth + 1)}`)
  return `{${shown.join(', ')}${names.length > SHOWN_NAMES ? ', …' : ''}}`
}
