import { toAnnotation } from './issue.ts'
import { type LogCommand, parseCommand, REGISTERED_COMMANDS } from './log-commands.ts'
import type { Masks } from './masks.ts'
import type { Annotation, IssueLevel, LogLine, Problem, ProblemKind } from './step-result.ts'
import { trim } from './whitespace.ts'

/** Only so many annotations of each level are kept per step. */
export const ANNOTATIONS_PER_LEVEL = 10

export interface StepLogOptions {
  readonly masks: Masks
  readonly workspace: string
  /** Step debug logging: debug lines are shown and commands echoed. */
  readonly debug: boolean
  /** ACTIONS_ALLOW_UNSECURE_COMMANDS, which lets `set-env` and `add-path` through. */
  readonly allowUnsecureCommands: boolean
  readonly onLog?: ((line: LogLine) => void) | undefined
}

/** Reads a step's lines one after the other, obeys the commands in them and keeps the log. */
export class StepLog {
  readonly lines: LogLine[] = []
  readonly annotations: Annotation[] = []
  readonly commands: LogCommand[] = []
  readonly problems: Problem[] = []
  readonly forged = {
    outputs: {} as Record<string, string>,
    state: {} as Record<string, string>,
    env: {} as Record<string, string>,
    path: [] as string[],
  }
  droppedAnnotations = 0
  /** A command or a file command threw, so the step fails whatever its exit code. */
  failed = false

  readonly #options: StepLogOptions
  readonly #registered = new Set(REGISTERED_COMMANDS)
  /** Commands without an entry (problem matchers) only change how GitHub colours later lines. */
  readonly #effects: Readonly<Record<string, (command: LogCommand) => void>> = {
    error: ({ data, properties }) => this.issue('error', data, properties),
    warning: ({ data, properties }) => this.issue('warning', data, properties),
    notice: ({ data, properties }) => this.issue('notice', data, properties),
    debug: ({ data }) => {
      if (this.#options.debug) this.#print('debug', data)
    },
    group: ({ data }) => this.#openGroup(data),
    endgroup: () => {
      this.#group = undefined
    },
    'add-mask': ({ data }) => this.#addMask(data),
    'stop-commands': (command) => this.#stop(command),
    echo: ({ data }) => this.#setEcho(data),
    'set-output': (command) => this.#forge('outputs', command),
    'save-state': (command) => this.#forge('state', command),
    'set-env': (command) => {
      this.#requireUnsecure(command.name)
      this.forged.env[requireName(command)] = command.data
    },
    'add-path': ({ name, data }) => {
      this.#requireUnsecure(name)
      this.forged.path.unshift(data)
    },
  }
  #stopToken: string | undefined
  #echo: boolean
  #group: string | undefined

  constructor(options: StepLogOptions) {
    this.#options = options
    this.#echo = options.debug
  }

  take(line: string): void {
    const command = parseCommand(line, this.#registered)
    if (command === undefined || this.#stopToken !== undefined) {
      this.#print('text', line)
      if (command !== undefined && command.name === this.#stopToken) this.#resume(command)
      return
    }
    this.commands.push(command)
    // These print something of their own, or must not show what they hold.
    const quiet = ['add-mask', 'debug', 'error', 'notice', 'stop-commands', 'warning']
    if (this.#echo && !quiet.includes(command.name)) this.#print('text', line)
    try {
      this.#effects[command.name]?.(command)
    } catch (error) {
      const shown = quiet.includes(command.name) ? command.name : line
      const reason = error instanceof Error ? error.message : String(error)
      this.fail('command', `Unable to process command '${shown}' successfully.`, reason)
    }
  }

  /** Records a thrown command: two error annotations and a failed step. */
  fail(kind: ProblemKind, what: string, reason: string): void {
    this.failed = true
    this.problem(kind, `${what} ${reason}`)
    this.issue('error', what)
    this.issue('error', reason)
  }

  problem(kind: ProblemKind, message: string): void {
    this.problems.push({ kind, message })
  }

  issue(level: IssueLevel, message: string, properties: Record<string, string> = {}): void {
    const { masks, workspace } = this.#options
    const annotation = toAnnotation(level, message, properties, masks, workspace)
    this.#print(level, annotation.message)
    if (masks.contains(properties.title ?? '') || masks.contains(properties.file ?? '')) {
      this.problem('annotation-secret', `A ${level} has a secret in its title or path.`)
    }
    if (this.annotations.filter((one) => one.level === level).length < ANNOTATIONS_PER_LEVEL) {
      this.annotations.push(annotation)
      return
    }
    this.droppedAnnotations += 1
    this.problem('annotation-dropped', `Over ${ANNOTATIONS_PER_LEVEL} annotations: ${level}`)
  }

  #print(kind: LogLine['kind'], text: string): void {
    // Masked as one text first, so that a secret of several lines is found.
    for (const part of this.#options.masks.mask(text).split(/\r\n|\r|\n/)) {
      const line: LogLine = { text: part, kind, ...(this.#group && { group: this.#group }) }
      this.lines.push(line)
      this.#options.onLog?.(line)
    }
  }

  #resume(command: LogCommand): void {
    this.#registered.delete(command.name)
    this.#stopToken = undefined
  }

  /** Groups do not nest: a new one ends the one before. */
  #openGroup(title: string): void {
    this.#group = undefined
    this.#print('group', title)
    this.#group = this.#options.masks.mask(title)
  }

  #addMask(value: string): void {
    if (trim(value) !== '') {
      this.#options.masks.addSecret(value)
      return
    }
    const message = "Can't add secret mask for empty string in ##[add-mask] command."
    this.problem('add-mask-empty', message)
    this.issue('warning', message)
  }

  #stop({ data, line }: LogCommand): void {
    const token = data.toLowerCase()
    if (token === '' || token === 'pause-logging' || this.#registered.has(token)) {
      throw new Error('Invalid token for stop-commands: empty, reserved or the name of a command.')
    }
    this.#registered.add(token)
    this.#stopToken = token
    if (data.length > 6) this.#options.masks.add(data)
    this.#print('text', line)
  }

  #setEcho(data: string): void {
    const wanted = trim(data).toLowerCase()
    if (wanted !== 'on' && wanted !== 'off') {
      throw new Error("Invalid echo command value. Possible values can be: 'on', 'off'.")
    }
    this.#echo = wanted === 'on'
  }

  #forge(kind: 'outputs' | 'state', command: LogCommand): void {
    const name = requireName(command)
    this.forged[kind][name] = command.data
    this.problem('deprecated-command', `${command.name} of '${name}' through the log was obeyed.`)
  }

  #requireUnsecure(name: string): void {
    if (this.#options.allowUnsecureCommands) return
    throw new Error(`The \`${name}\` command is disabled.`)
  }
}

function requireName(command: LogCommand): string {
  const name = command.properties.name
  if (name === undefined || name === '') {
    throw new Error(`Required field 'name' is missing in ##[${command.name}] command.`)
  }
  return name
}
