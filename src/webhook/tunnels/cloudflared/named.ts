import type { NamedTunnelSettings } from '../../../settings/tunnel.ts'
import { verify, webhookUrl } from '../../verify.ts'
import { type ChildEnd, type Transport, type TransportContext, TunnelFailure } from '../tunnel.ts'
import { refuseProxy, withFreshProcesses } from './attempts.ts'
import { type BinarySource, officialSource, provideBinary } from './binary.ts'
import { AT_ONCE, Retryable, whyEnded } from './failures.ts'
import { watch, whenRegistered } from './health.ts'
import { type Protocol, startCloudflared } from './process.ts'

const MAX_PROCESSES = 2
const MAX_RESTARTS = 3
const REGISTERED_WITHIN_MS = 15_000
const VERIFIED_WITHIN_MS = 12_000
const RESTART_PAUSE_MS = 1_000
const RESTARTS_WITHIN_MS = 30_000
const INVALID_TOKEN_EXIT = 255

/** Other than the defaults in tests only. */
export interface NamedTunnelOptions {
  source?: BinarySource
}

/**
 * A Cloudflare tunnel of the user's own. Its name is known and in DNS for good; where it leads (to the
 * receiver's fixed port, that is) is set at Cloudflare, not here.
 */
export function namedTransport(
  settings: NamedTunnelSettings,
  options: NamedTunnelOptions = {},
): Transport {
  return async (context) => {
    refuseProxy(context.environment)
    const url = webhookUrl(new URL(`https://${settings.hostname}`), context.path)
    context.onUrl(url)
    const source = options.source ?? officialSource()
    const binary = await provideBinary(context, settings.binaryPath, source)
    await keepUp(context, (protocol, isFirst, untilMs) =>
      serve(context, { binary, token: settings.token, url, protocol, isFirst, untilMs }),
    )
  }
}

interface Service {
  binary: string
  token: string
  url: URL
  protocol: Protocol
  /** False when it has worked before. */
  isFirst: boolean
  untilMs: number
}

/** One process, from its start to its end. */
async function serve(context: TransportContext, service: Service): Promise<void> {
  const { binary, protocol, token, url, untilMs } = service
  const cloudflared = await startCloudflared(context, binary, protocol, { kind: 'named', token })
  try {
    const registeredUntilMs = Math.min(untilMs, context.clock.nowMs() + REGISTERED_WITHIN_MS)
    await whenRegistered(context, cloudflared, registeredUntilMs, whyNoNamedTunnel)
    const opening = { ...context, signal: cloudflared.signal }
    const verifiedUntilMs = Math.min(untilMs, context.clock.nowMs() + VERIFIED_WITHIN_MS)
    await verify(opening, url, undefined, verifiedUntilMs).catch((thrown) => {
      if (cloudflared.end) throw whyNoNamedTunnel(cloudflared.end, cloudflared.lastLines())
      if (!(thrown instanceof TunnelFailure) || thrown.kind === 'refused') throw thrown
      throw new Retryable(thrown.kind, thrown.message, AT_ONCE)
    })
    context.onVerified()
    if (!service.isFirst) context.onGap()
    await watch(context, cloudflared, () => context.ping(url))
  } finally {
    await cloudflared.stop()
  }
}

/**
 * Brings the tunnel up, and up again when its process dies later: the name stays, so the URL that the
 * provider has is good again afterwards.
 */
async function keepUp(
  context: TransportContext,
  run: (protocol: Protocol, isFirst: boolean, untilMs: number) => Promise<void>,
): Promise<void> {
  const { clock, signal } = context
  let untilMs = context.opensUntilMs
  // Not `retry()`: each restart has its own time limit, counted from the end of the pause before it, and
  // each loss is reported. The tunnel that closes ends this without an error.
  for (let restarts = 0; ; restarts += 1) {
    try {
      return await withFreshProcesses(context, MAX_PROCESSES, untilMs, (protocol) =>
        run(protocol, restarts === 0, untilMs),
      )
    } catch (thrown) {
      if (signal.aborted) return
      const wasUp = restarts > 0 || (thrown instanceof TunnelFailure && thrown.kind === 'lost')
      if (!wasUp || restarts === MAX_RESTARTS || !(thrown instanceof TunnelFailure)) throw thrown
      if (thrown.kind === 'refused') throw thrown
      context.onLost(`${thrown.message}; it is started again`)
    }
    await clock.sleep(RESTART_PAUSE_MS * 2 ** restarts, signal)
    untilMs = clock.nowMs() + RESTARTS_WITHIN_MS
  }
}

function whyNoNamedTunnel(end: ChildEnd, lines: readonly string[]): TunnelFailure {
  if (end.code !== INVALID_TOKEN_EXIT) return whyEnded(end, lines)
  return new TunnelFailure(
    'refused',
    'cloudflared-token is not a tunnel token; copy it from the page of the tunnel once more',
  )
}
