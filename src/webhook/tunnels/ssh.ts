import { whenAborted } from '../../base/clock.ts'
import type { SshSettings } from '../../settings/tunnel.ts'
import { verify, webhookUrl } from '../verify.ts'
import { type AliveTimes, prepareSsh, type SshClient, type SshSession } from './ssh/client.ts'
import { type Transport, type TransportContext, TunnelFailure } from './tunnel.ts'

const MAX_ATTEMPTS = 2

export interface SshTimes extends AliveTimes {
  /** A client that lives so long is connected: it allows itself 10 s for that. */
  standsAfterMs: number
  /** Before the second attempt to come up. */
  retryPauseMs: number
  /** Before each restart; as many restarts as there are pauses. */
  restartPausesMs: readonly number[]
  /** A session that stood so long was a good one: the restarts before it no longer count. */
  goodAfterMs: number
  /** How long a restarted tunnel is pinged at full pace. */
  reverifyMs: number
  /** Between two self-pings of a tunnel that stands but is not verified in time. */
  latePingMs: number
}

const TIMES: SshTimes = {
  aliveIntervalSeconds: 15,
  aliveCount: 3,
  standsAfterMs: 12_000,
  retryPauseMs: 1_000,
  restartPausesMs: [500, 3_000, 10_000],
  goodAfterMs: 60_000,
  reverifyMs: 20_000,
  latePingMs: 15_000,
}

/** A reverse tunnel to the user's own sshd, by the system's client. */
export function sshTransport(settings: SshSettings, times: SshTimes = TIMES): Transport {
  return async (context) => {
    const client = await prepareSsh(context, settings, times)
    await new SshTunnel(context, settings, times, client).run()
  }
}

interface SessionEnd {
  failure: TunnelFailure
  isPortDenied: boolean
  /** How long it stood after the self-ping had come back. */
  verifiedForMs: number | undefined
}

class SshTunnel {
  readonly #context: TransportContext
  readonly #settings: SshSettings
  readonly #times: SshTimes
  readonly #client: SshClient
  /** The port that the URL names; 0 while the server has not chosen. */
  #port: number
  #isUp = false

  constructor(
    context: TransportContext,
    settings: SshSettings,
    times: SshTimes,
    client: SshClient,
  ) {
    this.#context = context
    this.#settings = settings
    this.#times = times
    this.#client = client
    this.#port = settings.remotePort
  }

  async run(): Promise<void> {
    const { signal, clock } = this.#context
    // A fixed port has its URL before anything stands; the provider needs it only when it has news.
    if (this.#port !== 0) this.#context.onUrl(this.#url(this.#port))
    // Not `retry()`: a session has no result to return. Before the first success few attempts count,
    // after it restarts do, which are counted anew after each session that stood long enough.
    let attempts = 0
    let restarts = 0
    for (;;) {
      const end = await this.#session()
      if (end === undefined || signal.aborted) return
      if (!this.#isUp) {
        attempts += 1
        const pauseMs = this.#times.retryPauseMs
        const isLate = clock.nowMs() + pauseMs >= this.#context.opensUntilMs
        if (end.failure.kind !== 'service' || attempts >= MAX_ATTEMPTS || isLate) throw end.failure
        this.#context.log(`ssh: ${end.failure.message}; trying once more.`)
        await clock.sleep(pauseMs, signal)
      } else {
        if ((end.verifiedForMs ?? 0) >= this.#times.goodAfterMs) restarts = 0
        await this.#beforeRestart(end, restarts)
        restarts += 1
      }
      if (signal.aborted) return
    }
  }

  /** @throws TunnelFailure when there is no use in another restart */
  async #beforeRestart(end: SessionEnd, restarts: number): Promise<void> {
    const { failure } = end
    this.#context.onLost(failure.message)
    const mayPass = failure.kind === 'service' || end.isPortDenied
    const pauseMs = this.#times.restartPausesMs[restarts]
    if (!mayPass || pauseMs === undefined) {
      throw new TunnelFailure(
        failure.kind === 'refused' ? 'refused' : 'lost',
        `the tunnel is lost after ${restarts} restarts: ${failure.message}`,
      )
    }
    const { clock, signal } = this.#context
    await clock.sleep(pauseMs, signal)
  }

  /** From start to end of one session; undefined when the tunnel was closed. */
  async #session(): Promise<SessionEnd | undefined> {
    const { clock, signal } = this.#context
    const over = new AbortController()
    const within = AbortSignal.any([signal, over.signal])
    // Whatever the server chose first it must give again: the provider has that URL.
    const session = this.#client(this.#port)
    let verifiedAtMs: number | undefined
    const verifying = this.#verify(session, within, () => {
      verifiedAtMs = clock.nowMs()
    })
    verifying.catch(() => {})
    try {
      // `verifying` ends a session only by failing: one without a port in time is no use.
      const end = await Promise.race([
        session.ended,
        whenAborted(signal),
        verifying.then(() => session.ended),
      ])
      if (!end) return undefined
      const verifiedForMs = verifiedAtMs === undefined ? undefined : clock.nowMs() - verifiedAtMs
      return { ...end, verifiedForMs }
    } finally {
      over.abort()
      await session.stop()
    }
  }

  /** Pings until the answer comes back; after the time for coming up ever so often. */
  async #verify(session: SshSession, signal: AbortSignal, onVerified: () => void): Promise<void> {
    const context = { ...this.#context, signal }
    const wasUp = this.#isUp
    const { clock, opensUntilMs } = context
    const startedAtMs = clock.nowMs()
    const untilMs = wasUp ? startedAtMs + this.#times.reverifyMs : opensUntilMs
    const port = await this.#portInTime(session, signal)
    if (signal.aborted) return
    if (this.#port === 0) {
      this.#port = port
      context.onUrl(this.#url(port))
    }
    // Not `retry()`: there is no last attempt, since only the end of the session ends this.
    for (;;) {
      try {
        await verify(context, this.#url(port), undefined, untilMs)
        if (signal.aborted) return
        this.#isUp = true
        onVerified()
        context.onVerified()
        if (wasUp) context.onGap()
        return
      } catch (thrown) {
        if (signal.aborted) return
        const why = (thrown as Error).message
        const { standsAfterMs } = this.#times
        const isChosen = this.#settings.remotePort === 0
        if (isChosen || clock.nowMs() - startedAtMs >= standsAfterMs) {
          // The way may be open to others though not from this network: worth keeping, and restarting.
          this.#isUp = true
          context.onLost(`ssh is up, but ${this.#url(port).host} does not lead here: ${why}`)
        } else context.onLost(why)
      }
      await clock.sleep(this.#times.latePingMs, signal)
    }
  }

  async #portInTime(session: SshSession, signal: AbortSignal): Promise<number> {
    const { clock, opensUntilMs } = this.#context
    if (this.#port !== 0) return this.#port
    const late = clock.sleep(opensUntilMs - clock.nowMs(), signal).then(() => undefined)
    const port = await Promise.race([session.port, late])
    if (port !== undefined || signal.aborted) return port ?? 0
    throw new TunnelFailure('timeout', `${this.#settings.host} gave no port in time`)
  }

  #url(port: number): URL {
    const base = new URL(this.#settings.publicUrl.replaceAll('{port}', String(port)))
    return webhookUrl(base, this.#context.path)
  }
}
