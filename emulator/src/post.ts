import { runProcess } from '../../src/runner/process.ts'
import { endEmulator } from './control.ts'
import { parseRunning, RUNNING_STATE, readRecord, removeRecord } from './record.ts'
import { TITLE } from './report.ts'
import { leftRunningOf } from './settings.ts'
import { judge } from './stop.ts'

/**
 * The post entry of a step that started an emulator. Post steps run in the reverse order of their
 * steps, so those of the deploys, which may stop servers, have run before.
 */
export async function post(): Promise<void> {
  await runProcess(
    'goes on',
    async (action) => {
      const { printer, environment } = action
      const running = parseRunning(environment[`STATE_${RUNNING_STATE}`] ?? '')
      if (running === undefined) {
        printer.error('The saved state cannot be read; the runner ends the emulator itself.', TITLE)
        return () => false
      }
      printer.hide(running.controlKey)
      const recorded = readRecord(environment)
      if (recorded?.pid !== running.pid || recorded.startedAt !== running.startedAt) {
        // Whatever became of the note, the process must not outlive the job.
        await endEmulator(running)
        printer.line(
          'The emulator was stopped by an earlier step, which shows what was asked of it.',
        )
        return () => true
      }
      const ending = await endEmulator(running)
      removeRecord(environment)
      const isGood = await judge(ending, running, leftRunningOf(environment), action)
      return () => isGood
    },
    TITLE,
  )
}
