import type { Inputs } from './inputs.ts'
import type { Problems } from './problems.ts'

const UNITS_MS = { h: 3_600_000, m: 60_000, s: 1_000 } as const
/** Units as people write them, by their first letters. */
const SPOKEN_UNITS_MS: readonly (readonly [RegExp, number])[] = [
  [/^(?:ms|millis|milliseconds?)$/, 1],
  [/^(?:s|secs?|seconds?)$/, UNITS_MS.s],
  [/^(?:m|mins?|minutes?)$/, UNITS_MS.m],
  [/^(?:h|hrs?|hours?)$/, UNITS_MS.h],
  [/^(?:d|days?)$/, 24 * UNITS_MS.h],
]
const ONE_DAY_MS = 86_400_000

/** How a duration is written, for messages. */
const DURATION_FORM = 'write a duration such as 90s, 10m or 1h30m'

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

/**
 * Reads an input that holds a duration of at most 24 hours.
 *
 * @param minMs the shortest that is allowed
 * @returns milliseconds; undefined when it is not given, or wrong, which `problems` then tell
 */
export function readDuration(
  inputs: Inputs,
  problems: Problems,
  name: string,
  minMs: number,
): number | undefined {
  const text = inputs.text(name)
  if (text === '') return undefined
  const durationMs = parseDuration(text)
  if (durationMs === undefined) {
    const likely = likelyDurations(text)
    const isShort = likely.some(({ ms }) => ms < minMs)
    const meant = likely.filter(({ ms }) => ms >= minMs && ms <= ONE_DAY_MS)
    const form = isShort ? `${DURATION_FORM}, at least ${minMs / 1000}s` : DURATION_FORM
    problems.add(name, text, form, ...meant.map(({ written }) => written))
  } else if (durationMs < minMs || durationMs > ONE_DAY_MS) {
    problems.add(name, text, `use a duration from ${minMs / 1000}s to 24h`)
  } else return durationMs
  return undefined
}

interface Likely {
  readonly written: string
  readonly ms: number
}

/** What a text that is no duration may mean: a number without a unit is seconds or minutes. */
function likelyDurations(text: string): Likely[] {
  const [, digits = '', unit = ''] = /^(\d{1,9}(?:\.\d{1,3})?)\s*([a-z]*)$/i.exec(text) ?? []
  if (digits === '') {
    const compact = text.replace(/\s/g, '').toLowerCase()
    const ms = parseDuration(compact)
    return ms === undefined ? [] : [{ written: compact, ms }]
  }
  const number = Number(digits)
  if (unit !== '') {
    const unitMs = SPOKEN_UNITS_MS.find(([form]) => form.test(unit.toLowerCase()))?.[1]
    const ms = number * (unitMs ?? 0)
    return unitMs === undefined ? [] : [{ written: writeDuration(ms), ms }]
  }
  if (!Number.isInteger(number)) return []
  const minutes = number % 60 === 0 ? number / 60 : number
  return [
    { written: `${number}s`, ms: number * UNITS_MS.s },
    { written: `${minutes}m`, ms: minutes * UNITS_MS.m },
  ]
}

function writeDuration(durationMs: number): string {
  if (durationMs === 0) return '0s'
  const seconds = Math.max(1, Math.round(durationMs / 1000))
  const parts = [
    [Math.floor(seconds / 3600), 'h'],
    [Math.floor((seconds % 3600) / 60), 'm'],
    [seconds % 60, 's'],
  ] as const
  return parts.map(([count, unit]) => (count > 0 ? `${count}${unit}` : '')).join('')
}
