import { describe } from '../base/errors.ts'
import type { MovedVersion } from '../provider/versions.ts'
import { worstOf } from '../state/state.ts'
import { addPhase, type VersionRun } from './ensure-version.ts'
import { type Run, runCall } from './run.ts'

/** Several versions, each read, moved and read again. */
const PROMOTE_MS = 180_000
const PRUNE_MS = 60_000

/**
 * Moves other versions to the deployed image, once every server is good. One that was moved stands in
 * the state at once, so that whatever ends the run reports it. A failure fails the step and leaves the
 * new servers up.
 *
 * @throws ActionError when a version was not moved
 */
export async function promoteDeployed(run: Run): Promise<void> {
  const { state, printer, cancellation } = run
  const isGood = worstOf(state.deployments.map(({ outcome }) => outcome)) === 'succeeded'
  if (!isGood || state.error || cancellation.signal.aborted) return
  try {
    await promote(run)
  } catch (thrown) {
    if (cancellation.signal.aborted) throw thrown
    state.isDeployed = true
    const ids = state.deployments.flatMap(({ id }) => id ?? []).join(', ')
    const until = run.settings.stopAfterJob ? ' until the job ends' : ''
    printer.notice(`${ids}: ready, and stays up${until} although the promotion failed.`)
    throw thrown
  }
}

/**
 * Moves the versions that the settings name, then deletes those that are too many.
 *
 * @throws ActionError when a version was not moved
 */
export async function promote(run: VersionRun): Promise<void> {
  const { provider, state, printer, cancellation, clock } = run
  const { versions } = provider
  if (!versions) return
  const fromMs = clock.nowMs()
  try {
    const onMoved = (moved: MovedVersion) => {
      state.promoted = [...(state.promoted ?? []), moved]
    }
    const call = runCall(run, PROMOTE_MS)
    await run.progress.whileRunning(() => versions.promote(onMoved, call), 'moving versions')
  } catch (thrown) {
    // The cancel is what is reported; what it may have broken off in the middle must be said too.
    if (cancellation.signal.aborted) printer.warning(`${describe(thrown)}.`)
    throw thrown
  }
  if (state.promoted) addPhase(run, 'promoted', fromMs)
  await versions.prune(runCall(run, PRUNE_MS))
}
