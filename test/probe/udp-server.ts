import { createSocket, type RemoteInfo } from 'node:dgram'
import { onTestFinished } from 'vitest'

export interface UdpServer {
  readonly port: number
  /** Sends to whoever asked. */
  reply(bytes: Buffer, to: RemoteInfo): void
  /** Resolves when so many packets have come in. */
  asked(times: number): Promise<void>
  close(): void
}

/** A UDP server on loopback that does what the test says; closed when the test is over. */
export async function startUdpServer(
  onMessage: (server: UdpServer, message: Buffer, from: RemoteInfo) => void,
  { host = '127.0.0.1', port = 0 } = {},
): Promise<UdpServer> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject)
    socket.bind(port, host, resolve)
  })
  let messages = 0
  let isOpen = true
  const waiting: { times: number; resolve: () => void }[] = []
  const server: UdpServer = {
    port: socket.address().port,
    reply: (bytes, to) => socket.send(bytes, to.port, to.address),
    asked: (times) => new Promise((resolve) => waiting.push({ times, resolve })),
    close() {
      if (isOpen) socket.close()
      isOpen = false
    },
  }
  socket.on('message', (message, from) => {
    messages += 1
    for (const { times, resolve } of waiting) if (messages >= times) resolve()
    onMessage(server, message, from)
  })
  onTestFinished(server.close)
  return server
}

/** A port of loopback at which nothing listens. */
export async function closedUdpPort(): Promise<number> {
  const socket = createSocket('udp4')
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  const { port } = socket.address()
  await new Promise<void>((resolve) => socket.close(resolve))
  return port
}
