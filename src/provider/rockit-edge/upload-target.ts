import { isLoopback } from '../../base/loopback.ts'
import type { ImportAnswer } from './wire/replies.ts'

/** Where the build goes to, or what is wrong with what the answer says. */
export function uploadTarget({ uploadUrl }: ImportAnswer): URL | string {
  if (uploadUrl === undefined) return 'ROCKIT Edge answered the import without an upload URL'
  if (!URL.canParse(uploadUrl)) return 'ROCKIT Edge answered the import with an unusable upload URL'
  const url = new URL(uploadUrl)
  // Whoever reads the URL on its way may write to it.
  if (url.protocol === 'https:' || isLoopback(url.hostname)) return url
  return 'ROCKIT Edge answered the import with an upload URL that is not https'
}
