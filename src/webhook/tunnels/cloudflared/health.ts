import { type ChildEnd, type TransportContext, TunnelFailure } from '../tunnel.ts'
import { Retryable } from './failures.ts'
import type { Cloudflared } from './process.ts'

const CHECK_EVERY_MS = 100
const WATCH_EVERY_MS = 1_000

/** What an early end of the process means, judged by its last lines. */
export type WhyEnded = (end: ChildEnd, lines: readonly string[]) => TunnelFailure

/**
 * Calls `found` every 100 ms until it gives something.
 *
 * @throws TunnelFailure when the process ends before, or it is late
 */
export async function waitFor<T>(
  context: TransportContext,
  cloudflared: Cloudflared,
  found: () => Promise<T | undefined> | T | undefined,
  untilMs: number,
  failures: { ended: WhyEnded; late: () => TunnelFailure },
): Promise<T> {
  for (;;) {
    const value = await found()
    if (value !== undefined) return value
    if (cloudflared.end) throw failures.ended(cloudflared.end, cloudflared.lastLines())
    if (context.signal.aborted || context.clock.nowMs() >= untilMs) throw failures.late()
    await context.clock.sleep(CHECK_EVERY_MS, cloudflared.signal)
  }
}

/**
 * Waits for the connection to Cloudflare's edge. cloudflared itself never gives up.
 *
 * @throws Retryable, by the other protocol, when there is none in time
 */
export async function whenRegistered(
  context: TransportContext,
  cloudflared: Cloudflared,
  untilMs: number,
  ended: WhyEnded,
): Promise<void> {
  const isRegistered = async () => {
    if (await cloudflared.isReady()) return true
    if (cloudflared.refusal === undefined) return undefined
    throw new TunnelFailure('refused', `Cloudflare refuses the tunnel (${cloudflared.refusal})`)
  }
  const late = () =>
    new Retryable('timeout', "no connection to Cloudflare's edge (port 7844) in time", {
      pauseMs: [0, 0],
      times: 2,
      otherProtocol: true,
    })
  await waitFor(context, cloudflared, isRegistered, untilMs, { ended, late })
}

/**
 * Follows a tunnel that works, until it is closed. A connection that is lost comes back by itself,
 * under the same name; whether notifications come through then, another self-ping shows.
 *
 * @throws TunnelFailure `lost` when the process has ended
 */
export async function watch(
  context: TransportContext,
  cloudflared: Cloudflared,
  ping: () => Promise<void>,
): Promise<void> {
  let isUp = true
  let reconnections = cloudflared.reconnections
  for (;;) {
    await context.clock.sleep(WATCH_EVERY_MS, cloudflared.signal)
    if (context.signal.aborted) return
    if (cloudflared.end)
      throw new TunnelFailure('lost', `cloudflared ended (${cloudflared.end.reason})`)
    const isReady = await cloudflared.isReady()
    const hasComeBack = reconnections !== cloudflared.reconnections
    reconnections = cloudflared.reconnections
    if (isUp && !isReady) {
      isUp = false
      context.onLost('cloudflared lost its connection to Cloudflare')
    } else if (isReady && (!isUp || hasComeBack)) {
      const wasUp = isUp
      isUp = await comesBack(ping)
      if (isUp) {
        context.onVerified()
        context.onGap()
      } else if (wasUp) context.onLost('the test request does not come back any more')
    }
  }
}

async function comesBack(ping: () => Promise<void>): Promise<boolean> {
  try {
    await ping()
    return true
  } catch (thrown) {
    if (thrown instanceof TunnelFailure && thrown.kind !== 'refused') return false
    throw thrown
  }
}
