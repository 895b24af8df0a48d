import { createServer, type Server, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { createHttpClient } from '../../src/net/request.ts'

/** Takes connections and says nothing, as some firewalls and proxies do. */
interface SilentServer {
  port: number
  /** Resolves when the first bytes came. */
  connected: Promise<void>
}

const servers: Server[] = []

async function startSilent(): Promise<SilentServer> {
  const sockets: Socket[] = []
  const came = Promise.withResolvers<void>()
  const server = createServer((socket) => {
    sockets.push(socket.on('error', () => {}))
    socket.on('data', () => came.resolve())
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  server.on('close', () => {
    for (const socket of sockets) socket.destroy()
  })
  return { port: (server.address() as { port: number }).port, connected: came.promise }
}

afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

const THROUGH_PROXY = new URL('https://api.example.test/')

/** The way to a server behind a proxy, or to one that speaks TLS. */
function ways(port: number) {
  return {
    'a proxy': { environment: { https_proxy: `http://127.0.0.1:${port}` }, url: THROUGH_PROXY },
    'a server': { environment: {}, url: new URL(`https://127.0.0.1:${port}/`) },
  }
}

describe.each(['a proxy', 'a server'] as const)(
  'a request to %s that takes the connection and says nothing',
  (way) => {
    it('ends at its deadline', async () => {
      const { environment, url } = ways((await startSilent()).port)[way]
      const http = createHttpClient(environment)
      const beganAtMs = performance.now()
      await expect(http({ method: 'GET', url, deadlineMs: 200 })).rejects.toMatchObject({
        reason: 'deadline',
      })
      // Undici would wait 10 s, or for ever.
      expect(performance.now() - beganAtMs).toBeLessThan(8_000)
    })

    it('ends when the step is cancelled', async () => {
      const silent = await startSilent()
      const { environment, url } = ways(silent.port)[way]
      const http = createHttpClient(environment)
      const cancel = new AbortController()
      const { signal } = cancel
      const reply = http({ method: 'POST', url, deadlineMs: 60_000, signal, body: '{}' })
      await silent.connected
      cancel.abort()
      await expect(reply).rejects.toMatchObject({ reason: 'aborted' })
    })
  },
)
