export interface CrashData {
  readonly exit_code: number
  readonly message: string
  readonly restart_count: number
}

/** A change to a deployment. */
export interface StatusPatch {
  /** Bare, upper-case: `READY`. Sets `running` and `error` to fit unless they are given too. */
  readonly status?: string
  readonly running?: boolean
  readonly error?: boolean
  readonly errorDetail?: string | null
  readonly logs?: string
  readonly crashLogs?: string | null
  readonly crashData?: CrashData | null
  readonly logsLink?: string | null
  /** Laid over the status JSON as it is; a field set to undefined is left out. */
  readonly wire?: Readonly<Record<string, unknown>>
}

/** A change at a time counted from the create. */
export interface Step extends StatusPatch {
  readonly afterMs: number
}

export type Script = readonly Step[]

// The order of the names is that of Edgegap's own Unity plugin; no document gives it.
const pending = ['INITIALIZING', 'SEEKING', 'SEEKED', 'SCANNING', 'DEPLOYING']

/** Through every pending state, evenly, within the time. */
function pendingSteps(withinMs: number): Step[] {
  return pending.map((status, index) => ({
    afterMs: Math.floor((withinMs * index) / pending.length),
    status,
  }))
}

export function ready(afterMs = 250): Script {
  return [...pendingSteps(afterMs), { afterMs, status: 'READY' }]
}

export function error(afterMs = 250, detail = 'Pull image timeout exceeded'): Script {
  return [...pendingSteps(afterMs), { afterMs, status: 'ERROR', errorDetail: detail }]
}

export function terminatedBeforeReady(afterMs = 250): Script {
  return [...pendingSteps(afterMs), { afterMs, status: 'TERMINATED' }]
}

/** READY with `error: true` beside it: not a success. */
export function readyWithErrorFlag(afterMs = 250, detail = 'port check failed'): Script {
  return [...pendingSteps(afterMs), { afterMs, status: 'READY', error: true, errorDetail: detail }]
}

/** A state no one has heard of for a while, then READY. */
export function unknownStatus(afterMs = 250, status = 'REBALANCING'): Script {
  return [
    { afterMs: 0, status: 'SEEKING' },
    { afterMs: Math.floor(afterMs / 3), status },
    { afterMs, status: 'READY' },
  ]
}

/** Stays DEPLOYING. */
export function never(): Script {
  return pendingSteps(100)
}

/** READY, then ERROR. */
export function readyThenError(afterMs = 250, failAfterMs = 500, detail = 'process died'): Script {
  return [...ready(afterMs), { afterMs: failAfterMs, status: 'ERROR', errorDetail: detail }]
}

/** READY all along, while the process crashes and is restarted by the restart policy. */
export function readyThenRestarts(afterMs = 250, restartAfterMs = 500): Script {
  const crashData = { exit_code: 139, message: 'Segmentation fault', restart_count: 1 }
  const crash = { afterMs: restartAfterMs, crashData, crashLogs: 'Segmentation fault\n' }
  return [...ready(afterMs), crash]
}

/** READY, then the process crashes again and again: the restart count goes up by one each time. */
export function readyThenCrashLoop(afterMs = 250, everyMs = 200, crashes = 5): Script {
  const loop = Array.from({ length: crashes }, (_, index) => ({
    afterMs: afterMs + (index + 1) * everyMs,
    crashData: { exit_code: 139, message: 'Segmentation fault', restart_count: index + 1 },
    crashLogs: `Segmentation fault, restart ${index + 1}\n`,
  }))
  return [...ready(afterMs), ...loop]
}

/** READY, then the process exits by itself and the deployment ends with it. */
export function readyThenEnds(afterMs = 250, endAfterMs = 500): Script {
  const last = { status: 'TERMINATED', logs: 'goodbye\n' }
  return [...ready(afterMs), { afterMs: endAfterMs, ...last }]
}

/** A log of about this size whose last line is `the last line`. */
export function largeLog(bytes: number): string {
  const line = `${'tick '.repeat(15)}\n`
  return `${line.repeat(Math.ceil(bytes / line.length))}the last line\n`
}
