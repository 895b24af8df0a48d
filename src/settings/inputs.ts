import { nearestName } from './nearest.ts'
import type { Problems } from './problems.ts'

/** What is written for `true` and `false` elsewhere. */
const MEANT_FLAGS: ReadonlyMap<string, string> = new Map([
  ...['yes', 'y', 'on', '1'].map((word) => [word, 'true'] as const),
  ...['no', 'n', 'off', '0'].map((word) => [word, 'false'] as const),
])

/**
 * Raw inputs as the runner hands them over: `INPUT_` and the upper-case name, hyphens kept. An
 * input that is not given and one that is given empty look the same, which is what workflows that
 * pass `${{ inputs.x }}` through expect.
 */
export class Inputs {
  readonly #environment: NodeJS.ProcessEnv
  readonly #problems: Problems

  constructor(environment: NodeJS.ProcessEnv, problems: Problems) {
    this.#environment = environment
    this.#problems = problems
  }

  /** The value without surrounding blanks; empty when absent. */
  text(name: string): string {
    return this.raw(name).trim()
  }

  /** The value as it was given; empty when absent. */
  raw(name: string): string {
    return this.#environment[`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`] ?? ''
  }

  /** True when it was given, and not only blanks. */
  has(name: string): boolean {
    return this.text(name) !== ''
  }

  /**
   * Lines without blank ones and comments; leading blanks and a trailing CR are dropped. A list as YAML
   * writes it is a problem: its dashes would become a part of a tag or a name.
   */
  lines(name: string): string[] {
    return this.numberedLines(name).map(({ line }) => {
      const item = /^-\s+(.+)$/.exec(line)?.[1]
      if (item === undefined) return line
      const meant = item.trimEnd().replace(/^(["'])(.*)\1$/, '$2')
      this.#problems.add(name, line, 'leave the dash out, each line is an item by itself', meant)
      return meant
    })
  }

  /** The same, each with its number as the user counts. */
  numberedLines(name: string): { line: string; number: number }[] {
    return this.raw(name)
      .split(/\r\n|\n|\r/)
      .map((line, index) => ({ line: line.trimStart(), number: index + 1 }))
      .filter(({ line }) => line !== '' && !line.startsWith('#'))
  }

  /** One of a few words, in any letter case; `fallback` when it is empty, or a problem. */
  oneOf<const T extends string>(name: string, allowed: readonly T[], fallback: T): T {
    const value = this.text(name) || fallback
    const match = allowed.find((candidate) => candidate === value.toLowerCase())
    if (match !== undefined) return match
    const meant = nearestName(value, allowed)
    const form =
      allowed.length === 1
        ? `use ${allowed[0]}, the only choice here`
        : `use one of ${allowed.join(', ')}`
    this.#problems.add(name, value, form, ...(meant ? [meant] : []))
    return fallback
  }

  /** YAML's booleans, as the toolkit reads them; `fallback` when it is empty, or a problem. */
  flag(name: string, fallback: boolean): boolean {
    const value = this.text(name)
    if (value === '') return fallback
    if (/^(true|True|TRUE)$/.test(value)) return true
    if (/^(false|False|FALSE)$/.test(value)) return false
    const meant = MEANT_FLAGS.get(value.toLowerCase())
    this.#problems.add(name, value, 'use true or false', ...(meant ? [meant] : []))
    return fallback
  }

  /** A whole number within the range, both ends included; `fallback` when it is empty, or a problem. */
  wholeNumber(name: string, range: { min: number; max: number }, fallback: number): number {
    const value = this.text(name)
    if (value === '') return fallback
    const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN
    if (number >= range.min && number <= range.max) return number
    this.#problems.add(name, value, `use a whole number from ${range.min} to ${range.max}`)
    return fallback
  }

  /** The value; a problem with `hint` where it is empty. */
  required(name: string, hint: string): string {
    const value = this.text(name)
    if (value === '') this.#problems.add(name, value, hint)
    return value
  }
}
