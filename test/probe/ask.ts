import { type Clock, systemClock, whenAborted } from '../../src/base/clock.ts'
import { type ProbeResult, type ProbeTools, probeServer } from '../../src/probe/probe.ts'
import { parseProbe } from '../../src/settings/probe.ts'

/** Long enough for any machine: a probe that is to answer ends as soon as it does. */
const LONG_MS = 30_000

export type Options = Partial<ProbeTools> & {
  host?: string
  /** The time is over when this resolves, however long it took. */
  until?: Promise<unknown>
}

/** Probes a port of loopback as a line of the input says, which leaves out the port's name. */
export function ask(line: string, port: number, options: Options = {}): Promise<ProbeResult> {
  const spec = parseProbe(`gameport ${line}`)
  if (typeof spec === 'string') throw new Error(spec)
  const { host = '127.0.0.1', until, ...tools } = options
  return probeServer(
    spec,
    { host, ip: '', port },
    {
      clock: until !== undefined ? clockUntil(until) : systemClock,
      timeoutMs: LONG_MS,
      signal: new AbortController().signal,
      random: () => 0.5,
      ...tools,
    },
  )
}

/** A clock by which the probe's time ends when `until` resolves; its pauses are as always. */
function clockUntil(until: Promise<unknown>): Clock {
  return {
    ...systemClock,
    async sleep(durationMs, signal) {
      if (durationMs < LONG_MS) await systemClock.sleep(durationMs, signal)
      else await Promise.race([until, signal && whenAborted(signal)].filter(Boolean))
    },
  }
}
