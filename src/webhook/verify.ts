import { doubling, retry } from '../base/retry.ts'
import type { HostLookup } from '../net/request.ts'
import { type TransportContext, TunnelFailure } from './tunnels/tunnel.ts'

const FIRST_PAUSE_MS = 300
const LONGEST_PAUSE_MS = 2_400

/** The URL for notifications below a base URL, which may have a path of its own. */
export function webhookUrl(base: URL, path: string): URL {
  return new URL(base.pathname.replace(/\/+$/, '') + path, base)
}

/**
 * Repeats the self-ping, ever more slowly, until it comes back.
 *
 * @param untilMs monotonic end of trying; by default the end of the tunnel's time for coming up
 * @throws TunnelFailure of the last try
 */
export async function verify(
  context: TransportContext,
  url: URL,
  lookup?: HostLookup,
  untilMs = context.opensUntilMs,
): Promise<void> {
  const { clock, signal } = context
  await retry(() => context.ping(url, lookup), {
    clock,
    signal,
    maxAttempts: Number.POSITIVE_INFINITY,
    pauseMs: doubling(FIRST_PAUSE_MS, LONGEST_PAUSE_MS),
    withinMs: untilMs - clock.nowMs(),
    isFinal: (thrown) => !(thrown instanceof TunnelFailure) || thrown.kind === 'refused',
  })
}
