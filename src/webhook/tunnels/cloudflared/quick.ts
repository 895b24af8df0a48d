import { retry } from '../../../base/retry.ts'
import type { HostLookup } from '../../../net/request.ts'
import type { QuickTunnelSettings } from '../../../settings/tunnel.ts'
import { verify, webhookUrl } from '../../verify.ts'
import { type Transport, type TransportContext, TunnelFailure } from '../tunnel.ts'
import { refuseProxy, withFreshProcesses } from './attempts.ts'
import { type BinarySource, officialSource, provideBinary } from './binary.ts'
import { type DnsOptions, findNameServers, whenPublished } from './dns.ts'
import { AT_ONCE, Retryable, whyEnded, whyNoQuickTunnel } from './failures.ts'
import { waitFor, watch, whenRegistered } from './health.ts'
import { type Cloudflared, type Protocol, startCloudflared } from './process.ts'
import { QUICK_SERVICE, type QuickTunnel, requestQuickTunnel } from './quick-service.ts'

const ZONE = 'trycloudflare.com'
const MAX_PROCESSES = 3
const BLIND_PINGS = 3

/** How long each state may last, milliseconds. */
const LIMITS = {
  /** For the answer to our own request once the binary is there; then cloudflared asks. */
  asked: 1_500,
  /** Until the name is known; cloudflared itself gives the service 15 s. */
  named: 16_000,
  registered: 15_000,
  published: 20_000,
  verified: 12_000,
  /** Where the name servers are out of reach: by then others saw every name published. */
  blindWait: 12_000,
  blindPause: 5_000,
}

/** Other than the defaults in tests only. */
export interface QuickTunnelOptions {
  source?: BinarySource
  /** Gives out the tunnels. */
  service?: URL
  dns?: DnsOptions
  limits?: Partial<typeof LIMITS>
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
    const limits = { ...LIMITS, ...options.limits }
    // Beside the download of the binary, so that the create can leave with the URL.
    const asked = ask(context, options.service ?? QUICK_SERVICE)
    const binary = await provideBinary(context, settings.binaryPath, source)
    const means = { context, binary, limits, dns: options.dns ?? {} }
    let attempts = 0
    await withFreshProcesses(context, MAX_PROCESSES, context.opensUntilMs, async (protocol) => {
      attempts += 1
      const given = attempts === 1 ? await asked.answerWithin(limits.asked) : undefined
      await attempt(means, protocol, given)
    })
  }
}

/** Our own request for a tunnel, on its way. Where it brings none, cloudflared asks by itself. */
function ask(context: TransportContext, service: URL) {
  const giveUp = new AbortController()
  const signal = AbortSignal.any([context.signal, giveUp.signal])
  const answer = requestQuickTunnel(service, { environment: context.environment, signal })
  const known = answer.then(
    (tunnel) => {
      // Too late: cloudflared has asked for one of its own.
      if (!signal.aborted) announce(context, tunnel.base)
    },
    (thrown) => {
      if (thrown instanceof Retryable) context.onRetry(thrown.message)
    },
  )
  return {
    /** @throws Retryable when the service limits the number of requests: another one would be refused too */
    answerWithin: async (limitMs: number): Promise<QuickTunnel | undefined> => {
      await Promise.race([known, context.clock.sleep(limitMs, context.signal)])
      giveUp.abort()
      try {
        return await answer
      } catch (thrown) {
        if (context.signal.aborted || !(thrown instanceof TunnelFailure)) return undefined
        if (thrown instanceof Retryable) throw thrown
        context.log(`Webhook: ${thrown.message}; cloudflared asks for a tunnel by itself.`)
        return undefined
      }
    },
  }
}

/** @returns the URL for notifications */
function announce(context: TransportContext, base: URL): URL {
  context.hide(base.hostname)
  const url = webhookUrl(base, context.path)
  context.onUrl(url)
  return url
}

interface Means {
  context: TransportContext
  binary: string
  limits: typeof LIMITS
  dns: DnsOptions
}

/**
 * One process with one name, until the tunnel is closed.
 *
 * @param given the tunnel to serve; without it cloudflared asks for one
 */
async function attempt(
  means: Means,
  protocol: Protocol,
  given: QuickTunnel | undefined,
): Promise<void> {
  const { context, limits } = means
  const purpose = { kind: 'quick', token: given?.token } as const
  if (given) context.hide(given.token)
  const cloudflared = await startCloudflared(context, means.binary, protocol, purpose)
  try {
    // Beside the start, so that they are known when they are needed.
    const nameServers = findNameServers(ZONE, means.dns, cloudflared.signal)
    const url = given
      ? webhookUrl(given.base, context.path)
      : announce(context, await whenNamed(context, cloudflared, limits.named))
    await whenRegistered(context, cloudflared, end(context, limits.registered), whyEnded)
    const blindUntilMs = context.clock.nowMs() + limits.blindWait
    const lookup = await whenReachable(means, cloudflared, url, await nameServers, blindUntilMs)
    context.onVerified()
    await watch(context, cloudflared, () => context.ping(url, lookup))
  } finally {
    await cloudflared.stop()
  }
}

/** The end of a limit that begins now. */
function end(context: TransportContext, limitMs: number): number {
  return Math.min(context.opensUntilMs, context.clock.nowMs() + limitMs)
}

async function whenNamed(
  context: TransportContext,
  cloudflared: Cloudflared,
  limitMs: number,
): Promise<URL> {
  const late = () =>
    new TunnelFailure('timeout', "Cloudflare's quick tunnel service does not answer")
  const failures = { ended: whyNoQuickTunnel, late }
  return await waitFor(context, cloudflared, () => cloudflared.url, end(context, limitMs), failures)
}

/**
 * Waits for the name in DNS, then for the self-ping.
 *
 * @returns the lookup to use from now on; undefined for the system's
 * @throws Retryable when the name does not appear, or no self-ping comes back
 */
async function whenReachable(
  means: Means,
  cloudflared: Cloudflared,
  url: URL,
  nameServers: readonly string[],
  blindUntilMs: number,
): Promise<HostLookup | undefined> {
  const { limits } = means
  // Whatever is waited for here, it ends with the process.
  const context = { ...means.context, signal: cloudflared.signal }
  try {
    const publishedUntilMs = end(context, limits.published)
    const lookup = await whenPublished(url.hostname, nameServers, context, publishedUntilMs)
    if (lookup) await verify(context, url, lookup, end(context, limits.verified))
    else await verifyBlindly(context, url, blindUntilMs, limits.blindPause)
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
  { clock, signal, log, ping }: TransportContext,
  url: URL,
  untilMs: number,
  pauseMs: number,
): Promise<void> {
  log(`Webhook: the name servers of ${ZONE} are not reached; the test request waits instead.`)
  await clock.sleep(untilMs - clock.nowMs(), signal)
  await retry(() => ping(url), {
    clock,
    signal,
    maxAttempts: BLIND_PINGS,
    pauseMs: () => pauseMs,
    isFinal: () => false,
  })
}
