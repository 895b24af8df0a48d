import * as z from 'zod/mini'
import { field, isRecord } from '../../json.ts'

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

/** Names of deployments have at most 50 characters; a list of them becomes an output, as JSON. */
const LONGEST_NAME = 100
const MOST_NAMES = 300

/** Names; also one alone, or the keys of an object. What is there and has no name is not left out. */
export const labels = z.pipe(
  z.unknown(),
  z.transform((given) => {
    const values = membersOf(given).filter((value) => value !== null && value !== '')
    const texts = values
      .slice(0, MOST_NAMES)
      .map((value) => (toLabel(value) ?? '(not named)').slice(0, LONGEST_NAME))
    return texts.length > 0 ? texts : undefined
  }),
)

function membersOf(given: unknown): readonly unknown[] {
  if (Array.isArray(given)) return given
  if (isRecord(given)) return Object.keys(given)
  return typeof given === 'string' ? [given.trim()] : []
}

/** Whatever it is, unless it is empty. */
export const anything = z.pipe(
  z.unknown(),
  z.transform((value) => (value === null || value === '' ? undefined : value)),
)

/** Words of unknown spelling, to be compared: `IN_PROGRESS`, `in-progress`, `inProgress`. */
export function plainWord(word: string): string {
  return word.toLowerCase().replace(/[^a-z]/g, '')
}
