import { type Swept, sweep } from './clean-up.ts'
import { describe, toActionError } from './errors.ts'
import { Ledger, type LedgerEntry, readLedger } from './ledger.ts'
import { createContext, providerContext } from './perform.ts'
import { type ActionProcess, runProcess } from './process.ts'
import { openProvider } from './provider/registry.ts'
import type { Printer } from './report/printer.ts'
import { settingsOf } from './settings/access.ts'
import { cleanEdgegapToken } from './settings/token.ts'
import { LEDGER_STATE, LEFTOVERS_STATE } from './state-names.ts'

/** The runner ends a cancelled job, post steps included, after five minutes. */
const POST_MS = 180_000

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
    const isSettled = saved ? await settleDebts(saved, action) : true
    return () => isSettled
  })
}

/** @returns whether nothing is left behind, as far as can be told */
async function settleDebts(saved: string, action: ActionProcess): Promise<boolean> {
  const { printer, environment, runner, cancellation } = action
  const { access, entries } = readLedger(saved)
  let swept: Swept
  try {
    const settings = settingsOf(access, environment)
    const over = AbortSignal.any([cancellation.over, AbortSignal.timeout(POST_MS)])
    const limited = { ...action, cancellation: { ...cancellation, over } }
    const context = createContext(limited, new Ledger(runner, access, entries))
    const provider = await openProvider(settings, providerContext(limited, context))
    swept = await sweep(provider, entries, context)
  } catch (thrown) {
    swept = { stoppedIds: [], failures: entries.map((entry) => ({ entry, error: thrown })) }
  }
  for (const id of swept.stoppedIds) printer.line(`Stopped ${id}.`)
  for (const { entry, error } of swept.failures) {
    const advice = entry.isAid
      ? (toActionError(error).next ?? 'Remove it by hand.')
      : 'Stop it in the dashboard: it costs until then.'
    const title = entry.isAid ? 'Left behind' : 'Server left behind'
    printer.error(`Could not stop ${nameOf(entry)}: ${describe(error)} ${advice}`, title)
  }
  for (const { mark } of swept.unseen ?? []) {
    printer.notice(
      `Nothing carries the tag ${mark}. Should it turn up later, stop it: it is surplus.`,
    )
  }
  return swept.failures.length === 0
}

function nameOf({ id, mark }: LedgerEntry): string {
  return id ?? `whatever carries the tag ${mark}`
}

/** Secrets are hidden without judging the inputs: whatever they are by now, the server must be stopped. */
function hideInputs(environment: NodeJS.ProcessEnv, printer: Printer): void {
  printer.hide(cleanEdgegapToken(environment['INPUT_API-TOKEN'] ?? ''))
  for (const line of (environment['INPUT_SECRET-ENV'] ?? '').split(/[\r\n]+/)) {
    printer.hide(line.slice(line.indexOf('=') + 1))
  }
  for (const input of ['SSH-KEY', 'CLOUDFLARED-TOKEN']) {
    printer.hide(environment[`INPUT_${input}`] ?? '')
  }
}

/** Ends the tunnel of a main step that was killed; a secondary failure that only warns. */
async function endLeftovers(saved: string | undefined, printer: Printer): Promise<void> {
  if (!saved) return
  try {
    const { removeLeftovers } = await import('./doorbell/leftovers.ts')
    for (const line of removeLeftovers(saved)) printer.line(line)
  } catch (thrown) {
    printer.warning(`The tunnel of the main step could not be ended: ${describe(thrown)}`)
  }
}
