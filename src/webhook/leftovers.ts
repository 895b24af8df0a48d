import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { basename } from 'node:path'
import type { RunnerCommands } from '../runner/commands.ts'
import { LEFTOVERS_STATE } from '../runner/saved-states.ts'
import { signalGroup } from './child.ts'

/** How the name of a private folder begins. */
export const PRIVATE_FOLDER = 'deploy-game-server-'

interface ChildRecord {
  pid: number
  /** When it started, as the system tells it: a pid alone may be somebody else's by now. */
  startedAt: string
}

interface Saved {
  children: ChildRecord[]
  folders: string[]
}

/**
 * Children and private folders of this step, on disk as soon as they exist: when the step is killed,
 * its children live on (the runner signals the node process only), and the post step ends them.
 */
export class Leftovers {
  readonly #runner: RunnerCommands
  readonly #record: Saved = { children: [], folders: [] }

  constructor(runner: RunnerCommands) {
    this.#runner = runner
  }

  addChild(pid: number): void {
    const startedAt = startOf(pid)
    if (startedAt === undefined) return
    this.#record.children.push({ pid, startedAt })
    this.#save()
  }

  removeChild(pid: number): void {
    this.#record.children = this.#record.children.filter((child) => child.pid !== pid)
    this.#save()
  }

  addFolder(folder: string): void {
    this.#record.folders.push(folder)
    this.#save()
  }

  removeFolder(folder: string): void {
    this.#record.folders = this.#record.folders.filter((one) => one !== folder)
    this.#save()
  }

  #save(): void {
    const { children, folders } = this.#record
    const value = children.length + folders.length > 0 ? JSON.stringify(this.#record) : ''
    this.#runner.saveState(LEFTOVERS_STATE, value)
  }
}

/**
 * Ends the children and removes the folders that an earlier step of this action left.
 *
 * @param saved what `Leftovers` wrote
 * @returns what was done, one line each
 */
export function removeLeftovers(saved: string): string[] {
  const { children, folders } = JSON.parse(saved) as Saved
  const lines: string[] = []
  for (const { pid, startedAt } of children) {
    // The state could say anything: a negative number would name a whole group of processes.
    if (!Number.isSafeInteger(pid) || pid <= 1 || typeof startedAt !== 'string') continue
    if (startOf(pid) !== startedAt) continue
    signalGroup(pid, 'SIGKILL')
    lines.push(`Ended the tunnel process ${pid} that was left behind.`)
  }
  for (const folder of folders) {
    // Only what this action makes: the state file could say anything.
    if (basename(folder).startsWith(PRIVATE_FOLDER))
      rmSync(folder, { recursive: true, force: true })
  }
  return lines
}

/** When a process started; undefined when there is none, or the system does not tell. */
export function startOf(pid: number): string | undefined {
  try {
    if (process.platform === 'linux') {
      // Field 22 of proc(5), counted behind the name, which may hold blanks and parentheses.
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
    }
    if (process.platform === 'win32') {
      const script = `(Get-Process -Id ${pid}).StartTime.ToFileTimeUtc()`
      return execFileSync('powershell', ['-NoProfile', '-Command', script], {
        encoding: 'utf8',
      }).trim()
    }
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim()
  } catch {
    return undefined
  }
}
