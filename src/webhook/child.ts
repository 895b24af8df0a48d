import { type ChildProcess, spawn } from 'node:child_process'
import type { Child, ChildEnd, ChildOptions } from './tunnels/tunnel.ts'

const KEPT_LINES = 200
const LONGEST_LINE = 4_000
const LAST_LINES_MS = 100
/** How long a child may take to end by itself. */
const GRACE_MS = 250

/**
 * What a child may see of our environment. Inputs, tokens of the runner and settings of the tunnel
 * client itself (`TUNNEL_…`, which change what cloudflared does) stay out. `RUNNER_TRACKING_ID` lets
 * the runner end the child with the job, should all else fail.
 */
const PASSED_ON = [
  'PATH',
  'HOME',
  'USERPROFILE',
  'SystemRoot',
  'TEMP',
  'TMP',
  'TMPDIR',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'RUNNER_TRACKING_ID',
]

/** Keeps every child, so that what a killed step leaves can be found. */
export interface ChildBook {
  addChild(pid: number): void
  removeChild(pid: number): void
}

/**
 * Starts a child process without shell and without our environment. Its output is always drained; a
 * child that writes without end costs no memory and no log.
 *
 * @param environment of which a child sees only what is listed above
 * @param book where the child is noted while it runs
 * @throws Error of the system where it is known at once that the command cannot be run
 */
export function spawnChild(
  command: string,
  args: readonly string[],
  options: ChildOptions,
  environment: NodeJS.ProcessEnv,
  book: ChildBook,
): Child {
  const child = spawn(command, args, {
    env: { ...passedOn(environment), ...options.environment },
    cwd: options.cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    windowsHide: true,
    // A group of its own, which is ended as a whole: a wrapper script ends alone otherwise.
    detached: process.platform !== 'win32',
  })
  const lines: string[] = []
  const onLine = (line: string) => {
    lines.push(line)
    if (lines.length > KEPT_LINES) lines.shift()
    options.onLine?.(line)
  }
  readLines(child.stdout, onLine)
  readLines(child.stderr, onLine)
  const { pid } = child
  if (pid !== undefined) book.addChild(pid)
  const ended = endOf(child).then((end) => {
    if (pid !== undefined) book.removeChild(pid)
    child.stdout.destroy()
    child.stderr.destroy()
    return end
  })
  return {
    pid,
    ended,
    lastLines: () => [...lines],
    stop: async (graceMs = GRACE_MS) => {
      signalGroup(pid, 'SIGTERM')
      const kill = setTimeout(() => signalGroup(pid, 'SIGKILL'), graceMs)
      await ended
      clearTimeout(kill)
      // What it started and left behind.
      signalGroup(pid, 'SIGKILL')
    },
  }
}

function passedOn(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    PASSED_ON.flatMap((name) => {
      const value = environment[name]
      return value === undefined ? [] : [[name, value] as const]
    }),
  )
}

function endOf(child: ChildProcess): Promise<ChildEnd> {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => {
      const end = { code: code ?? undefined, reason: signal ?? `exit code ${code}` }
      // Its last lines may come after its exit, yet a grandchild that holds the pipes must not
      // delay us.
      const late = setTimeout(() => resolve(end), LAST_LINES_MS)
      child.once('close', () => {
        clearTimeout(late)
        resolve(end)
      })
    })
    child.once('error', (error: NodeJS.ErrnoException) =>
      resolve({ code: undefined, reason: error.code ?? error.name }),
    )
  })
}

/** Signals a child with all that it started; on Windows the child alone. */
export function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return
  for (const target of process.platform === 'win32' ? [pid] : [-pid, pid]) {
    try {
      process.kill(target, signal)
    } catch {
      // Nothing is left of it.
    }
  }
}

function readLines(stream: NodeJS.ReadableStream, onLine: (line: string) => void): void {
  let rest = ''
  stream.setEncoding('utf8')
  stream.on('data', (chunk: string) => {
    const parts = (rest + chunk).split(/\r\n|\n|\r/)
    rest = (parts.pop() ?? '').slice(0, LONGEST_LINE)
    for (const part of parts) if (part !== '') onLine(part.slice(0, LONGEST_LINE))
  })
}
