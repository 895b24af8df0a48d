import { formatDuration } from '../base/clock.ts'
import { ActionError } from '../base/errors.ts'
import type { Observation } from '../provider/provider.ts'
import type { DeploymentState } from './state.ts'

/** So many failed checks in a row at the end: the last status says little. */
const BLIND_CHECKS = 3

/** The words for the endings that are no failed request. */

export function deploymentFailed({ observation, elapsedMs, id }: DeploymentState): ActionError {
  const status = observation?.status || 'no status'
  const reason = observation?.reason ? `: ${observation.reason}` : ''
  return new ActionError({
    kind: 'deployment-failed',
    what: `${id} failed after ${formatDuration(elapsedMs)} with ${status}${reason}.`,
    ...nextAfter(observation),
  })
}

export function failedAfterReady({ observation, elapsedMs, id }: DeploymentState): ActionError {
  const status = observation?.status || 'no status'
  const reason = observation?.reason ? `: ${observation.reason}` : ''
  return new ActionError({
    kind: 'deployment-failed',
    what: `${id} was ready and did not stay so: ${status} after ${formatDuration(elapsedMs)}${reason}.`,
    ...nextAfter(observation),
  })
}

/** What may have ended a server that the provider reports as ended. */
function nextAfter(observation: Observation | undefined): { next?: string } {
  if (observation?.next) return { next: observation.next }
  if (!observation?.end) return {}
  return {
    next: 'It was stopped, or its process ended. A newer run with replace stops what older runs of its group started.',
  }
}

export function restarted({ id }: DeploymentState, times: number): ActionError {
  return new ActionError({
    kind: 'deployment-failed',
    what: `The process of ${id} restarted ${times === 1 ? 'once' : `${times} times`} while it settled.`,
    next: 'See its log for why it ended.',
  })
}

/** Its status could not be read at the end, so nobody knows whether it is still ready. */
export function notSeenReady(
  { id }: DeploymentState,
  durationMs: number,
  lastError: ActionError | undefined,
): ActionError {
  const why = lastError ? ` (${lastError.message})` : ''
  return new ActionError({
    kind: 'deployment-failed',
    what: `${id} was ready, but ${formatDuration(durationMs)} later its status could not be read${why}`,
    next: lastError?.next ?? 'The provider did not answer: run the job again.',
  })
}

export function timedOut(
  { observation, id }: DeploymentState,
  timeoutMs: number,
  { lastError, failures }: { lastError: ActionError | undefined; failures: number },
): ActionError {
  const why = lastError ? ` (${lastError.message})` : ''
  const isBlind = failures >= BLIND_CHECKS
  const reason = observation?.reason ? `: ${observation.reason}` : ''
  const last = `its last status was ${observation?.status || 'empty'}${reason}`
  const seen = observation
    ? isBlind
      ? `${last}, and the last ${failures} status checks failed${why}`
      : last
    : `its status was never read${why}`
  return new ActionError({
    kind: 'timed-out',
    what: `${id} was not ready within ${formatDuration(timeoutMs)}; ${seen}`,
    next:
      observation?.next ??
      (isBlind || !observation
        ? (lastError?.next ??
          'The provider did not answer: check its status page, then run the job again.')
        : 'Raise timeout if it only needs longer: the first start of a new image takes the time of its download.'),
  })
}

export function noTunnel(why: string): ActionError {
  return new ActionError({
    kind: 'no-tunnel',
    what: `No tunnel came up and wait is webhook, so nothing was created: ${why}.`,
    next: 'Set wait: auto to poll where no tunnel comes up, or raise tunnel-timeout.',
  })
}

export function cancelled(): ActionError {
  return new ActionError({ kind: 'cancelled', what: 'The run was cancelled.' })
}
