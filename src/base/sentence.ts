/** A text with a full stop at its end, unless it has one, or another mark that ends a sentence. */
export function asSentence(text: string): string {
  return text === '' || /[.!?…]$/.test(text) ? text : `${text}.`
}

/** A text without the full stop at its end, to go on behind it. */
export function withoutStop(text: string): string {
  return text.replace(/\.$/, '')
}
