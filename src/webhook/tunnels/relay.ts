import { randomBytes } from 'node:crypto'
import type { Dispatcher } from 'undici'
import { type EventStream, openEventStream } from '../../net/event-stream.ts'
import { createHttpClient, HttpFailure, openDispatcher } from '../../net/request.ts'
import type { RelaySettings } from '../../settings/tunnel.ts'
import { webhookUrl } from '../verify.ts'
import { pingBody, readPayload } from './relay/payload.ts'
import { type Transport, type TransportContext, TunnelFailure } from './tunnel.ts'

/** Public instances, open to anybody and without guarantees. */
const PUBLIC_INSTANCES = ['smee.io', 'hook.pipelinesascode.com']
const MAX_EVENT_CHARS = 1024 * 1024

export interface RelayTimes {
  /** How long the relay may take to begin its answer to a subscription. */
  answerMs: number
  /** How long to wait for the first event of a stream before the first ping. */
  greetingMs: number
  pingMs: number
  /** A stream that is silent for this long is dead: relays send something every 30 s. */
  silenceMs: number
  /** Pauses before the resubscriptions in a row; the last one holds for all that follow. */
  pausesMs: readonly number[]
  /** After a subscription that lasted this long the pauses start from the first again. */
  goodAfterMs: number
}

const TIMES: RelayTimes = {
  answerMs: 8_000,
  greetingMs: 2_000,
  pingMs: 5_000,
  silenceMs: 75_000,
  pausesMs: [500, 1_000, 2_000, 4_000],
  goodAfterMs: 30_000,
}

/** A channel on a relay that keeps nothing: what is posted to it comes down a stream, to us. */
export function relayTransport(settings: RelaySettings, times: RelayTimes = TIMES): Transport {
  return async (context) => {
    // Any name is a channel, and who knows it may read and write: it is the only secret there is.
    const id = randomBytes(32).toString('base64url')
    context.hide(id)
    const { hostname } = settings.relayUrl
    if (PUBLIC_INSTANCES.includes(hostname)) {
      context.warn(
        `${hostname} is a public relay of a third party, without authentication or promise of delivery; polling goes on beside it.`,
      )
    }
    const dispatcher = await openDispatcher(context.environment)
    try {
      await new Channel(context, settings.relayUrl, id, times, dispatcher).run()
    } finally {
      dispatcher.destroy().catch(() => {})
    }
  }
}

class Channel {
  readonly #context: TransportContext
  readonly #url: URL
  /** Where smee's and gosmee's subscribers listen; the one that worked comes first. */
  readonly #streamUrls: [URL, URL]
  readonly #times: RelayTimes
  readonly #dispatcher: Dispatcher
  #verifiedAtMs: number | undefined
  #hasBeenOpen = false
  #hasBeenUp = false

  constructor(
    context: TransportContext,
    relayUrl: URL,
    id: string,
    times: RelayTimes,
    dispatcher: Dispatcher,
  ) {
    this.#context = context
    this.#url = webhookUrl(relayUrl, `/${id}`)
    this.#streamUrls = [this.#url, webhookUrl(relayUrl, `/events/${id}`)]
    this.#times = times
    this.#dispatcher = dispatcher
  }

