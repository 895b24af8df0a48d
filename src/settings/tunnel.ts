import { isIP } from 'node:net'
import { DEFAULTS } from './defaults.ts'
import { readDuration } from './duration.ts'
import type { Inputs } from './inputs.ts'
import type { WaitMode } from './model.ts'
import type { Problems } from './problems.ts'
import { isHeaderSafe } from './token.ts'
import type {
  NamedTunnelSettings,
  QuickTunnelSettings,
  SshSettings,
  TunnelSettings,
} from './transports.ts'
import { parseServiceUrl, showUrl } from './url.ts'

export type * from './transports.ts'

const TUNNELS = ['auto', 'public', 'ssh', 'relay', 'cloudflared', 'none'] as const
/** Labels of letters, digits, dashes and underscores, with single dots between; a last dot is allowed. */
const HOST = /^(?=.{1,254}$)(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?(?:\.(?!$)|\.?$))+$/
const USER = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/
const PORT_RANGE = { min: 1, max: 65_535 }

/**
 * Reads the tunnel inputs.
 *
 * @param wait the `wait` input: `poll` and `none` need no tunnel
 * @param environment tells whether GitHub hosts this runner (`RUNNER_ENVIRONMENT`)
 */
export function readTunnel(
  inputs: Inputs,
  problems: Problems,
  wait: WaitMode,
  environment: NodeJS.ProcessEnv,
): TunnelSettings {
  const tunnel = inputs.oneOf('tunnel', TUNNELS, DEFAULTS.tunnel)
  if (wait === 'poll' || wait === 'none') return { transport: 'none', why: `wait is ${wait}` }
  switch (tunnel === 'auto' ? firstConfigured(inputs, wait, environment) : tunnel) {
    case 'public':
      return {
        transport: 'public',
        publicUrl: readUrl(inputs, problems, 'public-url', 'your ingress to this runner'),
        listenPort: readListenPort(inputs, problems),
      }
    case 'ssh':
      return readSsh(inputs, problems)
    case 'relay':
      return { transport: 'relay', relayUrl: readUrl(inputs, problems, 'relay-url', 'your relay') }
    case 'cloudflared':
      return readCloudflared(inputs, problems, tunnel === 'auto' && wait !== 'webhook')
    case 'self-hosted':
      return {
        transport: 'none',
        why: 'this runner is self-hosted and no tunnel is configured',
      }
    case 'none':
      if (wait === 'webhook') problems.add('tunnel', 'none', 'wait: webhook needs a tunnel')
      return { transport: 'none', why: 'tunnel is none' }
  }
}

/**
 * A quick tunnel opens a way from the internet into the runner's network. On a machine that GitHub
 * hosts there is no network to protect; on others none is opened unless the webhook was asked for.
 */
function firstConfigured(inputs: Inputs, wait: WaitMode, environment: NodeJS.ProcessEnv) {
  if (inputs.has('public-url')) return 'public'
  if (inputs.has('ssh-host')) return 'ssh'
  if (inputs.has('relay-url')) return 'relay'
  if (inputs.has('cloudflared-token')) return 'cloudflared'
  const isAskedFor = wait === 'webhook' || environment.RUNNER_ENVIRONMENT === 'github-hosted'
  return isAskedFor ? 'cloudflared' : 'self-hosted'
}

function readSsh(inputs: Inputs, problems: Problems): SshSettings {
  const host = readHost(inputs, problems, 'ssh-host', 'name the host of your sshd')
  const user = inputs.required('ssh-user', 'name the user to log in as')
  if (user !== '' && !USER.test(user)) problems.add('ssh-user', user, 'use a plain user name')
  const privateKey = inputs.text('ssh-key')
  const isKey = /^-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*-----END [A-Z ]*PRIVATE KEY-----$/.test(
    privateKey,
  )
  const isOneLine = isKey && privateKey.includes('\\n')
  if (!isKey || isOneLine) {
    problems.add(
      'ssh-key',
      undefined,
      isOneLine
        ? 'its line breaks are written as \\n: store the key in the secret with real line breaks'
        : 'give the private key itself, in PEM or OpenSSH form, from a secret',
    )
  }
  const knownHosts = inputs.required(
    'ssh-known-hosts',
    'give the host key as `ssh-keyscan` prints it: it is never trusted on first use',
  )
  const remotePort = inputs.wholeNumber(
    'ssh-remote-port',
    { min: 0, max: 65_535 },
    Number(DEFAULTS['ssh-remote-port']),
  )
  const publicUrl = inputs.required(
    'ssh-public-url',
    'give the URL that leads to the forwarded port',
  )
  const sample = parseServiceUrl(publicUrl.replaceAll('{port}', '1'))
  if (publicUrl !== '' && !(sample instanceof URL))
    problems.add('ssh-public-url', showUrl(publicUrl), sample)
  if (publicUrl !== '' && remotePort === 0 && !publicUrl.includes('{port}')) {
    problems.add(
      'ssh-public-url',
      showUrl(publicUrl),
      'put {port} where the port belongs that the server chooses, or set ssh-remote-port',
    )
  }
  return {
    transport: 'ssh',
    host,
    user,
    knownHosts,
    remotePort,
    publicUrl,
    port: inputs.wholeNumber('ssh-port', PORT_RANGE, Number(DEFAULTS['ssh-port'])),
    privateKey: `${privateKey}\n`,
  }
}

