import type { Secret } from '../base/secret.ts'
import type { Inputs } from './inputs.ts'
import type { Operation, Reach, Replacement, Settings, WaitMode } from './model.ts'
import type { Problems } from './problems.ts'

/** What a provider's readers work with. */
export interface Reading {
  readonly inputs: Inputs
  readonly problems: Problems
  /** For what is not an input, such as the workspace that a relative path starts from. */
  readonly environment: NodeJS.ProcessEnv
  readonly operation: Operation
  readonly wait: WaitMode
}

/** Takes the values that must be hidden out of the text of the input of that name. */
export type SecretReader = (text: string, input: string) => readonly Secret[]

/** The whole input is one secret. */
export const wholeInput: SecretReader = (text, input) => [{ input, value: text.trim() }]

/** What a provider reads beside the inputs of the core. */
export interface OwnReading<Own> {
  readonly own: Own
  /** Empty for a stop that needs none. */
  readonly application: string
  /** Empty where the provider numbers versions by itself, and for `stop`. */
  readonly version: string
  /** For `deploy`, where the provider knows groups. */
  readonly group?: string | undefined
  readonly replace?: Replacement | undefined
  /** Required for `stop`. */
  readonly reach?: Reach
}

/**
 * The part of a provider's definition that says which inputs it has and how they are read. Readers
 * report what is wrong to `problems` and go on, so that every problem is found at once.
 */
export interface ProviderInputs<Own = unknown> {
  /** The value of the input `provider`. */
  readonly name: string
  readonly operations: readonly Operation[]
  /** Its inputs by their names in action.yml, each with the operations that read it. */
  readonly inputs: Readonly<Record<string, readonly Operation[]>>
  /** The defaults of its inputs, where action.yml declares any. */
  readonly defaults: Readonly<Record<string, string>>
  /**
   * Which of its inputs are secret, and how to take the values that must be hidden out of such an
   * input. Asked before anything is validated, so each takes any text and throws nothing.
   */
  readonly secretInputs: Readonly<Record<string, SecretReader>>
  /** Inputs of the core that have no effect here: they are not read, and warned of when given. */
  readonly unusedInputs: readonly string[]
  /** Why what was created cannot be stopped. Then `on-failure` and `stop-after-job` have no effect. */
  readonly cannotStop?: string
  readonly apiToken: {
    /** For people, with its article, such as `an API token of Example`. */
    readonly what: string
    /** In a word or two, such as `token`. */
    readonly noun: string
    /** Takes off what people copy along with it. */
    clean(text: string): string
  }
  /** The default, or what to say where there is none. */
  readonly apiUrl: { readonly default: string } | { readonly missing: string }
  readonly defaultTimeoutMs: number
  /** Reads names and everything of its own; what is heavy to load is loaded here, when it is needed. */
  read(reading: Reading): Promise<OwnReading<Own>>
  /** What was decided, for the log: a title and lines, without secrets. */
  describe(settings: Settings<Own>): { title: string; lines: readonly string[] }
  /** Inputs that have no effect beside the others that were given, with the reason, as `input why`. */
  findUnused?(inputs: Inputs, settings: Settings<Own>): readonly string[]
}
