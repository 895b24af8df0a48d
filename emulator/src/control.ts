import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { startOf } from '../../src/runner/process-start.ts'
import type { RunningEmulator } from './record.ts'
import type { Report } from './report.ts'

const ANSWER_MS = 5_000
const END_MS = 5_000
const CHECK_MS = 20

/** How an emulator ended. */
export type Ending =
  | { readonly kind: 'stopped'; readonly report: Report }
  /** It did not answer, or did not end when asked to. */
  | { readonly kind: 'killed'; readonly report: Report | undefined; readonly why: string }
  /** It was no longer there. */
  | { readonly kind: 'gone' }

/** Asks an emulator what it was asked. @throws Error when it does not answer in time */
export async function askReport(running: RunningEmulator): Promise<Report> {
  return JSON.parse(await ask(running, 'GET', '/report')) as Report
}

/** Ends an emulator in any case; its process is gone when this returns. Never throws. */
export async function endEmulator(running: RunningEmulator): Promise<Ending> {
  if (!isAlive(running)) return { kind: 'gone' }
  let report: Report | undefined
  try {
    report = await askReport(running)
    await ask(running, 'POST', '/stop')
    if (await isGoneInTime(running)) return { kind: 'stopped', report }
    return await kill(running, report, 'it did not end when it was asked to')
  } catch (thrown) {
    return await kill(running, report, thrown instanceof Error ? thrown.message : String(thrown))
  }
}

/** Whether the process still runs; another one that has its number by now does not count. */
export function isAlive({ pid, startedAt }: RunningEmulator): boolean {
  return exists(pid) && startOf(pid) === startedAt && !isZombie(pid)
}

/** Asked first, for it costs nothing; on Windows the start of a process takes a second to get. */
function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** One that ended, and that no parent has asked about yet, still has a start. */
function isZombie(pid: number): boolean {
  if (process.platform !== 'linux') return false
  try {
    // The state stands behind the name, which may hold blanks and parentheses (proc(5)).
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.charAt(stat.lastIndexOf(')') + 2) === 'Z'
  } catch {
    return true
  }
}

async function kill(
  running: RunningEmulator,
  report: Report | undefined,
  why: string,
): Promise<Ending> {
  try {
    if (isAlive(running)) process.kill(running.pid, 'SIGKILL')
  } catch {
    // It ended in the meantime.
  }
  await isGoneInTime(running)
  return { kind: 'killed', report, why }
}

async function isGoneInTime(running: RunningEmulator): Promise<boolean> {
  const untilMs = performance.now() + END_MS
  while (performance.now() < untilMs) {
    if (!isAlive(running)) return true
    await sleep(CHECK_MS)
  }
  return false
}

/** Not `fetch`, which an environment variable can send through a proxy. */
function ask({ controlUrl, controlKey }: RunningEmulator, method: string, path: string) {
  return new Promise<string>((resolve, reject) => {
    const headers = { authorization: `Bearer ${controlKey}` }
    const signal = AbortSignal.timeout(ANSWER_MS)
    const outgoing = request(`${controlUrl}${path}`, { method, headers, agent: false, signal })
    outgoing.on('error', () => reject(new Error('it did not answer')))
    outgoing.on('response', (response) => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part))
      response.on('error', () => reject(new Error('its answer broke off')))
      response.on('end', () => {
        const { statusCode = 0 } = response
        if (statusCode < 300) resolve(Buffer.concat(parts).toString('utf8'))
        else reject(new Error(`it answered with status ${statusCode}`))
      })
    })
    outgoing.end()
  })
}
