import { randomBytes, randomUUID } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import type { TestContext } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import type { HostLookup } from '../../src/net/request.ts'
import type { Cancellation } from '../../src/runner/cancellation.ts'
import { Printer } from '../../src/runner/printer.ts'
import { Redactor } from '../../src/runner/redactor.ts'
import { LEFTOVERS_STATE } from '../../src/runner/saved-states.ts'
import type { TunnelSettings } from '../../src/settings/tunnel.ts'
import { type ChannelOptions, WebhookChannel } from '../../src/webhook/channel.ts'
import {
  type QuickTunnelOptions,
  quickTransport,
} from '../../src/webhook/tunnels/cloudflared/quick.ts'
import type { LoadedTransport } from '../../src/webhook/tunnels/load.ts'
import type { Transport, TransportContext } from '../../src/webhook/tunnels/tunnel.ts'
import {
  type Cloudflare,
  type CloudflareOptions,
  startCloudflare,
} from '../emulator/tunnel/cloudflare.ts'
import { findCloudflared } from '../emulator/tunnel/cloudflared-binary.ts'
import { type Dns, startDns } from '../emulator/tunnel/dns.ts'

/** A stand-in for Cloudflare, a resolver with a memory, and a cloudflared that takes them for real. */
export interface World {
  readonly cloudflare: Cloudflare
  /** What the machine asks. It keeps "no such name" for good, as real ones do for half an hour. */
  readonly resolver: Dns
  /** Stands for the binary: it runs the real one with flags that lead to the stand-ins. */
  readonly binary: string
  readonly folder: string
  /** RUNNER_TEMP. */
  readonly temp: string
  /** What each start of cloudflared got. */
  starts(): { pid: number; args: string[]; environment: string }[]
}

export interface Ping {
  hostname: string
  /** False: it asked the system's resolver. */
  hadLookup: boolean
  atMs: number
}

export interface OpenedChannel {
  readonly channel: WebhookChannel
  readonly log: string[]
  readonly pings: Ping[]
  /** Every URL that was told, oldest first. */
  readonly urls: URL[]
  /** What the post step would get. */
  leftovers(): string
  /** Log lines that hold the text, once there are so many. */
  logged(text: string, count?: number): Promise<string[]>
}

/** Closed when the test ends, also when it fails: nothing may outlive it. */
function keep<T extends { close(): Promise<void> }>(context: TestContext, rig: T): T {
  context.onTestFinished(() => rig.close())
  return rig
}

export async function createWorld(
  context: TestContext,
  options: CloudflareOptions = {},
): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'cloudflared-test-'))
  context.onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const cloudflare = keep(context, await startCloudflare(options))
  const resolver = keep(context, await startDns({ rememberNegatives: true }))
  resolver.set('trycloudflare.com', 'NS', ['ns1.trycloudflare.com'])
  resolver.set('ns1.trycloudflare.com', 'A', [cloudflare.dns.host])
  trust(cloudflare.edge.authority.certificatePem)
  const temp = join(folder, 'temp')
  mkdirSync(temp)
  const starts = join(folder, 'starts')
  mkdirSync(starts)
  const binary = join(folder, 'cloudflared')
  writeWrapper(binary, [...cloudflare.api.flags, ...cloudflare.edge.flags], starts)
  const read = (number: number, name: string) =>
    readFileSync(join(starts, `${number}.${name}`), 'utf8')
  return {
    cloudflare,
    resolver,
    binary,
    folder,
    temp,
    starts: () => {
      const found = []
      for (let number = 1; existsSync(join(starts, `${number}.done`)); number += 1) {
        const args = read(number, 'args').split('\n').slice(0, -1)
        found.push({ pid: Number(read(number, 'pid')), args, environment: read(number, 'env') })
      }
      return found
    },
  }
}

/** The rig's flags come first, so that what the product says wins. */
function writeWrapper(file: string, flags: string[], starts: string): void {
  const real = findCloudflared().path ?? '/nonexistent'
  const script = `#!/bin/sh
n=1; while [ -e ${starts}/$n.done ]; do n=$((n+1)); done
printf '%s\\n' "$@" > ${starts}/$n.args
env > ${starts}/$n.env
echo $$ > ${starts}/$n.pid
: > ${starts}/$n.done
shift
exec ${real} tunnel ${flags.join(' ')} "$@"
`
  writeFileSync(file, script)
  chmodSync(file, 0o755)
}

/** The self-ping trusts whom Node trusts. Each stand-in has an authority of its own. */
function trust(certificatePem: string): void {
  setDefaultCACertificates([...getCACertificates('default'), certificatePem])
}

