/** Time as an argument, so that waiting can be tested without waiting. */
export interface Clock {
  /** Monotonic milliseconds; only differences mean anything. */
  nowMs(): number
  /**
   * Resolves after `durationMs`, or as soon as `signal` aborts. It never rejects: the caller looks
   * at its signal, so that an abort has one place where it is turned into an outcome.
   */
  sleep(durationMs: number, signal?: AbortSignal): Promise<void>
}

export const systemClock: Clock = {
  // `performance` would load Node's whole observer machinery, 2 ms at every start.
  nowMs: () => Number(process.hrtime.bigint()) / 1e6,
  sleep: (durationMs, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) {
        resolve()
        return
      }
      const finish = () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', finish)
        resolve()
      }
      const timer = setTimeout(finish, Math.max(0, durationMs))
      signal?.addEventListener('abort', finish)
    }),
}

/**
 * A signal that aborts `graceMs` after `signal` did: for work that a cancelled run must not drop
 * at once, such as a create that is already on the wire.
 */
export function abortLater(signal: AbortSignal, graceMs: number, clock: Clock): AbortSignal {
  const controller = new AbortController()
  const start = () => void clock.sleep(graceMs).then(() => controller.abort(signal.reason))
  if (signal.aborted) start()
  else signal.addEventListener('abort', start, { once: true })
  return controller.signal
}

/** A duration in milliseconds as people say it: `850 ms`, `3.2 s`, `4m 05s`. */
export function formatDuration(durationMs: number): string {
  if (durationMs < 999.5) return `${Math.round(durationMs)} ms`
  const seconds = durationMs / 1000
  if (seconds < 99.95) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  const hours = Math.floor(whole / 3600)
  const minutes = Math.floor((whole % 3600) / 60)
  const rest = `${String(minutes).padStart(hours ? 2 : 1, '0')}m ${String(whole % 60).padStart(2, '0')}s`
  return hours ? `${hours}h ${rest}` : rest
}

/** Resolves when the signal aborts; at once where it has done so already. */
export function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
