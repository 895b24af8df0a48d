import type { Place } from './many-texts-search.ts'

/** Escapes of URLs, HTML and of strings in JSON and JavaScript, one at a time. */
const ESCAPE =
  /(?:%[89a-f][0-9a-f])+|%[0-7][0-9a-f]|&(?:#\d{1,7}|#x[0-9a-f]{1,6}|amp|lt|gt|quot|apos|nbsp);?|\\(?:u[0-9a-f]{4}|x[0-9a-f]{2}|["'\\/bfnrt])/gi

const NAMED: Readonly<Record<string, string>> = {
  ...{ amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00a0' },
}
const CONTROLS: Readonly<Record<string, string>> = {
  ...{ b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' },
}

export interface Unescaped {
  text: string
  /** Where a place in `text` comes from; an escape is taken whole. */
  sourceOf(place: Place): Place
}

/**
 * A text with its escapes resolved, to find in it what was escaped in any of the usual ways.
 *
 * @returns undefined where there is no escape
 */
export function unescapeAll(source: string): Unescaped | undefined {
  if (!/[%&\\]/.test(source)) return undefined
  const parts: string[] = []
  /** Of each escape: where what it stands for begins and ends, and where it begins and ends itself. */
  const ends: { to: number; sourceFrom: number; sourceTo: number; from: number }[] = []
  let length = 0
  let doneTo = 0
  for (const match of source.matchAll(ESCAPE)) {
    const plain = resolve(match[0])
    if (plain === undefined) continue
    const from = length + match.index - doneTo
    parts.push(source.slice(doneTo, match.index), plain)
    doneTo = match.index + match[0].length
    length = from + plain.length
    ends.push({ from, to: length, sourceFrom: match.index, sourceTo: doneTo })
  }
  if (ends.length === 0) return undefined
  parts.push(source.slice(doneTo))

  /** The character at `at`, as the source has it. */
  const sourceAt = (at: number): Place => {
    let low = 0
    let high = ends.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((ends[middle]?.from ?? 0) <= at) low = middle + 1
      else high = middle
    }
    const last = ends[low - 1]
    if (!last) return { from: at, to: at + 1 }
    if (at < last.to) return { from: last.sourceFrom, to: last.sourceTo }
    const from = last.sourceTo + at - last.to
    return { from, to: from + 1 }
  }
  return {
    text: parts.join(''),
    sourceOf: ({ from, to }) => ({ from: sourceAt(from).from, to: sourceAt(to - 1).to }),
  }
}

/** Undefined for what only looks like an escape. */
function resolve(written: string): string | undefined {
  const body = written.slice(1).replace(/;$/, '')
  switch (written[0]) {
    case '%':
      return decode(written)
    case '&':
      return body[0] === '#' ? character(body.slice(1)) : NAMED[body.toLowerCase()]
    default:
      // A backslash: `u` and `x` with digits, else one character.
      return body.length > 1
        ? character(`x${body.slice(1)}`)
        : (CONTROLS[body.toLowerCase()] ?? body)
  }
}

function decode(percent: string): string | undefined {
  try {
    return decodeURIComponent(percent)
  } catch {
    return undefined
  }
}

/** Of a number as HTML writes it: decimal, or hexadecimal behind an `x`. */
function character(number: string): string | undefined {
  const code = /^x/i.test(number) ? Number.parseInt(number.slice(1), 16) : Number(number)
  return code <= 0x10ffff ? String.fromCodePoint(code) : undefined
}
