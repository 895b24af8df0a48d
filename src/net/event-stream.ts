import { StringDecoder } from 'node:string_decoder'
import type { Dispatcher } from 'undici'
import type { Clock } from '../base/clock.ts'
import { ask } from './ask.ts'

/** One server-sent event; `name` is `message` where the server gives none. */
export interface StreamEvent {
  name: string
  data: string
}

export interface EventStreamOptions {
  url: URL
  clock: Clock
  signal: AbortSignal
  /** How long the answer may take to begin. */
  answerMs: number
  /** A stream that stays silent so long, comments included, is taken for dead. */
  silenceMs: number
  /** Longer events are left out. */
  maxEventChars: number
}

/** An answer that is a stream of events; `events` ends when the stream does, and throws when it breaks. */
export interface EventStream {
  kind: 'stream'
  events: AsyncIterable<StreamEvent>
}

/** Any other answer, unread. */
export interface NoEventStream {
  kind: 'other'
  status: number
}

/**
 * Subscribes to server-sent events (HTML standard §9.2). Ends with `signal`; nothing reconnects by
 * itself.
 *
 * @throws Error when there is no answer in time, or the connection fails
 */
export async function openEventStream(
  dispatcher: Dispatcher,
  options: EventStreamOptions,
): Promise<EventStream | NoEventStream> {
  const { url, clock, answerMs } = options
  const over = new AbortController()
  const signal = AbortSignal.any([options.signal, over.signal])
  const answered = new AbortController()
  void clock.sleep(answerMs, AbortSignal.any([signal, answered.signal])).then(() => {
    if (!answered.signal.aborted) over.abort(new Error(`no answer within ${answerMs} ms`))
  })
  try {
    const reply = await ask(dispatcher, {
      origin: url.origin,
      path: url.pathname + url.search,
      method: 'GET',
      // Exactly this: smee compares the whole header, and serves its web page otherwise.
      headers: { accept: 'text/event-stream', 'user-agent': 'deploy-game-server' },
      signal,
    })
    const type = String(reply.headers['content-type'] ?? '')
    if (reply.statusCode === 200 && /^text\/event-stream\b/i.test(type)) {
      return { kind: 'stream', events: readEvents(reply.body, options, over) }
    }
    reply.body.on('error', () => {}).destroy()
    return { kind: 'other', status: reply.statusCode }
  } finally {
    answered.abort()
  }
}

async function* readEvents(
  body: AsyncIterable<Buffer>,
  options: EventStreamOptions,
  over: AbortController,
): AsyncGenerator<StreamEvent> {
  const { clock, silenceMs, signal } = options
  const parser = new EventParser(options.maxEventChars)
  let heardAtMs = clock.nowMs()
  const ended = new AbortController()
  const either = AbortSignal.any([signal, ended.signal])
  const watch = async () => {
    while (!either.aborted) {
      const leftMs = heardAtMs + silenceMs - clock.nowMs()
      if (leftMs <= 0) return over.abort(new Error(`silent for ${Math.round(silenceMs / 1000)} s`))
      await clock.sleep(leftMs, either)
    }
  }
  void watch()
  try {
    for await (const chunk of body) {
      heardAtMs = clock.nowMs()
      yield* parser.read(chunk)
    }
  } finally {
    ended.abort()
    over.abort()
  }
}

/** Cuts a byte stream into events. What it keeps is bounded, whatever comes. */
export class EventParser {
  readonly #maxChars: number
  readonly #decoder = new StringDecoder('utf8')
  #line = ''
  #name = ''
  #data: string[] = []
  #chars = 0
  #isTooLong = false
  #isFirstLine = true
  #endedWithReturn = false

  constructor(maxChars: number) {
    this.#maxChars = maxChars
  }

  *read(chunk: Buffer): Generator<StreamEvent> {
    let text = this.#decoder.write(chunk)
    // A line break of two characters may be cut in two.
    if (this.#endedWithReturn && text.startsWith('\n')) text = text.slice(1)
    else if (text === '') return
    this.#endedWithReturn = text.endsWith('\r')
    const parts = text.split(/\r\n|\n|\r/)
    const rest = parts.pop() ?? ''
    for (const part of parts) {
      this.#add(part)
      const event = this.#endLine()
      if (event) yield event
    }
    this.#add(rest)
  }

  #add(part: string): void {
    this.#chars += part.length
    if (this.#chars > this.#maxChars) this.#isTooLong = true
    // Of a line that is too long only the beginning is kept: enough to see that it is not empty.
    this.#line = this.#isTooLong ? this.#line.slice(0, 64) + part.slice(0, 1) : this.#line + part
  }

  #endLine(): StreamEvent | undefined {
    const line = this.#isFirstLine ? this.#line.replace(/^\uFEFF/, '') : this.#line
    this.#isFirstLine = false
    this.#line = ''
    // Counted too, or empty lines of data would cost memory without end.
    this.#chars += 1
    if (line === '') return this.#dispatch()
    if (this.#isTooLong) return undefined
    const [, field, value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? []
    if (field === 'data') this.#data.push(value)
    else if (field === 'event') this.#name = value
    return undefined
  }

  #dispatch(): StreamEvent | undefined {
    const event = { name: this.#name || 'message', data: this.#data.join('\n') }
    const isEvent = this.#data.length > 0 && !this.#isTooLong
    this.#name = ''
    this.#data = []
    this.#chars = 0
    this.#isTooLong = false
    return isEvent ? event : undefined
  }
}
