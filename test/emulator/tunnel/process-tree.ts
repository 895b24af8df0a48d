import { readdirSync, readFileSync } from 'node:fs'

/** What the tests need of the process table. It is read from /proc, so Linux only. */

interface ProcessState {
  /** One letter: R and S run, T is stopped, Z has ended and waits to be reaped. */
  letter: string
  parentPid: number
}

/**
 * True while a process can still do something. A process that ended may stay in the table as a
 * zombie for good: in a container, nobody may be there to reap an orphan.
 */
export function isRunning(pid: number): boolean {
  const state = stateOf(pid)
  return state !== undefined && state.letter !== 'Z' && state.letter !== 'X'
}

function stateOf(pid: number): ProcessState | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The command name stands in brackets and may itself hold brackets and spaces.
    const [letter = '', parentPid] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return { letter, parentPid: Number(parentPid) }
  } catch {
    return undefined
  }
}

/** All children, grandchildren and so on; zombies included until they are reaped. */
export function descendantsOf(rootPid: number): number[] {
  const children = new Map<number, number[]>()
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry)
    const parent = Number.isInteger(pid) ? stateOf(pid)?.parentPid : undefined
    if (parent === undefined) continue
    children.set(parent, [...(children.get(parent) ?? []), pid])
  }
  const found: number[] = []
  const queue = [rootPid]
  for (let pid = queue.pop(); pid !== undefined; pid = queue.pop()) {
    const below = children.get(pid) ?? []
    found.push(...below)
    queue.push(...below)
  }
  return found
}

/** Sends a signal; false when the process has already gone. */
export function signalProcess(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal)
  } catch {
    return false
  }
}
