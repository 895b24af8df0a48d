import { createHash } from 'node:crypto'
import { createServer, type RequestListener } from 'node:http'
import type { TestContext } from 'vitest'
import { listen, shut, trackSockets } from '../emulator/tunnel/loopback-server.ts'

/** A release server on loopback. `serve` may be replaced at any time. */
export async function startReleases(context: TestContext, serve: RequestListener) {
  const requests: string[] = []
  const server = createServer((incoming, response) => {
    requests.push(incoming.url ?? '')
    serve(incoming, response)
  })
  const sockets = trackSockets(server)
  const port = await listen(server)
  context.onTestFinished(() => shut(server, sockets))
  return { baseUrl: new URL(`http://127.0.0.1:${port}/download/`), requests }
}

export function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}
