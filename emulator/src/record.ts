import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Name of the saved state by which the post step finds the emulator that its main step started. */
export const RUNNING_STATE = 'emulator'

/** An emulator that was started, and how to reach it. */
export interface RunningEmulator {
  readonly pid: number
  /** When it started, as the system tells it: a pid alone may be another process by now. */
  readonly startedAt: string
  /** Of the emulated API. */
  readonly url: string
  /** Of a server of its own, so that no fault that was ordered can get in the way. */
  readonly controlUrl: string
  readonly controlKey: string
}

/** Where the emulator of this job is noted, for other steps; the runner empties it with every job. */
export function folderOf(environment: NodeJS.ProcessEnv): string {
  return join(environment.RUNNER_TEMP || tmpdir(), 'edgegap-emulator')
}

export function logFileOf(environment: NodeJS.ProcessEnv): string {
  return join(folderOf(environment), 'emulator.log')
}

function recordFileOf(environment: NodeJS.ProcessEnv): string {
  return join(folderOf(environment), 'running.json')
}

/** @throws Error of the file system when the folder cannot be written */
export function writeRecord(running: RunningEmulator, environment: NodeJS.ProcessEnv): void {
  mkdirSync(folderOf(environment), { recursive: true })
  writeFileSync(recordFileOf(environment), JSON.stringify(running), { mode: 0o600 })
}

/** Undefined when no step of this job started one, or it was stopped. */
export function readRecord(environment: NodeJS.ProcessEnv): RunningEmulator | undefined {
  try {
    return parseRunning(readFileSync(recordFileOf(environment), 'utf8'))
  } catch {
    return undefined
  }
}

export function removeRecord(environment: NodeJS.ProcessEnv): void {
  rmSync(recordFileOf(environment), { force: true })
}

/** Undefined for a text that no step of this action can have written. */
export function parseRunning(text: string): RunningEmulator | undefined {
  let value: Partial<Record<keyof RunningEmulator, unknown>> | null
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  const { pid, startedAt, url, controlUrl, controlKey } = value ?? {}
  const texts = [startedAt, url, controlUrl, controlKey]
  // A number that is no pid could name a whole group of processes.
  if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 1) return undefined
  if (!texts.every((one) => typeof one === 'string')) return undefined
  return value as RunningEmulator
}
