import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Delivery } from '../base/delivery.ts'
import { flattenHeaders } from '../net/headers.ts'

const HEADERS_MS = 5_000
const REQUEST_MS = 10_000
const MAX_BODY_BYTES = 1024 * 1024
/**
 * Connections that have not shown the path yet. Of more the oldest is closed, so that however many
 * stand and say nothing, a webhook that comes is read at once.
 */
const MAX_STRANGERS = 64
/** Far beyond what the limit above lets stand; only a flood gets here. */
const MAX_SOCKETS = 1_024
/**
 * Bodies that are being read at the same time; a provider sends one now and then. Of more the oldest
 * is given up: one that has not come by then is slow, and must not keep out one that comes at once.
 */
const MAX_BODIES = 8

/** What node calls a connection that did not end well; all others are malformed. */
const CLIENT_ERRORS: Record<string, string> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'too slow',
  HPE_INVALID_EOF_STATE: 'broken off',
  ECONNRESET: 'broken off',
}

/** What the receiver turned away, for one line in the log. */
export interface Rejects {
  /** How often, by the reason in words. */
  reasons: Record<string, number>
}

export interface Receiver {
  port: number
  /** `/` and 32 random bytes: who does not know it gets 404. */
  path: string
  rejects: Rejects
  /** What it calls itself in its answers; another receiver has another name. */
  name: string
  /** The answer that a self-ping with this nonce must bring. */
  pong(nonce: string): string
  close(): void
}

/** On every answer: which receiver gave it, for a self-ping that ends at another one. */
export const ANSWERED_BY = 'x-answered-by'
export const ANSWERER = 'deploy-game-server/'

/**
 * Listens on 127.0.0.1 for `POST <path>` and `GET <path>/ping?n=<nonce>`; all else is 404. Through a
 * tunnel the whole internet may knock, so every size, time and number has its bound. A delivery is
 * answered before anything is done with it, and no body or path is ever logged.
 *
 * @param port 0 for any
 * @param onCrowd called when connections are closed because there are too many, or many are slow
 * @throws Error when the port is taken
 */
export async function startReceiver(
  port: number,
  onDelivery: (delivery: Delivery) => void,
  onCrowd: () => void = () => {},
): Promise<Receiver> {
  const listener = new Listener(onDelivery, onCrowd)
  await listener.listen(port)
  return listener
}

class Listener implements Receiver {
  readonly path = `/${randomBytes(32).toString('base64url')}`
  readonly rejects: Rejects = { reasons: {} }
  readonly name = ANSWERER + randomBytes(8).toString('hex')
  readonly #pingKey = randomBytes(32)
  readonly #onDelivery: (delivery: Delivery) => void
  readonly #onCrowd: () => void
  readonly #server: Server
  readonly #strangers = new Set<Duplex>()
  readonly #noted = new WeakSet<Duplex>()
  readonly #bodies = new Set<IncomingMessage>()

  constructor(onDelivery: (delivery: Delivery) => void, onCrowd: () => void) {
    this.#onDelivery = onDelivery
    this.#onCrowd = onCrowd
    this.#server = createServer({
      headersTimeout: HEADERS_MS,
      requestTimeout: REQUEST_MS,
      // How often node checks the two times above; 30 s by default, so they would mean nothing.
      connectionsCheckingInterval: 1_000,
    })
    this.#server.maxConnections = MAX_SOCKETS
    // A socket on which nothing moves, in either direction.
    this.#server.setTimeout(REQUEST_MS)
    this.#handle()
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  async listen(port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen({ host: '127.0.0.1', port, exclusive: true }, resolve)
    })
    // From here on a failure of the listener costs the webhook, never the step.
    this.#server.on('error', () => this.#note('a fault of the listener'))
  }

  pong(nonce: string): string {
    return createHmac('sha256', this.#pingKey).update(nonce).digest('base64url')
  }

  close(): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }

  #handle(): void {
    const server = this.#server
    server.on('connection', (socket) => this.#admit(socket))
    server.on('request', (request, response) => this.#serve(request, response))
    // Node itself would tell everybody who asks to go on and send a body.
    server.on('checkContinue', (request, response) =>
      this.#serve(request, response, () => response.writeContinue()),
    )
    server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
      this.#note(CLIENT_ERRORS[error.code ?? ''] ?? 'malformed', socket)
      socket.destroy()
    })
    server.on('drop', () => {
      this.#note('too many connections')
      this.#onCrowd()
    })
  }

  #admit(socket: Duplex): void {
    const strangers = this.#strangers
    strangers.add(socket)
    socket.once('close', () => strangers.delete(socket))
    if (strangers.size <= MAX_STRANGERS) return
    const [oldest] = strangers
    if (oldest) {
      strangers.delete(oldest)
      this.#note('too many connections', oldest)
      oldest.destroy()
    }
    this.#onCrowd()
  }

  #serve(request: IncomingMessage, response: ServerResponse, goOn = () => {}): void {
    response.setHeader(ANSWERED_BY, this.name)
    const [target = '', query = ''] = (request.url ?? '').split('?', 2)
    if (request.method === 'GET' && isSameSecret(target, `${this.path}/ping`)) {
      const nonce = new URLSearchParams(query).get('n') ?? ''
      answer(response, nonce.length <= 64 ? 200 : 400, this.pong(nonce))
    } else if (request.method === 'POST' && isSameSecret(target, this.path)) {
      this.#strangers.delete(request.socket)
      goOn()
      void this.#take(request, response)
    } else this.#reject(request, response, 404, 'unknown path or method')
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#bodies.add(request)
    if (this.#bodies.size > MAX_BODIES) this.#giveUpOldest()
    try {
      const isTooLarge = Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES
      const body = isTooLarge ? undefined : await readBody(request)
      if (body === undefined) return this.#reject(request, response, 413, 'over 1 MiB')
      answer(response, 204)
      this.#onDelivery({ headers: flattenHeaders(request.headers), body })
    } catch {
      this.#note('broken off', request.socket)
    } finally {
      this.#bodies.delete(request)
    }
  }

  #giveUpOldest(): void {
    const [oldest] = this.#bodies
    if (!oldest) return
    this.#bodies.delete(oldest)
    this.#note('too many at once', oldest.socket)
    oldest.destroy()
    this.#onCrowd()
  }

  #reject(
    request: IncomingMessage,
    response: ServerResponse,
    status: number,
    reason: string,
  ): void {
    this.#note(reason, request.socket)
    response.setHeader('connection', 'close')
    answer(response, status)
    response.once('finish', () => request.destroy())
  }

  /** Counts once per socket: a request that times out, for one, is reported in two ways. */
  #note(reason: string, socket?: Duplex): void {
    if (socket && this.#noted.has(socket)) return
    if (socket) this.#noted.add(socket)
    const { reasons } = this.rejects
    reasons[reason] = (reasons[reason] ?? 0) + 1
  }
}

/** Compares in constant time, so that the path cannot be guessed byte by byte. */
export function isSameSecret(given: string, expected: string): boolean {
  const a = Buffer.from(given)
  const b = Buffer.from(expected)
  return a.length === b.length && timingSafeEqual(a, b)
}

async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  // The socket must outlive a body that is too large, or the sender never hears why.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    size += chunk.length
    if (size > MAX_BODY_BYTES) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function answer(response: ServerResponse, status: number, text = ''): void {
  response.writeHead(status, {
    'content-type': 'text/plain',
    'cache-control': 'no-store',
  })
  response.end(text)
}
