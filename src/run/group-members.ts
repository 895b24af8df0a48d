import { formatDuration } from '../base/clock.ts'
import { areCredentialsRefused, describe, toActionError } from '../base/errors.ts'
import { doubling, retry } from '../base/retry.ts'
import type { Members } from '../provider/groups.ts'
import type { GroupReach } from '../settings/model.ts'
import { MAX_REFUSED, type Run, runCall } from './run.ts'

/** One listing with the statuses of all that it names; a large group takes a while. */
const LIST_MS = 30_000
/** All attempts together. */
const WITHIN_MS = 90_000
const MAX_ATTEMPTS = 8
const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 8_000
/** A server whose status is not known yet was created moments ago, or something answers for the provider. */
const UNCLEAR_MS = 12_000
const UNCLEAR_PAUSE_MS = 2_000

/** What listing needs of a run. */
export type ListingRun = Pick<Run, 'provider' | 'clock' | 'cancellation' | 'printer'>

/**
 * Everything of a reach that has not ended. Goes on through passing faults, and lists again while the
 * status of something that is listed is not known. A cancel ends it.
 *
 * @param done ids that were dealt with before: what the list still shows of them is not waited for
 * @throws ActionError where it could not be listed
 */
export async function listMembers(
  run: ListingRun,
  reach: GroupReach,
  done: ReadonlySet<string> = new Set(),
): Promise<Members> {
  const { clock, cancellation } = run
  const untilMs = clock.nowMs() + UNCLEAR_MS
  for (;;) {
    const found = await listOnce(run, reach)
    const isLast = clock.nowMs() >= untilMs || cancellation.signal.aborted
    if (isLast || found.unclear.every((id) => done.has(id))) return found
    await clock.sleep(UNCLEAR_PAUSE_MS, cancellation.signal)
  }
}

/** `deployments of my-game with the tag pr-12`. */
export function describeReach(reach: GroupReach): string {
  const ofApplication = `deployments of ${reach.application}`
  return reach.kind === 'group' ? `${ofApplication} with the tag ${reach.group}` : ofApplication
}

async function listOnce(run: ListingRun, reach: GroupReach): Promise<Members> {
  const { provider, clock, cancellation, printer } = run
  const { groups } = provider
  if (!groups) throw new Error(`${provider.title} has no groups`)
  const scope = {
    application: reach.application,
    group: reach.kind === 'group' ? reach.group : undefined,
  }
  let refused = 0
  return await retry(() => groups.members(scope, runCall(run, LIST_MS)), {
    clock,
    signal: cancellation.signal,
    maxAttempts: MAX_ATTEMPTS,
    pauseMs: doubling(FIRST_PAUSE_MS, LONGEST_PAUSE_MS),
    withinMs: WITHIN_MS,
    longestPauseMs: LONGEST_PAUSE_MS,
    isFinal: (thrown) => {
      refused = areCredentialsRefused(toActionError(thrown)) ? refused + 1 : 0
      return refused >= MAX_REFUSED
    },
    onRetry: ({ thrown, pauseMs }) => {
      const next = `next try in ${formatDuration(pauseMs)}`
      printer.line(`Listing ${describeReach(reach)} failed: ${describe(thrown)}; ${next}`)
    },
  })
}
