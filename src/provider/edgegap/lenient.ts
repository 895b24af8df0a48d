import * as z from 'zod/mini'

/** Readers of single values that take what live payloads have been seen to hold. */

export const text = z.pipe(
  z.unknown(),
  z.transform((value) => {
    if (typeof value === 'string') return value
    return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined
  }),
)

export const integer = z.pipe(
  z.unknown(),
  z.transform((value) => {
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
    return typeof number === 'number' && Number.isSafeInteger(number) ? number : undefined
  }),
)

/** Only a clear yes counts: `error: null` and `error: "false"` are no errors. */
export const flag = z.pipe(z.unknown(), z.transform(isYes))

export function isYes(value: unknown): boolean {
  return ['true', 'yes', '1'].includes(String(value).trim().toLowerCase())
}

export const list = z.pipe(
  z.unknown(),
  z.transform((value) => (Array.isArray(value) ? (value as unknown[]) : [])),
)

export const record = z.pipe(
  z.unknown(),
  z.transform((value) => (isRecord(value) ? value : {})),
)

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
