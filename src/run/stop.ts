import { formatDuration } from '../base/clock.ts'
import { ActionError, areCredentialsRefused, toActionError } from '../base/errors.ts'
import type { Provider } from '../provider/provider.ts'
import type { StopSettings } from '../settings/settings.ts'
import { cancelled } from '../state/endings.ts'
import type { RunState } from '../state/state.ts'
import { stopDeployment } from './clean-up.ts'
import { type RunContext, runCall } from './run.ts'

/** The stop is repeated until it answers that it is gone, as providers' own plugins do. */
const REPEAT_MS = 2_000
const CALL_MS = 10_000
const TELL_MS = 30_000

/**
 * `operation: stop`: asks for the stop and, unless `wait` is none, waits until the deployment is
 * gone. Fills in `report`; throws nothing.
 */
export async function stop(
  settings: StopSettings,
  provider: Provider,
  context: RunContext,
  report: RunState,
): Promise<void> {
  const { reach } = settings
  if (reach.kind !== 'deployment') throw new Error('only one deployment can be stopped yet')
  const { id } = reach
  const end = await stopDeployment(provider, id, context)
  if (end instanceof ActionError) {
    report.error = end
    return
  }
  if (end === 'gone') {
    context.printer.notice(`${id} was gone already, or never existed: nothing was stopped.`)
    report.outcome = 'stopped'
    return
  }
  report.stoppedIds.push(id)
  if (settings.wait !== 'none') {
    const trouble = await waitUntilGone(id, settings.timeoutMs, provider, context)
    if (trouble) {
      report.error = trouble
      // Else it stays what a report begins with: failed.
      if (trouble.kind === 'cancelled' || trouble.kind === 'timed-out')
        report.outcome = trouble.kind
      return
    }
  }
  report.outcome = 'stopped'
}

async function waitUntilGone(
  id: string,
  timeoutMs: number,
  provider: Provider,
  context: RunContext,
): Promise<ActionError | undefined> {
  const { clock, cancellation, printer } = context
  const endsAtMs = clock.nowMs() + timeoutMs
  let trouble = ''
  let toldAtMs = clock.nowMs()
  while (!cancellation.signal.aborted) {
    const leftMs = endsAtMs - clock.nowMs()
    if (leftMs <= 0) {
      return new ActionError({
        kind: 'timed-out',
        what: `The stop of ${id} was accepted, but it was not gone within ${formatDuration(timeoutMs)}${trouble}.`,
        next: 'A server may take up to its termination grace period to end: raise timeout, or set wait: none.',
      })
    }
    try {
      if ((await provider.stop(id, runCall(context, Math.min(CALL_MS, leftMs)))) === 'gone') {
        printer.line(`${id} is gone.`)
        return undefined
      }
    } catch (thrown) {
      const error = toActionError(thrown)
      if (areCredentialsRefused(error)) return error
      trouble = ` (${error.message})`
    }
    if (clock.nowMs() - toldAtMs >= TELL_MS) {
      toldAtMs = clock.nowMs()
      printer.line(`${id} is still stopping${trouble}.`)
    }
    await clock.sleep(Math.min(REPEAT_MS, endsAtMs - clock.nowMs()), cancellation.signal)
  }
  return cancelled()
}