function readCloudflared(
  inputs: Inputs,
  problems: Problems,
  isUnasked: boolean,
): NamedTunnelSettings | QuickTunnelSettings {
  const binaryPath = inputs.text('cloudflared-path') || undefined
  const token = inputs.text('cloudflared-token')
  if (token === '') {
    if (inputs.has('cloudflared-hostname')) {
      problems.add(
        'cloudflared-token',
        '',
        'a named tunnel needs its token beside cloudflared-hostname',
      )
    }
    return { transport: 'cloudflared-quick', binaryPath, isUnasked }
  }
  if (!isHeaderSafe(token)) {
    problems.add(
      'cloudflared-token',
      undefined,
      'holds blanks or other characters that no token has',
    )
  }
  const hostname = readHost(
    inputs,
    problems,
    'cloudflared-hostname',
    'name the public host name of the tunnel',
  )
  return {
    transport: 'cloudflared-named',
    token,
    hostname,
    listenPort: readListenPort(inputs, problems),
    binaryPath,
  }
}

/** A host and nothing else; what else people write with it is named. */
function readHost(
  inputs: Inputs,
  problems: Problems,
  input: 'ssh-host' | 'cloudflared-hostname',
  hint: string,
): string {
  const host = inputs.required(input, hint)
  if (host === '' || HOST.test(host) || isIP(host) !== 0) return host
  const allowed = 'use a host name or address alone'
  const [, bare = '', port = ''] =
    /^(?:\w+:\/\/)?(?:[^@/]*@)?([^@/:]+)(?::(\d{1,5}))?\/?$/.exec(host) ?? []
  if (!HOST.test(bare)) problems.add(input, showUrl(host), allowed)
  else if (port !== '' && input === 'ssh-host') {
    problems.add(input, showUrl(host), `${allowed}, and write ssh-port: ${port}`, bare)
  } else problems.add(input, showUrl(host), allowed, bare)
  return host
}

function readListenPort(inputs: Inputs, problems: Problems): number {
  if (!inputs.has('listen-port')) {
    problems.add('listen-port', '', 'give the port on this runner that the public URL leads to')
  }
  return inputs.wholeNumber('listen-port', PORT_RANGE, 1)
}

function readUrl(inputs: Inputs, problems: Problems, input: string, of: string): URL {
  const text = inputs.required(input, `give the URL of ${of}`)
  const url = parseServiceUrl(text)
  if (url instanceof URL) return url
  if (text !== '') problems.add(input, showUrl(text), url)
  return new URL('https://invalid.invalid')
}

/** Reads how the webhook is to come, and how long the deploy may be held up for it. */
export function readWebhookInputs(
  inputs: Inputs,
  problems: Problems,
  wait: WaitMode,
  environment: NodeJS.ProcessEnv,
) {
  const tunnel = readTunnel(inputs, problems, wait, environment)
  const fallbackMs = wait === 'webhook' ? 60_000 : isConfigured(tunnel) ? 5_000 : 1_000
  return {
    tunnel,
    tunnelTimeoutMs: readDuration(inputs, problems, 'tunnel-timeout', 0) ?? fallbackMs,
  }
}

/** A tunnel that somebody set up is worth a longer wait than one that is only tried. */
function isConfigured(tunnel: TunnelSettings): boolean {
  if (tunnel.transport === 'none') return false
  return tunnel.transport !== 'cloudflared-quick' || !tunnel.isUnasked
}
