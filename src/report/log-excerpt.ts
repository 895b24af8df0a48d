import type { LogState } from '../state/state.ts'
import { codeBlock, folded } from './markdown.ts'
import type { Shown } from './shown.ts'

/** Lines shown unfolded. */
const OPEN_LINES = 10
/** How many of them come after the last error. */
const LINES_AFTER = 2
const ERRORS_IN_STEP = 5
/** What programs write when something goes wrong. It only decides which lines are coloured and shown first. */
const ERROR_LINE =
  /error|exception|fatal|panic|fail(ed|ure)|segmentation|segfault|sigsegv|assert|traceback|abort|denied|refused|out of memory|oom|killed|crash|exited|signal \d/i

/**
 * The end of a server's log: the lines around its last error open, with what looks like an error in
 * red, and all of it folded.
 *
 * @param maxBytes of the log; what is older than that is left out
 */
export function logParts(log: LogState, maxBytes: number, shown: Shown): string[] {
  const lines = lastWithin(log.tail.map(shown.clean), maxBytes)
  if (lines.length === 0) return []
  const isCut = log.isCut || lines.length < log.tail.length
  const [from, until] = openRange(lines)
  const marked = lines
    .slice(from, until)
    .map((line) => `${ERROR_LINE.test(line) ? '-' : ' '} ${line}`)
  const open = codeBlock(from > 0 || isCut ? ['  …', ...marked] : marked, 'diff')
  if (lines.length === until - from) return [open]
  const title = isCut
    ? `The last ${lines.length} lines of its log`
    : `All ${lines.length} lines of its log`
  return [open, folded(title, codeBlock(lines))]
}

/** The last lines of a log that look like errors; few enough for the log of the step. */
export function lastErrors({ tail }: LogState): string[] {
  return tail.filter((line) => ERROR_LINE.test(line)).slice(-ERRORS_IN_STEP)
}

/** Only the fold, for servers of which there are many. */
export function foldedLog(title: string, log: LogState, maxBytes: number, shown: Shown): string[] {
  const lines = lastWithin(log.tail.map(shown.clean), maxBytes)
  return lines.length === 0 ? [] : [folded(title, codeBlock(lines))]
}

function openRange(lines: readonly string[]): [from: number, until: number] {
  const last = lines.findLastIndex((line) => ERROR_LINE.test(line))
  const end = last < 0 ? lines.length : Math.min(lines.length, last + 1 + LINES_AFTER)
  const from = Math.max(0, end - OPEN_LINES)
  return [from, Math.min(lines.length, from + OPEN_LINES)]
}

function lastWithin(lines: readonly string[], maxBytes: number): string[] {
  let bytes = 0
  const first = lines.findLastIndex((line) => {
    bytes += Buffer.byteLength(line) + 1
    return bytes > maxBytes
  })
  return lines.slice(first + 1)
}
