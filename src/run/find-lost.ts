import { ActionError, areCredentialsRefused, describe, toActionError } from '../base/errors.ts'
import { pauseAfter } from '../base/retry.ts'
import { type CleanUpRun, cleanUpCall, MAX_REFUSED } from './run.ts'

const LIST_MS = 5_000
/** Pauses before the first checks: a provider may list what a lost create made only some time later. */
const PAUSES_MS: readonly number[] = [0, 500, 1_000, 2_000]
/** Between further checks, for whoever has the time. */
const LONG_PAUSE_MS = 3_000
/** So often a check may fail before the search is given up. */
const MAX_FAILED = 5
/** A server may be lost: no Retry-After puts the next check off for longer. */
const MAX_PAUSE_MS = 10_000

export interface FindOptions {
  /** How long to go on after the first checks, milliseconds from now. Default: no longer. */
  forMs?: number
  /** One check only: for what was searched in vain some time ago. */
  once?: boolean
  /** A web page instead of the API ends the search: what created nothing cannot have lost anything. */
  endsAtPage?: boolean
  /** So does a rate limit: for what was turned away by one itself. */
  endsAtRateLimit?: boolean
}

export interface FindResult {
  /** Id → tag. */
  found: ReadonlyMap<string, string>
  /** Why the search was given up; then `found` is not all. */
  error?: ActionError
}

/**
 * Looks for what attempts with these tags created, several times until each tag is found. Goes on
 * after a cancel, with fewer checks, because a lost create is what must not be left behind.
 */
export async function findLost(
  run: CleanUpRun,
  tags: readonly string[],
  { forMs = 0, once = false, endsAtPage = false, endsAtRateLimit = false }: FindOptions = {},
): Promise<FindResult> {
  const { clock, cancellation, provider } = run
  const untilMs = clock.nowMs() + forMs
  let found: ReadonlyMap<string, string> = new Map()
  let failed = 0
  let refused = 0
  for (let check = 0; ; ) {
    const isEarly = check < (once ? 1 : PAUSES_MS.length)
    if (!isEarly && clock.nowMs() >= untilMs) return { found }
    await clock.sleep(PAUSES_MS[check] ?? LONG_PAUSE_MS, cancellation.over)
    try {
      found = await provider.findByTags(tags, cleanUpCall(run, LIST_MS))
      if (new Set(found.values()).size === tags.length) return { found }
      // The post step searches again.
      if (cancellation.signal.aborted && check >= 1 && forMs === 0) return { found }
      check += 1
      refused = 0
    } catch (thrown) {
      const error = toActionError(thrown)
      failed += 1
      refused = areCredentialsRefused(error) ? refused + 1 : 0
      const isLast = refused >= MAX_REFUSED || (failed >= MAX_FAILED && clock.nowMs() >= untilMs)
      const isAnswer =
        (endsAtPage && error.kind === 'not-the-api') ||
        (endsAtRateLimit && error.kind === 'rate-limited')
      if (isLast || isAnswer || cancellation.over.aborted) {
        return { found, error }
      }
      await clock.sleep(pauseAfter(error, 500 * failed, MAX_PAUSE_MS), cancellation.over)
    }
  }
}

/** A create whose answer is lost, and what it made was not found. */
export function notFound(tags: readonly string[], cause: ActionError): ActionError {
  return new ActionError({
    kind: 'unresolved-create',
    what: `A server may have been created, and it was not found: ${describe(cause)}`,
    next: `Look for the tag ${tags.join(' and ')} in the provider's dashboard and stop what carries it.`,
    cause,
  })
}
