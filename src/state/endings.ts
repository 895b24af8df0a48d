import { formatDuration } from '../base/clock.ts'
import { ActionError } from '../base/errors.ts'
import { countTimes, withoutStop } from '../base/sentence.ts'
import type { Observation } from '../provider/provider.ts'
import type { DeploymentState } from './state.ts'

/** So many failed checks in a row at the end: the last status says little. */
const BLIND_CHECKS = 3

/** The provider says that it failed, or that it ended, before it was ready. */
export function deploymentFailed({ observation, elapsedMs, id }: DeploymentState): ActionError {
  return new ActionError({
    kind: 'deployment-failed',
    what: `${id} failed after ${formatDuration(elapsedMs)} with ${statusOf(observation)}${reasonOf(observation)}.`,
    ...nextAfter(observation),
  })
}

/** The provider says so after it had said that it was ready. */
export function failedAfterReady({ observation, elapsedMs, id }: DeploymentState): ActionError {
  return new ActionError({
    kind: 'deployment-failed',
    what: `${id} was ready but did not stay ready: ${statusOf(observation)} after ${formatDuration(elapsedMs)}${reasonOf(observation)}.`,
    ...nextAfter(observation),
  })
}

function statusOf(observation: Observation | undefined): string {
  return observation?.status || 'no status'
}

function reasonOf(observation: Observation | undefined): string {
  return observation?.reason ? `: ${observation.reason}` : ''
}

/** What may have ended a server that the provider reports as ended. */
function nextAfter(observation: Observation | undefined): { next?: string } {
  if (observation?.next) return { next: observation.next }
  if (!observation?.end) return {}
  return {
    next: 'It was stopped, or its process ended. A newer run with replace stops what older runs of its group started.',
  }
}

/** @param times how often its process was started again within `settle-time` */
export function restarted({ id }: DeploymentState, times: number): ActionError {
  return new ActionError({
    kind: 'deployment-failed',
    what: `The process of ${id} restarted ${countTimes(times)} while it settled.`,
    next: 'See its log for why it ended.',
  })
}

/**
 * Its status could not be read at the end, so nobody knows whether it is still ready.
 *
 * @param durationMs how long it was watched after it was ready
 */
export function notSeenReady(
  { id }: DeploymentState,
  durationMs: number,
  lastError: ActionError | undefined,
): ActionError {
  const why = lastError ? ` (${withoutStop(lastError.message)})` : ''
  return new ActionError({
    kind: 'deployment-failed',
    what: `${id} was ready, but ${formatDuration(durationMs)} later its status could not be read${why}`,
    next: lastError?.next ?? 'The provider did not answer: run the job again.',
  })
}

/**
 * It was neither ready nor failed when `timeout` was over.
 *
 * @param checks the error of the last status check that failed, and how many failed in a row at the end
 */
export function timedOut(
  { observation, id }: DeploymentState,
  timeoutMs: number,
  checks: { lastError: ActionError | undefined; failures: number },
): ActionError {
  return new ActionError({
    kind: 'timed-out',
    what: `${id} was not ready within ${formatDuration(timeoutMs)}; ${lastSeen(observation, checks)}`,
    next: observation?.next ?? adviceAfterTimeout(observation, checks),
  })
}

function lastSeen(
  observation: Observation | undefined,
  { lastError, failures }: { lastError: ActionError | undefined; failures: number },
): string {
  const why = lastError ? ` (${withoutStop(lastError.message)})` : ''
  if (!observation) return `its status was never read${why}`
  const reason = observation.reason ? `: ${observation.reason}` : ''
  const last = `its last status was ${observation.status || 'empty'}${reason}`
  if (failures < BLIND_CHECKS) return last
  return `${last}, and the last ${failures} status checks failed${why}`
}

function adviceAfterTimeout(
  observation: Observation | undefined,
  { lastError, failures }: { lastError: ActionError | undefined; failures: number },
): string {
  if (observation && failures < BLIND_CHECKS) {
    return 'Raise timeout if it only needs longer: the first start of a new image takes the time of its download.'
  }
  if (lastError?.next !== undefined) return lastError.next
  return lastError?.kind === 'not-found'
    ? 'The provider does not know it: look for it in the dashboard, then run the job again.'
    : 'The provider did not answer: check its status page, then run the job again.'
}

/** @param why there is none, without a full stop */
export function noTunnel(why: string): ActionError {
  return new ActionError({
    kind: 'no-tunnel',
    what: `No tunnel came up and wait is webhook, so nothing was created: ${why}.`,
    next: 'Set wait: auto to poll where no tunnel comes up, or raise tunnel-timeout.',
  })
}

/** The run was cancelled by a signal. */
export function cancelled(): ActionError {
  return new ActionError({ kind: 'cancelled', what: 'The run was cancelled.' })
}
