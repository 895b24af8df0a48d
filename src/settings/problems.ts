/** Everything that is wrong with the inputs, collected so that it can be reported at once. */
export class Problems {
  readonly #entries: { input: string; text: string }[] = []
  /** What is not wrong, and probably not what was meant. */
  readonly warnings: string[] = []

  /**
   * @param input its name in action.yml
   * @param value what was given, or undefined where it must not be shown
   * @param allowed what would have been right
   * @param meant what was probably meant, one form or several to choose from
   */
  add(input: string, value: string | undefined, allowed: string, ...meant: string[]): void {
    const shown = value === undefined ? '' : value === '' ? ' is empty' : ` is "${shorten(value)}"`
    const question = meant.length > 0 ? `; did you mean ${meant.join(' or ')}?` : ''
    this.#entries.push({ input, text: `${input}${shown}: ${allowed}${question}` })
  }

  /** One text each, in the order in which they were found. */
  get list(): string[] {
    return this.#entries.map(({ text }) => text)
  }

  /** The same in the order of the inputs, which is how people look them up. */
  inOrderOf(inputs: readonly string[]): string[] {
    const place = new Map(inputs.map((input, index) => [input, index]))
    const placeOf = ({ input }: { input: string }) => place.get(input) ?? inputs.length
    return [...this.#entries].sort((a, b) => placeOf(a) - placeOf(b)).map(({ text }) => text)
  }

  /** @param text a whole sentence that names the input */
  warn(text: string): void {
    this.warnings.push(text)
  }
}

function shorten(value: string): string {
  return value.length > 120 ? `${value.slice(0, 120)}…` : value
}

/** Thrown with every problem of the inputs; nothing was sent anywhere. */
export class BadInputs extends Error {
  readonly problems: readonly string[]
  /** What is not wrong, and may be why something else is, such as an input under a misspelt name. */
  readonly warnings: readonly string[]
  constructor(problems: readonly string[], warnings: readonly string[] = []) {
    super(problems.join('\n'))
    this.name = 'BadInputs'
    this.problems = problems
    this.warnings = warnings
  }
}
