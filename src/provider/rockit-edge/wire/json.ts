import type { Name } from './names.ts'

/**
 * Tolerant reading. No schema here: of most replies neither names nor shapes are known, so each value
 * is asked for under all its names, and whatever it is, it is turned into what we need or dropped.
 */
export type Json = Readonly<Record<string, unknown>>

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function asObject(value: unknown): Json {
  return isObject(value) ? value : {}
}

/** Undefined when it is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The first of its names that holds anything. */
export function rawOf(from: unknown, { names }: Name): unknown {
  if (!isObject(from)) return undefined
  for (const name of names) {
    const value = Object.hasOwn(from, name) ? from[name] : undefined
    if (value !== undefined && value !== null && value !== '') return value
  }
  return undefined
}

/** A text, a number as text, or the name within an object. */
export function textOf(from: unknown, name: Name): string | undefined {
  for (const one of name.names) {
    const text = toText(rawOf(from, { ...name, names: [one] }))
    if (text !== undefined) return text
  }
  return undefined
}

function toText(value: unknown): string | undefined {
  if (typeof value === 'string' && value.trim() !== '') return value.trim()
  if (typeof value === 'number' && Number.isFinite(value)) return String(value)
  return isObject(value) ? (toText(value.name) ?? toText(value.id)) : undefined
}

export function numberOf(from: unknown, name: Name): number | undefined {
  const value = rawOf(from, name)
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  return typeof value === 'string' && /^-?\d{1,15}$/.test(value.trim()) ? Number(value) : undefined
}

/** A boolean, a count, or either as text. */
export function flagOf(from: unknown, name: Name): boolean | undefined {
  const value = rawOf(from, name)
  if (typeof value === 'boolean') return value
  if (typeof value === 'number') return value !== 0
  if (typeof value !== 'string') return undefined
  if (/^(?:true|yes|on|[1-9]\d*)$/i.test(value.trim())) return true
  return /^(?:false|no|off|0)$/i.test(value.trim()) ? false : undefined
}

export function textsOf(from: unknown, name: Name): string[] {
  const value = rawOf(from, name)
  return Array.isArray(value) ? value.flatMap((item) => toText(item) ?? []) : []
}

/** A time as text or as seconds or milliseconds since 1970, in milliseconds. */
export function timeOf(from: unknown, name: Name): number | undefined {
  const value = rawOf(from, name)
  const number = typeof value === 'string' && /^\d{9,14}$/.test(value) ? Number(value) : value
  if (typeof number === 'number') return number < 100_000_000_000 ? number * 1000 : number
  const timeMs = typeof value === 'string' ? Date.parse(value) : Number.NaN
  return Number.isNaN(timeMs) ? undefined : timeMs
}

/** Compares words of unknown spelling: `IN_PROGRESS`, `in-progress`, `inProgress`. */
export function plainWord(word: string): string {
  return word.toLowerCase().replace(/[^a-z]/g, '')
}

const SHOWN_NAMES = 40
const DEEPEST = 6

/** Names and types of a value, never the values: for a debug log that may be shown to anybody. */
export function shapeOf(value: unknown, depth = 0): string {
  if (Array.isArray(value)) {
    return value.length === 0 ? '[]' : `[${shapeOf(value[0], depth + 1)}] × ${value.length}`
  }
  if (!isObject(value)) return value === null ? 'null' : typeof value
  if (depth >= DEEPEST) return '{…}'
  const names = Object.keys(value)
  const shown = names
    .slice(0, SHOWN_NAMES)
    // A name may be data too, where an object is a map; names of fields are short words.
    .map((name) => `${/^\w{1,40}$/.test(name) ? name : '?'}: ${shapeOf(value[name], depth + 1)}`)
  return `{${shown.join(', ')}${names.length > SHOWN_NAMES ? ', …' : ''}}`
}
