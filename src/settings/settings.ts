import { DEFAULTS } from './defaults.ts'
import { DURATION_FORM, parseDuration } from './duration.ts'
import { readEnvironment, type Variable } from './environment.ts'
import { Inputs } from './inputs.ts'
import { LOCATION_FORM, type Location, parseLocation } from './locations.ts'
import { BadInputs, Problems } from './problems.ts'
import { cleanEdgegapToken, isHeaderSafe } from './token.ts'
import { readTunnel, type TunnelSettings, tunnelSecrets } from './tunnel.ts'
import { parseServiceUrl, showUrl } from './url.ts'

export type WaitMode = 'auto' | 'webhook' | 'poll' | 'none'

/** What holds for every provider and operation. */
interface CommonSettings {
  readonly token: string
  readonly apiUrl: URL
  readonly wait: WaitMode
  /** From the accepted request to the outcome. */
  readonly timeoutMs: number
  /** Undefined: adaptive. */
  readonly pollIntervalMs: number | undefined
  readonly summary: boolean
}

/** What holds for every provider that launches something. */
export interface LaunchSettings {
  readonly application: string
  readonly onFailure: 'stop' | 'keep'
  readonly stopAfterJob: boolean
  readonly logLines: number
  readonly tunnel: TunnelSettings
  /** How long a launch may be held up for the tunnel; with `wait: webhook`, how long it may take. */
  readonly tunnelTimeoutMs: number
}

export interface EdgegapDeploySettings extends CommonSettings, LaunchSettings {
  readonly provider: 'edgegap'
  readonly operation: 'deploy'
  readonly version: string
  /** At least one. */
  readonly locations: readonly Location[]
  readonly environment: readonly Variable[]
  readonly tags: readonly string[]
}

export interface EdgegapStopSettings extends CommonSettings {
  readonly provider: 'edgegap'
  readonly operation: 'stop'
  readonly deploymentId: string
}

export type EdgegapSettings = EdgegapDeploySettings | EdgegapStopSettings
/** Whatever launches something. */
export type DeploySettings = EdgegapDeploySettings
export type Settings = DeploySettings | EdgegapStopSettings

const DEFAULT_TIMEOUT_MS = 600_000
const ONE_DAY_MS = 86_400_000
/** Edgegap: app and version names (OpenAPI v1); the character set is not documented. */
const MAX_NAME = 64
/** Edgegap: deployment tags (OpenAPI v1, `DeploymentTag`). */
const MAX_TAG = 40

/**
 * Reads the inputs.
 *
 * @param environment the step's environment, with `INPUT_…` variables
 * @returns the settings, frozen, and warnings about inputs that have no effect
 * @throws BadInputs with every problem at once
 */
export function readSettings(environment: NodeJS.ProcessEnv): {
  settings: Settings
  warnings: string[]
} {
  const problems = new Problems()
  const inputs = new Inputs(environment, problems)
  inputs.oneOf('provider', ['edgegap'], DEFAULTS.provider)
  const operation = inputs.oneOf('operation', ['deploy', 'stop'], DEFAULTS.operation)
  const common = readCommon(inputs, problems)
  const settings: Settings =
    operation === 'deploy'
      ? {
          ...common,
          ...readDeploy(inputs, problems),
          ...readDoorbell(inputs, problems, common.wait, environment),
          provider: 'edgegap',
          operation,
        }
      : { ...common, ...readStop(inputs, problems), provider: 'edgegap', operation }
  if (problems.list.length > 0) throw new BadInputs(problems.list)
  return { settings: Object.freeze(settings), warnings: findIdleInputs(inputs, settings) }
}

function readCommon(inputs: Inputs, problems: Problems): CommonSettings {
  return {
    token: readToken(inputs, problems),
    apiUrl: readApiUrl(inputs, problems),
    wait: inputs.oneOf('wait', ['auto', 'webhook', 'poll', 'none'], DEFAULTS.wait),
    timeoutMs: readDuration(inputs, problems, 'timeout', 1_000) ?? DEFAULT_TIMEOUT_MS,
    pollIntervalMs: readDuration(inputs, problems, 'poll-interval', 1_000),
    summary: inputs.flag('summary', true),
  }
}

function readToken(inputs: Inputs, problems: Problems): string {
  const token = cleanEdgegapToken(inputs.text('api-token'))
  if (token === '') {
    problems.add(
      'api-token',
      '',
      'give an Edgegap API token from a secret (secrets are empty in pull requests from forks and by Dependabot)',
    )
  } else if (!isHeaderSafe(token)) {
    problems.add('api-token', undefined, 'holds blanks or other characters that no token has')
  }
  return token
}

