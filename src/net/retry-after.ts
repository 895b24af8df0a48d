/** Longer hints are cut: no provider's clock may put a run to sleep for hours. */
const LONGEST_MS = 15 * 60_000
/** Shorter hints, such as `Retry-After: 0`, are none: obeyed, they would make a hot loop. */
const SHORTEST_MS = 1_000

/** The three forms of a date in HTTP (RFC 9110 §5.6.7); `Date.parse` finds one in nearly any text. */
const HTTP_DATE =
  /^[A-Z][a-z]{2,8}(?:, \d\d[ -][A-Z][a-z]{2}[ -]\d{2,4} [\d:]{8} GMT| [A-Z][a-z]{2} [ \d]\d [\d:]{8} \d{4})$/

/**
 * Reads a `Retry-After` header (RFC 9110 §10.2.3): seconds, or a date.
 *
 * @param wallMs the present as milliseconds since 1970, for the date form
 * @returns milliseconds from now; undefined when absent, unreadable or too short to mean anything
 */
export function readRetryAfter(header: string | undefined, wallMs: number): number | undefined {
  if (header === undefined) return undefined
  const ms = readMs(header.trim(), wallMs)
  return ms >= SHORTEST_MS ? Math.min(LONGEST_MS, ms) : undefined
}

function readMs(text: string, wallMs: number): number {
  if (/^\d+$/.test(text)) return Number(text) * 1000
  if (!HTTP_DATE.test(text)) return Number.NaN
  // The form of C's asctime does not say that it is GMT.
  return Date.parse(text.endsWith('GMT') ? text : `${text} GMT`) - wallMs
}
