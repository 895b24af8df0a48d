import { createServer, type Socket } from 'node:net'
import { listen, shut, trackSockets } from '../tunnel/loopback-server.ts'

export interface MinecraftServer {
  readonly port: number
  /** The host names that clients said they came to. */
  readonly hosts: string[]
  close(): Promise<void>
}

/** Answers a status question as a Minecraft server (Java edition) does, with the JSON given. */
export async function startMinecraftServer(
  status: string,
  send: (socket: Socket, reply: Buffer) => unknown = (socket, reply) => socket.write(reply),
): Promise<MinecraftServer> {
  const hosts: string[] = []
  const server = createServer((socket) => {
    let bytes = Buffer.alloc(0)
    let isAnswered = false
    socket.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk])
      const host = readHost(bytes)
      if (host === undefined || isAnswered) return
      isAnswered = true
      hosts.push(host)
      send(socket, statusReply(status))
    })
  })
  const sockets = trackSockets(server)
  const port = await listen(server)
  return { port, hosts, close: () => shut(server, sockets) }
}

/** The host of a handshake for a status, once the question behind it has come too. */
function readHost(bytes: Buffer): string | undefined {
  const [length = 0, id, firstOfVersion = 0] = bytes
  if (bytes.length < 1 + length + 2 || id !== 0) return undefined
  const versionBytes = firstOfVersion < 0x80 ? 1 : 5
  const at = 2 + versionBytes
  const hostLength = bytes[at] ?? 0
  const wantsStatus = bytes[length] === 1
  const question = bytes.subarray(1 + length)
  if (!wantsStatus || !question.equals(Buffer.from([1, 0]))) return undefined
  return bytes.toString('utf8', at + 1, at + 1 + hostLength)
}

export function statusReply(status: string): Buffer {
  const text = Buffer.from(status)
  const body = Buffer.concat([Buffer.from([0]), varint(text.length), text])
  return Buffer.concat([varint(body.length), body])
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest >= 0x80; rest >>= 7) bytes.push((rest & 0x7f) | 0x80)
  return Buffer.from([...bytes, rest])
}
