import type { Clock } from '../base/clock.ts'
import type { RunnerCommands } from './commands.ts'
import { isKnownProcess, type KnownProcess, startOf } from './process-start.ts'
import { MAIN_STATE } from './saved-states.ts'

/**
 * Notes this process for the post step. In a job container the runner's signals end the `docker exec`
 * that the step was started by, and never reach the step: it goes on, and may create what no state
 * tells of. Only Linux has such jobs, and only there the note costs nothing.
 */
export function noteMainStep(runner: RunnerCommands): void {
  if (process.platform !== 'linux') return
  const { pid } = process
  save(runner, JSON.stringify({ pid, startedAt: startOf(pid) }))
}

/** The main step has come to its end by itself. */
export function forgetMainStep(runner: RunnerCommands): void {
  if (process.platform === 'linux') save(runner, '')
}

/** Without a note the post step does as if the main step had ended, as it nearly always has. */
function save(runner: RunnerCommands, value: string): void {
  try {
    runner.saveState(MAIN_STATE, value)
  } catch {
    // What must be on disk is written by the ledger, which says so where it cannot.
  }
}

/** How long after each signal, as the runner itself does it. */
const SIGNALS = [
  { name: 'SIGINT', waitMs: 7_500 },
  { name: 'SIGTERM', waitMs: 2_500 },
  { name: 'SIGKILL', waitMs: 1_000 },
] as const
const CHECK_EVERY_MS = 50

/**
 * Ends a main step that still runs, as the runner would have: it stops what it created.
 *
 * @param saved what `noteMainStep` wrote; empty when the step has ended by itself
 * @param say called before a signal is sent
 */
export async function endMainStep(
  saved: string,
  clock: Clock,
  say: (line: string) => void,
): Promise<void> {
  const step = readNote(saved)
  if (!step || !isRunning(step)) return
  say(
    'The main step still runs, as in a job container, where a cancel does not reach it. Ending it.',
  )
  for (const { name, waitMs } of SIGNALS) {
    if (!send(step, name)) return
    const untilMs = clock.nowMs() + waitMs
    while (isRunning(step) && clock.nowMs() < untilMs) await clock.sleep(CHECK_EVERY_MS)
  }
}

function readNote(saved: string): KnownProcess | undefined {
  try {
    const note: unknown = JSON.parse(saved)
    return isKnownProcess(note) && note.pid !== process.pid ? note : undefined
  } catch {
    return undefined
  }
}

function isRunning({ pid, startedAt }: KnownProcess): boolean {
  return startOf(pid) === startedAt
}

/** @returns false when it has ended */
function send(step: KnownProcess, signal: NodeJS.Signals): boolean {
  try {
    return isRunning(step) && process.kill(step.pid, signal)
  } catch {
    return false
  }
}
