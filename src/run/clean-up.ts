import {
  ActionError,
  areCredentialsRefused,
  describe,
  pauseAfter,
  toActionError,
} from '../base/errors.ts'
import type { Provider } from '../provider/provider.ts'
import { findLost } from './find-lost.ts'
import type { LedgerEntry } from './ledger.ts'
import { cleanUpCall, type RunContext } from './run.ts'

const STOP_MS = 10_000
const MAX_ATTEMPTS = 5

/**
 * Stops a deployment, trying again after passing faults, for as long as the run may still clean up.
 *
 * @returns whether it is being stopped or was gone, or why neither
 */
export async function stopDeployment(
  provider: Provider,
  id: string,
  context: RunContext,
): Promise<'accepted' | 'gone' | ActionError> {
  for (let attempt = 1; ; attempt++) {
    try {
      const result = await provider.stop(id, cleanUpCall(context, STOP_MS))
      context.printer.line(result === 'gone' ? `${id} is gone.` : `Stopping ${id}: accepted.`)
      return result
    } catch (thrown) {
      const error = toActionError(thrown)
      const isFinal = areCredentialsRefused(error)
      if (isFinal || attempt >= MAX_ATTEMPTS || context.cancellation.over.aborted) return error
      context.printer.line(`Stopping ${id} failed: ${describe(error)}. Trying again.`)
      const pauseMs = pauseAfter(error, 300 * 2 ** (attempt - 1))
      await context.clock.sleep(pauseMs, context.cancellation.over)
    }
  }
}

export interface CleanUpResult {
  stoppedIds: string[]
  /** What could not be stopped or looked for, and why. */
  failures: { entry: LedgerEntry; error: unknown }[]
  /** Marks that nothing carries: the provider may list what they made late, or there is nothing. */
  unseen?: LedgerEntry[]
}

export interface CleanUpOptions {
  /** Before each look for tags, where it is not to be as patient as at first. */
  pausesMs?: readonly number[]
  /** Ids that are to live on: a provider that repeats an id must not make us stop what we keep. */
  spared?: ReadonlySet<string>
}

/**
 * Ends everything in the ledger: known ids are stopped, and tags without an id are looked up first.
 * A tag that nothing carries stays in the ledger, for the provider may list it late.
 */
export async function cleanUp(
  provider: Provider,
  entries: readonly LedgerEntry[],
  context: RunContext,
  { pausesMs, spared = new Set() }: CleanUpOptions = {},
): Promise<CleanUpResult> {
  const cleanedUp: CleanUpResult = { stoppedIds: [], failures: [] }
  const known = new Map<string, LedgerEntry>()
  for (const entry of entries) if (entry.id !== undefined) known.set(entry.id, entry)
  const sought = entries.filter(({ id }) => id === undefined)
  if (sought.length > 0) {
    const tags = sought.map(({ tag }) => tag)
    const { found, error } = await findLost(provider, tags, context, pausesMs)
    for (const [id, tag] of found) {
      known.set(id, { ...sought.find((entry) => entry.tag === tag), tag, id })
    }
    const seen = new Set(found.values())
    const unseen = sought.filter(({ tag }) => !seen.has(tag))
    if (error) cleanedUp.failures.push(...unseen.map((entry) => ({ entry, error })))
    else cleanedUp.unseen = unseen
  }
  await Promise.all(
    [...known].map(async ([id, entry]) => {
      if (spared.has(id)) return
      const end = await stopDeployment(provider, id, context)
      if (end instanceof ActionError) cleanedUp.failures.push({ entry, error: end })
      else if (!entry.isAuxiliary) cleanedUp.stoppedIds.push(id)
    }),
  )
  // Two may carry one tag; it is settled when both are.
  const owed = new Set(cleanedUp.failures.map(({ entry }) => entry.tag))
  for (const { tag } of known.values()) if (!owed.has(tag)) context.ledger.closed(tag)
  return cleanedUp
}
