import { sweep } from './clean-up.ts'
import { describe } from './errors.ts'
import { Ledger, readLedger } from './ledger.ts'
import { createContext, hideSecrets, providerContext } from './perform.ts'
import { runProcess } from './process.ts'
import { openProvider } from './provider/registry.ts'
import type { Printer } from './report/printer.ts'
import { readSettings } from './settings/settings.ts'
import { cleanEdgegapToken } from './settings/token.ts'
import { LEDGER_STATE, LEFTOVERS_STATE } from './state-names.ts'

/**
 * The post entry, reached only when the main step left something in the ledger: it was killed, could
 * not stop what it created, or was asked to stop it after the job.
 */
export async function post(): Promise<void> {
  await runProcess(async (action) => {
    const { printer, environment, runner } = action
    printer.hide(cleanEdgegapToken(environment['INPUT_API-TOKEN'] ?? ''))
    await endLeftovers(environment[`STATE_${LEFTOVERS_STATE}`], printer)
    const entries = readLedger(environment[`STATE_${LEDGER_STATE}`] || '[]')
    if (entries.length === 0) return true
    const { settings } = readSettings(environment)
    hideSecrets(settings, printer)
    const context = createContext(action, new Ledger(runner, entries))
    const provider = await openProvider(settings, providerContext(action, context))
    const swept = await sweep(provider, entries, context)
    for (const id of swept.stoppedIds) printer.line(`Stopped ${id}.`)
    if (swept.stoppedIds.length === 0 && swept.failures.length === 0) {
      printer.line('Nothing is left of this step.')
    }
    for (const { entry, error } of swept.failures) {
      const what = entry.id ?? `whatever carries the tag ${entry.mark}`
      const advice = entry.isAid
        ? (error.next ?? 'Remove it by hand.')
        : 'Stop it in the dashboard: it costs until then.'
      printer.error(
        `Could not stop ${what}: ${describe(error)}. ${advice}`,
        `${provider.title}: ${entry.isAid ? '' : 'server '}left behind`,
      )
    }
    return swept.failures.length === 0
  })
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
