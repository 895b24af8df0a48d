import { accessSync, constants } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { delimiter, join, resolve } from 'node:path'
import { connectProxyFor } from '../../../net/proxy.ts'
import type { SshSettings } from '../../../settings/tunnel.ts'
import { type Child, type TransportContext, TunnelFailure } from '../tunnel.ts'
import { isPortDenied, sshFailure } from './failure.ts'
import { PROXY_SCRIPT, PROXY_VARIABLE, proxyCommand } from './proxy-command.ts'

const KEY_FILE = 'key'
const KNOWN_HOSTS_FILE = 'known_hosts'
const NO_HOSTS_FILE = 'no_hosts'
const PROXY_FILE = 'proxy.mjs'

export interface AliveTimes {
  aliveIntervalSeconds: number
  aliveCount: number
}

export interface SshSession {
  /** The forwarded port on the server. Stays pending when the session ends without one. */
  port: Promise<number>
  /** Why the session ended; `isPortDenied`: the server did not give the port. */
  ended: Promise<{ failure: TunnelFailure; isPortDenied: boolean }>
  stop(): Promise<void>
}

/** Opens one session; `remotePort` 0 leaves the choice to the server. */
export type SshClient = (remotePort: number) => SshSession

/**
 * Finds the system's client and writes its files.
 *
 * @throws TunnelFailure `unavailable` when there is no client on this machine
 */
export async function prepareSsh(
  context: TransportContext,
  settings: SshSettings,
  alive: AliveTimes,
): Promise<SshClient> {
  const program = findOnPath('ssh', context.environment)
  if (program === undefined) {
    throw new TunnelFailure('unavailable', 'there is no ssh client on the PATH of this runner')
  }
  const folder = await context.privateFolder()
  const write = (name: string, text: string) =>
    writeFile(join(folder, name), text, { mode: 0o600, flag: 'wx' })
  // Secrets and inputs may have been pasted on Windows; the client takes such a key for a broken one.
  await write(KEY_FILE, withUnixBreaks(settings.privateKey))
  await write(KNOWN_HOSTS_FILE, withUnixBreaks(settings.knownHosts))
  await write(NO_HOSTS_FILE, '')
  if (process.platform === 'win32') await keepToOneself(context, folder)
  const proxy = connectProxyFor(context.environment, settings.host, settings.port)
  if (proxy !== undefined) await write(PROXY_FILE, PROXY_SCRIPT)
  const environment = proxy === undefined ? {} : proxyEnvironment(context.environment, proxy)

  return (remotePort) => {
    const args = sshArguments(settings, remotePort, context.localPort, alive, proxy !== undefined)
    let tellPort: (port: number) => void = () => {}
    const port = new Promise<number>((resolve) => {
      tellPort = resolve
    })
    if (remotePort !== 0) tellPort(remotePort)
    const child = context.spawn(program, args, {
      // File names on the command line are relative, so that no path needs quoting for the client,
      // which splits at blanks and expands `%` in some of them.
      cwd: folder,
      environment,
      onLine: (line) => {
        const [, chosen] = /^Allocated port (\d+) for remote forward/.exec(line) ?? []
        if (chosen !== undefined) tellPort(Number(chosen))
      },
    })
    return { port, ended: whyEnded(child, settings), stop: () => child.stop() }
  }
}

/**
 * Nothing of the user's or the machine's own ssh set-up counts: no configuration, agent, other keys,
 * other known hosts, and no question is ever asked.
 */
function sshArguments(
  settings: SshSettings,
  remotePort: number,
  localPort: number,
  alive: AliveTimes,
  hasProxy: boolean,
): string[] {
  const options = [
    'IdentitiesOnly=yes',
    'BatchMode=yes',
    'StrictHostKeyChecking=yes',
    `UserKnownHostsFile=${KNOWN_HOSTS_FILE}`,
    `GlobalKnownHostsFile=${NO_HOSTS_FILE}`,
    'ExitOnForwardFailure=yes',
    'ConnectTimeout=10',
    `ServerAliveInterval=${alive.aliveIntervalSeconds}`,
    `ServerAliveCountMax=${alive.aliveCount}`,
    ...(hasProxy ? [`ProxyCommand=${proxyCommand(PROXY_FILE)}`] : []),
  ]
  return [
    ...['-F', 'none', '-N', '-T', '-p', String(settings.port), '-i', KEY_FILE],
    ...options.flatMap((option) => ['-o', option]),
    ...['-R', `127.0.0.1:${remotePort}:127.0.0.1:${localPort}`],
    `${settings.user}@${settings.host}`,
  ]
}

async function whyEnded(
  child: Child,
  settings: SshSettings,
): Promise<Awaited<SshSession['ended']>> {
  const end = await child.ended
  const lines = child.lastLines()
  return { failure: sshFailure(settings, lines, end), isPortDenied: isPortDenied(lines) }
}

function proxyEnvironment(environment: NodeJS.ProcessEnv, proxy: string): Record<string, string> {
  // The proxy's own certificate may be one that only the machine's administrator vouches for.
  const { NODE_EXTRA_CA_CERTS: certificates } = environment
  return {
    [PROXY_VARIABLE]: proxy,
    ...(certificates !== undefined && { NODE_EXTRA_CA_CERTS: certificates }),
  }
}

function withUnixBreaks(text: string): string {
  return `${text.replace(/\r\n?/g, '\n').trimEnd()}\n`
}

/** Windows knows no file modes; its client refuses a key that others may read. */
async function keepToOneself(context: TransportContext, folder: string): Promise<void> {
  const { SystemRoot = 'C:\\Windows', USERDOMAIN, USERNAME = '' } = context.environment
  const user = USERDOMAIN ? `${USERDOMAIN}\\${USERNAME}` : USERNAME
  const program = join(SystemRoot, 'System32', 'icacls.exe')
  const args = [KEY_FILE, '/inheritance:r', '/grant:r', `${user}:F`]
  await context.spawn(program, args, { cwd: folder }).ended
}

/** The absolute path of a program; undefined when PATH leads to none. */
function findOnPath(name: string, environment: NodeJS.ProcessEnv): string | undefined {
  const file = process.platform === 'win32' ? `${name}.exe` : name
  const folders = (environment.PATH ?? environment.Path ?? '').split(delimiter).filter(Boolean)
  return folders.map((folder) => resolve(folder, file)).find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
