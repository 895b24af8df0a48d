import { randomBytes } from 'node:crypto'
import { systemClock, whenAborted } from '../base/clock.ts'
import { createHttpClient } from '../net/request.ts'
import type { ProviderContext } from '../provider/provider.ts'
import { openProvider } from '../provider/registry.ts'
import { publish } from '../report/publish.ts'
import { Printer } from '../runner/printer.ts'
import type { ActionProcess, ExitDecision } from '../runner/process.ts'
import { accessOf } from '../settings/access.ts'
import { describeSettings } from '../settings/describe.ts'
import { type Settings, secretsOf } from '../settings/settings.ts'
import { cancelled } from '../state/endings.ts'
import { isGood, type RunState } from '../state/state.ts'
import { release } from './conclude.ts'
import { deploy } from './deploy.ts'
import { Ledger } from './ledger.ts'
import type { RunContext } from './run.ts'
import { stop } from './stop.ts'

/**
 * Carries out the operation that the settings ask for and publishes how it ended.
 *
 * @returns the last word on the step
 */
export async function perform(settings: Settings, action: ActionProcess): Promise<ExitDecision> {
  const { printer, runner, cancellation } = action
  hideSecrets(settings, printer)
  const context = createContext(action, new Ledger(runner, accessOf(settings)))
  const provider = await openProvider(settings, providerContext(action, context))
  const report = newReport(settings, provider.title)
  printer.group('Settings', describeSettings(settings))
  const work =
    settings.operation === 'deploy'
      ? deploy(settings, provider, context, report)
      : stop(settings, provider, context, report)
  // A run that was cancelled ends in time even if its cleaning up does not: the post step goes on.
  await Promise.race([work, whenAborted(cancellation.over)])
  if (cancellation.over.aborted) {
    report.outcome = 'cancelled'
    report.error ??= cancelled()
    for (const deployment of report.deployments)
      if (!deployment.error) deployment.outcome = 'cancelled'
  }
  report.hasLeftovers = context.ledger.open.length > 0
  await publish(report, printer, runner, settings.summary)
  return () => {
    if (cancellation.signal.aborted || !isGood(report.outcome)) return false
    if (settings.operation === 'deploy') release(settings, context, report)
    return true
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
  const run = action.environment.GITHUB_RUN_ID ?? 'local'
  return {
    ...shared,
    ledger,
    // Tells a person which run it was; Edgegap's tags have at most 40 characters.
    newAttemptTag: () => `dgs-${run.slice(0, 20)}-${randomBytes(6).toString('hex')}`,
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

export function hideSecrets(settings: Settings, printer: Printer): void {
  for (const { value, ...origin } of secretsOf(settings)) printer.hide(value, origin)
  if (secretsOf(settings).some(({ value }) => value !== '' && !Printer.canHide(value))) {
    printer.warning('A secret of fewer than four characters is not masked in the log.')
  }
}

function newReport(settings: Settings, title: string): RunState {
  const isDeploy = settings.operation === 'deploy'
  return {
    title,
    outcome: 'failed',
    application: isDeploy ? settings.application : settings.deploymentId,
    version: isDeploy ? settings.version : '',
    versionAction: '',
    deployments: [],
    ...(!isDeploy && { stopId: settings.deploymentId }),
    stoppedIds: [],
    tunnel: 'none',
    tunnelError: '',
    hasLeftovers: false,
  }
}
