import type { QuickTunnelSettings } from '../../../settings/tunnel.ts'
import {
  type Lookup,
  type Transport,
  type TransportContext,
  TunnelFailure,
} from '../../transport.ts'
import { ringUrl, verify } from '../../verify.ts'
import { refuseProxy, withFreshProcesses } from './attempts.ts'
import { type BinarySource, officialSource, provideBinary } from './binary.ts'
import { type DnsOptions, findNameServers, whenPublished } from './dns.ts'
import { AT_ONCE, Retryable, whyEnded, whyNoQuickTunnel } from './failures.ts'
import { waitFor, watch, whenRegistered } from './health.ts'
import { type Cloudflared, type Protocol, startCloudflared } from './process.ts'

const ZONE = 'trycloudflare.com'
const MAX_PROCESSES = 3
/** cloudflared itself gives the service 15 s. */
const NAMED_WITHIN_MS = 16_000
const PUBLISHED_WITHIN_MS = 20_000
const VERIFIED_WITHIN_MS = 12_000
/** Where the name servers are out of reach: by then others saw every name published. */
const BLIND_WAIT_MS = 12_000
const BLIND_PINGS = 3
const BLIND_PAUSE_MS = 5_000

/** Other than the defaults in tests only. */
export interface QuickTunnelOptions {
  source?: BinarySource
  dns?: DnsOptions
}

/**
 * A Cloudflare quick tunnel: no account, a random name. Every failure costs it its name, because
 * somebody's resolver may remember that there was none: the next attempt has another.
 */
export function quickTransport(
  settings: QuickTunnelSettings,
  options: QuickTunnelOptions = {},
): Transport {
  return async (context) => {
    context.log(
      `Webhook: opening a quick tunnel of Cloudflare (${ZONE}), a third party: TLS ends there, so it can read what the provider posts. (tunnel: none opens nothing.)`,
    )
    refuseProxy(context.environment)
    const source = options.source ?? officialSource()
    const binary = await provideBinary(context, settings.binaryPath, source)
    await withFreshProcesses(context, MAX_PROCESSES, context.opensUntilMs, (protocol) =>
      attempt(context, binary, protocol, options.dns ?? {}),
    )
  }
}

async function attempt(
  context: TransportContext,
  binary: string,
  protocol: Protocol,
  dns: DnsOptions,
): Promise<void> {
  const cloudflared = await startCloudflared(context, binary, protocol, { kind: 'quick' })
  try {
    // Beside the start, so that they are known when they are needed.
    const nameServers = findNameServers(ZONE, dns, cloudflared.signal)
    const base = await whenNamed(context, cloudflared)
    context.hide(base.hostname)
    const url = ringUrl(base, context.path)
    context.onUrl(url)
    await whenRegistered(context, cloudflared, context.opensUntilMs, whyEnded)
    const registeredAtMs = context.clock.nowMs()
    // Whatever is waited for from here, it ends with the process.
    const opening = { ...context, signal: cloudflared.signal }
    const lookup = await whenReachable(opening, cloudflared, url, await nameServers, registeredAtMs)
    context.onVerified()
    await watch(context, cloudflared, () => context.ping(url, lookup))
  } finally {
    await cloudflared.stop()
  }
}

async function whenNamed(context: TransportContext, cloudflared: Cloudflared): Promise<URL> {
  return await waitFor(
    context,
    cloudflared,
    () => cloudflared.url,
    Math.min(context.opensUntilMs, context.clock.nowMs() + NAMED_WITHIN_MS),
    {
      ended: whyNoQuickTunnel,
      late: () => new TunnelFailure('timeout', "Cloudflare's quick tunnel service does not answer"),
    },
  )
}

/**
 * Waits for the name in DNS, then for the self-ping.
 *
 * @returns the lookup to use from now on; undefined for the system's
 * @throws Retryable
 */
async function whenReachable(
  context: TransportContext,
  cloudflared: Cloudflared,
  url: URL,
  nameServers: readonly string[],
  registeredAtMs: number,
): Promise<Lookup | undefined> {
  const within = (limitMs: number) =>
    Math.min(context.opensUntilMs, context.clock.nowMs() + limitMs)
  try {
    const publishedUntilMs = within(PUBLISHED_WITHIN_MS)
    const lookup = await whenPublished(url.hostname, nameServers, context, publishedUntilMs)
    if (lookup) await verify(context, url, lookup, within(VERIFIED_WITHIN_MS))
    else await verifyBlindly(context, url, registeredAtMs)
    return lookup
  } catch (thrown) {
    if (!(thrown instanceof TunnelFailure)) throw thrown
    if (cloudflared.end) throw whyEnded(cloudflared.end, cloudflared.lastLines())
    throw new Retryable(thrown.kind, thrown.message, AT_ONCE)
  }
}

/**
 * The self-ping through the system's resolver, where the zone's own name servers are out of reach.
 * An early question would spoil the name for half an hour, so it waits, and asks seldom.
 */
async function verifyBlindly(
  context: TransportContext,
  url: URL,
  registeredAtMs: number,
): Promise<void> {
  const { clock, signal } = context
  context.log(`Webhook: the name servers of ${ZONE} are not reached; the self-ping waits instead.`)
  await clock.sleep(registeredAtMs + BLIND_WAIT_MS - clock.nowMs(), signal)
  for (let pings = 1; ; pings += 1) {
    try {
      return await context.ping(url)
    } catch (thrown) {
      if (pings === BLIND_PINGS || signal.aborted) throw thrown
    }
    await clock.sleep(BLIND_PAUSE_MS, signal)
  }
}
