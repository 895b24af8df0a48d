/**
 * Edgegap's dashboard copies the key with the scheme word before it, and configurations often add a
 * second one: blanks, quotes and every leading `token ` are dropped, so that the word before a secret
 * that is empty leaves nothing either.
 */
export function cleanEdgegapToken(text: string): string {
  let token = text
  let before: string
  do {
    before = token
    token = token
      .trim()
      .replace(/^["']|["']$/g, '')
      .replace(/^token(?:\s+|$)/i, '')
  } while (token !== before)
  return token
}

/** What may stand in a header: visible ASCII, no blanks. */
export function isHeaderSafe(token: string): boolean {
  return /^[\x21-\x7e]+$/.test(token)
}