  /** Listens until the tunnel is closed. @throws TunnelFailure when it does not come up in time */
  async run(): Promise<void> {
    const { clock, signal, opensUntilMs } = this.#context
    const { pausesMs, goodAfterMs } = this.#times
    this.#context.onUrl(this.#url)
    // Not `retry()`: the end of a stream is no error of its own. Once up it is opened again without
    // limit, and the pauses begin anew after each stream that stood long enough.
    for (let tries = 0; ; tries += 1) {
      const failure = await this.#listen().then(
        () => new TunnelFailure('service', 'the relay ended the stream'),
        (thrown) => toTunnelFailure(thrown, this.#url.host),
      )
      if (signal.aborted) return
      if (this.#hasBeenUp) this.#context.onLost(failure.message)
      if (clock.nowMs() - (this.#verifiedAtMs ?? Number.POSITIVE_INFINITY) >= goodAfterMs) tries = 0
      this.#verifiedAtMs = undefined
      const pauseMs = pausesMs[Math.min(tries, pausesMs.length - 1)] ?? 0
      const isLate = clock.nowMs() + pauseMs >= opensUntilMs
      if (!this.#hasBeenUp && (isLate || failure.kind === 'refused')) throw failure
      await clock.sleep(pauseMs, signal)
      if (signal.aborted) return
    }
  }

  /** One subscription, from its start to its end. */
  async #listen(): Promise<void> {
    const over = new AbortController()
    const signal = AbortSignal.any([this.#context.signal, over.signal])
    const stream = await this.#subscribe(signal)
    if (this.#hasBeenOpen) this.#context.onGap()
    this.#hasBeenOpen = true
    const nonce = randomBytes(16).toString('base64url')
    let greet = () => {}
    const greeted = new Promise<void>((resolve) => {
      greet = resolve
    })
    let hear = () => {}
    const heard = new Promise<true>((resolve) => {
      hear = () => resolve(true)
    })
    const pinging = this.#ping(nonce, greeted, heard, signal)
    const reading = async () => {
      for await (const { data } of stream.events) {
        greet()
        const payload = readPayload(data)
        if (payload?.kind === 'delivery') this.#context.onDelivery(payload.delivery)
        else if (payload?.nonce === nonce) hear()
      }
    }
    try {
      const ended = reading()
      await Promise.race([ended, pinging.then(() => ended)])
    } finally {
      over.abort()
    }
  }

  async #subscribe(signal: AbortSignal): Promise<EventStream> {
    const { clock } = this.#context
    const { answerMs, silenceMs } = this.#times
    let status = 0
    for (const url of [...this.#streamUrls]) {
      const options = { url, clock, signal, answerMs, silenceMs, maxEventChars: MAX_EVENT_CHARS }
      const answer = await openEventStream(this.#dispatcher, options)
      if (answer.kind === 'stream') {
        if (url !== this.#streamUrls[0]) this.#streamUrls.reverse()
        return answer
      }
      // The first answer tells most: on a path of the other dialect any server has nothing.
      if (status === 0 || status === 200) status = answer.status
    }
    throw refusal(status, this.#url.host)
  }

  /** Posts a ping to the channel and waits until it comes down the stream. */
  async #ping(
    nonce: string,
    greeted: Promise<void>,
    heard: Promise<true>,
    signal: AbortSignal,
  ): Promise<void> {
    const { clock, environment } = this.#context
    const { greetingMs, pingMs } = this.#times
    // A server may answer before it listens for us; its first event says that it does.
    await Promise.race([greeted, clock.sleep(greetingMs, signal)])
    const reply = await createHttpClient(environment)({
      method: 'POST',
      url: this.#url,
      headers: { 'content-type': 'application/json', 'user-agent': 'deploy-game-server' },
      body: pingBody(nonce),
      deadlineMs: pingMs,
      signal,
      maxReplyBytes: 64 * 1024,
    })
    if (reply.status >= 300) throw refusal(reply.status, this.#url.host)
    if (!(await Promise.race([heard, clock.sleep(pingMs, signal)]))) {
      throw new TunnelFailure('service', 'the test request did not come back down the stream')
    }
    // The stream may have ended in the same moment, and then this news is old.
    if (signal.aborted) return
    this.#verifiedAtMs = clock.nowMs()
    this.#hasBeenUp = true
    this.#context.onVerified()
  }
}

function refusal(status: number, host: string): TunnelFailure {
  if (status === 401 || status === 403) {
    return new TunnelFailure('refused', `${host} refuses us (status ${status})`)
  }
  if (status === 429) return new TunnelFailure('rate-limited', `${host} is rate-limited (429)`)
  const hint =
    status === 200 || status === 404
      ? '; relay-url must be the address of a smee or gosmee server, without a channel'
      : ''
  return new TunnelFailure('service', `${host} answers with status ${status}${hint}`)
}

function toTunnelFailure(thrown: unknown, host: string): TunnelFailure {
  if (thrown instanceof TunnelFailure) return thrown
  const first = thrown instanceof AggregateError ? thrown.errors[0] : thrown
  const { message, code } = first as NodeJS.ErrnoException
  const why = message || code || 'unknown'
  const what =
    thrown instanceof HttpFailure ? 'the test request was not sent' : `no stream from ${host}`
  return new TunnelFailure('service', `${what}: ${why}`)
}
