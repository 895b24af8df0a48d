import { randomBytes } from 'node:crypto'
import { systemClock, whenAborted } from '../base/clock.ts'
import type { ActionError } from '../base/errors.ts'
import { OneByOne } from '../base/one-by-one.ts'
import { hasPostStep } from '../base/post-step.ts'
import { createHttpClient } from '../net/request.ts'
import type { ProviderDefinition } from '../provider/definition.ts'
import type { Provider, ProviderContext } from '../provider/provider.ts'
import { Progress } from '../report/progress.ts'
import { keepMemorySmall } from '../runner/memory.ts'
import type { ActionProcess, ExitDecision } from '../runner/process.ts'
import { accessOf } from '../settings/access.ts'
import { describeSettings } from '../settings/describe.ts'
import type { Settings, StopSettings, VersionSettings } from '../settings/settings.ts'
import { cancelled } from '../state/endings.ts'
import { isGood, type RunState, type StopState } from '../state/state.ts'
import { deploy } from './deploy.ts'
import { isDeploy, lastWord } from './last-word.ts'
import { Ledger } from './ledger.ts'
import type { Run, RunTools } from './run.ts'
import { ShowOnGitHub } from './show-on-github.ts'
import { stop } from './stop.ts'

/** What the inputs ask for, and of whom. */
export interface Assignment {
  readonly settings: Settings
  readonly definition: ProviderDefinition
  /** Outputs that only some providers fill, by their names in action.yml. */
  readonly providerOutputs: readonly string[]
}

/**
 * Carries out the operation that the settings ask for and publishes how it ended.
 *
 * @returns the last word on the step
 */
export async function perform(
  { settings, definition, providerOutputs }: Assignment,
  action: ActionProcess,
): Promise<ExitDecision> {
  const { printer, runner, cancellation } = action
  const access = accessOf(settings, definition.savedAccess(settings))
  const tools = createTools(action, new Ledger(runner, access))
  const provider = await definition.open(settings, providerContext(action, tools))
  const state = newState(settings, provider)
  if (!hasPostStep(action.environment)) state.hasNoPostStep = true
  const progress = new Progress(printer, tools.clock, provider.targets.length > 1)
  const github = ShowOnGitHub.for(settings, action, tools)
  const run: Run<Settings> = { ...tools, settings, provider, state, progress, github }
  printer.group('Settings', describeSettings(settings, definition))
  const work = carryOut(run)
  // A run that was cancelled ends in time even if its cleaning up does not: the post step goes on.
  await Promise.race([work, whenAborted(cancellation.over)])
  if (cancellation.over.aborted) {
    state.outcome = 'cancelled'
    state.error ??= cancelled()
    for (const one of state.deployments) {
      if (!one.error && !one.isInPlace) one.outcome = 'cancelled'
    }
  }
  state.hasLeftovers = tools.ledger.open.length > 0
  const publishing = { printer, runner, providerOutputs, withSummary: settings.summary }
  // Not at the start: the first request need not wait for it.
  const { publish, publishOutputs } = await import('../report/publish.ts')
  const unset = publishOutputs(state, publishing)
  if (unset) failWithoutOutputs(run, unset)
  github?.finished(state)
  await publish(state, publishing)
  await github?.close()
  return () => {
    const isGreen = lastWord(run, () => publishOutputs(state, publishing)) && !unset
    // Until now a cancel could leave to the post step what had come up.
    if (run.ledger.open.length === 0) github?.forget()
    return isGreen
  }
}

/**
 * Later steps would go on without the outputs, so the step fails, and a new server is stopped by the
 * post step. An earlier failure stays the cause; what was stopped stays reported as stopped.
 */
function failWithoutOutputs(run: Run<Settings>, error: ActionError): void {
  const { state, printer } = run
  if (isDeploy(run) && !run.settings.dryRun && isGood(state.outcome)) {
    state.outcome = 'failed'
    state.error = error
  } else printer.failure(error, 'Outputs')
}

/** Most runs deploy: what the others need is loaded only for them. */
async function carryOut(run: Run<Settings>): Promise<void> {
  if (run.settings.dryRun) return await (await import('./dry-run.ts')).dryRun(run)
  if (isDeploy(run)) return await deploy(run)
  if (run.settings.operation === 'version') {
    const { makeVersion } = await import('./version.ts')
    return await makeVersion(run as Run<VersionSettings>)
  }
  return await stop(run as Run<StopSettings>)
}

/** What a run works with; its ledger is the one of the step. */
export function createTools(action: ActionProcess, ledger: Ledger): RunTools {
  keepMemorySmall()
  const { environment, runner, printer, cancellation } = action
  const shared = {
    environment,
    runner,
    printer,
    cancellation,
    clock: systemClock,
    random: Math.random,
  }
  // Some runners have other ids than GitHub's numbers; a tag is a plain word.
  const runId = (environment.GITHUB_RUN_ID ?? 'local').replace(/[^A-Za-z0-9]+/g, '-')
  return {
    ...shared,
    wallMs: Date.now,
    ledger,
    logWrites: new OneByOne(),
    // Tells a person which run it was; providers' tags have at most 40 characters.
    newAttemptTag: () => `dgs-${runId.slice(0, 20)}-${randomBytes(6).toString('hex')}`,
    openChannel: async (options) => {
      const { WebhookChannel } = await import('../webhook/channel.ts')
      return WebhookChannel.open({ ...shared, ...options })
    },
    probePorts: async (...asked) => {
      const { probePorts } = await import('../probe/probe-ports.ts')
      return await probePorts(...asked)
    },
  }
}

/** What a provider is opened with; what it notes for cleaning up goes to the ledger. */
export function providerContext(
  { environment, printer }: ActionProcess,
  { clock, ledger, newAttemptTag }: RunTools,
): ProviderContext {
  return {
    http: createHttpClient(environment),
    environment,
    clock,
    cleanUpNotes: {
      opened: (tag) => ledger.opened(tag, true),
      created: (tag, id) => ledger.created(tag, id),
      closed: (tag) => ledger.closed(tag),
    },
    newAttemptTag,
    log: (line) => printer.line(line),
    warn: (text) => printer.warning(text),
    hide: (secret) => printer.hide(secret),
  }
}

function newState(
  settings: Settings,
  { title, successWord }: Pick<Provider, 'title' | 'successWord'>,
): RunState {
  return {
    title,
    outcome: 'failed',
    application: applicationOf(settings),
    version: settings.operation === 'stop' ? '' : settings.version,
    versionAction: '',
    deployments: [],
    ...(settings.operation === 'stop' && { stop: stopOf(settings) }),
    ...(successWord !== undefined && { successWord }),
    stoppedIds: [],
    tunnel: 'none',
    tunnelError: '',
    hasLeftovers: false,
  }
}

function stopOf({ reach, wait }: StopSettings): StopState {
  return {
    ...(reach.kind === 'deployment' && { id: reach.id }),
    ...(reach.kind === 'group' && { group: reach.group }),
    onlyAccepted: wait === 'none',
  }
}

function applicationOf(settings: Settings): string {
  if (settings.operation !== 'stop') return settings.application
  const { reach } = settings
  return reach.kind === 'deployment' ? reach.id : reach.application
}
