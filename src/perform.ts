import { randomBytes } from 'node:crypto'
import { systemClock, whenAborted } from './clock.ts'
import { cancelled } from './endings.ts'
import { Ledger } from './ledger.ts'
import { createHttpClient } from './net/request.ts'
import type { ActionProcess, LastWord } from './process.ts'
import type { ProviderContext } from './provider/provider.ts'
import { openProvider } from './provider/registry.ts'
import { Printer } from './report/printer.ts'
import { publish } from './report/publish.ts'
import { isGood, type RunReport } from './report/report.ts'
import { deploy } from './run.ts'
import type { RunContext } from './run-context.ts'
import { accessOf } from './settings/access.ts'
import { describeSettings } from './settings/describe.ts'
import { type Settings, secretsOf } from './settings/settings.ts'
import { release } from './settle.ts'
import { stop } from './stop.ts'

/**
 * Carries out the operation that the settings ask for and publishes how it ended.
 *
 * @returns the last word on the step
 */
export async function perform(settings: Settings, action: ActionProcess): Promise<LastWord> {
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
    for (const launch of report.launches) if (!launch.error) launch.outcome = 'cancelled'
  }
  report.isOwing = context.ledger.open.length > 0
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
    newMark: () => `dgs-${run.slice(0, 20)}-${randomBytes(6).toString('hex')}`,
    openDoorbell: async (options) => {
      const { Doorbell } = await import('./doorbell/doorbell.ts')
      return Doorbell.open({ ...shared, ...options })
    },
  }
}

export function providerContext(
  { environment, printer }: ActionProcess,
  { clock, ledger, newMark }: RunContext,
): ProviderContext {
  return {
    http: createHttpClient(environment),
    environment,
    clock,
    debts: {
      opened: (mark) => ledger.opened(mark, true),
      created: (mark, id) => ledger.created(mark, id),
      closed: (mark) => ledger.closed(mark),
    },
    newMark,
    log: (line) => printer.line(line),
    hide: (secret) => printer.hide(secret),
  }
}

export function hideSecrets(settings: Settings, printer: Printer): void {
  for (const secret of secretsOf(settings)) printer.hide(secret)
  if (secretsOf(settings).some((secret) => secret !== '' && !Printer.canHide(secret))) {
    printer.warning('A secret of fewer than four characters is not masked in the log.')
  }
}

function newReport(settings: Settings, title: string): RunReport {
  const isDeploy = settings.operation === 'deploy'
  return {
    title,
    outcome: 'failed',
    application: isDeploy ? settings.application : settings.deploymentId,
    version: isDeploy ? settings.version : '',
    versionAction: '',
    launches: [],
    ...(!isDeploy && { stopId: settings.deploymentId }),
    stoppedIds: [],
    tunnel: 'none',
    tunnelError: '',
    isOwing: false,
  }
}
