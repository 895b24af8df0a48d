/** Longer hints are cut: no provider's clock may put a run to sleep for hours. */
const LONGEST_MS = 15 * 60_000
/** Shorter hints, such as `Retry-After: 0`, are none: obeyed, they would make a hot loop. */
const SHORTEST_MS = 1_000

/**
 * Reads a `Retry-After` header (RFC 9110 §10.2.3): seconds, or a date.
 *
 * @param wallMs the present as milliseconds since 1970, for the date form
 * @returns milliseconds from now; undefined when absent, unreadable or too short to mean anything
 */
export function readRetryAfter(header: string | undefined, wallMs: number): number | undefined {
  if (header === undefined) return undefined
  const trimmed = header.trim()
  const ms = /^\d+$/.test(trimmed) ? Number(trimmed) * 1000 : Date.parse(trimmed) - wallMs
  return ms >= SHORTEST_MS ? Math.min(LONGEST_MS, ms) : undefined
}
