import type { Operation } from './model.ts'

const ALL: readonly Operation[] = ['deploy', 'version', 'stop']
const DEPLOY: readonly Operation[] = ['deploy']
const SERVERS: readonly Operation[] = ['deploy', 'stop']

/** The inputs of the core by their names in action.yml, each with the operations that read it. */
export const CORE_INPUTS: Readonly<Record<string, readonly Operation[]>> = {
  provider: ALL,
  operation: ALL,
  'api-token': ALL,
  'api-url': ALL,
  application: ALL,
  version: ['deploy', 'version'],
  wait: SERVERS,
  timeout: SERVERS,
  'poll-interval': DEPLOY,
  'settle-time': DEPLOY,
  probe: DEPLOY,
  'probe-timeout': DEPLOY,
  'on-failure': DEPLOY,
  'stop-after-job': DEPLOY,
  'log-lines': SERVERS,
  'log-dir': SERVERS,
  'dry-run': ALL,
  summary: ALL,
  'github-token': ALL,
  environment: SERVERS,
  'environment-url': DEPLOY,
  comment: SERVERS,
  tunnel: DEPLOY,
  'tunnel-timeout': DEPLOY,
  'public-url': DEPLOY,
  'listen-port': DEPLOY,
  'ssh-host': DEPLOY,
  'ssh-port': DEPLOY,
  'ssh-user': DEPLOY,
  'ssh-key': DEPLOY,
  'ssh-known-hosts': DEPLOY,
  'ssh-remote-port': DEPLOY,
  'ssh-public-url': DEPLOY,
  'relay-url': DEPLOY,
  'cloudflared-token': DEPLOY,
  'cloudflared-hostname': DEPLOY,
  'cloudflared-path': DEPLOY,
}

/** Inputs of the core that are secret as a whole. The token is cleaned by the provider first. */
export const CORE_SECRETS: readonly string[] = ['ssh-key', 'cloudflared-token', 'github-token']
