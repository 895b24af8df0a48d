import type { ActionFile } from './action.ts'
import { type ParsedPairs, parsePairs, parsePath, readSummary } from './file-commands.ts'
import type { CommandFiles } from './folders.ts'
import type { Masks } from './masks.ts'
import type { StepLog } from './step-log.ts'
import type { ProcessEnd } from './step-process.ts'
import type { Conclusion, SentSignal, StepResult } from './step-result.ts'

/** GitHub's limit for the outputs of one job, counted as UTF-16. */
const OUTPUTS_LIMIT_BYTES = 1024 * 1024

export interface FinishedStep {
  readonly action: ActionFile
  readonly entry: 'main' | 'post'
  readonly end: ProcessEnd
  readonly log: StepLog
  readonly masks: Masks
  readonly files: CommandFiles
  readonly header: readonly string[]
  readonly signalsSent: readonly SentSignal[]
  readonly cancelled: boolean
}

/**
 * What actions/runner does once the process is gone: it reads the files whatever the process's fate,
 * so what was written before a kill counts, and then it concludes.
 */
export function collectResult(step: FinishedStep): StepResult {
  const { action, end, log, masks, files } = step
  const path = parsePath(files.read('path').toString('utf8'))
  const env = { ...log.forged.env, ...withoutBlocked(readPairs(step, 'env'), log) }
  const summary = readSummary(files.read('step_summary'), masks)
  if (summary.error !== undefined) {
    log.problem('summary', summary.error)
    log.issue('error', summary.error)
  }
  const state = { ...log.forged.state, ...readPairs(step, 'state') }
  const outputs = { ...log.forged.outputs, ...readPairs(step, 'output') }
  const undeclaredOutputs = Object.keys(outputs).filter((name) => !action.outputs.includes(name))
  checkOutputs(outputs, undeclaredOutputs, log, masks)
  if (end.gaveUpOnStreams) {
    log.problem('streams-held', `A child held the step's output for over ${end.heldMs} ms.`)
  }
  return {
    entry: step.entry,
    actionName: action.name,
    conclusion: conclude(step),
    exitCode: end.exitCode,
    signal: end.signal,
    outputs,
    forged: { outputs: log.forged.outputs, state: log.forged.state },
    undeclaredOutputs,
    state,
    env,
    path: [...path, ...log.forged.path],
    summary: summary.text,
    summarySizeBytes: summary.sizeBytes,
    annotations: log.annotations,
    droppedAnnotations: log.droppedAnnotations,
    header: step.header,
    log: log.lines,
    masks: masks.values,
    commands: log.commands,
    problems: log.problems,
    durationMs: end.durationMs,
    stdoutHeldMs: end.heldMs,
    signalsSent: step.signalsSent,
    rawStdout: end.rawStdout,
    rawStderr: end.rawStderr,
  }
}

function conclude({ cancelled, end, log }: FinishedStep): Conclusion {
  if (cancelled) return 'cancelled'
  return end.exitCode === 0 && !log.failed ? 'success' : 'failure'
}

function readPairs(step: FinishedStep, file: 'env' | 'state' | 'output'): Record<string, string> {
  const parsed: ParsedPairs = parsePairs(step.files.read(file).toString('utf8'))
  if (parsed.error !== undefined) {
    const what = `Unable to process file command '${file}' successfully.`
    step.log.fail('file-command', what, parsed.error)
  }
  return Object.fromEntries(parsed.pairs)
}

/** Refused with an error annotation, but the step does not fail for it. */
function withoutBlocked(env: Record<string, string>, log: StepLog): Record<string, string> {
  const entries = Object.entries(env).filter(([name]) => name.toUpperCase() !== 'NODE_OPTIONS')
  if (entries.length === Object.keys(env).length) return env
  log.issue('error', "Can't store NODE_OPTIONS output parameter using '$GITHUB_ENV' command.")
  return Object.fromEntries(entries)
}

function checkOutputs(
  outputs: Readonly<Record<string, string>>,
  undeclared: readonly string[],
  log: StepLog,
  masks: Masks,
): void {
  let sizeBytes = 0
  for (const [name, value] of Object.entries(outputs)) {
    sizeBytes += 2 * (name.length + value.length)
    if (undeclared.includes(name)) {
      log.problem('output-undeclared', `Output '${name}' is not in action.yml.`)
    }
    if (masks.contains(value)) {
      log.problem('output-secret', `Skip output '${name}' since it may contain secret.`)
    }
  }
  if (sizeBytes > OUTPUTS_LIMIT_BYTES) {
    log.problem('output-size', `The outputs take ${sizeBytes} bytes; GitHub's limit is 1 MiB.`)
  }
}
