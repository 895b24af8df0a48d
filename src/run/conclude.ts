import { ActionError, describe } from '../base/errors.ts'
import type { Provider } from '../provider/provider.ts'
import type { DeploySettings } from '../settings/settings.ts'
import { cancelled } from '../state/endings.ts'
import { type DeploymentState, isGood, type RunState } from '../state/state.ts'
import { stopDeployment } from './clean-up.ts'
import { cleanUpCall, type RunContext } from './run.ts'

const DIAGNOSE_MS = 10_000

/**
 * Brings a deployment to its end: what failed is diagnosed and then stopped or kept, what was cancelled
 * is stopped. What succeeded is left to `release`. The ledger lets go only of what has certainly ended.
 */
export async function settle(
  settings: DeploySettings,
  provider: Provider,
  context: RunContext,
  deployment: DeploymentState,
  report: RunState,
): Promise<void> {
  const { id, tag } = deployment
  if (id === undefined || tag === undefined) return
  const { signal } = context.cancellation
  if (signal.aborted) {
    deployment.outcome = 'cancelled'
    deployment.error ??= cancelled()
  }
  switch (deployment.outcome) {
    case 'succeeded':
    case 'started':
      return
    case 'failed':
    case 'timed-out':
      await diagnose(settings, provider, context, deployment)
      if (provider.canStop && isToBeKept(settings, deployment) && !signal.aborted) {
        if (settings.stopAfterJob) {
          context.printer.notice(
            `${id} is kept until the job ends (on-failure: keep, stop-after-job).`,
          )
          return
        }
        context.ledger.closed(tag)
        context.printer.notice(`${id} was kept (on-failure: keep). It costs until it is stopped.`)
        return
      }
  }
  if (!provider.canStop) {
    if (deployment.outcome !== 'failed') {
      context.printer.line(`${id} cannot be taken back: ${provider.title} goes on with it.`)
    }
    context.ledger.closed(tag)
    return
  }
  const error = await stopDeployment(provider, id, context)
  if (error instanceof ActionError) {
    context.printer.warning(
      `${id} could not be stopped: ${describe(error)}. The post step of this job tries again.`,
    )
    return
  }
  report.stoppedIds.push(id)
  context.ledger.closed(tag)
}

/**
 * Lets what came up live on, unless it is to end with the job. The very last thing that a step does:
 * if anything fails or cancels it before, the post step still knows of the server and stops it.
 */
export function release(
  { stopAfterJob }: DeploySettings,
  { ledger }: RunContext,
  { deployments }: RunState,
): void {
  if (stopAfterJob) return
  for (const { tag, outcome } of deployments) {
    if (tag !== undefined && isGood(outcome)) ledger.closed(tag)
  }
}

/** A refused deployment is of no use to anybody: it never had a server. */
function isToBeKept({ onFailure }: DeploySettings, { error }: DeploymentState): boolean {
  return onFailure === 'keep' && error?.kind !== 'no-capacity'
}

/** Reads log and crash data while they exist; a deployment that never ran has none. */
async function diagnose(
  settings: DeploySettings,
  provider: Provider,
  context: RunContext,
  deployment: DeploymentState,
): Promise<void> {
  const kind = deployment.error?.kind
  if (!provider.diagnose) return
  if (deployment.id === undefined || kind === 'no-capacity' || kind === 'unauthorized') return
  try {
    const call = cleanUpCall(context, DIAGNOSE_MS)
    const diagnosis = await provider.diagnose(deployment.id, settings.logLines, call)
    if (diagnosis) deployment.diagnosis = diagnosis
    else context.printer.line(`${deployment.id} left no log.`)
  } catch (thrown) {
    context.printer.warning(`No log of ${deployment.id}: ${describe(thrown)}`)
  }
}
