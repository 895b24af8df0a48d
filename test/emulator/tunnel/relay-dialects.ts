import type { IncomingHttpHeaders } from 'node:http'

/** What one kind of relay does differently from the other, as their real servers behave. */
export interface RelayDialect {
  channelPattern: RegExp
  maxBodyBytes: number
  /** The channel that a GET wants to listen to; undefined is a web page. */
  subscription(path: string, accept: string | undefined): string | undefined
  /** Lines sent as soon as a listener is connected. `id` counts up on each connection. */
  hello: RelayEvent[]
  ping: RelayEvent
  /** The event for a POST, or the status that refuses it. */
  accept(post: RelayPost): RelayEvent | { refused: number }
  /** What the sender hears, whether anyone listens or not. */
  reply(channel: string): { status: number; body: string }
}

export interface RelayEvent {
  event?: string
  data?: string
  comment?: string
}

export interface RelayPost {
  channel: string
  headers: IncomingHttpHeaders
  query: Record<string, string>
  body: Buffer
}

/** smee.io: parses the body and writes it anew, so bytes and numbers may change on the way. */
const smee: RelayDialect = {
  channelPattern: /^[A-Za-z0-9_-]{1,128}$/,
  maxBodyBytes: 1024 * 1024,
  subscription: (path, accept) =>
    // Compared as a whole: a list that names the type among others gets the web page.
    accept === 'text/event-stream' ? path.slice(1) : undefined,
  hello: [{ event: 'ready', data: '{}' }],
  ping: { event: 'ping', data: '{}' },
  accept({ headers, query, body }) {
    const type = mediaType(headers)
    if (type === 'text/plain') return { refused: 400 }
    if (type !== 'application/json') return { refused: 415 }
    const parsed = parseJson(body)
    if (parsed === null || typeof parsed !== 'object' || Array.isArray(parsed)) {
      return { refused: 400 }
    }
    return { data: JSON.stringify({ ...headers, body: parsed, query, timestamp: Date.now() }) }
  },
  reply: () => ({ status: 200, body: '' }),
}

/** gosmee: keeps the bytes (base64), drops the query, listens on a path of its own. */
const gosmee: RelayDialect = {
  channelPattern: /^[A-Za-z0-9_-]{12,64}$/,
  maxBodyBytes: 25 * 1024 * 1024,
  subscription: (path) => (path.startsWith('/events/') ? path.slice('/events/'.length) : undefined),
  hello: [{ data: '{"message":"connected"}' }, { data: '{"message":"ready"}' }],
  ping: { comment: 'ping' },
  accept({ headers, body }) {
    if (!(headers['content-type'] ?? '').includes('application/json')) return { refused: 400 }
    if (parseJson(body) === undefined) return { refused: 400 }
    const payload = { ...headers, timestamp: Date.now(), bodyB: body.toString('base64') }
    return { data: JSON.stringify(payload) }
  },
  reply: (channel) => ({
    status: 202,
    body: `${JSON.stringify({ status: 202, channel, message: 'ok' })}\n`,
  }),
}

export const RELAY_DIALECTS = { smee, gosmee } as const

/** The text of one server-sent event. */
export function eventText(event: RelayEvent, id: number): string {
  if (event.comment !== undefined) return `: ${event.comment}\n\n`
  const name = event.event === undefined ? '' : `event: ${event.event}\n`
  return `id: ${id}\n${name}data: ${event.data ?? ''}\n\n`
}

function mediaType(headers: IncomingHttpHeaders): string {
  return (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
}
