/** Longest line that is shown; a log line of a megabyte helps nobody. */
const LONGEST_LINE = 2_000

// C0 and C1 controls (ESC starts terminal sequences), line and paragraph separators, the tags that
// reorder text, and the byte order tag.
const UNPRINTABLE =
  /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g

/**
 * A text as one harmless line: no control or reordering characters, no lone surrogates, no line
 * breaks, not too long.
 */
export function toLine(text: string, longest = LONGEST_LINE): string {
  const line = joinLines(text).replace(/\t/g, '  ').replace(UNPRINTABLE, '\ufffd').toWellFormed()
  return cut(line, longest)
}

/** Without regular expressions for the blanks: those take hours for a megabyte of blanks. */
function joinLines(text: string): string {
  const [first = '', ...rest] = text.split(/[\r\n\u2028\u2029]+/)
  if (rest.length === 0) return first
  return [first.trimEnd(), ...rest.map((line) => line.trim())].join(' ')
}

/** The beginning of a text, cut between characters and not within one. */
export function cut(text: string, longest: number): string {
  if (text.length <= longest) return text
  const end = text.charCodeAt(longest - 1)
  const splitsPair = end >= 0xd800 && end <= 0xdbff
  return `${text.slice(0, splitsPair ? longest - 1 : longest)}… (${text.length} characters)`
}

/**
 * A line that the runner does not take for a command: it reads `::name::` at the start of a line,
 * after any blanks, and the older `##[name]` anywhere in it (actions/runner, `ActionCommand`).
 */
export function defuse(line: string): string {
  const broken = line.replaceAll('##[', '##\u2060[')
  return /^\s*::/u.test(broken) ? `\u00b7 ${broken.trimStart()}` : broken
}

/** A text that may end without a stop, with one. */
export function asSentence(text: string): string {
  return text === '' || /[.!?…]$/.test(text) ? text : `${text}.`
}
