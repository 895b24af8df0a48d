import type { Inputs } from './inputs.ts'
import type { Problems } from './problems.ts'

const UNITS_MS = { h: 3_600_000, m: 60_000, s: 1_000 } as const

/** How a duration is written, for messages. */
export const DURATION_FORM = 'write a duration such as 90s, 10m or 1h30m'

/**
 * Reads `90s`, `10m`, `1h30m`. A bare number is refused: half of the world means seconds and the
 * other half milliseconds.
 *
 * @returns milliseconds, or undefined when it is not a duration
 */
export function parseDuration(text: string): number | undefined {
  const match = /^(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})s)?$/.exec(text)
  if (!match || text === '') return undefined
  const [, hours = '0', minutes = '0', seconds = '0'] = match
  return Number(hours) * UNITS_MS.h + Number(minutes) * UNITS_MS.m + Number(seconds) * UNITS_MS.s
}

const ONE_DAY_MS = 86_400_000

/** Reads an input that holds a duration; undefined when it is not given, or wrong. */
export function readDuration(
  inputs: Inputs,
  problems: Problems,
  name: string,
  minMs: number,
): number | undefined {
  const text = inputs.text(name)
  if (text === '') return undefined
  const durationMs = parseDuration(text)
  if (durationMs === undefined) problems.add(name, text, adviseDuration(text, minMs))
  else if (durationMs < minMs || durationMs > ONE_DAY_MS) {
    problems.add(name, text, `use a duration from ${minMs / 1000}s to 24h`)
  } else return durationMs
  return undefined
}

/** What to write in place of a text that is no duration. */
function adviseDuration(text: string, minMs: number): string {
  if (/^\d{1,9}$/.test(text)) {
    const minutes = Number(text) % 60 === 0 && Number(text) > 0 ? ` or ${Number(text) / 60}m` : ''
    return `a number needs a unit: did you mean ${text}s${minutes}?`
  }
  if (/^\d{1,9}ms$/.test(text)) return `write whole seconds, at least ${minMs / 1000}s`
  return DURATION_FORM
}
