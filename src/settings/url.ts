import { isLoopback } from '../base/loopback.ts'

const FORM = 'write a full URL such as https://api.example.com'

/**
 * Reads a URL that will be called with a secret: https, or http on loopback for tests and local
 * relays; no credentials, query or fragment in it.
 *
 * @returns the URL, or what is wrong with it
 */
export function parseServiceUrl(text: string): URL | string {
  if (/^[\w-]+(?:\.[\w-]+)+(?::\d{1,5})?(?:\/[\w./-]*)?$/.test(text)) {
    return `${FORM}; did you mean https://${text}?`
  }
  if (!URL.canParse(text)) return FORM
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

/**
 * Reads the base URL of an API. A gateway in front of it may have a path of its own; the part that
 * begins with the version of the API is never given.
 *
 * @returns the URL, or what is wrong with it
 */
export function parseBaseUrl(text: string): URL | string {
  const url = parseServiceUrl(text)
  if (typeof url === 'string') return url
  const path = /^(.*?)((?:\/be)?\/v\d+(?:\/.*)?)$/.exec(url.pathname)
  if (!path) return url
  const meant = `${url.origin}${(path[1] ?? '').replace(/\/+$/, '')}`
  return `leave the path ${path[2]} out, the action adds its own; did you mean ${meant}?`
}
