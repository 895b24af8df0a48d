/**
 * Reads a URL that will be called with a secret: https, or http on loopback for tests and local
 * relays; no credentials, query or fragment in it.
 *
 * @returns the URL, or what is wrong with it
 */
export function parseServiceUrl(text: string): URL | string {
  if (!URL.canParse(text)) return 'write a full URL such as https://api.example.com'
  const url = new URL(text)
  if (url.username || url.password) return 'leave user name and password out of the URL'
  if (url.search || url.hash) return 'leave query and fragment out of the URL'
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname)))
    return url
  return 'use https (http only for loopback)'
}

/** A URL as it may be shown: not at all where it may hold credentials. */
export function showUrl(text: string): string | undefined {
  return /[@?#]/.test(text) ? undefined : text
}

export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname)
}
