import { spawn } from 'node:child_process'
import { LineSplitter } from './line-splitter.ts'
import type { SentSignal } from './step-result.ts'

export interface RunnerTiming {
  /** From SIGINT to SIGTERM when a step is cancelled. */
  readonly sigintGraceMs: number
  /** From SIGTERM to SIGKILL. */
  readonly sigtermGraceMs: number
  /** How long streams may stay open after the process has exited. */
  readonly heldStreamsLimitMs: number
}

/** The constants of actions/runner's process invoker. */
export const RUNNER_TIMING: RunnerTiming = {
  sigintGraceMs: 7500,
  sigtermGraceMs: 2500,
  heldStreamsLimitMs: 5000,
}

export interface ProcessEnd {
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  readonly durationMs: number
  readonly heldMs: number
  readonly gaveUpOnStreams: boolean
  readonly rawStdout: string
  readonly rawStderr: string
}

export interface StepProcess {
  readonly pid: number
  readonly signalsSent: readonly SentSignal[]
  readonly done: Promise<ProcessEnd>
  signal(signal: NodeJS.Signals): void
  /** SIGINT, a wait, SIGTERM, a wait, SIGKILL; gives once the process has exited. */
  stop(): Promise<void>
}

export interface ProcessOptions {
  readonly command: string
  readonly args: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  readonly timing: RunnerTiming
  readonly onLine: (line: string, stream: 'stdout' | 'stderr') => void
}

/** Starts the process without a shell and without stdin, and reads both its streams by lines. */
export function startProcess(options: ProcessOptions): StepProcess {
  const { timing, onLine } = options
  const startedAtMs = performance.now()
  const sinceStartMs = (): number => Math.round(performance.now() - startedAtMs)
  const child = spawn(options.command, [...options.args], {
    cwd: options.cwd,
    env: { ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const stdout = new LineSplitter((line) => onLine(line, 'stdout'))
  const stderr = new LineSplitter((line) => onLine(line, 'stderr'))
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk))

  const signalsSent: SentSignal[] = []
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const send = (signal: NodeJS.Signals): void => {
    if (child.exitCode !== null || child.signalCode !== null) return
    // To the process alone, as the runner does: its children get nothing.
    if (child.kill(signal)) signalsSent.push({ signal, atMs: sinceStartMs() })
  }

  const done = new Promise<ProcessEnd>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (exitCode, signal) => {
      const durationMs = sinceStartMs()
      const finish = (gaveUpOnStreams: boolean): void => {
        clearTimeout(limit)
        child.off('close', onClose)
        child.stdout.destroy()
        child.stderr.destroy()
        stdout.end()
        stderr.end()
        resolve({
          exitCode,
          signal,
          durationMs,
          gaveUpOnStreams,
          heldMs: sinceStartMs() - durationMs,
          rawStdout: stdout.text,
          rawStderr: stderr.text,
        })
      }
      const onClose = (): void => finish(false)
      const limit = setTimeout(finish, timing.heldStreamsLimitMs, true)
      child.once('close', onClose)
    })
  })

  return {
    // Undefined only when the process could not start, and then `done` rejects.
    pid: child.pid ?? -1,
    signalsSent,
    done,
    signal: send,
    async stop() {
      send('SIGINT')
      if (await settled(exited, timing.sigintGraceMs)) return
      send('SIGTERM')
      if (await settled(exited, timing.sigtermGraceMs)) return
      send('SIGKILL')
      await exited
    },
  }
}

/** Whether the promise settles within the time. */
function settled(promise: Promise<void>, withinMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, withinMs, false)
    void promise.then(() => {
      clearTimeout(timer)
      resolve(true)
    })
  })
}
