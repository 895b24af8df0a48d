import { randomBytes } from 'node:crypto'
import { systemClock, whenAborted } from '../base/clock.ts'
import { ActionError } from '../base/errors.ts'
import { createHttpClient } from '../net/request.ts'
import type { ProviderDefinition } from '../provider/definition.ts'
import type { Provider, ProviderContext } from '../provider/provider.ts'
import { publish } from '../report/publish.ts'
import type { ActionProcess, ExitDecision } from '../runner/process.ts'
import { accessOf } from '../settings/access.ts'
import { describeSettings } from '../settings/describe.ts'
import type { Settings } from '../settings/settings.ts'
import { cancelled } from '../state/endings.ts'
import { isGood, type RunState } from '../state/state.ts'
import { release } from './conclude.ts'
import { deploy } from './deploy.ts'
import { Ledger } from './ledger.ts'
import type { RunContext } from './run.ts'
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
  const context = createContext(action, new Ledger(runner, access))
  const provider = await definition.open(settings, providerContext(action, context))
  const report = newReport(settings, definition.title)
  printer.group('Settings', describeSettings(settings, definition))
  const work = operate(settings, provider, context, report)
  // A run that was cancelled ends in time even if its cleaning up does not: the post step goes on.
  await Promise.race([work, whenAborted(cancellation.over)])
  if (cancellation.over.aborted) {
    report.outcome = 'cancelled'
    report.error ??= cancelled()
    for (const deployment of report.deployments)
      if (!deployment.error) deployment.outcome = 'cancelled'
  }
  report.hasLeftovers = context.ledger.open.length > 0
  await publish(report, printer, runner, settings.summary, providerOutputs)
  return () => {
    if (cancellation.signal.aborted || !isGood(report.outcome)) return false
    if (settings.operation === 'deploy') release(settings, context, report)
    return true
  }
}

/** Fills in `report`; throws nothing. */
async function operate(
  settings: Settings,
  provider: Provider,
  context: RunContext,
  report: RunState,
): Promise<void> {
  if (settings.dryRun) {
    report.error = new ActionError({
      kind: 'refused',
      what: 'dry-run cannot be done yet, so no request was sent.',
    })
    return
  }
  switch (settings.operation) {
    case 'deploy':
      return await deploy(settings, provider, context, report)
    case 'stop':
      return await stop(settings, provider, context, report)
    case 'version':
      report.error = new ActionError({
        kind: 'refused',
        what: `${provider.title} cannot make a version without a deployment yet.`,
      })
  }
}

/** What a run works with; its ledger is the one of the step. */
export function createContext(action: ActionProcess, ledger: Ledger): RunContext {
  const { environment, runner, printer, cancellation } = action
  const shared = {
    environment,
    runner,
    printer,
    cancellation,
    clock: systemClock,
    random: Math.random,
  }
  const run = (action.environment.GITHUB_RUN_ID || 'local').replace(/[^\w.-]/g, '-').slice(0, 20)
  return {
    ...shared,
    ledger,
    // Tells a person which run it was; providers' tags have at most 40 characters.
    newAttemptTag: () => `dgs-${run}-${randomBytes(6).toString('hex')}`,
    openChannel: async (options) => {
      const { WebhookChannel } = await import('../webhook/channel.ts')
      return WebhookChannel.open({ ...shared, ...options })
    },
  }
}

export function providerContext(
  { environment, printer }: ActionProcess,
  { clock, ledger, newAttemptTag }: RunContext,
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
    hide: (secret) => printer.hide(secret),
  }
}

function newReport(settings: Settings, title: string): RunState {
  const isStop = settings.operation === 'stop'
  const stopId = isStop && settings.reach.kind === 'deployment' ? settings.reach.id : undefined
  const application =
    isStop && settings.reach.kind !== 'deployment' ? settings.reach.application : (stopId ?? '')
  return {
    title,
    outcome: 'failed',
    application: isStop ? application : settings.application,
    version: isStop ? '' : settings.version,
    versionAction: '',
    deployments: [],
    ...(stopId !== undefined && { stopId }),
    stoppedIds: [],
    tunnel: 'none',
    tunnelError: '',
    hasLeftovers: false,
  }
}
