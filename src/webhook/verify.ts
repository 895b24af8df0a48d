import { type Lookup, type TransportContext, TunnelFailure } from './tunnels/tunnel.ts'

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
  lookup?: Lookup,
  untilMs = context.opensUntilMs,
): Promise<void> {
  let pauseMs = FIRST_PAUSE_MS
  for (;;) {
    try {
      await context.ping(url, lookup)
      return
    } catch (thrown) {
      if (!(thrown instanceof TunnelFailure) || thrown.kind === 'refused') throw thrown
      const isOver = context.clock.nowMs() + pauseMs >= untilMs
      if (isOver || context.signal.aborted) throw thrown
    }
    await context.clock.sleep(pauseMs, context.signal)
    pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2)
  }
}
