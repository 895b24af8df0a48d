import type { Secret } from '../base/secret.ts'
import { adviseLocation, type Location, parseLocation } from '../provider/edgegap/locations.ts'
import { findQuoted, readEnvironment, type Variable } from '../provider/edgegap/variables.ts'
import {
  type PublishSettings,
  publishSecrets,
  ROCKIT_EDGE_TIMEOUT_MS,
  readApplicationName,
  readPublish,
  readRockitEdgeToken,
  readRockitEdgeUrl,
} from '../provider/rockit-edge/settings.ts'
import { DEFAULTS } from './defaults.ts'
import { readDuration } from './duration.ts'
import { findIdleInputs } from './idle-inputs.ts'
import { Inputs } from './inputs.ts'
import { BadInputs, Problems } from './problems.ts'
import { cleanEdgegapToken, isHeaderSafe } from './token.ts'
import { readWebhookInputs, type TunnelSettings, tunnelSecrets } from './tunnel.ts'
import { findUnknownInputs } from './unknown-inputs.ts'
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

/** What holds for every provider that deployments something. */
export interface DeployBasics {
  readonly application: string
  /** Empty where the provider numbers versions by itself. */
  readonly version: string
  readonly onFailure: 'stop' | 'keep'
  readonly stopAfterJob: boolean
  readonly logLines: number
  readonly tunnel: TunnelSettings
  /** How long a deployment may be held up for the tunnel; with `wait: webhook`, how long it may take. */
  readonly tunnelTimeoutMs: number
}

export interface EdgegapDeploySettings extends CommonSettings, DeployBasics {
  readonly provider: 'edgegap'
  readonly operation: 'deploy'
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

/** Whatever only stops something. */
export type StopSettings = EdgegapStopSettings
export type EdgegapSettings = EdgegapDeploySettings | EdgegapStopSettings

export interface RockitEdgeSettings extends CommonSettings, DeployBasics, PublishSettings {
  readonly provider: 'rockit-edge'
  readonly operation: 'deploy'
}

/** Whatever deploys something. */
export type DeploySettings = EdgegapDeploySettings | RockitEdgeSettings
export type Settings = DeploySettings | EdgegapStopSettings

const DEFAULT_TIMEOUT_MS = 600_000
const EDGEGAP_URL = 'https://api.edgegap.com'
/** Names of apps and versions, and of tags (OpenAPI v1); the character set is not documented. */
const [MAX_NAME, MAX_TAG] = [64, 40]

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
  const provider = inputs.oneOf('provider', ['edgegap', 'rockit-edge'], DEFAULTS.provider)
  const settings =
    provider === 'edgegap'
      ? readEdgegap(inputs, problems, environment)
      : readRockitEdge(inputs, problems, environment)
  if (problems.list.length > 0) throw new BadInputs(problems.list)
  return {
    settings: Object.freeze(settings),
    warnings: [
      ...findUnknownInputs(environment),
      ...findIdleInputs(inputs, settings),
      ...('environment' in settings ? findQuoted(settings.environment) : []),
    ],
  }
}

function readEdgegap(
  inputs: Inputs,
  problems: Problems,
  environment: NodeJS.ProcessEnv,
): EdgegapSettings {
  const operation = inputs.oneOf('operation', ['deploy', 'stop'], DEFAULTS.operation)
  const common = {
    token: readToken(inputs, problems),
    apiUrl: readApiUrl(inputs, problems),
    ...readCommon(inputs, problems, DEFAULT_TIMEOUT_MS),
  }
  return operation === 'deploy'
    ? {
        ...common,
        ...readDeploy(inputs, problems),
        ...readWebhookInputs(inputs, problems, common.wait, environment),
        provider: 'edgegap',
        operation,
      }
    : { ...common, ...readStop(inputs, problems), provider: 'edgegap', operation }
}

function readRockitEdge(
  inputs: Inputs,
  problems: Problems,
  environment: NodeJS.ProcessEnv,
): RockitEdgeSettings {
  const operation = inputs.oneOf('operation', ['deploy'], DEFAULTS.operation)
  const common = {
    token: readRockitEdgeToken(inputs, problems),
    apiUrl: readRockitEdgeUrl(inputs, problems),
    ...readCommon(inputs, problems, ROCKIT_EDGE_TIMEOUT_MS),
  }
  return {
    ...common,
    ...readPublish(inputs, problems, environment),
    ...readWebhookInputs(inputs, problems, common.wait, environment),
    application: readApplicationName(inputs, problems),
    version: '',
    onFailure: 'keep',
    stopAfterJob: false,
    logLines: 0,
    provider: 'rockit-edge',
    operation,
  }
}

function readCommon(inputs: Inputs, problems: Problems, defaultTimeoutMs: number) {
  return {
    wait: inputs.oneOf('wait', ['auto', 'webhook', 'poll', 'none'], DEFAULTS.wait),
    timeoutMs: readDuration(inputs, problems, 'timeout', 1_000) ?? defaultTimeoutMs,
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
  const text = inputs.text('api-url') || EDGEGAP_URL
  const url = parseServiceUrl(text)
  if (url instanceof URL && !/\/v\d+(?:\/.*)?$/.test(url.pathname)) return url
  const allowed =
    url instanceof URL
      ? `leave the path out, as in ${url.origin}: this action adds /v1 and /v2 itself`
      : url
  problems.add('api-url', showUrl(text), allowed)
  return new URL(EDGEGAP_URL)
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
  const locations: Location[] = []
  for (const line of lines) {
    const location = parseLocation(line)
    if (location) locations.push(location)
    else problems.add('locations', line, adviseLocation(line))
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
    const parts = tag.split(',').map((part) => part.trim())
    if (parts.length > 1 && parts.every((part) => part !== '' && part.length <= MAX_TAG)) {
      problems.add(
        'tags',
        tag,
        `write one tag a line: ${parts.join(' and ')} on lines of their own`,
      )
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

/** The values that must be hidden wherever they would appear. */
export function secretsOf(settings: Settings): Secret[] {
  const token = { value: settings.token, input: 'api-token' }
  if (settings.operation !== 'deploy') return [token]
  const own =
    settings.provider === 'edgegap'
      ? settings.environment
          .filter(({ secret }) => secret)
          .map(({ key, value }) => ({ value, input: `secret-env ${key}`, mayBePublic: true }))
      : publishSecrets(settings).map((value) => ({ value, input: 'build-url' }))
  const tunnel = settings.tunnel.transport === 'ssh' ? 'ssh-key' : 'cloudflared-token'
  const ofTunnel = tunnelSecrets(settings.tunnel).map((value) => ({ value, input: tunnel }))
  return [token, ...own, ...ofTunnel]
}
