import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createHttpClient, type HttpClient, HttpFailure } from '../../../net/request.ts'
import { type Child, type ChildEnd, type TransportContext, TunnelFailure } from '../tunnel.ts'
import { CloudflaredLog, readLine } from './log.ts'

export type Protocol = 'http2' | 'quic'

/**
 * A quick tunnel leads to the receiver; where a named one leads is set at Cloudflare. Without a token
 * cloudflared asks for a quick tunnel by itself.
 */
export type Purpose =
  | { kind: 'quick'; token: string | undefined }
  | { kind: 'named'; token: string }

/** How long cloudflared's own server may take to say whether it is connected. */
const METRICS_MS = 1_000

/** A running cloudflared. */
export interface Cloudflared {
  /** Aborts when the process has ended, or when the tunnel is to be closed. */
  readonly signal: AbortSignal
  /** Set once the process has ended. */
  readonly end: ChildEnd | undefined
  /** Of a quick tunnel, as soon as the process has printed it. */
  readonly url: URL | undefined
  /**
   * How often a connection to the edge came back. It may do so within a second, between two checks
   * at `isReady`; what the provider sent meanwhile is lost all the same.
   */
  readonly reconnections: number
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
  const target = targetOf(purpose, context.localPort)
  const log = new CloudflaredLog()
  const child = start(context, binary, ['tunnel', ...flags, ...target], {
    environment: environmentFor(home, purpose),
    onLine: (line) => log.read(line),
  })
  return follow(context, child, log, purpose)
}

/** One connection, as a quick tunnel has; with a token cloudflared would open four. */
function targetOf({ kind, token }: Purpose, localPort: number): string[] {
  if (kind === 'named') return ['run']
  const url = ['--url', `http://127.0.0.1:${localPort}`]
  return token === undefined ? url : ['--ha-connections', '1', 'run', ...url]
}

function follow(
  context: TransportContext,
  child: Child,
  log: CloudflaredLog,
  purpose: Purpose,
): Cloudflared {
  const over = new AbortController()
  const signal = AbortSignal.any([over.signal, context.signal])
  const http = createHttpClient({})
  let ended: ChildEnd | undefined
  void child.ended.then((end) => {
    ended = end
    over.abort()
  })
  return {
    signal,
    get end() {
      return ended
    },
    get url() {
      return log.url
    },
    get reconnections() {
      return log.reconnections
    },
    get refusal() {
      // The credentials of a quick tunnel are new: an edge that refuses them does not know them yet.
      return purpose.kind === 'named' ? log.refusal : undefined
    },
    lastLines: () => child.lastLines().map((line) => readLine(line).message),
    isReady: () => isReady(http, log.metricsPort, signal),
    stop: () => child.stop(),
  }
}

async function isReady(
  http: HttpClient,
  port: string | undefined,
  signal: AbortSignal,
): Promise<boolean> {
  if (port === undefined || Number(port) > 65_535) return false
  const url = new URL(`http://127.0.0.1:${port}/ready`)
  try {
    const { status } = await http({ method: 'GET', url, deadlineMs: METRICS_MS, signal })
    return status === 200
  } catch (thrown) {
    if (thrown instanceof HttpFailure) return false
    throw thrown
  }
}

/** What is wrong with the file may be known only when it is started: a wrong format, a busy file. */
function start(
  context: TransportContext,
  ...[binary, args, options]: Parameters<TransportContext['spawn']>
): Child {
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
    ...(purpose.token !== undefined && { TUNNEL_TOKEN: purpose.token }),
  }
}

async function writeConfiguration(folder: string): Promise<{ config: string; home: string }> {
  const config = join(folder, 'cloudflared.yml')
  const home = join(folder, 'home')
  await writeFile(config, '{}', { mode: 0o600 })
  await mkdir(home, { recursive: true, mode: 0o700 })
  return { config, home }
}
