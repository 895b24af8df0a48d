/**
 * Edgegap's dashboard copies the key with the scheme word before it, and configurations often add a
 * second one: blanks, quotes and every leading `token` or `Bearer` are dropped, in any order.
 */
export function cleanEdgegapToken(text: string): string {
  // Longer is no key, and would only keep the patterns busy.
  const trimmed = text.trim().slice(0, 10_000)
  return trimmed
    .replace(/^(?:["'\s]|(?:token|bearer)(?=["'\s]|$))+/i, '')
    .replace(/(?<!["'\s])["'\s]+$/, '')
}
