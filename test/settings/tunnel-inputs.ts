import type { WaitMode } from '../../src/settings/model.ts'
import { readTunnel } from '../../src/settings/tunnel.ts'
import { type Given, readWith } from './reading.ts'

/** What the reading depends on beside the inputs of the tunnel. */
export interface Where {
  readonly wait?: WaitMode
  readonly runner?: string
}

/** The tunnel that these inputs give, and what is wrong with them. */
export function readTunnelOf(given: Given, { wait = 'auto', runner = 'self-hosted' }: Where = {}) {
  const { value, problems } = readWith(given, (inputs, found) =>
    readTunnel(inputs, found, wait, { RUNNER_ENVIRONMENT: runner }),
  )
  return { tunnel: value, problems }
}

export const problemsWith = (given: Given) => readTunnelOf(given).problems

export const KEY = '-----BEGIN OPENSSH PRIVATE KEY-----\nb3Blbg\n-----END OPENSSH PRIVATE KEY-----'
export const SSH: Given = {
  'ssh-host': 'host.example.com',
  'ssh-user': 'tunnel',
  'ssh-key': KEY,
  'ssh-known-hosts': 'host.example.com ssh-ed25519 AAAA',
  'ssh-public-url': 'https://hooks.example.com/{port}',
}
export const NAMED: Given = {
  'cloudflared-token': 'eyJh.token',
  'cloudflared-hostname': 'hooks.example.com',
  'listen-port': '8080',
}
export const PUBLIC: Given = { 'public-url': 'https://hooks.example.com/x', 'listen-port': '8080' }
export const RELAY: Given = { 'relay-url': 'https://smee.example.com' }
