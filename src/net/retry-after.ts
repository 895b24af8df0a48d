/** Longer hints are cut: no provider's clock may put a run to sleep for hours. */
const LONGEST_MS = 15 * 60_000

/**
 * Reads a `Retry-After` header (RFC 9110 §10.2.3): seconds, or a date.
 *
 * @param wallMs the present as milliseconds since 1970, for the date form
 * @returns milliseconds from now; undefined when absent or unreadable
 */
export function readRetryAfter(header: string | undefined, wallMs: number): number | undefined {
  if (header === undefined) return undefined
  const trimmed = header.trim()
  const ms = /^\d+$/.test(trimmed) ? Number(trimmed) * 1000 : Date.parse(trimmed) - wallMs
  return Number.isNaN(ms) ? undefined : Math.min(LONGEST_MS, Math.max(0, ms))
}
