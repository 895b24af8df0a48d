import { hasPostStep } from '../base/post-step.ts'
import { readApiUrl, readToken } from './access-inputs.ts'
import { DEFAULTS } from './defaults.ts'
import { readDuration } from './duration.ts'
import { readGitHub } from './github.ts'
import { Inputs } from './inputs.ts'
import { findInvisible } from './invisible.ts'
import { readLogSettings } from './logs.ts'
import type { CoreSettings, DeploySettings, Settings } from './model.ts'
import { readProbes } from './probe.ts'
import { BadInputs, Problems } from './problems.ts'
import type { ProviderInputs, Reading } from './provider-inputs.ts'
import { readWebhookInputs } from './tunnel.ts'
import { findUnknownInputs, knownInputs } from './unknown-inputs.ts'
import { findUnusedInputs } from './unused-inputs.ts'

export type * from './model.ts'

/**
 * Reads the inputs.
 *
 * @param environment the step's environment, with `INPUT_…` variables
 * @param registry every provider that there is
 * @returns the settings, frozen, the provider that they are for, and warnings, one sentence each
 * @throws BadInputs with every problem at once
 */
export async function readSettings<D extends ProviderInputs>(
  environment: NodeJS.ProcessEnv,
  registry: readonly D[],
): Promise<{ settings: Settings; definition: D; warnings: readonly string[] }> {
  const problems = new Problems()
  const inputs = new Inputs(environment, problems)
  const definition = readProvider(inputs, registry)
  const operation = inputs.oneOf('operation', definition.operations, DEFAULTS.operation)
  const access = {
    provider: definition.name,
    token: readToken(inputs, problems, definition),
    apiUrl: readApiUrl(inputs, problems, definition),
  }
  const wait = inputs.oneOf('wait', ['auto', 'webhook', 'poll', 'none'], DEFAULTS.wait)
  const reading: Reading = { inputs, problems, environment, operation, wait }
  const settings = await readOperation(reading, definition, access)
  // Either may be the cause of a problem as well.
  const slips = [
    ...findUnknownInputs(environment, registry),
    ...findInvisible(inputs, environment, registry),
  ]
  if (problems.list.length > 0) {
    throw new BadInputs(problems.inOrderOf(knownInputs(registry)), slips)
  }
  const warnings = [
    ...slips,
    ...problems.warnings,
    ...findUnusedInputs(inputs, settings, definition, registry),
  ]
  return { settings: freeze(settings), definition, warnings }
}

function readProvider<D extends ProviderInputs>(inputs: Inputs, registry: readonly D[]): D {
  const [first] = registry
  const fallback = registry.find(({ name }) => name === DEFAULTS.provider) ?? first
  if (!fallback) throw new Error('there is no provider')
  const names = registry.map(({ name }) => name)
  const name = inputs.oneOf('provider', names, fallback.name)
  return registry.find((definition) => definition.name === name) ?? fallback
}

const NO_PROBES = { probes: [], probeTimeoutMs: 0 }

async function readOperation(
  reading: Reading,
  definition: ProviderInputs,
  access: Pick<CoreSettings, 'provider' | 'token' | 'apiUrl'>,
): Promise<Settings> {
  const { operation } = reading
  const isUsed = (input: string) => !definition.unusedInputs.includes(input)
  const shared = {
    ...access,
    ...readWaiting(reading, definition.defaultTimeoutMs),
    ...readLogSettings(reading.inputs, reading.environment, isUsed),
    github: readGitHub(reading.inputs, reading.problems),
  }
  if (operation === 'stop') {
    const { own, reach } = await definition.read(reading)
    if (!reach) throw new Error(`${definition.name} does not say what is to be stopped`)
    return { ...shared, operation, reach, own }
  }
  if (operation === 'version') {
    const { own, application, version } = await definition.read(reading)
    return { ...shared, application, version, operation, own }
  }
  const handling = readHandling(reading, definition.cannotStop === undefined, isUsed)
  const { own, application, version, group, replace } = await definition.read(reading)
  const { inputs, problems, wait, environment } = reading
  const webhook = readWebhookInputs(inputs, problems, wait, environment)
  return {
    ...shared,
    ...handling,
    ...webhook,
    probe: isUsed('probe') ? readProbes(inputs, problems, wait) : NO_PROBES,
    application,
    version,
    operation,
    group,
    replace,
    own,
  }
}

function readWaiting({ inputs, problems, wait }: Reading, defaultTimeoutMs: number) {
  return {
    wait,
    timeoutMs: readDuration(inputs, problems, 'timeout', 1_000) ?? defaultTimeoutMs,
    pollIntervalMs: readDuration(inputs, problems, 'poll-interval', 1_000),
    summary: inputs.flag('summary', true),
    dryRun: inputs.flag('dry-run', false),
  }
}

type Handling = Pick<DeploySettings, 'onFailure' | 'stopAfterJob' | 'settleTimeMs'>

/** What becomes of the deployments; where nothing can be stopped, all are kept. */
function readHandling(
  reading: Reading,
  canStop: boolean,
  isUsed: (input: string) => boolean,
): Handling {
  const { inputs, problems } = reading
  const settleTimeMs = isUsed('settle-time') ? readDuration(inputs, problems, 'settle-time', 0) : 0
  return {
    settleTimeMs: settleTimeMs ?? 0,
    onFailure: canStop
      ? inputs.oneOf('on-failure', ['stop', 'keep'], DEFAULTS['on-failure'])
      : 'keep',
    stopAfterJob: canStop && readStopAfterJob(reading),
  }
}

function readStopAfterJob({ inputs, problems, environment }: Reading): boolean {
  const isAskedFor = inputs.flag('stop-after-job', false)
  if (!isAskedFor || hasPostStep(environment)) return isAskedFor
  problems.warn(
    'stop-after-job has no effect here: no post step follows outside of a GitHub runner. Stop the server in a later step, by its group.',
  )
  return false
}

/** Freezes lists and plain objects all the way down; a URL and the like is left as it is. */
function freeze<T>(value: T): T {
  const isPlain = Array.isArray(value) || Object.getPrototypeOf(Object(value)) === Object.prototype
  if (typeof value !== 'object' || value === null || !isPlain) return value
  for (const part of Object.values(value)) freeze(part)
  return Object.freeze(value)
}
