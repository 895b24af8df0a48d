import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { listen, shut, trackSockets } from './loopback-server.ts'
import { eventText, RELAY_DIALECTS, type RelayEvent, type RelayPost } from './relay-dialects.ts'

export interface RelayOptions {
  dialect: keyof typeof RELAY_DIALECTS
  /** Default 30 s, as the real ones. */
  pingIntervalMs?: number
  maxBodyBytes?: number
}

export interface RelaySubscription {
  channel: string
  headers: IncomingMessage['headers']
  open: boolean
}

export interface Relay {
  readonly port: number
  readonly url: string
  /** Every subscription ever made, in order. */
  readonly subscriptions: RelaySubscription[]
  /** Every POST that arrived, with the status that its sender was given. */
  readonly posts: (RelayPost & { status: number; deliveries: number })[]
  openSubscriptions(): number
  /** Resolves once that many streams are open. */
  waitForSubscriptions(count: number): Promise<void>
  /** Cuts every stream; the server stays up. */
  dropConnections(): void
  /** Streams stay open and fall silent, pings included. New ones too with `alsoNew`. */
  stall(options?: { alsoNew?: boolean }): void
  /** New streams work again; a stalled one never recovers, as a half-open connection does not. */
  resume(): void
  /** Answers subscribers with this status instead of a stream; undefined lifts it. */
  refuseSubscribers(status: number | undefined): void
  /** Closes everything and listens on the same port again after `downMs`. */
  restart(options: { downMs: number }): Promise<void>
  close(): Promise<void>
}

interface Listener {
  subscription: RelaySubscription
  response: ServerResponse
  sent: number
  stalled: boolean
}

/** A webhook relay on loopback that behaves as smee.io or gosmee does. */
export async function startRelay(options: RelayOptions): Promise<Relay> {
  const dialect = RELAY_DIALECTS[options.dialect]
  const maxBodyBytes = options.maxBodyBytes ?? dialect.maxBodyBytes
  const listeners = new Set<Listener>()
  const subscriptions: RelaySubscription[] = []
  const posts: Relay['posts'] = []
  const waiting = new Set<() => void>()
  let stallNew = false
  let refusedStatus: number | undefined
  let closed = false

  const send = (listener: Listener, event: RelayEvent) => {
    if (listener.stalled) return
    listener.response.write(eventText(event, listener.sent))
    listener.sent += 1
  }

  const subscribe = (channel: string, incoming: IncomingMessage, response: ServerResponse) => {
    if (!dialect.channelPattern.test(channel)) return end(response, 400)
    if (refusedStatus !== undefined) return end(response, refusedStatus)
    const subscription = { channel, headers: incoming.headers, open: true }
    const listener = { subscription, response, sent: 0, stalled: stallNew }
    subscriptions.push(subscription)
    listeners.add(listener)
    incoming.socket.setTimeout(0)
    response.once('close', () => {
      subscription.open = false
      listeners.delete(listener)
    })
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
    response.flushHeaders()
    for (const event of dialect.hello) send(listener, event)
    for (const check of [...waiting]) check()
  }

  const publish = async (url: URL, incoming: IncomingMessage, response: ServerResponse) => {
    const channel = url.pathname.slice(1)
    if (channel.includes('/')) return end(response, 404)
    if (!dialect.channelPattern.test(channel)) return end(response, 400)
    const body = await readBody(incoming, maxBodyBytes)
    const post: RelayPost = {
      channel,
      headers: incoming.headers,
      query: Object.fromEntries(url.searchParams),
      body: body ?? Buffer.alloc(0),
    }
    const event = body === undefined ? { refused: 413 } : dialect.accept(post)
    if ('refused' in event) {
      posts.push({ ...post, status: event.refused, deliveries: 0 })
      return end(response, event.refused)
    }
    const targets = [...listeners].filter(({ subscription }) => subscription.channel === channel)
    const { status, body: text } = dialect.reply(channel)
    posts.push({ ...post, status, deliveries: targets.filter(({ stalled }) => !stalled).length })
    for (const listener of targets) send(listener, event)
    end(response, status, text)
  }

  const handle = async (incoming: IncomingMessage, response: ServerResponse) => {
    const url = new URL(incoming.url ?? '/', 'http://relay')
    if (incoming.method === 'POST') return publish(url, incoming, response)
    if (incoming.method !== 'GET' && incoming.method !== 'HEAD') return end(response, 404)
    const channel = dialect.subscription(url.pathname, incoming.headers.accept)
    if (channel !== undefined && !channel.includes('/'))
      return subscribe(channel, incoming, response)
    if (url.pathname.slice(1).includes('/')) return end(response, 404)
    response.setHeader('content-type', 'text/html; charset=utf-8')
    end(response, 200, '<!doctype html><title>relay</title>')
  }

  const server = createServer((incoming, response) => {
    handle(incoming, response).catch(() => response.destroy())
  })
  const sockets = trackSockets(server)
  const port = await listen(server)
  const pings = setInterval(() => {
    for (const listener of listeners) send(listener, dialect.ping)
  }, options.pingIntervalMs ?? 30_000)
  pings.unref()

  return {
    port,
    url: `http://127.0.0.1:${port}`,
    subscriptions,
    posts,
    openSubscriptions: () => listeners.size,
    waitForSubscriptions: (count) =>
      new Promise((resolve) => {
        const check = () => {
          if (listeners.size < count) return
          waiting.delete(check)
          resolve()
        }
        waiting.add(check)
        check()
      }),
    dropConnections: () => {
      for (const { response } of listeners) response.destroy()
    },
    stall: ({ alsoNew = false } = {}) => {
      for (const listener of listeners) listener.stalled = true
      stallNew = alsoNew
    },
    resume: () => {
      stallNew = false
    },
    refuseSubscribers: (status) => {
      refusedStatus = status
    },
    restart: async ({ downMs }) => {
      await shut(server, sockets)
      await sleep(downMs)
      if (!closed) await listen(server, { port })
    },
    close: async () => {
      closed = true
      clearInterval(pings)
      if (server.listening) await shut(server, sockets)
    },
  }
}

function end(response: ServerResponse, status: number, body = ''): void {
  response.writeHead(status).end(body)
}

/** The body, or undefined when it is larger than allowed; the rest is read and dropped. */
async function readBody(
  incoming: IncomingMessage,
  limitBytes: number,
): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let sizeBytes = 0
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length
    if (sizeBytes <= limitBytes) chunks.push(chunk)
  }
  return sizeBytes > limitBytes ? undefined : Buffer.concat(chunks)
}
