import { ActionError, describe, isShutOut, pauseAfter, toActionError } from './errors.ts'
import type { LedgerEntry } from './ledger.ts'
import { lookUp } from './look-up.ts'
import type { Provider } from './provider/provider.ts'
import { cleanUpCall, type RunContext } from './run-context.ts'

const STOP_MS = 10_000
const MAX_ATTEMPTS = 5

/**
 * Stops a launch, trying again after passing faults, for as long as the run may still clean up.
 *
 * @returns whether it is being stopped or was gone, or why neither
 */
export async function stopLaunch(
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
      const isFinal = isShutOut(error)
      if (isFinal || attempt >= MAX_ATTEMPTS || context.cancellation.over.aborted) return error
      context.printer.line(`Stopping ${id} failed: ${describe(error)}. Trying again.`)
      const pauseMs = pauseAfter(error, 300 * 2 ** (attempt - 1))
      await context.clock.sleep(pauseMs, context.cancellation.over)
    }
  }
}

export interface Swept {
  stoppedIds: string[]
  /** What could not be stopped or looked for, and why. */
  failures: { entry: LedgerEntry; error: unknown }[]
  /** Marks that nothing carries: the provider may list what they made late, or there is nothing. */
  unseen?: LedgerEntry[]
}

export interface SweepOptions {
  /** Before each look for marks, where it is not to be as patient as at first. */
  pausesMs?: readonly number[]
  /** Ids that are to live on: a provider that repeats an id must not make us stop what we keep. */
  spared?: ReadonlySet<string>
}

/**
 * Ends everything in the ledger: known ids are stopped, and marks without an id are looked up first.
 * A mark that nothing carries stays in the ledger, for the provider may list it late.
 */
export async function sweep(
  provider: Provider,
  entries: readonly LedgerEntry[],
  context: RunContext,
  { pausesMs, spared = new Set() }: SweepOptions = {},
): Promise<Swept> {
  const swept: Swept = { stoppedIds: [], failures: [] }
  const known = new Map<string, LedgerEntry>()
  for (const entry of entries) if (entry.id !== undefined) known.set(entry.id, entry)
  const sought = entries.filter(({ id }) => id === undefined)
  if (sought.length > 0) {
    const marks = sought.map(({ mark }) => mark)
    const { found, error } = await lookUp(provider, marks, context, pausesMs)
    for (const [id, mark] of found) {
      known.set(id, { ...sought.find((entry) => entry.mark === mark), mark, id })
    }
    const seen = new Set(found.values())
    const unseen = sought.filter(({ mark }) => !seen.has(mark))
    if (error) swept.failures.push(...unseen.map((entry) => ({ entry, error })))
    else swept.unseen = unseen
  }
  await Promise.all(
    [...known].map(async ([id, entry]) => {
      if (spared.has(id)) return
      const end = await stopLaunch(provider, id, context)
      if (end instanceof ActionError) swept.failures.push({ entry, error: end })
      else if (!entry.isAid) swept.stoppedIds.push(id)
    }),
  )
  // Two may carry one mark; it is settled when both are.
  const owed = new Set(swept.failures.map(({ entry }) => entry.mark))
  for (const { mark } of known.values()) if (!owed.has(mark)) context.ledger.closed(mark)
  return swept
}
