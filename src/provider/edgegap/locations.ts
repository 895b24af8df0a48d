import { isIP } from 'node:net'

interface Place {
  /** Given by the user, or the coordinates or address themselves. */
  name: string
  /** For the log. */
  where: string
}

export type Location = Place &
  (
    | { kind: 'coordinates'; latitude: number; longitude: number }
    | { kind: 'addresses'; addresses: readonly string[] }
  )

/** A city by its name: where it is, Edgegap's list of locations tells. */
export interface NamedCity extends Place {
  kind: 'city'
}

const LOCATION_FORM =
  'write "name lat,lon" or "name ip[, ip…]", such as "new-york 40.71,-74.01" (the name is optional), or the name of a city that Edgegap lists'

/** Letters of any script, and what stands between them in names of cities. */
const CITY = /^\p{L}[\p{L}\p{M} .,'’()_-]{0,63}$/u

const NUMBER = /^[+-]?\d{1,3}(?:\.\d{1,20})?$/
/** Room for a name and dozens of addresses; matching a line of any length could take for ever. */
const MAX_LINE = 1_000
const NAME = /^[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}$/

/** Reads one line of the `locations` input; undefined when it is neither coordinates nor addresses. */
export function parseLocation(line: string): Location | undefined {
  if (line.length > MAX_LINE) return undefined
  const items = line.trim().split(/\s*,\s*/)
  // The name stands before the first item, with a blank between.
  const [, name, first = ''] = /^(?:(.+?)\s+)?(\S+)$/.exec(items[0] ?? '') ?? []
  if (name !== undefined && !isName(name)) return undefined
  const values = [first, ...items.slice(1)]
  // A number is no address; asking `isIP` would compile its long pattern for IPv6 for nothing.
  if (values.every((value) => !NUMBER.test(value) && isIP(value) !== 0)) {
    const where = values.join(', ')
    return { kind: 'addresses', addresses: values, name: name ?? where, where }
  }
  const [latitude = '', longitude = '', ...more] = values
  if (more.length > 0 || !isWithin(latitude, 90) || !isWithin(longitude, 180)) return undefined
  const where = values.join(',')
  return {
    kind: 'coordinates',
    latitude: Number(latitude),
    longitude: Number(longitude),
    name: name ?? where,
    where,
  }
}

/**
 * The name in a line of the `locations` input that has nothing else, such as `frankfurt` or
 * `london, canada`; undefined for other lines.
 */
export function parseCityName(line: string): string | undefined {
  const name = line.trim()
  return CITY.test(name) ? name : undefined
}

/**
 * What to say of a line that is none.
 *
 * @returns what is allowed, and what was probably meant
 */
export function explainLocation(line: string): { allowed: string; meant: string[] } {
  const usual = asUsual(line.trim().slice(0, MAX_LINE))
  const [, name = '', first = '', second = ''] =
    /^(?:([A-Za-z0-9][A-Za-z0-9 ._-]{0,63}?)\s+)?([+-]?[\d.]{1,25})(?:\s*,\s*|\s+)([+-]?[\d.]{1,25})$/.exec(
      usual,
    ) ?? []
  const forms = [`${first},${second}`, `${second},${first}`].map((where) =>
    name === '' ? where : `${name} ${where}`,
  )
  const meant = forms.find((form) => parseLocation(form) !== undefined)
  if (meant === undefined) return { allowed: LOCATION_FORM, meant: [] }
  const isSwapped = meant === forms[1]
  const why = isSwapped ? `; latitude comes first and is from -90 to 90` : ''
  return { allowed: `${LOCATION_FORM}${why}`, meant: [meant] }
}

/** With the minus sign of a keyboard, and with points in numbers where a country writes commas. */
function asUsual(text: string): string {
  return text
    .replace(/[\u2010-\u2015\u2212]/g, '-')
    .replace(/([+-]?\d{1,3}),(\d{1,20})(?:\s*[,;]\s*|\s+)([+-]?\d{1,3}),(\d{1,20})$/, '$1.$2,$3.$4')
}

/** An address before another is no name: a comma was forgotten, and it would be dropped. */
function isName(text: string): boolean {
  // Asking `isIP` costs 3 ms for its long pattern: a name without dots and colons is none.
  return NAME.test(text) && !(/[.:]/.test(text) && isIP(text) !== 0)
}

function isWithin(text: string, limit: number): boolean {
  return NUMBER.test(text) && Math.abs(Number(text)) <= limit
}
