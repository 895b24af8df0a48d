import { promises as dns, type LookupAddress } from 'node:dns'
import type { Clock } from '../base/clock.ts'
import type { ProbeProtocol, ProbeSpec } from '../settings/probe.ts'
import {
  type Ask,
  type Asking,
  type Cause,
  type NoAnswer,
  pauseAfterMs,
  type Resolve,
} from './asking.ts'
import { mostTelling, toNoAnswer } from './network-errors.ts'
import { protocolOf } from './protocols/protocols.ts'

/** Where the server is reached from outside. */
export interface ProbeTarget {
  /** Its name, or empty. */
  readonly host: string
  /** Its address, for where it has no name. */
  readonly ip: string
  readonly port: number
}

export interface ProbeTools {
  readonly clock: Clock
  /** How long the server may take to answer. */
  readonly timeoutMs: number
  /** Ends the probe at once: the run is cancelled, or the server has failed meanwhile. */
  readonly signal: AbortSignal
  readonly random: () => number
  /** Default: the system's resolver. */
  readonly resolve?: Resolve
  /** After each packet or connection without an answer so far. */
  readonly onAttempt?: (progress: ProbeProgress) => void
}

export interface ProbeProgress {
  readonly sent: number
  readonly elapsedMs: number
  /** The most telling failure so far, cleaned. */
  readonly cause: string | undefined
}

export interface ProbeResult {
  /** The port's name, as given. */
  readonly port: string
  readonly protocol: ProbeProtocol
  readonly answered: boolean
  readonly seconds: number
  /** What the server answered, or the most telling reason why it did not. Cleaned, one line. */
  readonly detail: string
  /** `host:port` as asked. */
  readonly address: string
  readonly transport: 'tcp' | 'udp'
  /** How many packets were sent, or connections tried. */
  readonly sent: number
  /** Undefined when it answered. */
  readonly cause: Cause | 'stopped' | undefined
}

/** One attempt over TCP. Over UDP the whole time is one attempt, from one socket. */
const ATTEMPT_MS = 5_000

/**
 * Asks a server until it answers, the time is over, or asking again is of no use. Connections go
 * directly, never through a proxy.
 *
 * @returns what came of it; never rejects for anything that a server does
 */
export async function probeServer(
  spec: ProbeSpec,
  target: ProbeTarget,
  tools: ProbeTools,
): Promise<ProbeResult> {
  const { clock, timeoutMs, signal } = tools
  const startedAtMs = clock.nowMs()
  const { transport, ask } = protocolOf(spec)
  const host = (target.host || target.ip).replace(/\.$/, '')
  const failures: NoAnswer[] = []
  let sent = 0
  const elapsedMs = () => clock.nowMs() - startedAtMs
  const report = (failure?: NoAnswer) => {
    if (failure) failures.splice(0, failures.length, mostTelling([...failures, failure]))
    tools.onAttempt?.({ sent, elapsedMs: elapsedMs(), cause: failures[0]?.message })
  }
  const asking = {
    host,
    port: target.port,
    clock,
    random: tools.random,
    resolve: tools.resolve ?? resolveAll,
    onSent: () => {
      sent += 1
    },
    onFailure: report,
  }
  const attemptMs = transport === 'udp' ? timeoutMs : ATTEMPT_MS
  const answer = await within(timeoutMs, { clock, signal }, (whole) =>
    askUntil({ ...asking, signal: whole }, ask, attemptMs),
  )
  const failure = failures[0]
  return {
    port: spec.port,
    protocol: spec.protocol,
    answered: answer !== undefined,
    seconds: Number((elapsedMs() / 1000).toFixed(1)),
    detail:
      answer ?? (signal.aborted ? 'not asked to the end' : failure?.message) ?? 'nothing came back',
    address: `${host.includes(':') ? `[${host}]` : host}:${target.port}`,
    transport,
    sent,
    cause:
      answer !== undefined ? undefined : signal.aborted ? 'stopped' : (failure?.kind ?? 'silent'),
  }
}

/** Attempt after attempt; undefined when there was no answer until the signal aborted. */
async function askUntil(asking: Asking, ask: Ask, attemptMs: number): Promise<string | undefined> {
  const { clock, signal, random, host } = asking
  for (let attempt = 1; !signal.aborted; attempt += 1) {
    try {
      return await within(attemptMs, asking, (own) => ask({ ...asking, signal: own }))
    } catch (thrown) {
      const failure = toNoAnswer(thrown, host)
      asking.onFailure(failure)
      if (failure.kind === 'bad-certificate') return undefined
    }
    await clock.sleep(pauseAfterMs(attempt, random), signal)
  }
  return undefined
}

/** Does `work` with a signal that aborts with `signal` or after `durationMs`, and when it is done. */
async function within<T>(
  durationMs: number,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const over = new AbortController()
  const either = AbortSignal.any([signal, over.signal])
  void clock.sleep(durationMs, either).then(() => over.abort())
  try {
    return await work(either)
  } finally {
    over.abort()
  }
}

function resolveAll(host: string): Promise<LookupAddress[]> {
  return dns.lookup(host, { all: true })
}
