import { randomBytes, randomUUID } from 'node:crypto'
import { createServer, type ServerResponse } from 'node:http'
import { listen, shut, trackSockets } from './loopback-server.ts'

export interface QuickTunnel {
  tunnelId: string
  hostname: string
  secret: Buffer
}

/** What goes wrong with the next requests. */
export type QuickTunnelFault =
  /** 429 with Cloudflare's text, which is no JSON. */
  | 'rate-limited'
  /** A page instead of JSON, as a gateway gives it. */
  | { kind: 'html'; status: number }
  | 'hang'
  /** JSON that says no. */
  | 'refused'
  | 'cut'

export interface QuickTunnelApiOptions {
  /** Told of each tunnel before the client is. */
  onTunnel?: (tunnel: QuickTunnel) => void
}

export interface QuickTunnelApi {
  readonly port: number
  /** The flag of cloudflared that points at this service. */
  readonly flags: string[]
  readonly tunnels: QuickTunnel[]
  readonly requests: { at: number; userAgent: string | undefined }[]
  /** For the next `count` requests; for all of them by default. */
  fail(fault: QuickTunnelFault, count?: number): void
  recover(): void
  close(): Promise<void>
}

/** The service that gives out quick tunnels: `POST /tunnel`. */
export async function startQuickTunnelApi(
  options: QuickTunnelApiOptions = {},
): Promise<QuickTunnelApi> {
  const tunnels: QuickTunnel[] = []
  const requests: QuickTunnelApi['requests'] = []
  let faults: { fault: QuickTunnelFault; left: number } | undefined

  const create = (response: ServerResponse) => {
    const tunnel: QuickTunnel = {
      tunnelId: randomUUID(),
      hostname: `rig-${randomBytes(6).toString('hex')}.trycloudflare.com`,
      secret: randomBytes(32),
    }
    tunnels.push(tunnel)
    options.onTunnel?.(tunnel)
    sendJson(response, {
      success: true,
      result: {
        id: tunnel.tunnelId,
        name: `qt-${tunnel.hostname.split('.')[0]}`,
        hostname: tunnel.hostname,
        account_tag: '0123456789abcdef0123456789abcdef',
        secret: tunnel.secret.toString('base64'),
      },
      errors: [],
    })
  }

  const server = createServer((incoming, response) => {
    incoming.resume()
    if (incoming.method !== 'POST' || incoming.url !== '/tunnel') {
      response.writeHead(404).end()
      return
    }
    requests.push({ at: Date.now(), userAgent: incoming.headers['user-agent'] })
    if (faults !== undefined && faults.left > 0) {
      faults.left -= 1
      answerFault(faults.fault, response)
    } else create(response)
  })
  const sockets = trackSockets(server)
  const port = await listen(server)
  return {
    port,
    flags: ['--quick-service', `http://127.0.0.1:${port}`],
    tunnels,
    requests,
    fail: (fault, count = Number.POSITIVE_INFINITY) => {
      faults = { fault, left: count }
    },
    recover: () => {
      faults = undefined
    },
    close: () => shut(server, sockets),
  }
}

function answerFault(fault: QuickTunnelFault, response: ServerResponse): void {
  if (fault === 'hang') return
  if (fault === 'cut') {
    response.destroy()
  } else if (fault === 'rate-limited') {
    response.writeHead(429, { 'content-type': 'text/plain; charset=UTF-8' }).end('error code: 1015')
  } else if (fault === 'refused') {
    const errors = [{ code: 1101, message: 'Internal error' }]
    sendJson(response, { success: false, result: null, errors })
  } else {
    const page = `<!DOCTYPE html><html><title>${fault.status}: error</title></html>`
    response.writeHead(fault.status, { 'content-type': 'text/html' }).end(page)
  }
}

function sendJson(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value))
}
