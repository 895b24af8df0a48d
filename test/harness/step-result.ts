import type { LogCommand } from './log-commands.ts'

export type IssueLevel = 'error' | 'warning' | 'notice'

/** What GitHub shows above the log and on the run's page. Texts are masked. */
export interface Annotation {
  readonly level: IssueLevel
  readonly message: string
  readonly title?: string
  readonly file?: string
  readonly line?: number
  readonly endLine?: number
  readonly col?: number
  readonly endColumn?: number
}

/** One line of the step's log as a reader sees it, masked. */
export interface LogLine {
  readonly text: string
  readonly kind: 'text' | 'group' | 'debug' | IssueLevel
  /** The title of the folded group that the line is in. A group's own title line is in none. */
  readonly group?: string
}

export type ProblemKind =
  /** A log command threw; the step fails. */
  | 'command'
  /** GITHUB_OUTPUT, GITHUB_STATE or GITHUB_ENV breaks a rule; the step fails. */
  | 'file-command'
  /** `set-output` or `save-state`: still obeyed, so a way to forge. */
  | 'deprecated-command'
  | 'add-mask-empty'
  | 'annotation-dropped'
  /** The title or path of an annotation held a secret; the harness hides it, GitHub may not. */
  | 'annotation-secret'
  | 'summary'
  /** A job output holding a secret would be dropped with "may contain secret". */
  | 'output-secret'
  | 'output-undeclared'
  | 'output-size'
  | 'input'
  /** A child still held stdout or stderr when the runner gave up waiting for it. */
  | 'streams-held'

export interface Problem {
  readonly kind: ProblemKind
  readonly message: string
}

/** `cancelled` wins over everything, whatever the exit code was, as in actions/runner. */
export type Conclusion = 'success' | 'failure' | 'cancelled'

export interface SentSignal {
  readonly signal: NodeJS.Signals
  readonly atMs: number
}

type Pairs = Readonly<Record<string, string>>

export interface StepResult {
  readonly entry: 'main' | 'post'
  readonly actionName: string
  readonly conclusion: Conclusion
  /** Null when a signal ended the process. */
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  /** From GITHUB_OUTPUT and `set-output`, unmasked; the file wins. */
  readonly outputs: Pairs
  /** The part that came through the log: `set-output` and `save-state`. */
  readonly forged: { readonly outputs: Pairs; readonly state: Pairs }
  readonly undeclaredOutputs: readonly string[]
  readonly state: Pairs
  /** From GITHUB_ENV. */
  readonly env: Pairs
  /** From GITHUB_PATH, in search order. */
  readonly path: readonly string[]
  /** As uploaded: masked; empty when over the limit. */
  readonly summary: string
  readonly summarySizeBytes: number
  /** At most ten of each level. */
  readonly annotations: readonly Annotation[]
  readonly droppedAnnotations: number
  /** What the runner prints before the process starts, masked: inputs and env. */
  readonly header: readonly string[]
  readonly log: readonly LogLine[]
  /** Every secret known at the end, in clear. */
  readonly masks: readonly string[]
  /** Every command that was obeyed, in clear. */
  readonly commands: readonly LogCommand[]
  readonly problems: readonly Problem[]
  readonly durationMs: number
  /** From the process's exit until its streams closed or the runner gave up. */
  readonly stdoutHeldMs: number
  readonly signalsSent: readonly SentSignal[]
  readonly rawStdout: string
  readonly rawStderr: string
}
