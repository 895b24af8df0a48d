/** Longest line that is shown; a log line of a megabyte helps nobody. */
const LONGEST_LINE = 2_000

// C0 and C1 controls (ESC starts terminal sequences), line and paragraph separators, the marks that
// reorder text, and the byte order mark.
const UNPRINTABLE =
  /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g

/** What is left of a text before the work on each character begins, in lengths of a line. */
const ROUGH_CUT = 4

/**
 * A text as one harmless line: no control or reordering characters, no lone surrogates, no line
 * breaks, not too long. Of a long one head and tail stay.
 */
export function toLine(text: string, longest = LONGEST_LINE): string {
  const roughLength = ROUGH_CUT * longest
  if (text.length <= roughLength) return cut(cleanLine(text), longest)
  // Cleaning takes many times the memory of the text, which may be one line of megabytes.
  const head = cleanLine(headOf(text, roughLength))
  const tail = cleanLine(tailOf(text, roughLength))
  return joinCut(head, tail, longest, text.length)
}

function cleanLine(text: string): string {
  return joinLines(text).replace(UNPRINTABLE, '\ufffd').toWellFormed()
}

/** All lines of a text in one, and blanks in place of tabs. */
export function joinLines(text: string): string {
  const [first = '', ...rest] = text.split(/[\r\n\u2028\u2029]+/)
  // Without regular expressions for the blanks: those take hours for a megabyte of blanks.
  const line =
    rest.length === 0 ? first : [first.trimEnd(), ...rest.map((next) => next.trim())].join(' ')
  return line.replaceAll('\t', '  ')
}

/**
 * Head and tail of a text that is too long, and how long it was, cut between characters and not
 * within one. The beginning says most; the end of a long line often says why.
 */
export function cut(text: string, longest: number): string {
  return text.length <= longest ? text : joinCut(text, text, longest, text.length)
}

function joinCut(head: string, tail: string, longest: number, length: number): string {
  const tailLength = Math.floor(longest / 4)
  const start = headOf(head, longest - tailLength)
  return `${start}… (${length} characters) …${tailOf(tail, tailLength)}`
}

function headOf(text: string, length: number): string {
  return text.slice(0, splitsPair(text, length) ? length - 1 : length)
}

function tailOf(text: string, length: number): string {
  const from = Math.max(0, text.length - length)
  return text.slice(splitsPair(text, from) ? from + 1 : from)
}

function splitsPair(text: string, at: number): boolean {
  const before = text.charCodeAt(at - 1)
  const after = text.charCodeAt(at)
  return before >= 0xd800 && before <= 0xdbff && after >= 0xdc00 && after <= 0xdfff
}

/**
 * A line that the runner does not take for a command: it reads `::name::` at the start of a line,
 * after any blanks, and the older `##[name]` anywhere in it (actions/runner, `ActionCommand`).
 */
export function defuse(line: string): string {
  const broken = line.replaceAll('##[', '##\u2060[')
  return /^\s*::/u.test(broken) ? `\u00b7 ${broken.trimStart()}` : broken
}
