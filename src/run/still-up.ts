import { failedAfterReady } from '../state/endings.ts'
import type { DeploymentState } from '../state/state.ts'
import { type Run, runCall } from './run.ts'

/** A server that was seen up within this time is not checked again. */
const FRESH_MS = 5_000
const CHECK_MS = 10_000

/**
 * Checks once more what was seen up some time ago: while other servers came up, or older ones were
 * stopped, it may have crashed, and nothing may be replaced or promoted for it then. What cannot be
 * read is believed to be as it was.
 *
 * @returns those that have failed or ended since; they are marked as failed
 */
export async function failEnded(run: Run): Promise<readonly DeploymentState[]> {
  const { state, provider, clock, cancellation } = run
  const stale = state.deployments.filter(
    (one) => one.outcome === 'succeeded' && clock.nowMs() - seenUpAtMs(one) > FRESH_MS,
  )
  if (stale.length === 0 || cancellation.signal.aborted) return []
  const ids = stale.flatMap(({ id }) => id ?? [])
  const readings = await provider
    .observe(ids, runCall(run, CHECK_MS))
    .catch(() => new Map<string, never>())
  if (cancellation.signal.aborted) return []
  return stale.filter((one) => {
    const reading = readings.get(one.id ?? '')
    if (reading === undefined || reading instanceof Error) return false
    one.seenUpAtMs = clock.nowMs()
    if (reading.state !== 'failed' && reading.end === undefined) return false
    const { acceptedAtMs = one.seenUpAtMs } = one
    one.elapsedMs = one.seenUpAtMs - acceptedAtMs
    one.timeline.push({ status: reading.status, atMs: one.elapsedMs })
    one.observation = { ...reading, facts: { ...one.observation?.facts, ...reading.facts } }
    Object.assign(one, { outcome: 'failed', error: failedAfterReady(one) })
    return true
  })
}

/** Its last check was what ended the wait for it. */
function seenUpAtMs({ seenUpAtMs, acceptedAtMs = 0, elapsedMs }: DeploymentState): number {
  return seenUpAtMs ?? acceptedAtMs + elapsedMs
}
