import type { Printer } from '../runner/printer.ts'
import type { LogState } from '../state/state.ts'

/** Remote log lines carry a visible prefix, so that none of them can begin with a command. */
export function printLog(printer: Printer, id: string, { tail, isCut, crash }: LogState): void {
  if (crash) printer.line(`Process of ${id}: ${crash}`)
  if (tail.length === 0) return
  const title = isCut ? `Log of ${id}, last ${tail.length} lines` : `Log of ${id}`
  printer.group(
    title,
    tail.map((line) => `| ${line}`),
  )
}
