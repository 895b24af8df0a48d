/**
 * Edgegap's dashboard copies the key with the scheme word before it, and configurations often add a
 * second one: blanks, quotes and every leading `token` are dropped, in any order.
 */
export function cleanEdgegapToken(text: string): string {
  return text.replace(/^(?:["'\s]|token(?=["'\s]|$))+/i, '').replace(/["'\s]+$/, '')
}

/** What may stand in a header: visible ASCII, no blanks. */
export function isHeaderSafe(token: string): boolean {
  return /^[\x21-\x7e]+$/.test(token)
}
