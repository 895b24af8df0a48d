/** A text with a full stop at its end, unless it has one, or another mark that ends a sentence. */
export function asSentence(text: string): string {
  return text === '' || /[.!?…]$/.test(text) ? text : `${text}.`
}

/** How often something happened: `once`, `2 times`. */
export function countTimes(times: number): string {
  return times === 1 ? 'once' : `${times} times`
}

/** A text without the full stop at its end, to go on behind it. */
export function withoutStop(text: string): string {
  return text.replace(/\.$/, '')
}
