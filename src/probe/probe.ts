import { promises as dns, type LookupAddress } from 'node:dns'
import type { Clock } from '../base/clock.ts'
import { toLine } from '../runner/plain-text.ts'
import type { ProbeProtocol, ProbeSpec } from '../settings/probe.ts'
import {
  type Ask,
  type Asking,
  type Cause,
  type NoAnswer,
  pauseAfterMs,
  type Resolve,
} from './asking.ts'
import { silence } from './connection.ts'
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
  /** With each packet or connection, and each failure. */
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
  const { clock, timeoutMs, signal, random, resolve = resolveAll } = tools
  const { transport, ask } = protocolOf(spec)
  const host = (target.host || target.ip).replace(/\.$/, '')
  const effort = new Effort(tools)
  const asking = {
    ...{ host, port: target.port, clock, random, resolve },
    onSent: () => effort.countSent(),
    onFailure: (failure: NoAnswer) => effort.remember(failure),
  }
  const attemptMs = transport === 'udp' ? timeoutMs : ATTEMPT_MS
  const answer = await within(timeoutMs, { clock, signal }, (whole) =>
    askUntil({ ...asking, signal: whole }, ask, attemptMs),
  )
  return {
    port: spec.port,
    protocol: spec.protocol,
    answered: answer !== undefined,
    seconds: Number((effort.elapsedMs / 1000).toFixed(1)),
    address: toLine(`${host.includes(':') ? `[${host}]` : host}:${target.port}`),
    transport,
    sent: effort.sent,
    ...(answer === undefined ? effort.explain() : { detail: answer, cause: undefined }),
  }
}

/** What a probe has done and seen so far. */
class Effort {
  sent = 0
  #worst: NoAnswer | undefined
  readonly #tools: ProbeTools
  readonly #startedAtMs: number

  constructor(tools: ProbeTools) {
    this.#tools = tools
    this.#startedAtMs = tools.clock.nowMs()
  }

  get elapsedMs(): number {
    return this.#tools.clock.nowMs() - this.#startedAtMs
  }

  countSent(): void {
    this.sent += 1
    this.#report()
  }

  remember(failure: NoAnswer): void {
    this.#worst = this.#worst ? mostTelling([this.#worst, failure]) : failure
    this.#report()
  }

  explain(): Pick<ProbeResult, 'detail' | 'cause'> {
    if (this.#tools.signal.aborted) return { detail: 'not asked to the end', cause: 'stopped' }
    const { kind, message } = this.#worst ?? silence()
    return { detail: toLine(message), cause: kind }
  }

  #report(): void {
    const cause = this.#worst && toLine(this.#worst.message)
    this.#tools.onAttempt?.({ sent: this.sent, elapsedMs: this.elapsedMs, cause })
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
