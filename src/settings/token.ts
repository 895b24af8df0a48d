/** What may stand in a header: visible ASCII, no blanks. */
export function isHeaderSafe(token: string): boolean {
  return /^[\x21-\x7e]+$/.test(token)
}
