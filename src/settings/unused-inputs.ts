import { CORE_INPUTS } from './core-inputs.ts'
import { DEFAULTS } from './defaults.ts'
import type { Inputs } from './inputs.ts'
import type { DeploySettings, Settings } from './model.ts'
import type { ProviderInputs } from './provider-inputs.ts'
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

/** Inputs that were given and change nothing, which usually means a misunderstanding. */
export function findUnusedInputs(
  inputs: Inputs,
  settings: Settings,
  definition: ProviderInputs,
  registry: readonly ProviderInputs[],
): string[] {
  const isGiven = (input: string) => isNotDefault(inputs, input, registry)
  const found = new Map<string, string>()
  const warn = (input: string, why: string) => {
    if (!found.has(input) && isGiven(input)) found.set(input, `${input} has no effect ${why}.`)
  }
  const { name, cannotStop, inputs: own } = definition
  if (settings.wait === 'none') {
    for (const input of ['poll-interval', 'settle-time']) warn(input, 'with wait: none')
  }
  const { operation } = settings
  // A deployment's id says all; a group and a scope are those of an application.
  const isStopById = operation === 'stop' && settings.reach.kind === 'deployment'
  for (const [input, operations] of Object.entries({ ...CORE_INPUTS, ...own })) {
    const isUsed = operations.includes(operation) && !(input === 'application' && isStopById)
    if (!isUsed) warn(input, `with operation: ${operation}`)
  }
  if (settings.operation === 'deploy') warnOfTransports(settings, warn)
  for (const input of definition.unusedInputs) warn(input, `with provider: ${name}`)
  for (const other of registry) {
    for (const input of Object.keys(other.inputs)) {
      if (!(input in own)) warn(input, `with provider: ${name}`)
    }
  }
  if (cannotStop !== undefined) {
    for (const input of ['on-failure', 'stop-after-job']) {
      warn(input, `with provider: ${name}: ${cannotStop}`)
    }
  }
  if (settings.operation === 'deploy') {
    if (settings.probe.probes.length === 0) warn('probe-timeout', 'without probe')
    if (settings.github.environment === '') warn('environment-url', 'without environment')
  }
  const more = definition.findUnused?.(inputs, settings) ?? []
  return [...found.values(), ...more]
}

/** The runner fills in what action.yml declares, so a default looks like an input that was not given. */
function isNotDefault(inputs: Inputs, input: string, registry: readonly ProviderInputs[]): boolean {
  const value = inputs.text(input)
  const defaults = Object.assign({}, DEFAULTS, ...registry.map((one) => one.defaults))
  return value !== '' && value !== defaults[input]
}

function warnOfTransports(
  { tunnel: { transport }, wait }: DeploySettings,
  warn: (input: string, why: string) => void,
): void {
  const opensNone = wait === 'poll' || wait === 'none'
  const why = opensNone
    ? `with wait: ${wait}`
    : `here: the tunnel is ${transport.replace('-', ', ')}`
  if (transport !== 'public' && transport !== 'cloudflared-named') warn('listen-port', why)
  for (const [input, belongsTo] of Object.entries(TRANSPORT_INPUTS)) {
    if (transport !== belongsTo) warn(input, why)
  }
  if (opensNone) warn('tunnel-timeout', why)
}
