import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { CloudflareEdge } from './cloudflare-edge.ts'
import { listen, shut, trackSockets } from './loopback-server.ts'

export interface CloudflareFrontOptions {
  edge: CloudflareEdge
  /** Names in the certificate. Default `trycloudflare.com` and everything below. */
  names?: string[]
  /** Default: a free port. 443 needs root, and lets a client follow an address from DNS. */
  httpsPort?: number
  host?: string
}

export interface FrontRequest {
  hostname: string
  method: string
  path: string
  status: number
}

export interface CloudflareFront {
  readonly host: string
  readonly httpPort: number
  readonly httpsPort: number
  readonly requests: FrontRequest[]
  /** Answers every request itself: an interstitial page, a block, a bad gateway. */
  answerInstead(answer: { status: number; body: string } | undefined): void
  close(): Promise<void>
}

/** The public side of the tunnels: the Host header decides which connector gets the request. */
export async function startCloudflareFront(
  options: CloudflareFrontOptions,
): Promise<CloudflareFront> {
  const host = options.host ?? '127.0.0.1'
  const names = options.names ?? ['trycloudflare.com', '*.trycloudflare.com']
  const own = options.edge.authority.issue([...names, '127.0.0.1', 'localhost'])
  const requests: FrontRequest[] = []
  let instead: { status: number; body: string } | undefined

  const pass = async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const hostname = (incoming.headers.host ?? '').replace(/:\d+$/, '').toLowerCase()
    const method = incoming.method ?? 'GET'
    const path = incoming.url ?? '/'
    const chunks: Buffer[] = []
    for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk)
    const answer = instead
      ? { status: instead.status, headers: {}, body: Buffer.from(instead.body) }
      : await options.edge.request({
          method,
          path,
          hostname,
          headers: incoming.headers,
          body: Buffer.concat(chunks),
        })
    requests.push({ hostname, method, path, status: answer.status })
    const { 'transfer-encoding': _, connection: __, ...headers } = answer.headers
    outgoing.writeHead(answer.status, { ...headers, server: 'cloudflare' }).end(answer.body)
  }
  const handler = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    pass(incoming, outgoing).catch(() => outgoing.destroy())
  }

  const plain = createServer(handler)
  const secure = createTlsServer({ cert: own.certificatePem, key: own.privateKeyPem }, handler)
  secure.on('tlsClientError', () => {})
  const plainSockets = trackSockets(plain)
  const secureSockets = trackSockets(secure)
  const httpPort = await listen(plain, { host })
  const httpsPort = await listen(secure, { host, port: options.httpsPort ?? 0 })
  return {
    host,
    httpPort,
    httpsPort,
    requests,
    answerInstead: (answer) => {
      instead = answer
    },
    close: async () => {
      await Promise.all([shut(plain, plainSockets), shut(secure, secureSockets)])
    },
  }
}
