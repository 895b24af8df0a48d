import type { Reply } from '../delivery.ts'

// JavaScript objects put keys that look like numbers first. A key that begins with this character
// looks like none; it is taken out again once the text is written.
const guard = '\u0000'
const guardInText = '"\\u0000'

/** The key to use in an object whose order must reach the wire as it is. */
export function orderedKey(name: string): string {
  return /^\d/.test(name) ? `${guard}${name}` : name
}

/** The JSON text of a value whose number-like keys were made by `orderedKey`. */
export function orderedText(value: unknown): string {
  return JSON.stringify(value).replaceAll(guardInText, '"')
}

/** A reply with such a value. */
export function orderedReply(status: number, value: unknown): Reply {
  return {
    status,
    body: orderedText(value),
    headers: { 'content-type': 'application/json' },
  }
}
