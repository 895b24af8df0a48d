import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { findCloudflared } from './cloudflared-binary.ts'
import { signalProcess } from './process-tree.ts'

export interface CloudflaredOptions {
  /** Flags after `tunnel`: those of the rigs and what the test is about. */
  flags: string[]
  /** `run` for a named tunnel. */
  subcommand?: 'run'
  environment?: Record<string, string>
}

/** One line of the log: an object, or bare text where cloudflared prints none. */
export interface LogLine {
  level?: string
  message: string
  error?: string
}

export interface Cloudflared {
  readonly pid: number
  readonly log: LogLine[]
  /** Resolves once a line's message contains the text; rejects when the process ends before. */
  waitForLine(text: string): Promise<LogLine>
  /** A path of the metrics server, such as `/ready`. */
  metrics(path: string): Promise<{ status: number; body: string }>
  exit: Promise<{ code: number | null; signal: NodeJS.Signals | null; afterMs: number }>
  close(): Promise<void>
}

/**
 * The bare binary with an empty configuration, to prove the stand-ins themselves. It is no model
 * of how the action runs it; the action's tests run the action.
 */
export function startCloudflared(options: CloudflaredOptions): Cloudflared {
  const found = findCloudflared()
  if (found.path === undefined) throw new Error(found.reason)
  const folder = mkdtempSync(join(tmpdir(), 'cloudflared-rig-'))
  const configFile = join(folder, 'config.yml')
  writeFileSync(configFile, '{}')
  const own = ['--no-autoupdate', '--output', 'json', '--metrics', '127.0.0.1:0']
  const before = ['tunnel', '--config', configFile, ...own, ...options.flags]
  const startedAt = performance.now()
  const child = spawn(
    found.path,
    [...before, ...(options.subcommand ? [options.subcommand] : [])],
    {
      // The pre-checks would dial hosts of the real service.
      env: {
        PATH: process.env.PATH,
        HOME: folder,
        TUNNEL_NO_PRECHECKS: 'true',
        ...options.environment,
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  )
  const kill = () => child.pid !== undefined && signalProcess(child.pid, 'SIGKILL')
  process.once('exit', kill)
  // Not `exit`, which can come before the last line of the log has been read.
  const exit = once(child, 'close').then(([code, signal]) => ({
    code: code as number | null,
    signal: signal as NodeJS.Signals | null,
    afterMs: performance.now() - startedAt,
  }))
  const { log, waitForLine } = followLog(child)

  return {
    pid: child.pid ?? -1,
    log,
    waitForLine,
    async metrics(path) {
      const { message } = await waitForLine('Starting metrics server on ')
      const [address] = /127\.0\.0\.1:\d+/.exec(message) ?? []
      const response = await fetch(`http://${address}${path}`)
      return { status: response.status, body: await response.text() }
    },
    exit,
    close: async () => {
      process.off('exit', kill)
      kill()
      await exit
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function followLog(child: ChildProcess): Pick<Cloudflared, 'log' | 'waitForLine'> {
  const log: LogLine[] = []
  const waiting = new Set<() => void>()
  let ended = false
  if (child.stderr !== null) {
    const lines = createInterface({ input: child.stderr })
    const wake = () => {
      for (const check of [...waiting]) check()
    }
    lines.on('line', (line) => {
      log.push(parseLine(line))
      wake()
    })
    lines.once('close', () => {
      ended = true
      wake()
    })
  }
  const waitForLine = (text: string) =>
    new Promise<LogLine>((resolve, reject) => {
      const check = () => {
        const line = log.find(({ message }) => message.includes(text))
        if (line === undefined && !ended) return
        waiting.delete(check)
        if (line !== undefined) return resolve(line)
        reject(new Error(`cloudflared ended without "${text}": ${log.at(-1)?.message}`))
      }
      waiting.add(check)
      check()
    })
  return { log, waitForLine }
}

function parseLine(line: string): LogLine {
  try {
    return JSON.parse(line) as LogLine
  } catch {
    return { message: line }
  }
}
