import * as z from 'zod/mini'
import { field, isRecord, list } from '../../json.ts'

/**
 * How sure a name is. `documented` names stand on a page of the vendor's API documentation; `guessed`
 * ones do not: no reply of a live instance has been seen. The first name is the best guess and the
 * others are read as well. Where a live instance turns out to say it otherwise, add it there.
 */
export const documented = field
export const guessed = field

/** A text, a number as text, or the name within an object; never blank. */
export const label = z.pipe(z.unknown(), z.transform(toLabel))

function toLabel(value: unknown): string | undefined {
  if (typeof value === 'string' && value.trim() !== '') return value.trim()
  if (Number.isFinite(value)) return String(value)
  return isRecord(value) ? (plainLabel(value.name) ?? plainLabel(value.id)) : undefined
}

function plainLabel(value: unknown): string | undefined {
  return isRecord(value) ? undefined : toLabel(value)
}

export const labels = z.pipe(
  list,
  z.transform((values) => {
    const texts = values.flatMap((value) => toLabel(value) ?? [])
    return texts.length > 0 ? texts : undefined
  }),
)

/** Whatever it is, unless it is empty. */
export const anything = z.pipe(
  z.unknown(),
  z.transform((value) => (value === null || value === '' ? undefined : value)),
)

/** Words of unknown spelling, to be compared: `IN_PROGRESS`, `in-progress`, `inProgress`. */
export function plainWord(word: string): string {
  return word.toLowerCase().replace(/[^a-z]/g, '')
}
