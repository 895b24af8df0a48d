import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer, type TLSSocket } from 'node:tls'
import { createTestAuthority, type TestAuthority } from './certificate.ts'
import type { Registration, RegistrationReply } from './cloudflare-rpc.ts'
import {
  type CloudflareSession,
  openSession,
  type PublicRequest,
  type PublicResponse,
} from './cloudflare-session.ts'
import { listen, shut, trackSockets } from './loopback-server.ts'

/** The name that cloudflared asks for in the TLS handshake when it speaks HTTP/2. */
const EDGE_SERVER_NAME = 'h2.cftunnel.com'

export interface Tunnel {
  tunnelId: string
  hostname: string
  /** The ingress that the edge pushes: a tunnel that is managed in the dashboard. */
  managedIngress?: { hostname?: string; service: string }[]
  /** Registrations with another secret are refused for good. */
  secret?: Buffer
}

/** What the edge does with connectors: serve, cut at once, accept and stay mute, or refuse. */
export type EdgeMode =
  | { kind: 'serving' }
  | { kind: 'cutting' }
  | { kind: 'mute' }
  | { kind: 'refusing'; cause: string; retryAfterMs?: number }

export interface CloudflareEdge {
  readonly authority: TestAuthority
  /** The authority's certificate as a file. */
  readonly authorityFile: string
  /** `--edge` twice: with one address a failed dial is repeated without any pause. */
  readonly flags: string[]
  readonly registrations: Registration[]
  /** TLS connections that connectors opened, whatever became of them. */
  readonly dials: { count: number }
  addTunnel(tunnel: Tunnel): void
  connected(hostname: string): boolean
  /** Resolves once a connector serves that name. */
  waitForConnection(hostname: string): Promise<void>
  /** A request from the internet: 530 while no connector serves the name. */
  request(request: PublicRequest): Promise<PublicResponse>
  mode(mode: EdgeMode): void
  /** Cuts every connector; they dial again by themselves. */
  killConnections(): void
  close(): Promise<void>
}

/** A stand-in for Cloudflare's edge on 127.0.0.1 and 127.0.0.2, good for the real cloudflared. */
export async function startCloudflareEdge(): Promise<CloudflareEdge> {
  const authority = createTestAuthority()
  const folder = mkdtempSync(join(tmpdir(), 'edge-rig-'))
  const authorityFile = join(folder, 'authority.pem')
  writeFileSync(authorityFile, authority.certificatePem)
  const own = authority.issue([EDGE_SERVER_NAME])
  const tunnels = new Map<string, Tunnel>()
  /** The newest connector of each hostname comes last and gets the requests. */
  const sessions = new Map<string, CloudflareSession[]>()
  const registrations: Registration[] = []
  const dials = { count: 0 }
  const waiting = new Set<() => void>()
  let mode: EdgeMode = { kind: 'serving' }

  const tunnelOf = (tunnelId: string) =>
    [...tunnels.values()].find((tunnel) => tunnel.tunnelId === tunnelId)

  const judge = (registration: Registration): RegistrationReply => {
    if (mode.kind === 'refusing') {
      return { accept: false, cause: mode.cause, retryAfterMs: mode.retryAfterMs }
    }
    const tunnel = tunnelOf(registration.tunnelId)
    if (tunnel === undefined || (tunnel.secret && !tunnel.secret.equals(registration.secret))) {
      const cause = tunnel
        ? 'Unauthorized: Invalid tunnel secret'
        : 'Unauthorized: Tunnel not found'
      return { accept: false, cause, retryAfterMs: undefined }
    }
    const remotelyManaged = tunnel.managedIngress !== undefined
    return { accept: true, locationName: 'rig01', remotelyManaged }
  }

  const serve = (socket: TLSSocket) => {
    let tunnel: Tunnel | undefined
    const leave = () => {
      if (tunnel === undefined) return
      const others = (sessions.get(tunnel.hostname) ?? []).filter((other) => other !== session)
      sessions.set(tunnel.hostname, others)
    }
    const session = openSession(
      socket,
      {
        register(registration) {
          registrations.push(registration)
          const reply = judge(registration)
          tunnel = reply.accept ? tunnelOf(registration.tunnelId) : undefined
          return reply
        },
        registered() {
          if (tunnel === undefined) return
          sessions.set(tunnel.hostname, [...(sessions.get(tunnel.hostname) ?? []), session])
          if (tunnel.managedIngress !== undefined) {
            const ingress = [...tunnel.managedIngress, { service: 'http_status:404' }]
            session.pushConfiguration(1, { ingress }).catch(() => {})
          }
          for (const check of [...waiting]) check()
        },
        unregister: leave,
      },
      leave,
    )
  }

  const listeners = ['127.0.0.1', '127.0.0.2'].map((host) => {
    const server = createServer({ cert: own.certificatePem, key: own.privateKeyPem })
    const sockets = trackSockets(server)
    server.on('tlsClientError', () => {})
    server.on('connection', (socket: Socket) => {
      dials.count += 1
      if (mode.kind === 'cutting') socket.destroy()
    })
    server.on('secureConnection', (socket: TLSSocket) => {
      socket.on('error', () => {})
      if (mode.kind !== 'mute' && mode.kind !== 'cutting') serve(socket)
    })
    return { host, server, sockets }
  })
  const addresses: string[] = []
  for (const { host, server } of listeners)
    addresses.push(`${host}:${await listen(server, { host })}`)

  const killConnections = () => {
    for (const { sockets } of listeners) for (const socket of sockets) socket.destroy()
  }
  const connected = (hostname: string) => (sessions.get(hostname) ?? []).length > 0
  return {
    authority,
    authorityFile,
    flags: [...addresses.flatMap((address) => ['--edge', address]), '--cacert', authorityFile],
    registrations,
    dials,
    addTunnel: (tunnel) => void tunnels.set(tunnel.hostname, tunnel),
    connected,
    waitForConnection: (hostname) =>
      new Promise((resolve) => {
        const check = () => {
          if (!connected(hostname)) return
          waiting.delete(check)
          resolve()
        }
        waiting.add(check)
        check()
      }),
    async request(request) {
      const session = sessions.get(request.hostname)?.at(-1)
      const gone = { status: 530, headers: {}, body: Buffer.from('error code: 1033') }
      return session === undefined ? gone : session.request(request).catch(() => gone)
    },
    mode: (next) => {
      mode = next
    },
    killConnections,
    close: async () => {
      for (const session of [...sessions.values()].flat()) session.destroy()
      await Promise.all(listeners.map(({ server, sockets }) => shut(server, sockets)))
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
