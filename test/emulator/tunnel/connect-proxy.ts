import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { listen, shut, trackSockets } from './loopback-server.ts'

export interface ConnectProxyOptions {
  credentials?: { user: string; password: string }
  /**
   * Where a name really leads, as `{'api.example.com:443': '127.0.0.1:8443'}`; `*.example.com:443`
   * matches any name below. What has no route must be loopback: the rig never leaves the machine.
   */
  routes?: Record<string, string>
}

export interface ProxiedConnection {
  /** `CONNECT`, or the method of a plain request that was forwarded. */
  method: string
  /** As the client asked: `host:port` for CONNECT, the absolute URL otherwise. */
  target: string
  status: number
}

export interface ConnectProxy {
  readonly port: number
  /** Without credentials. */
  readonly url: string
  /** With the credentials in it, URL-encoded as a user would write them. */
  readonly urlWithCredentials: string
  readonly connections: ProxiedConnection[]
  /** Accepts connections but never answers. */
  hang(on: boolean): void
  /** Cuts every tunnel that is open now. */
  dropConnections(): void
  close(): Promise<void>
}

/** An HTTP proxy on loopback: CONNECT tunnels and absolute-form requests. */
export async function startConnectProxy(options: ConnectProxyOptions = {}): Promise<ConnectProxy> {
  const connections: ProxiedConnection[] = []
  const upstreams = new Set<Socket>()
  let hanging = false
  const server = createServer()
  const sockets = trackSockets(server)
  const routeFor = (incoming: IncomingMessage, target: string): Route | 403 | 407 => {
    if (!isAuthorized(incoming, options.credentials)) return 407
    return routeOf(target, options.routes ?? {}) ?? 403
  }
  const record = (incoming: IncomingMessage, status: number) => {
    connections.push({ method: incoming.method ?? '', target: incoming.url ?? '', status })
  }

  server.on('connect', (incoming: IncomingMessage, client: Duplex, head: Buffer) => {
    if (hanging) return
    const route = routeFor(incoming, incoming.url ?? '')
    if (typeof route === 'number') {
      record(incoming, route)
      const challenge = route === 407 ? 'Proxy-Authenticate: Basic realm="rig"\r\n' : ''
      client.end(`HTTP/1.1 ${route} Refused\r\n${challenge}Content-Length: 0\r\n\r\n`)
      return
    }
    const upstream = connect(route.port, route.host)
    upstreams.add(upstream)
    upstream.once('close', () => upstreams.delete(upstream))
    let isOpen = false
    upstream.once('connect', () => {
      isOpen = true
      record(incoming, 200)
      client.write('HTTP/1.1 200 Connection established\r\n\r\n')
      if (head.length > 0) upstream.write(head)
      client.pipe(upstream).pipe(client)
    })
    upstream.once('error', () => {
      // Once the tunnel is open, an answer would be read as if the far end had sent it.
      if (isOpen) return client.destroy()
      record(incoming, 502)
      client.end('HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n')
    })
    client.once('close', () => upstream.destroy())
  })

  server.on('request', (incoming: IncomingMessage, outgoing: ServerResponse) => {
    if (hanging) return
    const url = URL.canParse(incoming.url ?? '') ? new URL(incoming.url ?? '') : undefined
    const target = `${url?.hostname}:${url?.port || 80}`
    const route = url === undefined ? 400 : routeFor(incoming, target)
    if (typeof route === 'number') {
      record(incoming, route)
      outgoing.writeHead(route, { 'content-length': 0 }).end()
      return
    }
    const { 'proxy-authorization': _, 'proxy-connection': __, ...headers } = incoming.headers
    const upstream = request({
      host: route.host,
      port: route.port,
      method: incoming.method,
      path: `${url?.pathname}${url?.search}`,
      headers,
      agent: false,
    })
    upstream.once('response', (answer) => {
      record(incoming, answer.statusCode ?? 0)
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    upstream.once('error', () => {
      record(incoming, 502)
      if (outgoing.headersSent) outgoing.destroy()
      else outgoing.writeHead(502).end()
    })
    outgoing.once('close', () => upstream.destroy())
    incoming.pipe(upstream)
  })

  const port = await listen(server)
  const dropConnections = () => {
    for (const socket of [...sockets, ...upstreams]) socket.destroy()
  }
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    urlWithCredentials: `http://${userPart(options.credentials)}127.0.0.1:${port}`,
    connections,
    hang: (on) => {
      hanging = on
    },
    dropConnections,
    close: async () => {
      dropConnections()
      await shut(server, sockets)
    },
  }
}

interface Route {
  host: string
  port: number
}

type Credentials = ConnectProxyOptions['credentials']

function isAuthorized(incoming: IncomingMessage, credentials: Credentials): boolean {
  if (credentials === undefined) return true
  const expected = Buffer.from(`${credentials.user}:${credentials.password}`).toString('base64')
  return incoming.headers['proxy-authorization'] === `Basic ${expected}`
}

function userPart(credentials: Credentials): string {
  if (credentials === undefined) return ''
  const { user, password } = credentials
  return `${encodeURIComponent(user)}:${encodeURIComponent(password)}@`
}

/** The loopback address behind a `host:port`, or undefined where the rig must not go. */
function routeOf(target: string, routes: Record<string, string>): Route | undefined {
  const wildcard = target.replace(/^[^.]+/, '*')
  const [, host = '', port = ''] =
    /^\[?(.+?)\]?:(\d+)$/.exec(routes[target] ?? routes[wildcard] ?? target) ?? []
  const isLoopback = host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)
  return isLoopback ? { host, port: Number(port) } : undefined
}
