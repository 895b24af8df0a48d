import { randomBytes } from 'node:crypto'
import { createHttpClient, type HostLookup, HttpFailure, type HttpReply } from '../net/request.ts'
import { ANSWERED_BY, ANSWERER, isSameSecret, type Receiver } from './receiver.ts'
import { TunnelFailure } from './tunnels/tunnel.ts'

const PING_MS = 5_000

/**
 * Sends a request through the public URL and checks that the answer is this run's receiver's.
 *
 * @throws TunnelFailure `refused` when another run's receiver answers, else `service`
 */
export async function selfPing(
  url: URL,
  receiver: Receiver,
  options: { environment: NodeJS.ProcessEnv; signal: AbortSignal; lookup: HostLookup | undefined },
): Promise<void> {
  const nonce = randomBytes(16).toString('base64url')
  const http = createHttpClient(options.environment, options.lookup)
  let reply: HttpReply
  try {
    reply = await http({
      method: 'GET',
      url: new URL(`${url.pathname}/ping?n=${nonce}`, url),
      headers: { 'user-agent': 'deploy-game-server' },
      deadlineMs: PING_MS,
      signal: options.signal,
      maxReplyBytes: 64 * 1024,
    })
  } catch (thrown) {
    if (!(thrown instanceof HttpFailure)) throw thrown
    throw new TunnelFailure('service', `the test request did not come back: ${thrown.message}`)
  }
  if (reply.status === 200 && isSameSecret(reply.text.trim(), receiver.pong(nonce))) return
  throw whoseAnswer(reply, url, receiver)
}

function whoseAnswer(reply: HttpReply, url: URL, receiver: Receiver): TunnelFailure {
  const answeredBy = reply.headers[ANSWERED_BY] ?? ''
  if (answeredBy.startsWith(ANSWERER) && answeredBy !== receiver.name) {
    return new TunnelFailure(
      'refused',
      `another job that runs this action answers at ${url.host}: two jobs share this tunnel; let one wait for the other (a concurrency group) or give each its own`,
    )
  }
  let what = `status ${reply.status}`
  if (answeredBy === receiver.name) what = 'it arrives here under another path'
  else if (reply.status === 200) what = 'somebody else answers'
  return new TunnelFailure('service', `the test request did not come back: ${what}`)
}
