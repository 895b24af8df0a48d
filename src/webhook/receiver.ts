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
/** Bodies that are being read at the same time; a provider sends one now and then. */
const MAX_BODIES = 8

/** What node calls a connection that did not end well; all others are malformed. */
const CLIENT_ERRORS: Record<string, string> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'too slow',
  HPE_INVALID_EOF_STATE: 'broken off',
  ECONNRESET: 'broken off',
}

/** What the receiver turned away, for one line in the log. */
export interface Rejects {
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
 * @param onCrowd called when connections are closed because there are too many
 * @throws Error when the port is taken
 */
export async function startReceiver(
  port: number,
  onDelivery: (delivery: Delivery) => void,
  onCrowd: () => void = () => {},
): Promise<Receiver> {
  const path = `/${randomBytes(32).toString('base64url')}`
  const pingKey = randomBytes(32)
  const rejects: Rejects = { reasons: {} }
  const pong = (nonce: string) => createHmac('sha256', pingKey).update(nonce).digest('base64url')
  let bodies = 0
  const noted = new WeakSet<Duplex>()

  const server = createServer({
    headersTimeout: HEADERS_MS,
    requestTimeout: REQUEST_MS,
    // How often node checks the two times above; 30 s by default, so they would mean nothing.
    connectionsCheckingInterval: 1_000,
  })
  server.maxConnections = MAX_SOCKETS
  // A socket on which nothing moves, in either direction.
  server.setTimeout(REQUEST_MS)
  const name = ANSWERER + randomBytes(8).toString('hex')
  const strangers = new Set<Duplex>()
  server.on('connection', (socket) => {
    strangers.add(socket)
    socket.once('close', () => strangers.delete(socket))
    if (strangers.size <= MAX_STRANGERS) return
    const [oldest] = strangers
    if (oldest) {
      strangers.delete(oldest)
      note('too many connections', oldest)
      oldest.destroy()
    }
    onCrowd()
  })
  const serve = (request: IncomingMessage, response: ServerResponse, goOn = () => {}) => {
    response.setHeader(ANSWERED_BY, name)
    const [target = '', query = ''] = (request.url ?? '').split('?', 2)
    if (request.method === 'GET' && isSameSecret(target, `${path}/ping`)) {
      const nonce = new URLSearchParams(query).get('n') ?? ''
      answer(response, nonce.length <= 64 ? 200 : 400, pong(nonce))
    } else if (request.method === 'POST' && isSameSecret(target, path)) {
      strangers.delete(request.socket)
      goOn()
      void take(request, response)
    } else reject(request, response, 404, 'unknown path or method')
  }
  server.on('request', serve)
  // Node itself would tell everybody who asks to go on and send a body.
  server.on('checkContinue', (request, response) =>
    serve(request, response, () => response.writeContinue()),
  )
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    note(CLIENT_ERRORS[error.code ?? ''] ?? 'malformed', socket)
    socket.destroy()
  })
  server.on('drop', () => {
    note('too many connections')
    onCrowd()
  })
  await listen(server, port)
  // From here on a failure of the listener costs the webhook, never the step.
  server.on('error', () => note('a fault of the listener'))
  return {
    port: (server.address() as AddressInfo).port,
    path,
    rejects,
    name,
    pong,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }

  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (bodies >= MAX_BODIES) return reject(request, response, 503, 'too many at once')
    bodies += 1
    try {
      const isTooLarge = Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES
      const body = isTooLarge ? undefined : await readBody(request)
      if (body === undefined) return reject(request, response, 413, 'over 1 MiB')
      answer(response, 204)
      onDelivery({ headers: flattenHeaders(request.headers), body })
    } catch {
      note('broken off', request.socket)
    } finally {
      bodies -= 1
    }
  }

  function reject(
    request: IncomingMessage,
    response: ServerResponse,
    status: number,
    reason: string,
  ): void {
    note(reason, request.socket)
    response.setHeader('connection', 'close')
    answer(response, status)
    response.once('finish', () => request.destroy())
  }

  /** Counts once per socket: a request that times out, for one, is reported in two ways. */
  function note(reason: string, socket?: Duplex): void {
    if (socket && noted.has(socket)) return
    if (socket) noted.add(socket)
    rejects.reasons[reason] = (rejects.reasons[reason] ?? 0) + 1
  }
}

async function listen(server: Server, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host: '127.0.0.1', port, exclusive: true }, resolve)
  })
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
