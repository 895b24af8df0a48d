import type { Json } from './words.ts'

/** The body as an object; empty where it is none. */
export function asObject(body: unknown): Json {
  return isObject(body) ? body : {}
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The first of these fields that holds a text. */
export function textIn(body: Json, fields: readonly string[]): string | undefined {
  for (const field of fields) {
    const value = body[field]
    if (typeof value === 'string' && value !== '') return value
  }
  return undefined
}

/** A web address given as a text, or as an object with `url`. */
export function addressIn(
  value: unknown,
  form: 'string' | 'object' | 'either' = 'either',
): string | undefined {
  const text = isObject(value) ? value.url : value
  const isForm = form === 'either' || (form === 'object') === isObject(value)
  return isForm && typeof text === 'string' && /^https?:\/\/[^/]/.test(text) ? text : undefined
}

/** The names in the body that are none of these; always none where bodies are read leniently. */
export function unknownFields(body: Json, known: readonly string[], isStrict: boolean): string[] {
  return isStrict ? Object.keys(body).filter((name) => !known.includes(name)) : []
}
