/** Everything that is wrong with the inputs, collected so that it can be reported at once. */
export class Problems {
  readonly list: string[] = []
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
    this.list.push(`${input}${shown}: ${allowed}${question}`)
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
  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.name = 'BadInputs'
    this.problems = problems
  }
}
