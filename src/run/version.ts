import { toActionError } from '../base/errors.ts'
import type { VersionSettings } from '../settings/settings.ts'
import { cancelled } from '../state/endings.ts'
import { ensureVersion, prepare } from './ensure-version.ts'
import { promote } from './promote.ts'
import type { Run } from './run.ts'

const WORDS: Readonly<Record<string, string>> = {
  created: 'was created',
  updated: 'was moved or changed',
  reused: 'exists and was left as it is',
}

/**
 * `operation: version`: makes or moves a version, and starts nothing. Fills in the run's state; throws
 * nothing.
 */
export async function makeVersion(run: Run<VersionSettings>): Promise<void> {
  const { state, printer, cancellation } = run
  try {
    await prepare(run)
    await ensureVersion(run)
    const what = WORDS[state.versionAction] ?? 'is ready'
    printer.notice(`The version ${state.version} ${what}: ${state.image ?? ''}`)
    await promote(run)
    state.outcome = 'succeeded'
  } catch (thrown) {
    state.error = cancellation.signal.aborted ? cancelled() : toActionError(thrown)
  }
  if (cancellation.signal.aborted) state.outcome = 'cancelled'
}
