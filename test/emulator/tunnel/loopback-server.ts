import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'

/** Where a loopback server listens; a port of 0 lets the system choose. */
export interface ListenAddress {
  host?: string
  port?: number
}

/** Starts listening on loopback and gives the port; throws what `listen` reports. */
export function listen(server: Server, address: ListenAddress = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(address.port ?? 0, address.host ?? '127.0.0.1', () => {
      server.off('error', reject)
      resolve((server.address() as AddressInfo).port)
    })
  })
}

/** Stops listening and cuts what is still connected: a rig must never keep a test run alive. */
export function shut(server: Server, sockets: Iterable<Socket> = []): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    for (const socket of sockets) socket.destroy()
  })
}

/** Every open socket of a server, so that a fault can cut them all. */
export function trackSockets(server: Server, event = 'connection'): Set<Socket> {
  const sockets = new Set<Socket>()
  server.on(event, (socket: Socket) => {
    sockets.add(socket)
    // A cut connection is what these rigs do for a living: it is not a failure of the rig.
    socket.on('error', () => {})
    socket.once('close', () => sockets.delete(socket))
  })
  return sockets
}

const LOWEST_PORT = 10_000
/** Test files that run side by side, at most, and the ports that each has for itself. */
const SLICES = 8
const SLICE_PORTS = 2_500
let offset: number | undefined

/**
 * A port that was free a moment ago. Not one that the system would choose: it hands those out to every
 * outgoing connection, and with many tests side by side one takes the port before it is used. Nor one
 * by chance, which two tests may draw: vitest numbers what runs side by side, each number has ports of
 * its own, and gives each of them out once before any of them again.
 */
export async function freePort(): Promise<number> {
  const slice = Number(process.env.VITEST_POOL_ID ?? 0) % SLICES
  // Not the same in each run: several may be on one machine.
  offset ??= Math.floor(Math.random() * SLICE_PORTS)
  for (;;) {
    offset = (offset + 1) % SLICE_PORTS
    const port = LOWEST_PORT + slice * SLICE_PORTS + offset
    const server = createServer()
    const isFree = await listen(server, { port }).then(
      () => true,
      () => false,
    )
    if (!isFree) continue
    await shut(server)
    return port
  }
}
