import { isRecord, parseJson } from '../../base/json.ts'

/** The log stands near the beginning of its reply, if that is there. */
const MAX_BEFORE_LOG = 10_000
const BEGIN = /^\s*\{.*?"logs"\s*:\s*"/s
/** A line break in a JSON string, which only counts behind an even number of backslashes. */
const LINE_BREAK = /[^\\](?:\\\\)*\\n/
/** What only the beginning of an object or a page looks like: in a string its quotes are escaped. */
const NO_LOG = /^\s*(?:$|\{\s*(?:"|$)|<!?[a-z])/i
/** Within a line no escape is cut behind six other characters, nor before a lone backslash. */
const SAFE_START = /[^\\]{6}|[^\\](?=\\)/

export interface CutLog {
  /** Empty where there is none. */
  text: string
  /** What stands behind the log, where the end of the reply is there. */
  crashData?: Record<string, unknown>
}

/**
 * The log in a reply of which the beginning, the end or both are missing: the lines that are whole,
 * crash logs behind it, and what the reply says of a crash.
 */
export function readCutLog(body: string): CutLog {
  const begin = BEGIN.exec(body.slice(0, MAX_BEFORE_LOG))?.[0].length
  // What is no beginning of an object can only be the inside of the log: all else is short.
  const log = begin === undefined ? behindFirstBreak(body) : body.slice(begin)
  const whole = parseJson(`{"logs":"${log}`)
  if (isRecord(whole)) {
    const text = [whole.logs, whole.crash_logs].filter(isFilled).join('\n')
    // The end of the reply is there: where it names no crash there was none.
    return { text, crashData: isRecord(whole.crash_data) ? whole.crash_data : {} }
  }
  const inside = log.slice(0, endOfString(log))
  const text = parseJson(`"${inside}"`) ?? parseJson(`"${withoutHalfEscape(inside)}"`)
  return { text: typeof text === 'string' ? text : '' }
}

/** The first line of what was cut is seldom whole, and may begin within an escape. */
function behindFirstBreak(body: string): string {
  if (NO_LOG.test(body)) return ''
  const found = LINE_BREAK.exec(body) ?? SAFE_START.exec(body)
  return found ? body.slice(found.index + found[0].length) : ''
}

/** Where the quote stands that ends the string; the end of the text where none does. */
function endOfString(text: string): number {
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '"') return at
    if (text[at] === '\\') at += 1
  }
  return text.length
}

function withoutHalfEscape(text: string): string {
  return text.replace(/\\(?:u[0-9a-fA-F]{0,3})?$/, '')
}

function isFilled(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}
