import { runProcess } from '../../src/runner/process.ts'
import { BadInputs } from '../../src/settings/problems.ts'
import { TITLE } from './report.ts'
import { readSettings } from './settings.ts'
import { start } from './start.ts'
import { stop } from './stop.ts'

/** The main entry: starts the emulator of this job, or stops it. */
export async function main(): Promise<void> {
  await runProcess(
    'is cancelled',
    async (action) => {
      const { printer, environment } = action
      try {
        const { settings, warnings } = readSettings(environment)
        for (const warning of warnings) printer.warning(warning)
        const isGood =
          settings.operation === 'start'
            ? await start(settings, action)
            : await stop(settings, action)
        return () => isGood
      } catch (thrown) {
        if (!(thrown instanceof BadInputs)) throw thrown
        for (const problem of thrown.problems) printer.error(problem, 'Input')
        return () => false
      }
    },
    TITLE,
  )
}
