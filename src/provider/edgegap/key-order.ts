/**
 * JavaScript puts keys that look like array indexes first, whatever their order on the wire: of
 * `{"gameport": …, "8080": …}` it would call 8080 the first port. A character in front of such a key
 * keeps it in its place.
 */
const IN_FRONT = '\ue000'
const INDEX = /^(?:0|[1-9]\d{0,9})$/

/**
 * JSON that parses to the same, except that each key that looks like an index has one character more
 * (see `originalKey`). What is no JSON stays none.
 */
export function keepKeyOrder(json: string): string {
  // Nearly all replies have no such key, escaped or not.
  if (!/"(?:\d|\\u003\d)/i.test(json)) return json
  const parts: string[] = []
  const endOfString = stringEnds(json)
  let doneTo = 0
  for (let from = json.indexOf('"'); from >= 0; ) {
    const to = endOfString(from)
    if (to < 0) break
    if (isFollowedByColon(json, to) && looksLikeIndex(json.slice(from, to))) {
      parts.push(json.slice(doneTo, from + 1), IN_FRONT)
      doneTo = from + 1
    }
    from = json.indexOf('"', to)
  }
  return parts.join('') + json.slice(doneTo)
}

/** The key as it was on the wire. */
export function originalKey(key: string): string {
  return key.startsWith(IN_FRONT) ? key.slice(IN_FRONT.length) : key
}

/**
 * Gives the end of the string that begins at a quote: behind its closing quote, or -1 where it has
 * none. Strings are asked for from left to right; the next backslash is remembered, so that a long
 * text without any is searched once.
 */
function stringEnds(json: string): (from: number) => number {
  let backslash = -1
  const backslashFrom = (at: number) => {
    if (backslash < at) backslash = json.indexOf('\\', at)
    if (backslash < 0) backslash = Number.POSITIVE_INFINITY
    return backslash
  }
  return (from) => {
    let quote = from
    for (let at = from + 1; quote >= 0; ) {
      if (quote < at) quote = json.indexOf('"', at)
      else if (backslashFrom(at) > quote) return quote + 1
      // Whatever is escaped, two characters on the string goes on.
      else at = backslashFrom(at) + 2
    }
    return -1
  }
}

function isFollowedByColon(json: string, at: number): boolean {
  let next = at
  while (' \t\n\r'.includes(json[next] ?? 'x')) next += 1
  return json[next] === ':'
}

/** @param string with its quotes, at most as long as the escapes of ten digits */
function looksLikeIndex(string: string): boolean {
  if (string.length > 62) return false
  try {
    return INDEX.test(JSON.parse(string) as string)
  } catch {
    return false
  }
}
