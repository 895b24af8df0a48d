import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ActionError } from '../../src/base/errors.ts'
import type { ActionProcess } from '../../src/runner/process.ts'
import { startOf } from '../../src/runner/process-start.ts'
import { askReport, isAlive } from './control.ts'
import { type Answer, LIVE_ON, type Order } from './messages.ts'
import {
  folderOf,
  logFileOf,
  RUNNING_STATE,
  type RunningEmulator,
  readRecord,
  removeRecord,
  writeRecord,
} from './record.ts'
import { TITLE } from './report.ts'
import type { Plan, Settings } from './settings.ts'

const SERVE_FILE = join(dirname(fileURLToPath(import.meta.url)), 'serve.js')
/** A runner that is busy may take its time. */
const LONGEST_START_MS = 60_000
const SHOWN_LOG_LINES = 20

/**
 * What the emulator may see of our environment. With `RUNNER_TRACKING_ID` the runner ends it when the
 * job is over, should no post step have done so. The certificates are for the webhooks that it sends.
 */
const PASSED_ON = [
  ...['PATH', 'HOME', 'USERPROFILE', 'SystemRoot', 'TEMP', 'TMP', 'TMPDIR', 'RUNNER_TRACKING_ID'],
  ...['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR'],
]

/**
 * Starts the emulator of this job and gives its URL and token as outputs.
 *
 * @throws ActionError when it does not come up, or one runs already
 */
export async function start(
  { plan }: Extract<Settings, { operation: 'start' }>,
  { printer, runner, environment, cancellation }: ActionProcess,
): Promise<boolean> {
  refuseSecond(environment)
  const token = randomUUID()
  printer.hide(token)
  const order: Order = { plan, token, controlKey: randomBytes(16).toString('hex') }
  printer.hide(order.controlKey)
  const child = spawnEmulator(environment)
  try {
    const answer = await firstAnswer(child, order, cancellation.signal)
    if (answer.kind === 'failed') throw notStarted(answer, plan)
    const running = toRunning(child, answer, order)
    runner.saveState(RUNNING_STATE, JSON.stringify(running))
    writeRecord(running, environment)
    await askReport(running)
    await letLive(child)
    runner.setOutput('url', answer.url)
    runner.setOutput('token', token)
    printer.line(`The emulator answers at ${answer.url} (process ${running.pid}).`)
    printer.line('It ends with operation: stop, and with this job in any case.')
    return true
  } catch (thrown) {
    child.kill('SIGKILL')
    removeRecord(environment)
    runner.saveState(RUNNING_STATE, '')
    const lines = lastLogLines(environment)
    if (lines.length > 0) printer.group("The emulator's last words", lines)
    throw thrown
  }
}

function refuseSecond(environment: NodeJS.ProcessEnv): void {
  const earlier = readRecord(environment)
  if (earlier === undefined) return
  if (isAlive(earlier)) {
    throw new ActionError({
      kind: 'unusable-runner',
      what: `An emulator already runs in this job, at ${earlier.url}`,
      next: 'Use its outputs, or stop it first with operation: stop.',
    })
  }
  // It was killed; there is nothing left of it to stop.
  removeRecord(environment)
}

function spawnEmulator(environment: NodeJS.ProcessEnv): ChildProcess {
  const folder = folderOf(environment)
  mkdirSync(folder, { recursive: true })
  const passedOn = PASSED_ON.flatMap((name) => {
    const value = environment[name]
    return value === undefined ? [] : [[name, value] as const]
  })
  // Not our own output: the runner would wait for it, and nobody reads it after this step.
  const log = openSync(logFileOf(environment), 'w', 0o600)
  try {
    return spawn(process.execPath, [SERVE_FILE], {
      cwd: folder,
      env: Object.fromEntries(passedOn),
      stdio: ['ignore', log, log, 'ipc'],
      // Keeps regular expressions and infinities, which JSON does not.
      serialization: 'advanced',
      detached: true,
      windowsHide: true,
    })
  } finally {
    closeSync(log)
  }
}

function firstAnswer(child: ChildProcess, order: Order, cancelled: AbortSignal): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const fail = (why: string) =>
      reject(
        new ActionError({
          kind: 'internal',
          what: `The emulator did not start: ${why}`,
          next: 'Run the job again; report it with the log of this step if it stays so.',
        }),
      )
    const late = setTimeout(
      () => fail(`no answer within ${LONGEST_START_MS / 1000} s`),
      LONGEST_START_MS,
    )
    const onCancel = () => fail('the run was cancelled')
    cancelled.addEventListener('abort', onCancel, { once: true })
    child.once('message', (answer) => {
      clearTimeout(late)
      cancelled.removeEventListener('abort', onCancel)
      resolve(answer as Answer)
    })
    child.once('error', (error) => fail(error.message))
    child.once('exit', (code, signal) =>
      fail(`its process ended (${signal ?? `exit code ${code}`})`),
    )
    child.send(order)
  })
}

function toRunning(
  { pid }: ChildProcess,
  { url, controlUrl }: Extract<Answer, { kind: 'ready' }>,
  { controlKey }: Order,
): RunningEmulator {
  const startedAt = pid === undefined ? undefined : startOf(pid)
  if (pid === undefined || startedAt === undefined) {
    throw new ActionError({
      kind: 'unusable-runner',
      what: 'This system does not tell when the process of the emulator started',
      next: 'On Linux /proc must be readable, on macOS ps and on Windows PowerShell must be there.',
    })
  }
  return { pid, startedAt, url, controlUrl, controlKey }
}

function letLive(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.send(LIVE_ON, (error) => {
      if (error) return reject(error)
      child.unref()
      resolve()
    })
  })
}

function notStarted(
  { code, message }: Extract<Answer, { kind: 'failed' }>,
  { options }: Plan,
): ActionError {
  if (code === 'EADDRINUSE' || code === 'EACCES') {
    const why = code === 'EACCES' ? 'may not be used' : 'is in use by another program'
    return new ActionError({
      kind: 'unusable-runner',
      what: `Port ${options.port} of this machine ${why}`,
      next: 'Choose another port, or leave the input away for one that is free.',
    })
  }
  return new ActionError({ kind: 'internal', what: `${TITLE}: ${message}` })
}

function lastLogLines(environment: NodeJS.ProcessEnv): string[] {
  try {
    const lines = readFileSync(logFileOf(environment), 'utf8').split('\n')
    return lines.filter((line) => line.trim() !== '').slice(-SHOWN_LOG_LINES)
  } catch {
    return []
  }
}
