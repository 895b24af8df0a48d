import { DEFAULTS } from './defaults.ts'
import type { Inputs } from './inputs.ts'
import type { Settings } from './settings.ts'
import type { TunnelSettings } from './tunnel.ts'

const TRANSPORT_INPUTS: Readonly<Record<string, TunnelSettings['transport']>> = {
  'public-url': 'public',
  'ssh-host': 'ssh',
  'ssh-user': 'ssh',
  'ssh-key': 'ssh',
  'ssh-known-hosts': 'ssh',
  'ssh-public-url': 'ssh',
  'relay-url': 'relay',
  'cloudflared-token': 'cloudflared-named',
  'cloudflared-hostname': 'cloudflared-named',
}

const EDGEGAP_INPUTS = ['version', 'locations', 'env', 'secret-env', 'tags', 'log-lines']
const ROCKIT_EDGE_INPUTS = [
  'organization',
  'username',
  'build',
  'build-url',
  'build-size',
  'wait-until',
]

/** Inputs that were given and change nothing, which usually means a misunderstanding. */
export function findIdleInputs(inputs: Inputs, settings: Settings): string[] {
  const idle: string[] = []
  const name = (input: string, why: string) => {
    // The runner fills in what action.yml declares, so a default looks the same as nothing.
    const value = inputs.text(input)
    const fallback: string | undefined = { ...DEFAULTS }[input as keyof typeof DEFAULTS]
    if (value !== '' && value !== fallback) idle.push(`${input} has no effect ${why}.`)
  }
  if (settings.wait === 'none') name('poll-interval', 'with wait: none')
  if (settings.operation === 'deploy') {
    name('deployment-id', 'with operation: deploy')
    const { transport } = settings.tunnel
    if (transport !== 'public' && transport !== 'cloudflared-named') name('listen-port', 'here')
    for (const [input, belongsTo] of Object.entries(TRANSPORT_INPUTS)) {
      if (transport !== belongsTo) {
        name(input, `here: the tunnel is ${transport.replace('-', ', ')}`)
      }
    }
  } else {
    for (const input of ['application', 'version', 'env', 'secret-env', 'tags', 'poll-interval']) {
      name(input, 'with operation: stop')
    }
  }
  const { provider } = settings
  const others = provider === 'edgegap' ? ROCKIT_EDGE_INPUTS : EDGEGAP_INPUTS
  for (const input of others) name(input, `with provider: ${provider}`)
  if (provider === 'rockit-edge') {
    for (const input of ['on-failure', 'stop-after-job']) {
      name(input, 'with provider: rockit-edge: a build that was imported cannot be taken back')
    }
  }
  return idle
}
