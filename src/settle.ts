import { stopLaunch } from './clean-up.ts'
import { cancelled } from './endings.ts'
import { ActionError, describe } from './errors.ts'
import type { Provider } from './provider/provider.ts'
import { isGood, type LaunchReport, type RunReport } from './report/report.ts'
import { cleanUpCall, type RunContext } from './run-context.ts'
import type { LaunchSettings } from './settings/settings.ts'

const DIAGNOSE_MS = 10_000

/**
 * Brings a launch to its end: what failed is diagnosed and then stopped or kept, what was cancelled
 * is stopped. What succeeded is left to `release`. The ledger lets go only of what has certainly ended.
 */
export async function settle(
  settings: LaunchSettings,
  provider: Provider,
  context: RunContext,
  launch: LaunchReport,
  report: RunReport,
): Promise<void> {
  const { id, mark } = launch
  if (id === undefined || mark === undefined) return
  const { signal } = context.cancellation
  if (signal.aborted) {
    launch.outcome = 'cancelled'
    launch.error ??= cancelled()
  }
  switch (launch.outcome) {
    case 'succeeded':
    case 'started':
      return
    case 'failed':
    case 'timed-out':
      await diagnose(settings, provider, context, launch)
      if (provider.canStop && isToBeKept(settings, launch) && !signal.aborted) {
        if (settings.stopAfterJob) {
          context.printer.notice(
            `${id} is kept until the job ends (on-failure: keep, stop-after-job).`,
          )
          return
        }
        context.ledger.closed(mark)
        context.printer.notice(`${id} was kept (on-failure: keep). It costs until it is stopped.`)
        return
      }
  }
  if (!provider.canStop) {
    if (launch.outcome !== 'failed') {
      context.printer.line(`${id} cannot be taken back: ${provider.title} goes on with it.`)
    }
    context.ledger.closed(mark)
    return
  }
  const error = await stopLaunch(provider, id, context)
  if (error instanceof ActionError) {
    context.printer.warning(
      `${id} could not be stopped: ${describe(error)}. The post step of this job tries again.`,
    )
    return
  }
  report.stoppedIds.push(id)
  context.ledger.closed(mark)
}

/**
 * Lets what came up live on, unless it is to end with the job. The very last thing that a step does:
 * if anything fails or cancels it before, the post step still knows of the server and stops it.
 */
export function release(
  { stopAfterJob }: LaunchSettings,
  { ledger }: RunContext,
  { launches }: RunReport,
): void {
  if (stopAfterJob) return
  for (const { mark, outcome } of launches) {
    if (mark !== undefined && isGood(outcome)) ledger.closed(mark)
  }
}

/** A refused launch is of no use to anybody: it never had a server. */
function isToBeKept({ onFailure }: LaunchSettings, { error }: LaunchReport): boolean {
  return onFailure === 'keep' && error?.kind !== 'no-capacity'
}

/** Reads log and crash data while they exist; a launch that never ran has none. */
async function diagnose(
  settings: LaunchSettings,
  provider: Provider,
  context: RunContext,
  launch: LaunchReport,
): Promise<void> {
  const kind = launch.error?.kind
  if (!provider.diagnose) return
  if (launch.id === undefined || kind === 'no-capacity' || kind === 'unauthorized') return
  try {
    const call = cleanUpCall(context, DIAGNOSE_MS)
    const diagnosis = await provider.diagnose(launch.id, settings.logLines, call)
    if (diagnosis) launch.diagnosis = diagnosis
    else context.printer.line(`${launch.id} left no log.`)
  } catch (thrown) {
    context.printer.warning(`No log of ${launch.id}: ${describe(thrown)}`)
  }
}
