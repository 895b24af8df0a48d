import { isRecord, parseJson } from '../../../base/json.ts'
import { createHttpClient, HttpFailure, type HttpReply } from '../../../net/request.ts'
import { type TransportContext, TunnelFailure } from '../tunnel.ts'
import { rateLimited } from './failures.ts'

const ASK_MS = 10_000
const MAX_REPLY_BYTES = 64 * 1024
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
/** As in the log of cloudflared: one label, and not that of the service itself. */
const HOSTNAME = /^(?!api\.)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.trycloudflare\.com$/
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/

export const QUICK_SERVICE = new URL('https://api.trycloudflare.com')

/** A quick tunnel that Cloudflare gave, before anything runs that serves it. */
export interface QuickTunnel {
  base: URL
  /** What cloudflared takes instead of asking for a tunnel. */
  token: string
}

/**
 * Asks for a quick tunnel as cloudflared itself does: one POST, no account. Asked while the binary is
 * still being fetched, the URL is known before anything of Cloudflare's runs here.
 *
 * @throws TunnelFailure, one that may be retried where the service limits the number of requests
 */
export async function requestQuickTunnel(
  service: URL,
  { environment, signal }: Pick<TransportContext, 'environment' | 'signal'>,
): Promise<QuickTunnel> {
  const http = createHttpClient(environment)
  let reply: HttpReply
  try {
    reply = await http({
      method: 'POST',
      url: new URL('/tunnel', service),
      headers: { 'content-type': 'application/json', 'user-agent': 'deploy-game-server' },
      deadlineMs: ASK_MS,
      signal,
      maxReplyBytes: MAX_REPLY_BYTES,
    })
  } catch (thrown) {
    if (!(thrown instanceof HttpFailure)) throw thrown
    const isLate = thrown.reason === 'aborted' || thrown.reason === 'deadline'
    throw failed(isLate ? 'does not answer' : `is not reached: ${thrown.message}`)
  }
  if (reply.status === 429) throw rateLimited()
  if (reply.status !== 200) throw failed(`failed (${reply.status})`)
  const tunnel = readTunnel(reply.text)
  if (!tunnel) throw failed('gave no tunnel')
  return tunnel
}

function failed(how: string): TunnelFailure {
  return new TunnelFailure('service', `Cloudflare's quick tunnel service ${how}`)
}

/** What goes into a URL and into the token has to look like it; undefined for all else. */
function readTunnel(text: string): QuickTunnel | undefined {
  const reply = parseJson(text)
  if (!isRecord(reply) || !isRecord(reply.result)) return undefined
  const { id, hostname, account_tag: account, secret } = reply.result
  const isWhole =
    reply.success !== false &&
    isMatch(id, UUID) &&
    isMatch(hostname, HOSTNAME) &&
    isMatch(account, /^[0-9a-f]{1,64}$/i) &&
    isMatch(secret, BASE64)
  if (!isWhole) return undefined
  const token = JSON.stringify({ a: account, t: id, s: secret })
  return { base: new URL(`https://${hostname}`), token: Buffer.from(token).toString('base64') }
}

function isMatch(value: unknown, pattern: RegExp): boolean {
  return typeof value === 'string' && pattern.test(value)
}
