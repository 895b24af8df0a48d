import { ActionError, areCredentialsRefused, describe, toActionError } from '../base/errors.ts'
import { pauseAfter } from '../base/retry.ts'
import { type CleanUpRun, cleanUpCall, MAX_REFUSED } from './run.ts'

const LIST_MS = 5_000
/** Pauses before the first checks: a provider may list what a lost create made only some time later. */
const PAUSES_MS: readonly number[] = [0, 500, 1_000, 2_000]
/** Between further checks, where the caller gives `forMs`. */
const LONG_PAUSE_MS = 3_000
/** Failed checks before the search is given up. */
const MAX_FAILED = 5
/** The longest pause of our own: a cancel waits for it as well. */
const LONGEST_OWN_PAUSE_MS = 2_500
/** The longest pause that a Retry-After may ask for: a server may be running. */
const MAX_PAUSE_MS = 10_000

export interface FindOptions {
  /** How long to go on after the first checks, milliseconds from now. Default: no longer. */
  forMs?: number
  /** How long failed checks are followed by others, milliseconds from now, unless a cancel comes. */
  outageMs?: number
  /** One check only: for what was searched in vain some time ago. */
  once?: boolean
  /** A web page instead of the API ends the search: what created nothing cannot have lost anything. */
  endsAtPage?: boolean
  /** A rate limit ends it too: for a create that was itself refused by one. */
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
  options: FindOptions = {},
): Promise<FindResult> {
  const { clock, cancellation, provider } = run
  const { forMs = 0, once = false, endsAtPage = false, endsAtRateLimit = false } = options
  const untilMs = clock.nowMs() + forMs
  const outageUntilMs = clock.nowMs() + Math.max(forMs, options.outageMs ?? 0)
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
      const failsUntilMs = cancellation.signal.aborted ? untilMs : outageUntilMs
      const isOver = failed >= MAX_FAILED && clock.nowMs() >= failsUntilMs
      const isLast = refused >= MAX_REFUSED || isOver
      const isAnswer =
        (endsAtPage && error.kind === 'not-the-api') ||
        (endsAtRateLimit && error.kind === 'rate-limited')
      if (isLast || isAnswer || cancellation.over.aborted) {
        return { found, error }
      }
      const pauseMs = Math.min(500 * failed, LONGEST_OWN_PAUSE_MS)
      await clock.sleep(pauseAfter(error, pauseMs, MAX_PAUSE_MS), cancellation.over)
    }
  }
}

/** A create whose answer is lost, and what it made was not found. */
export function notFound(tags: readonly string[], cause: ActionError): ActionError {
  return new ActionError({
    kind: 'unresolved-create',
    what: `A server may have been created, and it was not found: ${describe(cause)}`,
    next: `Look for the tag ${tags.join(' and ')} in the provider's dashboard and stop the server that has it.`,
    cause,
  })
}
