import { readdirSync, readFileSync } from 'node:fs'

export interface Orphan {
  readonly pid: number
  readonly command: string
}

/**
 * Processes that carry this RUNNER_TRACKING_ID, which is how actions/runner finds what a job left
 * behind. Needs Linux's /proc; elsewhere it finds nothing.
 */
export function findOrphans(trackingId: string): Orphan[] {
  const marker = `RUNNER_TRACKING_ID=${trackingId}`
  const orphans: Orphan[] = []
  for (const name of listProcesses()) {
    const pid = Number(name)
    if (!Number.isInteger(pid) || pid === process.pid) continue
    if (!readProc(pid, 'environ').includes(marker)) continue
    orphans.push({ pid, command: readProc(pid, 'cmdline').join(' ') })
  }
  return orphans
}

/** Kills them, as the runner does when the job is over, and gives what it found. */
export function killOrphans(trackingId: string): Orphan[] {
  const orphans = findOrphans(trackingId)
  for (const { pid } of orphans) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // Gone by itself in the meantime.
    }
  }
  return orphans
}

function listProcesses(): string[] {
  try {
    return readdirSync('/proc')
  } catch {
    return []
  }
}

/** Both files are lists of texts ended by NUL. A process that is gone or not ours has none. */
function readProc(pid: number, file: 'environ' | 'cmdline'): string[] {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8').split('\0').filter(Boolean)
  } catch {
    return []
  }
}
