import { runProcess } from './runner/process.ts'
import { BadInputs } from './settings/problems.ts'
import { readSettings } from './settings/settings.ts'
import { cleanEdgegapToken } from './settings/token.ts'

/** The main entry: inputs first, and nothing heavy is loaded before they are known to be right. */
export async function main(): Promise<void> {
  await runProcess('is cancelled', async (action) => {
    const { printer, environment } = action
    printer.hide(cleanEdgegapToken(environment['INPUT_API-TOKEN'] ?? ''))
    try {
      const { settings, warnings } = readSettings(environment)
      for (const warning of warnings) printer.warning(warning)
      const { perform } = await import('./run/perform.ts')
      return await perform(settings, action)
    } catch (thrown) {
      if (!(thrown instanceof BadInputs)) throw thrown
      for (const problem of thrown.problems) printer.error(problem, 'Input')
      return () => false
    }
  })
}
