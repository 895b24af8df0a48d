import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import {
  type ActionFile,
  type ResolvedInputs,
  readAction,
  resolveInputs,
  type StepInputs,
} from './action.ts'
import { baseEnvironment, RUNTIME_TOKEN } from './environment.ts'
import { createCommandFiles, createFolders, type JobFolders } from './folders.ts'
import { LineWatch } from './line-watch.ts'
import { Masks } from './masks.ts'
import { collectResult } from './step-files.ts'
import { StepLog } from './step-log.ts'
import { RUNNER_TIMING, type RunnerTiming, startProcess } from './step-process.ts'
import type { LogLine, StepResult } from './step-result.ts'

export interface StepOptions {
  readonly entry: 'main' | 'post'
  /** What the workflow gives under `with:`; undefined values are inputs that it does not name. */
  readonly inputs?: StepInputs
  /** Goes over everything the runner sets; undefined removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** For post: what main saved. */
  readonly state?: Readonly<Record<string, string>>
  readonly actionFile?: string
  /** A Node of version 24 or newer; the running one by default. */
  readonly nodePath?: string
  /** The workspace by default. */
  readonly cwd?: string
  /** For default expressions: `{ 'github.token': '…' }`, which also becomes a secret. */
  readonly context?: Readonly<Record<string, string>>
  /** Secrets of the workflow, which the runner hides from the beginning. */
  readonly secrets?: readonly string[]
  /** The contents of GITHUB_EVENT_PATH. */
  readonly event?: unknown
  readonly timing?: Partial<RunnerTiming>
  /** Called for each line as it is written, unmasked. */
  readonly onLine?: (line: string, stream: 'stdout' | 'stderr') => void
  /** Called for each line of the log as a reader sees it, masked. */
  readonly onLog?: (line: LogLine) => void
  /** Shared with other steps of a job, and then not deleted at the end. */
  readonly folders?: JobFolders
  /** Shared with other steps of a job: a mask holds until the job ends. */
  readonly masks?: Masks
  readonly trackingId?: string
}

export interface RunningStep {
  readonly pid: number
  readonly folders: JobFolders
  /** RUNNER_TRACKING_ID, by which children left behind are found: `findOrphans`. */
  readonly trackingId: string
  /** Written so far, both streams, unmasked. */
  readonly lines: readonly string[]
  readonly done: Promise<StepResult>
  waitForLine(pattern: RegExp, timeoutMs?: number): Promise<RegExpExecArray>
  /** One signal to the node process alone. */
  signal(signal: NodeJS.Signals): void
  /**
   * What the runner does when a job is cancelled or a step's `timeout-minutes` is over: SIGINT,
   * 7.5 s, SIGTERM, 2.5 s, SIGKILL.
   */
  cancel(because?: 'job-cancelled' | 'step-timeout'): Promise<void>
  /** SIGKILL at once, as when the kernel is out of memory. Files written before still count. */
  kill(): void
}

/** @throws Error when the entry's file is missing or the Node is too old */
export function startStep(options: StepOptions): RunningStep {
  const action = readAction(options.actionFile)
  const file = action.entries[options.entry]
  if (file === undefined) throw new Error(`${action.name} has no ${options.entry} entry`)
  if (!existsSync(file)) throw new Error(`${file} is missing: build the action first`)
  const nodePath = options.nodePath ?? currentNode()

  const folders = options.folders ?? createFolders(options.event)
  const trackingId = options.trackingId ?? `github_${randomUUID()}`
  const files = createCommandFiles(folders, randomUUID())
  const inputs = resolveInputs(action, options.inputs ?? {}, options.context)
  const env = toEnvironment(options, inputs, {
    ...baseEnvironment(folders, trackingId),
    ...files.env,
  })
  const token = options.context?.['github.token'] ?? ''
  const masks = options.masks ?? new Masks()
  for (const secret of [...(options.secrets ?? []), token, RUNTIME_TOKEN]) masks.addSecret(secret)

  const log = new StepLog({
    masks,
    workspace: folders.workspace,
    debug: env.RUNNER_DEBUG === '1',
    allowUnsecureCommands: env.ACTIONS_ALLOW_UNSECURE_COMMANDS?.trim().toLowerCase() === 'true',
    onLog: options.onLog,
  })
  if (options.entry === 'main') {
    for (const warning of inputs.warnings) {
      log.problem('input', warning)
      log.issue('warning', warning)
    }
  }
  const header = toHeader(action, inputs, options).map((line) => masks.mask(line))

  const watch = new LineWatch()
  const child = startProcess({
    command: nodePath,
    args: [file],
    cwd: options.cwd ?? folders.workspace,
    env,
    timing: { ...RUNNER_TIMING, ...options.timing },
    onLine: (line, stream) => {
      log.take(line)
      watch.add(line)
      options.onLine?.(line, stream)
    },
  })
  let stopped: 'job-cancelled' | 'step-timeout' | undefined
  const done = child.done
    .then((end) => {
      if (stopped === 'step-timeout') {
        log.failed = true
        log.issue('error', `The action '${action.name}' has timed out.`)
      }
      const cancelled = stopped === 'job-cancelled'
      const { signalsSent } = child
      const { entry } = options
      return collectResult({
        action,
        entry,
        end,
        log,
        masks,
        files,
        header,
        signalsSent,
        cancelled,
      })
    })
    .finally(() => {
      watch.end()
      if (options.folders === undefined) folders.remove()
    })

  return {
    pid: child.pid,
    folders,
    trackingId,
    lines: watch.lines,
    done,
    waitForLine: (pattern, timeoutMs) => watch.waitFor(pattern, timeoutMs),
    signal: child.signal,
    cancel(because = 'job-cancelled') {
      stopped ??= because
      return child.stop()
    },
    kill: () => child.signal('SIGKILL'),
  }
}

function currentNode(): string {
  const major = Number(process.versions.node.split('.')[0])
  if (major >= 24) return process.execPath
  throw new Error(`Node ${process.versions.node} is too old: use an npm script, or give nodePath`)
}

function toEnvironment(
  options: StepOptions,
  inputs: ResolvedInputs,
  base: Readonly<Record<string, string>>,
): Record<string, string> {
  const state = Object.entries(options.state ?? {}).map(([name, value]) => [`STATE_${name}`, value])
  const all = { ...base, ...inputs.env, ...Object.fromEntries(state), ...options.env }
  const env: Record<string, string> = {}
  for (const [name, value] of Object.entries(all)) {
    if (typeof value === 'string') env[name] = value
  }
  return env
}

/** The runner prints every input that is not empty, defaults included, and the workflow's env. */
function toHeader(action: ActionFile, inputs: ResolvedInputs, options: StepOptions): string[] {
  const indent = ([name, value]: [string, string]): string => `  ${name}: ${value}`
  const given = Object.entries(inputs.values).filter(([, value]) => value !== '')
  const env = Object.entries(options.env ?? {}).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && !/^(GITHUB|RUNNER|ACTIONS)_/.test(entry[0]),
  )
  return [
    options.entry === 'main' ? `Run ${action.name}` : `Post job cleanup: ${action.name}`,
    ...(given.length > 0 ? ['with:', ...given.map(indent)] : []),
    ...(env.length > 0 ? ['env:', ...env.map(indent)] : []),
  ]
}
