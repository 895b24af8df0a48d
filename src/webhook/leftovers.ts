import { rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, resolve, sep } from 'node:path'
import type { RunnerCommands } from '../runner/commands.ts'
import { isKnownProcess, type KnownProcess, startOf } from '../runner/process-start.ts'
import { LEFTOVERS_STATE } from '../runner/saved-states.ts'
import { signalGroup } from './child.ts'

/** How the name of a private folder begins. */
export const PRIVATE_FOLDER = 'deploy-game-server-'

interface Saved {
  children: KnownProcess[]
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
    this.#trySave()
  }

  addFolder(folder: string): void {
    this.#record.folders.push(folder)
    this.#save()
  }

  removeFolder(folder: string): void {
    this.#record.folders = this.#record.folders.filter((one) => one !== folder)
    this.#trySave()
  }

  /** The post step leaves alone what it does not find any more. */
  #trySave(): void {
    try {
      this.#save()
    } catch {
      // Then it looks for nothing, as on a full disk.
    }
  }

  #save(): void {
    const { children, folders } = this.#record
    const value = children.length + folders.length > 0 ? JSON.stringify(this.#record) : ''
    this.#runner.saveState(LEFTOVERS_STATE, value)
  }
}

/**
 * Ends the children and removes the folders that an earlier step of this action left. The state file
 * could say anything: what this action would not have written is left alone.
 *
 * @param saved what `Leftovers` wrote
 * @param environment tells where this action makes its folders (`RUNNER_TEMP`)
 * @returns what was done, one line each
 * @throws Error when it is no such state
 */
export function removeLeftovers(saved: string, environment: NodeJS.ProcessEnv): string[] {
  const { children, folders } = JSON.parse(saved) as Partial<Record<keyof Saved, unknown>>
  if (!Array.isArray(children) || !Array.isArray(folders)) throw new Error('not a saved state')
  const lines: string[] = []
  for (const child of children) {
    if (!isKnownProcess(child) || startOf(child.pid) !== child.startedAt) continue
    signalGroup(child.pid, 'SIGKILL')
    lines.push(`Ended the tunnel process ${child.pid} that was left behind.`)
  }
  for (const folder of folders) {
    if (isPrivateFolder(folder, environment)) rmSync(folder, { recursive: true, force: true })
  }
  return lines
}

/** In the folder where they are made, and with the six letters that `mkdtemp` adds. */
function isPrivateFolder(value: unknown, environment: NodeJS.ProcessEnv): value is string {
  if (typeof value !== 'string' || !value.startsWith(PRIVATE_FOLDER, value.lastIndexOf(sep) + 1)) {
    return false
  }
  const suffix = basename(value).slice(PRIVATE_FOLDER.length)
  const parents = [environment.RUNNER_TEMP || tmpdir(), tmpdir()].map((path) => resolve(path))
  return /^[A-Za-z0-9]{6}$/.test(suffix) && parents.includes(dirname(value))
}
