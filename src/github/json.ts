import * as z from 'zod/mini'
import { isRecord, parseJson } from '../base/json.ts'

/** Lenient readers of GitHub's JSON, of event files and of replies: what is odd is absent. */

export type JsonObject = Readonly<Record<string, unknown>>

/** The value where it is an object; else an empty one. */
export function asObject(value: unknown): JsonObject {
  return isRecord(value) ? value : {}
}

/** An object of these fields; whatever the value is, each of them is there for its reader, if undefined. */
export function shape<const T extends z.core.$ZodShape>(fields: T) {
  const pick = (value: unknown) => {
    const given = asObject(value)
    const names = Object.keys(fields)
    return Object.fromEntries(
      names.map((name) => [name, Object.hasOwn(given, name) ? given[name] : undefined]),
    )
  }
  return z.pipe(z.pipe(z.unknown(), z.transform(pick)), z.object(fields))
}

export const text = z.pipe(
  z.unknown(),
  z.transform((value) => (typeof value === 'string' ? value : undefined)),
)

/** An id or a number: whole and above zero. */
export const id = z.pipe(
  z.unknown(),
  z.transform((value) => {
    const number = typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value
    return typeof number === 'number' && Number.isSafeInteger(number) && number > 0
      ? number
      : undefined
  }),
)

export const list = z.pipe(
  z.unknown(),
  z.transform((value) => (Array.isArray(value) ? (value as unknown[]) : [])),
)

/** The object in a JSON text; an empty one where it is none. */
export function parseObject(json: string): JsonObject {
  return asObject(parseJson(json))
}
