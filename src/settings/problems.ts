/** Everything that is wrong with the inputs, collected so that all of it is reported at once. */
export class Problems {
  readonly list: string[] = []

  /**
   * @param input its name in action.yml
   * @param value what was given, or undefined where it must not be shown
   * @param allowed what would have been right
   */
  add(input: string, value: string | undefined, allowed: string): void {
    const shown = value === undefined ? '' : value === '' ? ' is empty' : ` is "${shorten(value)}"`
    this.list.push(`${input}${shown}: ${allowed}`)
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
