import { formatDuration } from '../../../base/clock.ts'
import { connectProxyFor } from '../../../net/proxy.ts'
import { type TransportContext, TunnelFailure } from '../tunnel.ts'
import { Retryable } from './failures.ts'
import type { Protocol } from './process.ts'

/** A further attempt within this time is worth waiting for. */
const SOON_MS = 500
/** Whether `no_proxy` lets it past the proxy is asked for one of its hosts. */
const EDGE_HOST = 'region1.v2.argotunnel.com'
const EDGE_PORT = 7844

/**
 * cloudflared ignores proxies (cloudflare/cloudflared issues 350 and 1076). Where one is set, there
 * is seldom another way out, and finding that out would take it half a minute.
 */
export function refuseProxy(environment: NodeJS.ProcessEnv): void {
  if (connectProxyFor(environment, EDGE_HOST, EDGE_PORT) === undefined) return
  throw new TunnelFailure(
    'service',
    'https_proxy is set, and cloudflared cannot go through a proxy; ssh and relay can',
  )
}

/**
 * Runs an attempt, each with a fresh process, until one ends with the tunnel being closed.
 *
 * @param attempt gets the protocol to use; resolves when the tunnel was closed
 * @throws TunnelFailure of the last attempt
 */
export async function withFreshProcesses(
  context: TransportContext,
  maxProcesses: number,
  untilMs: number,
  attempt: (protocol: Protocol) => Promise<void>,
): Promise<void> {
  // Not `retry()`: how often and when depends on the kind of failure, which may also change the protocol.
  let protocol: Protocol = 'http2'
  const failures: Record<string, number> = {}
  for (let processes = 1; ; processes += 1) {
    try {
      return await attempt(protocol)
    } catch (thrown) {
      if (context.signal.aborted) return
      if (!(thrown instanceof Retryable)) throw thrown
      const { pauseMs, times, otherProtocol } = thrown.retry
      failures[thrown.kind] = (failures[thrown.kind] ?? 0) + 1
      const waitMs = pauseMs[0] + context.random() * (pauseMs[1] - pauseMs[0])
      const isOver = context.clock.nowMs() + waitMs >= untilMs
      if (isOver || processes >= maxProcesses || (failures[thrown.kind] ?? 0) > times) throw thrown
      if (otherProtocol) protocol = protocol === 'http2' ? 'quic' : 'http2'
      const when = waitMs < 1 ? 'at once' : `in ${formatDuration(waitMs)}`
      if (waitMs >= SOON_MS) context.onRetry(thrown.message)
      context.log(`Webhook: ${thrown.message}; next attempt ${when} (${protocol}).`)
      await context.clock.sleep(waitMs, context.signal)
      if (context.signal.aborted) return
    }
  }
}