export interface OpenOptions {
  settings: TunnelSettings
  transport: Transport
  opensWithinMs?: number
  environment?: NodeJS.ProcessEnv
  random?: () => number
  listenPort?: number
}

/** The real channel with this transport. Its pings reach the front, whose port is no 443. */
export function openChannel(
  context: TestContext,
  world: World,
  options: OpenOptions,
): OpenedChannel {
  const log: string[] = []
  const pings: Ping[] = []
  const urls: URL[] = []
  let saved = ''
  const load = async (): Promise<LoadedTransport> => ({
    needsReceiver: true,
    listenPort: options.listenPort ?? 0,
    run: (own) => options.transport(redirected(own)),
  })
  const redirected = (own: TransportContext): TransportContext => ({
    ...own,
    onUrl: (url) => {
      urls.push(url)
      own.onUrl(url)
    },
    ping: (url, lookup) => {
      pings.push({ hostname: url.hostname, hadLookup: lookup !== undefined, atMs: Date.now() })
      const local: HostLookup = async () => ({ address: world.cloudflare.front.host, family: 4 })
      const target = new URL(url)
      target.port = String(world.cloudflare.front.httpsPort)
      return own.ping(target, lookup ?? local)
    },
  })
  const runner: ChannelOptions['runner'] = {
    write: (text) => void log.push(text.trimEnd()),
    command: (name, _properties, message) => void log.push(`${name}: ${message}`),
    setOutput: () => {},
    saveState: (name, value) => {
      if (name === LEFTOVERS_STATE) saved = value
    },
    appendSummary: async () => {},
  }
  const never = new AbortController().signal
  const cancellation: Cancellation = { signal: never, over: never }
  const channel = WebhookChannel.open({
    settings: options.settings,
    opensWithinMs: options.opensWithinMs ?? 20_000,
    readNotification: ({ body }) => ({ kind: 'notification', id: JSON.parse(body.toString()).id }),
    clock: systemClock,
    cancellation,
    printer: new Printer(runner, new Redactor(), systemClock),
    runner,
    environment: {
      PATH: process.env.PATH,
      RUNNER_TEMP: world.temp,
      ...options.environment,
    },
    random: options.random ?? (() => 0),
    load,
  })
  context.onTestFinished(() => channel.close())
  const logged: OpenedChannel['logged'] = async (text, count = 1) => {
    const find = () => log.filter((line) => line.includes(text))
    await context.expect
      .poll(() => find().length, { timeout: 40_000 })
      .toBeGreaterThanOrEqual(count)
    return find()
  }
  return { channel, log, pings, urls, leftovers: () => saved, logged }
}

export interface NamedTunnel {
  hostname: string
  token: string
  port: number
}

/** A tunnel with a name of its own whose requests go to that port here. */
export function addNamedTunnel(world: World, hostname: string, port: number): NamedTunnel {
  const secret = randomBytes(32)
  const tunnelId = randomUUID()
  const service = `http://127.0.0.1:${port}`
  const managedIngress = [{ hostname, service }]
  world.cloudflare.edge.addTunnel({ tunnelId, hostname, secret, managedIngress })
  return { hostname, port, token: tokenOf(tunnelId, secret) }
}

export function tokenOf(tunnelId: string, secret: Buffer): string {
  const parts = { a: 'account', t: tunnelId, s: secret.toString('base64') }
  return Buffer.from(JSON.stringify(parts)).toString('base64')
}

/** What the provider does: a POST to the URL that it was given. */
export async function postNotification(world: World, url: URL, body: unknown): Promise<number> {
  const { status } = await world.cloudflare.edge.request({
    method: 'POST',
    hostname: url.hostname,
    path: url.pathname,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify(body)),
  })
  return status
}

type Extra = Partial<OpenOptions> &
  Pick<QuickTunnelOptions, 'limits'> & {
    /** False: the service is out of reach of the action itself, and only cloudflared gets there. */
    asksItself?: boolean
  }

/** A quick tunnel that runs this world's binary and asks its resolver. */
export function openQuick(context: TestContext, world: World, extra: Extra = {}): OpenedChannel {
  const settings = {
    transport: 'cloudflared-quick',
    binaryPath: world.binary,
    isUnasked: false,
  } as const
  const { limits, asksItself = true, ...rest } = extra
  const port = asksItself ? world.cloudflare.api.port : 1
  const service = new URL(`http://127.0.0.1:${port}`)
  const dns = { systemServers: [world.resolver.address], port: world.cloudflare.dns.port }
  const transport = quickTransport(settings, { dns, service, ...(limits && { limits }) })
  return openChannel(context, world, { settings, transport, ...rest })
}
