import { sweep } from './clean-up.ts'
import { describe } from './errors.ts'
import { Ledger, readLedger } from './ledger.ts'
import { LEDGER_STATE } from './ledger-state.ts'
import { createHttpClient } from './net/request.ts'
import { createContext, hideSecrets } from './perform.ts'
import { runProcess } from './process.ts'
import { openProvider } from './provider/registry.ts'
import { readSettings } from './settings/settings.ts'
import { cleanEdgegapToken } from './settings/token.ts'

/**
 * The post entry, reached only when the main step left something in the ledger: it was killed, could
 * not stop what it created, or was asked to stop it after the job.
 */
export async function post(): Promise<void> {
  await runProcess(async (action) => {
    const { printer, environment, runner } = action
    printer.hide(cleanEdgegapToken(environment['INPUT_API-TOKEN'] ?? ''))
    const entries = readLedger(environment[`STATE_${LEDGER_STATE}`] ?? '[]')
    const { settings } = readSettings(environment)
    hideSecrets(settings, printer)
    const context = createContext(action, new Ledger(runner, entries))
    const provider = await openProvider(settings, createHttpClient(environment))
    const swept = await sweep(provider, entries, context)
    for (const id of swept.stoppedIds) printer.line(`Stopped ${id}.`)
    if (swept.stoppedIds.length === 0 && swept.failures.length === 0) {
      printer.line('Nothing is left of this step.')
    }
    for (const { entry, error } of swept.failures) {
      const what = entry.id ?? `whatever carries the tag ${entry.mark}`
      printer.error(
        `Could not stop ${what}: ${describe(error)}. Stop it in the dashboard: it costs until then.`,
        `${provider.title}: server left behind`,
      )
    }
    return swept.failures.length === 0
  })
}
