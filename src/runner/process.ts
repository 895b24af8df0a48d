import { systemClock } from '../base/clock.ts'
import { toActionError } from '../base/errors.ts'
import { hasPostStep } from '../base/post-step.ts'
import { type Cancellation, listenForCancel } from './cancellation.ts'
import { currentRunner, type RunnerCommands } from './commands.ts'
import { Printer } from './printer.ts'
import { Redactor } from './redactor.ts'

/** The real things, as both entries hand them to the rest. */
export interface ActionProcess {
  runner: RunnerCommands
  printer: Printer
  cancellation: Cancellation
  environment: NodeJS.ProcessEnv
}

/**
 * Says whether the step succeeded. Called when all else is done, right before the process ends: it may
 * take servers that stay up out of the ledger, which nothing may follow that could still fail.
 */
export type ExitDecision = () => boolean

/**
 * Runs an entry and ends the process. Node would wait for idle connections and forgotten timers, and
 * with it every user, so the process is ended on purpose once the log is written.
 *
 * @param onClosedLog what happens when nobody reads the log any more, as when the runner is lost: the main
 *   step cleans up like a cancelled one, for no post step may follow
 * @param work resolves to the last word on the step
 * @param title of the annotation where the step breaks down
 */
export async function runProcess(
  onClosedLog: 'is cancelled' | 'goes on',
  work: (action: ActionProcess) => Promise<ExitDecision>,
  title = 'Deploy Game Server',
): Promise<void> {
  const runner = currentRunner(process.env)
  const printer = new Printer(runner, new Redactor(), systemClock)
  let finished = false
  const cancellation = listenForCancel(process, systemClock)
  const onLogClosed = () => {
    if (onClosedLog === 'is cancelled') cancellation.cancel('the log is closed')
  }
  process.stdout.on('error', onLogClosed)
  const fail = (thrown: unknown) => {
    finished = true
    printer.failure(toActionError(thrown), title)
    process.exit(1)
  }
  process.on('uncaughtException', (thrown) => {
    // Node's own warnings go to stderr; to listen to it as well would cost milliseconds at every start.
    if (isClosedPipe(thrown)) onLogClosed()
    else fail(thrown)
  })
  process.on('unhandledRejection', fail)
  process.on('exit', () => {
    if (!finished)
      printer.error(
        `The step ended without an outcome. What it created ${hasPostStep(process.env) ? 'is stopped by its post step' : 'may still run: stop it in the dashboard'}.`,
      )
  })
  const failed = (thrown: unknown): ExitDecision => {
    printer.failure(toActionError(thrown), title)
    return () => false
  }
  const action = { runner, printer, cancellation, environment: process.env }
  const exitDecision = await work(action).catch(failed)
  await logIsWritten()
  const isGood = exitDecision()
  if (!isGood) await logIsWritten()
  finished = true
  process.exit(isGood ? 0 : 1)
}

function isClosedPipe(thrown: unknown): boolean {
  const { code, syscall } = (thrown ?? {}) as NodeJS.ErrnoException
  return code === 'EPIPE' && syscall === 'write'
}

async function logIsWritten(): Promise<void> {
  await new Promise((resolve) => {
    if (process.stdout.writable) process.stdout.write('', resolve)
    else resolve(undefined)
  })
}
