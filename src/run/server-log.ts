import { abortLater } from '../base/clock.ts'
import { describe } from '../base/errors.ts'
import { inTurn } from '../base/in-turn.ts'
import type { ServerLog } from '../provider/provider.ts'
import type { DeploymentState, LogState } from '../state/state.ts'
import { cleanUpCall, type Run } from './run.ts'

/** A log holds up a stop by this at most, by a few seconds where it does not come, and less on a cancel. */
const READ_MS = 20_000
const READ_AFTER_CANCEL_MS = 2_000
/** Logs on the way at the same time: one may have 32 MB. */
const MAX_READS = 2

/** Reads the logs of servers that are about to be stopped, while they exist. A failure only warns. */
export async function keepLogs(run: Run, deployments: readonly DeploymentState[]): Promise<void> {
  await inTurn(deployments, MAX_READS, async (deployment) => {
    const { id } = deployment
    if (id === undefined) return
    const log = await readLog(run, id)
    if (log) deployment.log = log
  })
}

/** @returns what is shown of the log, or undefined where there is none or it cannot be read */
async function readLog(run: Run, id: string): Promise<LogState | undefined> {
  const { provider, printer, cancellation, settings, clock } = run
  if (!provider.readLog) return undefined
  const call = cleanUpCall(run, READ_MS)
  const cutShort = abortLater(cancellation.signal, READ_AFTER_CANCEL_MS, clock)
  try {
    const signal = AbortSignal.any([call.signal, cutShort])
    const log = await provider.readLog(id, { ...call, signal })
    if (log) return tailOf(log, settings.logLines)
    printer.line(`${id} left no log`)
  } catch (thrown) {
    printer.warning(`No log of ${id}: ${describe(thrown)}`)
  }
  return undefined
}

function tailOf({ lines, isCut, crash }: ServerLog, count: number): LogState {
  const tail = count > 0 ? lines.slice(-count) : []
  return { tail, isCut: isCut || lines.length > tail.length, ...(crash && { crash }) }
}
