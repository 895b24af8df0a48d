import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createHttpClient, HttpFailure, type HttpReply } from '../../../net/request.ts'
import { type ChildEnd, type TransportContext, TunnelFailure } from '../../transport.ts'

export type Protocol = 'http2' | 'quic'

/** A quick tunnel leads to the receiver; where a named one leads is set at Cloudflare. */
export type Purpose = { kind: 'quick' } | { kind: 'named'; token: string }

const METRICS_MS = 1_000
const METRICS_LINE = /Starting metrics server on 127\.0\.0\.1:(\d{1,5})\b/
/** The line within the box that the URL is printed in. Its own service is no tunnel. */
const URL_LINE =
  /\|\s+https:\/\/((?!api\.)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)\.trycloudflare\.com\s+\|/
const UNAUTHORIZED_LINE = /\bUnauthorized: [\w ]{1,60}/

/** A running cloudflared. */
export interface Cloudflared {
  /** Aborts when the process has ended, or when the tunnel is to be closed. */
  readonly signal: AbortSignal
  /** Set once the process has ended. */
  readonly end: ChildEnd | undefined
  /** Of a quick tunnel, as soon as the process has told it. */
  readonly url: URL | undefined
  /** What the edge said when it refused a named tunnel. It goes on trying all the same. */
  readonly refusal: string | undefined
  lastLines(): string[]
  /** True while it has a connection to the edge. */
  isReady(): Promise<boolean>
  stop(): Promise<void>
}

/**
 * Starts cloudflared with nothing of the machine's: a `config.yml` in the home folder or in
 * `/etc/cloudflared` would win over `--url` and publish what it names, and `TUNNEL_…` variables
 * change what is done. So it gets an empty configuration and home, and a clean environment.
 */
export async function startCloudflared(
  context: TransportContext,
  binary: string,
  protocol: Protocol,
  purpose: Purpose,
): Promise<Cloudflared> {
  const { config, home } = await writeConfiguration(await context.privateFolder())
  // Given as flags: what every release of the last years knows. `--protocol` because without it a
  // quick tunnel uses QUIC and never falls back. `--grace-period 0s` because cloudflared would wait
  // it out at its end, requests or not.
  const flags = ['--no-autoupdate', '--config', config, '--metrics', '127.0.0.1:0']
  flags.push('--protocol', protocol, '--grace-period', '0s')
  const target =
    purpose.kind === 'quick' ? ['--url', `http://127.0.0.1:${context.localPort}`] : ['run']
  const over = new AbortController()
  const told: { port?: string; url?: URL; refusal?: string; end?: ChildEnd } = {}
  const child = start(context, binary, ['tunnel', ...flags, ...target], {
    environment: environmentFor(home, purpose),
    onLine: (line) => {
      const message = messageOf(line)
      told.port ??= METRICS_LINE.exec(message)?.[1]
      const label = URL_LINE.exec(message)?.[1]
      if (label !== undefined) told.url ??= new URL(`https://${label}.trycloudflare.com`)
      // The credentials of a quick tunnel are new: an edge that refuses them does not know them yet.
      if (purpose.kind === 'named') told.refusal ??= UNAUTHORIZED_LINE.exec(message)?.[0]
    },
  })
  void child.ended.then((end) => {
    told.end = end
    over.abort()
  })
  const metrics = createHttpClient({})
  const signal = AbortSignal.any([over.signal, context.signal])
  const readMetrics = async (path: string): Promise<HttpReply | undefined> => {
    if (told.port === undefined) return undefined
    const url = new URL(path, `http://127.0.0.1:${told.port}`)
    try {
      return await metrics({ method: 'GET', url, deadlineMs: METRICS_MS, signal })
    } catch (thrown) {
      if (thrown instanceof HttpFailure) return undefined
      throw thrown
    }
  }
  return {
    signal,
    get end() {
      return told.end
    },
    get url() {
      return told.url
    },
    get refusal() {
      return told.refusal
    },
    lastLines: () => child.lastLines().map(messageOf),
    isReady: async () => (await readMetrics('/ready'))?.status === 200,
    stop: () => child.stop(250),
  }
}

/** What is wrong with the file may be known only when it is started: a wrong format, a busy file. */
function start(
  context: TransportContext,
  ...[binary, args, options]: Parameters<TransportContext['spawn']>
): ReturnType<TransportContext['spawn']> {
  try {
    return context.spawn(binary, args, options)
  } catch (thrown) {
    const { code, name } = thrown as NodeJS.ErrnoException
    throw new TunnelFailure('unavailable', `cloudflared could not be started (${code ?? name})`)
  }
}

/**
 * Given as environment: what a user's own older binary may not know and then ignores, where it
 * would end at a flag. And the token, which every user of the machine could read among the arguments.
 */
function environmentFor(home: string, purpose: Purpose): Record<string, string> {
  return {
    HOME: home,
    USERPROFILE: home,
    TUNNEL_LOG_OUTPUT: 'json',
    TUNNEL_NO_PRECHECKS: 'true',
    TUNNEL_MANAGEMENT_DIAGNOSTICS: 'false',
    ...(purpose.kind === 'named' && { TUNNEL_TOKEN: purpose.token }),
  }
}

async function writeConfiguration(folder: string): Promise<{ config: string; home: string }> {
  const config = join(folder, 'cloudflared.yml')
  const home = join(folder, 'home')
  await writeFile(config, '{}', { mode: 0o600 })
  await mkdir(home, { recursive: true, mode: 0o700 })
  return { config, home }
}

/** A line is an object or, from older releases and for fatal errors from all, bare text. */
function messageOf(line: string): string {
  if (!line.startsWith('{')) return line
  try {
    const { message, error } = JSON.parse(line) as { message?: unknown; error?: unknown }
    const parts = [message, error].filter((part) => typeof part === 'string')
    return parts.length > 0 ? parts.join(': ') : line
  } catch {
    return line
  }
}
