import { abortLater } from '../base/clock.ts'
import { describe, toActionError } from '../base/errors.ts'
import { inTurn } from '../base/in-turn.ts'
import type { Call } from '../provider/call.ts'
import type { ServerLog } from '../provider/provider.ts'
import { printLog } from '../report/log-tail.ts'
import type { LogSettings } from '../settings/logs.ts'
import type { LogState, RunState } from '../state/state.ts'
import type { Run } from './run.ts'

/** A log that does not come holds up the stops by this at most; none is asked for later. */
const HOLD_MS = 5_000
/** One that comes may take longer; the HTTP client ends the request when it falls silent. */
const READ_MS = 20_000
/** On a cancel there is less time for all of it. */
const HOLD_AFTER_CANCEL_MS = 2_000
/** Files go on being written beside the stops, and hold up the end of the step by this at most. */
const WRITE_MS = 20_000
/** Logs on the way at the same time: one may have 32 MB. */
const MAX_READS = 4

/** What reading logs needs of a run: the post step has no other settings and no other state. */
export interface LogRun
  extends Pick<Run, 'provider' | 'clock' | 'cancellation' | 'printer' | 'logWrites'> {
  readonly settings: LogSettings
  readonly state: Pick<RunState, 'logFiles'>
}

export interface KeptLogs {
  /** By id, what is shown of each log that could be read. */
  readonly shown: ReadonlyMap<string, LogState>
  /** Resolves once the files are written, or have taken too long; never rejects. */
  readonly written: Promise<void>
}

/**
 * Reads the logs of servers that are about to be stopped, while they exist, and writes them to
 * `log-dir`. Resolves when the stops may begin. A failure only warns.
 */
export async function keepLogs(run: LogRun, ids: readonly string[]): Promise<KeptLogs> {
  const { provider, clock, cancellation, printer } = run
  const shown = new Map<string, LogState>()
  if (!provider.readLog) return { shown, written: Promise.resolve() }
  const holdMs = cancellation.signal.aborted ? HOLD_AFTER_CANCEL_MS : HOLD_MS
  const untilMs = clock.nowMs() + holdMs
  const late = abortLater(cancellation.signal, HOLD_AFTER_CANCEL_MS, clock)
  const signal = AbortSignal.any([cancellation.over, late])
  const writes = new Map<string, Promise<void>>()
  const skipped: string[] = []
  await inTurn(ids, MAX_READS, async (id) => {
    if (clock.nowMs() >= untilMs || signal.aborted) {
      skipped.push(id)
      return
    }
    const log = await readLog(run, id, { deadlineMs: READ_MS, signal })
    if (!log) return
    shown.set(id, tailOf(log, run.settings.logLines))
    const { logDir } = run.settings
    if (logDir === undefined) return
    const write = run.logWrites.add(() => writeLog(run, logDir, id, log))
    writes.set(
      id,
      write.then(() => void writes.delete(id)),
    )
  })
  if (skipped.length > 0) {
    printer.warning(`No log of ${skipped.join(', ')}: there was no time left for it`)
  }
  const all = Promise.all(writes.values())
  await Promise.race([all, clock.sleep(untilMs - clock.nowMs(), signal)])
  return { shown, written: finishWriting(run, all, writes) }
}

/** @param unfinished by id, what is still being written */
async function finishWriting(
  { clock, cancellation, printer }: LogRun,
  all: Promise<unknown>,
  unfinished: ReadonlyMap<string, unknown>,
): Promise<void> {
  await Promise.race([all, clock.sleep(WRITE_MS, cancellation.over)])
  if (unfinished.size === 0) return
  const ids = [...unfinished.keys()].join(', ')
  printer.warning(`The log of ${ids} is not in log-dir: the file system took too long to write it.`)
}

/** The same for servers that are stopped although nothing is wrong with them: shows the logs at once. */
export async function showLogs(run: LogRun, ids: readonly string[]): Promise<KeptLogs> {
  const { logLines, logDir } = run.settings
  const isWanted = logLines > 0 || logDir !== undefined
  const kept = await keepLogs(run, isWanted ? ids : [])
  for (const [id, log] of kept.shown) printLog(run.printer, id, log)
  return kept
}

async function readLog(
  { provider, printer }: LogRun,
  id: string,
  call: Call,
): Promise<ServerLog | undefined> {
  try {
    const log = await provider.readLog?.(id, call)
    if (!log) printer.line(`${id} left no log`)
    return log
  } catch (thrown) {
    const error = toActionError(thrown)
    // What has ended has no log any more, and that is no fault.
    if (error.kind === 'not-found') printer.line(`${id} has no log: ${describe(error)}`)
    else printer.warning(`No log of ${id}: ${describe(error)}`)
    return undefined
  }
}

async function writeLog({ state, printer }: LogRun, folder: string, id: string, log: ServerLog) {
  try {
    // With it comes `fs/promises`, which would cost 2 ms at every start.
    const { writeLogFile } = await import('./log-file.ts')
    const path = await writeLogFile(folder, id, log, (text) => printer.redact(text))
    const files = state.logFiles ?? []
    if (!files.includes(path)) files.push(path)
    state.logFiles = files
    printer.line(`Log of ${id}: ${path}`)
  } catch (thrown) {
    printer.warning(`The log of ${id} could not be written to log-dir: ${describe(thrown)}`)
  }
}

function tailOf({ lines, isCut, crash, restarts }: ServerLog, count: number): LogState {
  const tail = count > 0 ? lines.slice(-count) : []
  return {
    tail,
    isCut: isCut || lines.length > tail.length,
    ...(crash && { crash }),
    ...(restarts !== undefined && { restarts }),
  }
}
