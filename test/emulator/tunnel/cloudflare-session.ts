import { type ClientHttp2Session, connect, constants, type IncomingHttpHeaders } from 'node:http2'
import type { TLSSocket } from 'node:tls'
import { type ControlStreamEvents, serveControlStream } from './cloudflare-rpc.ts'

const UPGRADE = 'cf-cloudflared-proxy-connection-upgrade'
/** Headers of the connection, which HTTP/2 does not carry, and the size, which is written anew. */
const HOP_HEADERS = [
  'connection',
  'content-length',
  'host',
  'keep-alive',
  'te',
  'transfer-encoding',
  'upgrade',
]

export interface PublicRequest {
  method: string
  /** With the query. */
  path: string
  hostname: string
  headers?: Record<string, string | string[] | undefined>
  body?: Buffer
}

export interface PublicResponse {
  status: number
  headers: Record<string, string[]>
  body: Buffer
}

/** One connector's connection. The roles are turned: the side that accepted sends the requests. */
export interface CloudflareSession {
  request(request: PublicRequest): Promise<PublicResponse>
  /** Pushes the ingress of a tunnel that is managed remotely; gives the connector's reply. */
  pushConfiguration(version: number, configuration: unknown): Promise<string>
  destroy(): void
}

/** Takes over an accepted socket. `onClose` comes once, however it ends. */
export function openSession(
  socket: TLSSocket,
  events: ControlStreamEvents,
  onClose: () => void,
): CloudflareSession {
  const session = connect('https://edge', { createConnection: () => socket })
  session.on('error', () => {})
  session.once('close', onClose)
  const control = session.request(
    { ':method': 'GET', ':path': '/', [UPGRADE]: 'control-stream' },
    { endStream: false },
  )
  control.on('error', () => {})
  // A connector that was refused ends this stream and waits for the edge to hang up.
  control.once('end', () => {
    if (refused) setImmediate(() => socket.destroy())
  })
  let refused = false
  serveControlStream(control, {
    ...events,
    register(registration) {
      const reply = events.register(registration)
      refused = !reply.accept
      return reply
    },
  })
  return {
    request: (request) => exchange(session, publicHeaders(request), request.body),
    async pushConfiguration(version, configuration) {
      const headers = { ':method': 'POST', ':path': '/', [UPGRADE]: 'update-configuration' }
      const body = Buffer.from(JSON.stringify({ version, config: configuration }))
      return (await exchange(session, headers, body)).body.toString('utf8')
    },
    destroy: () => {
      socket.destroy()
      session.destroy()
    },
  }
}

function publicHeaders(request: PublicRequest): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {
    ':method': request.method,
    ':path': request.path,
    ':authority': request.hostname,
    ':scheme': 'https',
    'cf-connecting-ip': '203.0.113.9',
    'cf-ray': '0000000000000000-RIG',
    'x-forwarded-proto': 'https',
  }
  if (request.body !== undefined) headers['content-length'] = String(request.body.length)
  for (const [name, value] of Object.entries(request.headers ?? {})) {
    const lowerName = name.toLowerCase()
    if (value !== undefined && !HOP_HEADERS.includes(lowerName)) headers[lowerName] = value
  }
  return headers
}

function exchange(
  session: ClientHttp2Session,
  headers: Record<string, string | string[]>,
  body: Buffer | undefined,
): Promise<PublicResponse> {
  return new Promise((resolve, reject) => {
    if (session.destroyed || session.closed) throw new Error('the connector has gone')
    const stream = session.request(headers, { endStream: false })
    const chunks: Buffer[] = []
    let received: IncomingHttpHeaders = {}
    stream.once('response', (fields) => {
      received = fields
    })
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.once('error', reject)
    stream.once('close', () => {
      const status = Number(received[constants.HTTP2_HEADER_STATUS] ?? 0)
      if (status === 0) return reject(new Error('the connector closed the stream'))
      resolve({ status, headers: originHeaders(received), body: Buffer.concat(chunks) })
    })
    stream.end(body)
  })
}

/** The origin's headers travel in one header: base64 names and values, `name:value;name:value`. */
function originHeaders(received: IncomingHttpHeaders): Record<string, string[]> {
  const packed = received['cf-cloudflared-response-headers']
  const headers: Record<string, string[]> = {}
  if (typeof packed !== 'string' || packed === '') return headers
  for (const pair of packed.split(';')) {
    const [name = '', value = ''] = pair
      .split(':')
      .map((part) => Buffer.from(part, 'base64').toString())
    const lowerName = name.toLowerCase()
    headers[lowerName] = [...(headers[lowerName] ?? []), value]
  }
  return headers
}
