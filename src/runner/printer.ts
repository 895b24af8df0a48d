import type { ActionError } from '../base/errors.ts'
import type { SecretOrigin } from '../base/secret.ts'
import { asSentence } from '../base/sentence.ts'
import type { RunnerCommands } from './commands.ts'
import { defuse, joinLines, toLine } from './plain-text.ts'
import type { Redactor } from './redactor.ts'

/** The runner keeps this many annotations of a kind per step. */
const MAX_ANNOTATIONS = 10
/** Longest text of what happened in an annotation that also tells what to do. */
const LONGEST_CAUSE = 1_000

type Level = 'error' | 'warning' | 'notice'

/**
 * The only way text reaches the log. Whatever is printed is cleaned of secrets, of control
 * characters and of everything that the runner would take for a command.
 */
export class Printer {
  readonly #runner: RunnerCommands
  readonly #redactor: Redactor
  readonly #clock: { nowMs(): number }
  readonly #annotations: Record<Level, number> = { error: 0, warning: 0, notice: 0 }
  /** When the last line went out, on the monotonic clock. */
  lastLineAtMs: number

  constructor(runner: RunnerCommands, redactor: Redactor, clock: { nowMs(): number }) {
    this.#runner = runner
    this.#redactor = redactor
    this.#clock = clock
    this.lastLineAtMs = clock.nowMs()
  }

  /**
   * Removes secrets. What is left may have lost its line breaks to that: a secret with blanks in it
   * may stand there wrapped, and would be whole again in one line.
   */
  redact(text: string): string {
    return cleanJoined(text, (part) => this.#redactor.clean(part))
  }

  /**
   * For a fact that the provider publishes, such as an address: removes what never may be public.
   * A server that nobody can reach helps no secret.
   */
  redactFact(text: string): string {
    return cleanJoined(text, (part) => this.#redactor.cleanFact(part))
  }

  /** The inputs whose hidden values are in a text. */
  inputsIn(text: string): string[] {
    return this.#redactor.inputsIn(text)
  }

  /** Removes secrets and makes one harmless line; for texts that go elsewhere than the log. */
  clean(text: string): string {
    return toLine(this.redact(text))
  }

  /** Prints one line, whatever breaks are in the text. */
  line(text: string): void {
    this.#runner.write(`${defuse(this.clean(text))}\n`)
    this.lastLineAtMs = this.#clock.nowMs()
  }

  /** Prints in a folded group. */
  group(title: string, lines: readonly string[]): void {
    this.openGroup(title)
    for (const line of lines) this.line(line)
    this.closeGroup()
  }

  openGroup(title: string): void {
    this.#runner.command('group', {}, this.clean(title))
  }

  closeGroup(): void {
    this.#runner.command('endgroup', {}, '')
  }

  /**
   * Hides a secret from now on, here and in the runner. Values that are very short or common stay visible.
   *
   * @param origin which input it comes from, where a warning may have to name it
   */
  hide(secret: string, origin?: SecretOrigin): void {
    const forms = this.#redactor.add(secret, origin)
    for (const form of forms) this.#runner.command('add-mask', {}, form)
  }

  warning(message: string, title?: string): void {
    this.#annotate('warning', message, title)
  }

  notice(message: string, title?: string): void {
    this.#annotate('notice', message, title)
  }

  error(message: string, title?: string): void {
    this.#annotate('error', message, title)
  }

  /** One annotation for one cause, with the next step to take, and `hint` where to read on. */
  failure(error: ActionError, title: string, hint = ''): void {
    const request = error.request ? ` [${error.request}]` : ''
    const next = [error.next, hint].map((text) => (text ? ` ${text}` : '')).join('')
    // Cut by itself: however much a provider says, the next step must not be lost behind it.
    const what = asSentence(toLine(this.redact(error.message), LONGEST_CAUSE))
    this.error(`${what}${next}${request}`, title)
  }

  /** Over the runner's limit annotations become plain lines: nothing is lost. */
  #annotate(level: Level, message: string, title?: string): void {
    this.#annotations[level] += 1
    this.lastLineAtMs = this.#clock.nowMs()
    if (this.#annotations[level] > MAX_ANNOTATIONS) {
      this.line(`${level}: ${title ? `${title}: ` : ''}${message}`)
      return
    }
    const properties: Record<string, string> =
      title === undefined ? {} : { title: defuse(this.clean(title)) }
    this.#runner.command(level, properties, defuse(this.clean(message)))
  }
}

/** The text cleaned, as one line where only that shows what is to be cleaned. */
function cleanJoined(text: string, clean: (text: string) => string): string {
  const cleaned = clean(text)
  if (!/[\t\r\n\u2028\u2029]/.test(cleaned)) return cleaned
  const joined = joinLines(cleaned)
  const again = clean(joined)
  return again === joined ? cleaned : again
}
