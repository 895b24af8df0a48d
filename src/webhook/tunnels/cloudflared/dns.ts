import { Resolver } from 'node:dns/promises'
import type { Clock } from '../../../base/clock.ts'
import type { HostLookup } from '../../../net/request.ts'
import { TunnelFailure } from '../tunnel.ts'

/*
 * A fresh quick tunnel has no name in DNS for its first seconds, and whoever asks a caching resolver
 * meanwhile gets the answer "no such name" for the next half hour (the zone's negative TTL is 1800 s). So
 * nobody here asks a resolver for it: the zone's own name servers are asked, which remember no
 * question, and the self-ping connects to the address that they give.
 */

const ASK_EVERY_MS = 300
const ANSWER_WITHIN_MS = 800
const MAX_SERVERS = 3
/** So many silent rounds in a row, before any answer, mean that port 53 is blocked. */
const SILENT_ROUNDS = 2
/** The server answered: no such name, or no such record. */
const NOT_YET = new Set(['ENOTFOUND', 'ENODATA'])

/** Other than the defaults in tests only, where port 53 is out of reach. */
export interface DnsOptions {
  /** The resolver that knows the name servers; by default the system's. */
  systemServers?: readonly string[]
  /** Of the zone's own name servers. */
  port?: number
}

/**
 * The addresses of the zone's own name servers, empty when they cannot be found out. It asks for the
 * zone itself, which always exists, and so leaves no "no such name" behind.
 */
export async function findNameServers(
  zone: string,
  options: DnsOptions,
  signal: AbortSignal,
): Promise<string[]> {
  const resolver = openResolver(options.systemServers, { timeout: 2000, tries: 2 }, signal)
  try {
    const names = await resolver.resolveNs(zone)
    const found = await Promise.allSettled(
      names.slice(0, MAX_SERVERS).map((name) => resolver.resolve4(name)),
    )
    const addresses = found.flatMap((one) => (one.status === 'fulfilled' ? one.value : []))
    const distinct = [...new Set(addresses)].slice(0, MAX_SERVERS)
    return distinct.map((address) => `${address}:${options.port ?? 53}`)
  } catch {
    return []
  }
}

/**
 * Waits until the zone's name servers know a name.
 *
 * @param servers the addresses that `findNameServers` gave, with their ports
 * @returns how to connect without asking anybody else; undefined when they cannot be reached
 * @throws TunnelFailure when they do not know it in time
 */
export async function whenPublished(
  hostname: string,
  servers: readonly string[],
  { clock, signal }: { clock: Clock; signal: AbortSignal },
  untilMs: number,
): Promise<HostLookup | undefined> {
  if (servers.length === 0) return undefined
  const resolver = openResolver(servers, { timeout: ANSWER_WITHIN_MS, tries: 1 }, signal)
  let silentRounds = 0
  let hasAnswered = false
  for (;;) {
    const answer = await ask(resolver, hostname)
    if (typeof answer === 'object') return () => Promise.resolve(answer)
    if (answer === 'not-yet') hasAnswered = true
    else silentRounds += 1
    if (!hasAnswered && silentRounds >= SILENT_ROUNDS) return undefined
    if (signal.aborted || clock.nowMs() + ASK_EVERY_MS >= untilMs) {
      throw new TunnelFailure('timeout', 'its name did not appear in DNS in time')
    }
    await clock.sleep(ASK_EVERY_MS, signal)
  }
}

type Answer = { address: string; family: 4 } | 'not-yet' | 'none'

async function ask(resolver: Resolver, hostname: string): Promise<Answer> {
  try {
    const [address] = await resolver.resolve4(hostname)
    return address === undefined ? 'not-yet' : { address, family: 4 }
  } catch (error) {
    return NOT_YET.has((error as NodeJS.ErrnoException).code ?? '') ? 'not-yet' : 'none'
  }
}

/** A resolver of our own: settings of the process's resolver stay as they are. */
function openResolver(
  servers: readonly string[] | undefined,
  limits: { timeout: number; tries: number },
  signal: AbortSignal,
): Resolver {
  const resolver = new Resolver(limits)
  if (servers) resolver.setServers(servers)
  signal.addEventListener('abort', () => resolver.cancel(), { once: true })
  return resolver
}
