import { ActionError, describe, type ErrorKind, toActionError } from '../base/errors.ts'
import type { Preparation } from '../provider/provider.ts'
import { type Run, runCall } from './run.ts'

const PREPARE_MS = 30_000
/** The image of a new version is pulled once before its create is answered, and others are deleted. */
const ENSURE_MS = 240_000

/** What preparing a version needs of a run. */
export type VersionRun = Pick<
  Run,
  'provider' | 'state' | 'printer' | 'progress' | 'cancellation' | 'clock'
>

/**
 * Reads and checks what the run is about to do. Notes the version in the state.
 *
 * @throws ActionError when it cannot be done
 */
export async function prepare(run: VersionRun): Promise<Preparation> {
  const { provider, state } = run
  const preparation = await noteRefusal(run, () => provider.prepare(runCall(run, PREPARE_MS)))
  state.version = preparation.version
  state.versionAction = preparation.versionAction ?? ''
  return preparation
}

/**
 * Makes or moves the version that is deployed, where the settings ask for it.
 *
 * @throws ActionError when it was not made or moved
 */
export async function ensureVersion(run: VersionRun): Promise<void> {
  const { provider, state, printer, cancellation, clock } = run
  const { versions } = provider
  if (!versions) return
  const fromMs = clock.nowMs()
  try {
    const ensured = await run.progress.whileRunning(
      () => noteRefusal(run, () => versions.ensure(runCall(run, ENSURE_MS))),
      `waiting for the version ${state.version}`,
    )
    state.version = ensured.version
    state.versionAction = ensured.action
    if (ensured.image !== undefined) state.image = ensured.image
    if (ensured.previousImage !== undefined) state.previousImage = ensured.previousImage
    const isChanged = ensured.action === 'created' || ensured.action === 'updated'
    if (isChanged) addPhase(run, `version ${ensured.action}`, fromMs)
  } catch (thrown) {
    // The cancel is what is reported; what it may have broken off in the middle must be said too.
    if (cancellation.signal.aborted) {
      printer.warning(`${describe(thrown)}.`)
      const { kind } = toActionError(thrown)
      if (kind !== 'cancelled' && !REFUSALS.has(kind)) state.isVersionUnclear = true
    }
    throw thrown
  }
}

/** Notes for the report how long a part of the run took that ends now. */
export function addPhase({ state, clock }: VersionRun, name: string, fromMs: number): void {
  state.phases = [...(state.phases ?? []), { name, fromMs, untilMs: clock.nowMs() }]
}

/** Kinds that say no for good. After the others nobody knows. */
const REFUSALS: ReadonlySet<ErrorKind> = new Set([
  'unauthorized',
  'forbidden',
  'not-found',
  'refused',
  'no-capacity',
])

/**
 * Does `work`, and sets the outcome `rejected` where the provider, or what it has, refuses the run.
 *
 * @throws what `work` threw
 */
export async function noteRefusal<T>(
  { state }: Pick<Run, 'state'>,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work()
  } catch (thrown) {
    if (thrown instanceof ActionError && REFUSALS.has(thrown.kind)) state.outcome = 'rejected'
    throw thrown
  }
}
