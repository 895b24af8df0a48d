import { formatDuration } from '../base/clock.ts'
import { ActionError } from '../base/errors.ts'
import type { StopSettings } from '../settings/settings.ts'
import { cancelled } from '../state/endings.ts'
import type { Run } from './run.ts'
import { type StopEnd, stopDeployment } from './stop-deployment.ts'

/**
 * `operation: stop`: asks for the stop and, unless `wait` is none, waits until the deployment is
 * gone. Fills in the run's state; throws nothing.
 */
export async function stop(run: Run<StopSettings>): Promise<void> {
  const { settings, state, printer, cancellation } = run
  if (settings.reach.kind !== 'deployment') throw new Error('not built yet')
  const { id } = settings.reach
  const end = await stopDeployment(run, id, {
    limitMs: settings.timeoutMs,
    until: settings.wait === 'none' ? 'accepted' : 'ended',
  })
  switch (end.kind) {
    case 'gone':
      printer.notice(`${id} had ended already, or never existed: nothing was stopped.`)
      state.outcome = 'stopped'
      return
    case 'stopped':
      state.stoppedIds.push(id)
      state.outcome = 'stopped'
      return
    case 'unconfirmed': {
      const isCancelled = cancellation.signal.aborted
      const isLate = end.error.kind === 'stop-unconfirmed'
      state.error = isCancelled
        ? cancelled()
        : isLate
          ? stillThere(id, settings.timeoutMs, end)
          : end.error
      // Else it stays what a run begins with: failed.
      if (isCancelled) state.outcome = 'cancelled'
      else if (isLate) state.outcome = 'timed-out'
    }
  }
}

function stillThere(
  id: string,
  timeoutMs: number,
  { isAccepted, error }: StopEnd & { kind: 'unconfirmed' },
): ActionError {
  if (!isAccepted) return error
  return new ActionError({
    kind: 'timed-out',
    what: `The stop of ${id} was accepted, but it was not gone within ${formatDuration(timeoutMs)}`,
    next: 'A server may take up to its termination grace period to end: raise timeout, or set wait: none.',
  })
}
