/**
 * Edgegap's dashboard copies the key with the scheme word before it, and configurations often add a
 * second one: blanks, quotes and every leading `token ` are dropped.
 */
export function cleanEdgegapToken(text: string): string {
  let token = text.trim().replace(/^["']|["']$/g, '')
  while (/^token\s+/i.test(token)) token = token.replace(/^token\s+/i, '')
  return token.trim()
}

/** What may stand in a header: visible ASCII, no blanks. */
export function isHeaderSafe(token: string): boolean {
  return /^[\x21-\x7e]+$/.test(token)
}
