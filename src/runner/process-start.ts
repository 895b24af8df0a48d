import { readFileSync } from 'node:fs'

/** A process as it can be told from a later one with the same number. */
export interface KnownProcess {
  readonly pid: number
  /** When it started, as the system tells it: a pid alone may be somebody else's by now. */
  readonly startedAt: string
}

/** A negative number would be a whole group, and one without a start anybody's process. */
export function isKnownProcess(value: unknown): value is KnownProcess {
  const { pid, startedAt } = (value ?? {}) as Partial<KnownProcess>
  const isPid = typeof pid === 'number' && Number.isSafeInteger(pid) && pid > 1
  return isPid && typeof startedAt === 'string' && startedAt !== ''
}

/** When a process started; undefined when there is none, or the system does not tell. */
export function startOf(pid: number): string | undefined {
  try {
    if (process.platform === 'linux') {
      // Fields 3 and 22 of proc(5), counted behind the name, which may hold blanks and parentheses.
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      // One that has ended stays in the list until its parent takes note.
      return fields[0] === 'Z' ? undefined : fields[19]
    }
    // Not at the start of every step: on Linux nobody needs it.
    const { execFileSync } = process.getBuiltinModule('node:child_process')
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
