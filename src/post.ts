import { describe, toActionError } from './base/errors.ts'
import { secretValues } from './provider/edgegap/variables.ts'
import { openProvider } from './provider/registry.ts'
import { type CleanUpResult, cleanUp } from './run/clean-up.ts'
import { Ledger, type LedgerEntry, readLedger } from './run/ledger.ts'
import { createTools, providerContext } from './run/perform.ts'
import type { Printer } from './runner/printer.ts'
import { type ActionProcess, runProcess } from './runner/process.ts'
import { LEDGER_STATE, LEFTOVERS_STATE } from './runner/saved-states.ts'
import { settingsOf } from './settings/access.ts'
import { cleanEdgegapToken } from './settings/token.ts'

/** The runner ends a cancelled job, post steps included, after five minutes. */
const POST_MS = 200_000
/** A create that got lost may still be carried out: it is searched for as long as one may take. */
const LONGEST_SEARCH_MS = 45_000
/** A stop before a server is ready takes effect only then, so the post step has patience. */
const STOP_MS = 60_000

/**
 * The post entry, reached only when the main step left something: it was killed, could not stop what
 * it created, or was asked to stop it after the job.
 */
export async function post(): Promise<void> {
  await runProcess('goes on', async (action) => {
    const { printer, environment } = action
    hideInputs(environment, printer)
    await endLeftovers(environment[`STATE_${LEFTOVERS_STATE}`], printer)
    const saved = environment[`STATE_${LEDGER_STATE}`]
    const isSettled = saved ? await cleanUpSaved(saved, action) : true
    return () => isSettled
  })
}

/** @returns whether nothing is left behind, as far as is known */
async function cleanUpSaved(saved: string, action: ActionProcess): Promise<boolean> {
  const { printer, environment, runner, cancellation } = action
  const { access, entries, unreadable } = readLedger(saved)
  if (unreadable > 0) {
    printer.error(
      `The saved state has ${unreadable} entries that cannot be read. Look for this run in the dashboard, and stop what it left.`,
      'Server left behind',
    )
  }
  let result: CleanUpResult
  try {
    const settings = settingsOf(access, environment)
    const over = AbortSignal.any([cancellation.over, AbortSignal.timeout(POST_MS)])
    const limited = { ...action, cancellation: { ...cancellation, over } }
    const tools = createTools(limited, new Ledger(runner, access, entries))
    const provider = await openProvider(settings, providerContext(limited, tools))
    const maySearch = entries.some(({ id, isAuxiliary }) => id === undefined && !isAuxiliary)
    const searchMs = Math.min(provider.traits.createMs, LONGEST_SEARCH_MS)
    const limits = { forMs: maySearch && provider.traits.canStop ? searchMs : 0, stopMs: STOP_MS }
    result = await cleanUp({ ...tools, provider }, entries, limits)
  } catch (thrown) {
    const failures = entries.map((entry) => ({ entry, error: thrown }))
    result = { stoppedIds: [], goneIds: [], notFound: [], failures }
  }
  for (const id of result.stoppedIds) printer.line(`Stopped ${id}.`)
  for (const id of result.goneIds) printer.line(`${id} had ended before.`)
  for (const { entry, error } of result.failures) {
    const advice = entry.isAuxiliary
      ? (toActionError(error).next ?? 'Remove it by hand.')
      : 'Stop it in the dashboard: you pay for it until then.'
    const title = entry.isAuxiliary ? 'Left behind' : 'Server left behind'
    printer.error(`${nameOf(entry)} may still run: ${describe(error)}. ${advice}`, title)
  }
  for (const { tag } of result.notFound) {
    printer.notice(`No deployment with the tag ${tag} was found. If one appears later, stop it.`)
  }
  return result.failures.length === 0 && unreadable === 0
}

function nameOf({ id, tag }: LedgerEntry): string {
  return id ?? `whatever carries the tag ${tag}`
}

/** Secrets are hidden without judging the inputs: whatever they are by now, the server must be stopped. */
function hideInputs(environment: NodeJS.ProcessEnv, printer: Printer): void {
  printer.hide(cleanEdgegapToken(environment['INPUT_API-TOKEN'] ?? ''))
  for (const value of secretValues(environment['INPUT_SECRET-ENV'] ?? '')) printer.hide(value)
  for (const input of ['SSH-KEY', 'CLOUDFLARED-TOKEN']) {
    printer.hide(environment[`INPUT_${input}`] ?? '')
  }
}

/** Ends the tunnel of a main step that was killed; a secondary failure that only warns. */
async function endLeftovers(saved: string | undefined, printer: Printer): Promise<void> {
  if (!saved) return
  try {
    const { removeLeftovers } = await import('./webhook/leftovers.ts')
    for (const line of removeLeftovers(saved)) printer.line(line)
  } catch (thrown) {
    printer.warning(`The tunnel of the main step could not be ended: ${describe(thrown)}`)
  }
}
