import { describe } from '../base/errors.ts'
import { cancelled } from '../state/endings.ts'
import { whoTriesAgain } from '../state/leftovers.ts'
import { type DeploymentState, isUp, type LogState } from '../state/state.ts'
import { cleanUp } from './clean-up.ts'
import type { Run } from './run.ts'
import { keepLogs } from './server-log.ts'
import { explain } from './why-ended.ts'

/**
 * Brings deployments to their end: the log of what failed is read, and it is stopped or kept; what
 * was cancelled, or must go because another one failed, is stopped. What is up and is to stay is left
 * to `release`; what has taken the place of older ones stays in any case. The ledger lets go only of
 * what has certainly ended.
 */
export async function conclude(run: Run, deployments: readonly DeploymentState[]): Promise<void> {
  const { cancellation } = run
  const created = deployments.filter(({ id, tag, isInPlace }) => id && tag && !isInPlace)
  if (cancellation.signal.aborted) for (const one of created) setCancelled(one)
  const ending = created.filter(({ outcome }) => !isUp(outcome))
  const logs = await keepLogs(
    run,
    ending.filter(hasLog).flatMap(({ id }) => id ?? []),
  )
  await stopOrKeep(run, ending)
  await logs.written
  for (const one of ending) {
    const log = logs.shown.get(one.id ?? '')
    if (!log) continue
    one.log = log
    if (!hasFailed(one) || !one.error) continue
    one.error = explain(one.error, log, mayBeStopped(one, log))
  }
}

/**
 * An exit code is no sign of a fault where somebody may have ended the server, or where its process
 * goes on: then it is of an end that did not come yet.
 */
function mayBeStopped({ observation }: DeploymentState, { restarts = 0 }: LogState): boolean {
  return observation?.end !== undefined || (observation?.state === 'succeeded' && restarts === 0)
}

async function stopOrKeep(run: Run, ending: readonly DeploymentState[]): Promise<void> {
  const { cancellation, provider } = run
  if (!provider.traits.canStop) {
    for (const one of ending) letGoOn(run, one)
    return
  }
  // A cancel may have come meanwhile: then nothing is kept.
  const toKeep = ending.filter((one) => !cancellation.signal.aborted && isToBeKept(run, one))
  const kept = toKeep.filter((one) => keep(run, one))
  if (kept.length > 0) {
    const { state } = run
    state.keptIds = [...(state.keptIds ?? []), ...kept.flatMap(({ id }) => id ?? [])]
  }
  await stopAll(
    run,
    ending.filter((one) => !kept.includes(one)),
  )
}

function setCancelled(deployment: DeploymentState): void {
  deployment.outcome = 'cancelled'
  deployment.error ??= cancelled()
}

function letGoOn({ printer, provider, ledger }: Run, { id, tag, outcome }: DeploymentState): void {
  if (outcome !== 'failed') {
    printer.line(`${id} cannot be taken back: ${provider.title} goes on with it.`)
  }
  if (tag !== undefined) ledger.closed(tag)
}

/**
 * Lets what came up live on, unless it is to end with the job. The very last thing that a step does:
 * if anything fails or cancels it before, the post step still knows of the server and stops it.
 *
 * @throws ActionError where that cannot be saved: the post step stops them then
 */
export function release({ settings, ledger, state }: Run): void {
  if (settings.stopAfterJob) return
  const up = state.deployments.filter(({ outcome }) => isUp(outcome))
  ledger.released(...up.flatMap(({ tag }) => tag ?? []))
}

async function stopAll(run: Run, deployments: readonly DeploymentState[]): Promise<void> {
  const entries = deployments.map(({ id = '', tag = '' }) => ({ id, tag }))
  if (entries.length === 0) return
  const { stoppedIds, failures } = await cleanUp(run, entries)
  run.state.stoppedIds.push(...stoppedIds)
  for (const { entry, error } of failures) {
    const what = entry.id ?? `A server with the tag ${entry.tag}`
    const next = whoTriesAgain(run.state, 'Stop it in the dashboard: you pay for it until then.')
    run.printer.warning(`${what} may still run: ${describe(error)}. ${next}`)
  }
}

/** A refused deployment is of no use to anybody: it never had a server. */
function isToBeKept({ settings }: Run, one: DeploymentState): boolean {
  return hasFailed(one) && settings.onFailure === 'keep' && one.error?.kind !== 'no-capacity'
}

function hasFailed({ outcome }: DeploymentState): boolean {
  return outcome === 'failed' || outcome === 'timed-out'
}

/** @returns false where the post step would stop it all the same */
function keep({ settings, ledger, printer }: Run, { id, tag = '' }: DeploymentState): boolean {
  if (settings.stopAfterJob) {
    printer.notice(`${id} is kept until the job ends (on-failure: keep, stop-after-job).`)
    return true
  }
  try {
    ledger.released(tag)
  } catch (thrown) {
    printer.warning(`${id} cannot be kept, and is stopped: ${describe(thrown)}`)
    return false
  }
  printer.notice(`${id} was kept (on-failure: keep). You pay for it until you stop it.`)
  return true
}

/** One that never ran has no log; a cancelled one whose status nobody has seen is too young for one. */
function hasLog({ outcome, error, observation }: DeploymentState): boolean {
  if (error?.kind === 'no-capacity' || error?.kind === 'unauthorized') return false
  if (outcome === 'cancelled') return observation !== undefined
  return outcome === 'failed' || outcome === 'timed-out' || outcome === 'stopped'
}
