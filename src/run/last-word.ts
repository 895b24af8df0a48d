import { type ActionError, toActionError } from '../base/errors.ts'
import { cancelText } from '../report/cancel-text.ts'
import type { DeploySettings, Settings } from '../settings/settings.ts'
import { cancelled } from '../state/endings.ts'
import { whatBecomesOfLeftovers } from '../state/leftovers.ts'
import { type DeploymentState, isGood, isUp, type Outcome } from '../state/state.ts'
import { release } from './conclude.ts'
import type { Run } from './run.ts'

/**
 * The last word on a step, after its outputs are set: new servers that stay are let go of here and
 * nowhere else. What comes between, a cancel or a full disk, leaves them to the post step. Then the
 * outputs are set once more, for the steps after this one must not count on them.
 *
 * @param republish sets the outputs again; the runner takes the last value
 * @returns whether the step succeeded
 */
export function lastWord(run: Run<Settings>, republish: () => void): boolean {
  const { state, settings, ledger, cancellation, provider } = run
  ledger.announced()
  // What is certainly stopped, made or planned stays so, whatever signal comes now.
  const isLasting = !isDeploy(run) || settings.dryRun || !provider.traits.canStop
  if (isLasting) return isGood(state.outcome)
  if (cancellation.signal.aborted) {
    if (isGood(state.outcome) || isAnyUp(run)) cancelLate(run, republish)
    return false
  }
  const staysUp = isGood(state.outcome) || state.isDeployed
  if (!staysUp && run.settings.onFailure !== 'keep') return false
  try {
    release(run)
  } catch (thrown) {
    failLate(run, toActionError(thrown), republish)
  }
  return isGood(state.outcome)
}

function cancelLate(run: Run, republish: () => void): void {
  const { state, ledger, printer } = run
  takeBack(run, 'cancelled')
  state.outcome = 'cancelled'
  state.error ??= cancelled()
  state.hasLeftovers = ledger.open.length > 0
  printer.warning(cancelText(state))
  republish()
}

function failLate(run: Run, error: ActionError, republish: () => void): void {
  const { state, printer } = run
  takeBack(run, 'stopped')
  state.outcome = 'failed'
  state.error ??= error
  printer.failure(error, `${state.title}: failed`)
  printer.line(whatBecomesOfLeftovers(state))
  republish()
}

export function isDeploy(run: Run<Settings>): run is Run<DeploySettings> {
  return run.settings.operation === 'deploy'
}

/** What is up, and not in place of older ones, is stopped by the post step. */
function takeBack({ state }: Run, outcome: Outcome): void {
  for (const one of state.deployments) if (isHeld(one)) one.outcome = outcome
}

function isAnyUp({ state }: Run): boolean {
  return state.deployments.some(isHeld)
}

function isHeld({ outcome, isInPlace }: DeploymentState): boolean {
  return isUp(outcome) && !isInPlace
}