function readApiUrl(inputs: Inputs, problems: Problems): URL {
  const text = inputs.text('api-url') || DEFAULTS['api-url']
  const url = parseServiceUrl(text)
  if (url instanceof URL) return url
  problems.add('api-url', showUrl(text), url)
  return new URL(DEFAULTS['api-url'])
}

function readDuration(
  inputs: Inputs,
  problems: Problems,
  name: string,
  minMs: number,
): number | undefined {
  const text = inputs.text(name)
  if (text === '') return undefined
  const durationMs = parseDuration(text)
  if (durationMs === undefined) problems.add(name, text, DURATION_FORM)
  else if (durationMs < minMs || durationMs > ONE_DAY_MS) {
    problems.add(name, text, `use a duration from ${minMs / 1000}s to 24h`)
  } else return durationMs
  return undefined
}

function readDeploy(inputs: Inputs, problems: Problems) {
  return {
    application: readName(inputs, problems, 'application'),
    version: readName(inputs, problems, 'version'),
    onFailure: inputs.oneOf('on-failure', ['stop', 'keep'], DEFAULTS['on-failure']),
    stopAfterJob: inputs.flag('stop-after-job', false),
    logLines: inputs.wholeNumber('log-lines', { min: 0, max: 1000 }, Number(DEFAULTS['log-lines'])),
    locations: readLocations(inputs, problems),
    environment: readEnvironment(inputs, problems),
    tags: readTags(inputs, problems),
  }
}

function readDoorbell(
  inputs: Inputs,
  problems: Problems,
  wait: WaitMode,
  environment: NodeJS.ProcessEnv,
) {
  const fallbackMs = wait === 'webhook' ? 60_000 : 5_000
  return {
    tunnel: readTunnel(inputs, problems, wait, environment),
    tunnelTimeoutMs: readDuration(inputs, problems, 'tunnel-timeout', 0) ?? fallbackMs,
  }
}

function readName(inputs: Inputs, problems: Problems, input: string): string {
  const name = inputs.required(input, `name the ${input} to deploy`)
  if (name.length > MAX_NAME || hasControls(name)) {
    problems.add(input, name, `use at most ${MAX_NAME} characters on one line`)
  }
  return name
}

function readLocations(inputs: Inputs, problems: Problems): Location[] {
  const lines = inputs.lines('locations')
  if (lines.length === 0) lines.push(DEFAULTS.locations)
  if (lines.length > 1) {
    problems.add('locations', undefined, 'give one line: several locations are not supported yet')
  }
  const locations: Location[] = []
  for (const line of lines) {
    const location = parseLocation(line)
    if (location) locations.push(location)
    else problems.add('locations', line, LOCATION_FORM)
  }
  return locations
}

function readTags(inputs: Inputs, problems: Problems): string[] {
  const tags = new Set<string>()
  for (const line of inputs.lines('tags')) {
    const tag = line.trim()
    if (tag.length > MAX_TAG || hasControls(tag)) {
      problems.add('tags', tag, `use tags of at most ${MAX_TAG} characters, one a line`)
    }
    tags.add(tag)
  }
  return [...tags]
}

function readStop(inputs: Inputs, problems: Problems) {
  const deploymentId = inputs.required('deployment-id', 'name the deployment to stop')
  // It becomes part of a URL's path.
  if (deploymentId !== '' && !/^[A-Za-z0-9_-]{1,64}$/.test(deploymentId)) {
    problems.add('deployment-id', deploymentId, 'use an id such as 61b1be8f54d9')
  }
  return { deploymentId }
}

function hasControls(text: string): boolean {
  return /[\x00-\x1f\x7f-\x9f\u2028\u2029]/.test(text)
}

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
function findIdleInputs(inputs: Inputs, settings: Settings): string[] {
  const idle: string[] = []
  const name = (input: string, why: string) => {
    if (inputs.has(input)) idle.push(`${input} has no effect ${why}.`)
  }
  if (settings.wait === 'none') name('poll-interval', 'with wait: none')
  if (settings.operation === 'deploy') {
    name('deployment-id', 'with operation: deploy')
    const { transport } = settings.tunnel
    if (transport !== 'public' && transport !== 'cloudflared-named') name('listen-port', 'here')
    for (const [input, belongsTo] of Object.entries(TRANSPORT_INPUTS)) {
      if (transport !== belongsTo)
        name(input, `here: the tunnel is ${transport.replace('-', ', ')}`)
    }
  } else {
    for (const input of ['application', 'version', 'env', 'secret-env', 'tags', 'poll-interval']) {
      name(input, 'with operation: stop')
    }
  }
  return idle
}

/** The values that must be hidden wherever they would appear. */
export function secretsOf(settings: Settings): string[] {
  if (settings.operation !== 'deploy') return [settings.token]
  const hidden = settings.environment.filter(({ secret }) => secret)
  return [settings.token, ...hidden.map(({ value }) => value), ...tunnelSecrets(settings.tunnel)]
}
