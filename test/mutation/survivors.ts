import { readFileSync } from 'node:fs'

/** A mutant that no test can notice, or that none is worth, and why. */
export interface Survivor {
  readonly file: string
  /** The line on which the change begins, trimmed. */
  readonly line: string
  /** What is put in place of a part of it, with single spaces. */
  readonly change: string
  readonly why: string
}

const LIST = new URL('survivors.json', import.meta.url)

/** @throws Error when the list cannot be read */
export function readSurvivors(): readonly Survivor[] {
  return JSON.parse(readFileSync(LIST, 'utf8'))
}

/** The change as the list has it: long ones by their beginning. */
export function asListed(change: string): string {
  return change.replace(/\s+/g, ' ').slice(0, 80)
}
