import type { Inputs } from './inputs.ts'
import type { Problems } from './problems.ts'

/** True where a text holds what no name, tag or id may: control characters, or half a character. */
export function hasControls(text: string): boolean {
  return /[\x00-\x1f\x7f-\x9f\u2028\u2029]/.test(text) || !text.isWellFormed()
}

/** Reads a name of one line; a problem where it is too long. May be empty. */
export function readName(
  inputs: Inputs,
  problems: Problems,
  input: string,
  maxLength: number,
): string {
  const name = inputs.text(input)
  if (name.length > maxLength || hasControls(name)) {
    problems.add(input, name, `use at most ${maxLength} characters on one line`)
  }
  return name
}
