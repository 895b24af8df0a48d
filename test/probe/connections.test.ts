import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { createServer, type Server as NetServer, type Socket } from 'node:net'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { describe, expect, it, onTestFinished, test } from 'vitest'
import { WebSocketServer } from 'ws'
import { type Clock, systemClock } from '../../src/base/clock.ts'
import { startMinecraftServer, statusReply } from '../emulator/game/minecraft-server.ts'
import { createTestAuthority } from '../emulator/tunnel/certificate.ts'
import { freePort, listen, shut, trackSockets } from '../emulator/tunnel/loopback-server.ts'
import { ask } from './ask.ts'

const resolve = async () => [{ address: '127.0.0.1', family: 4 }]

/** Starts it on loopback until the test is over. */
async function serve(server: NetServer, port = 0): Promise<number> {
  const sockets = trackSockets(server)
  onTestFinished(() => shut(server, sockets))
  return await listen(server, { port })
}

const serveHttp = (listener: RequestListener) => serve(createHttpServer(listener))
const serveBytes = (talk: (socket: Socket) => void) => serve(createServer(talk))

/** Asks until two attempts have failed and the third begins. */
async function askThrice(line: string, port: number) {
  const third = Promise.withResolvers<void>()
  return await ask(line, port, {
    onAttempt: ({ sent }) => sent >= 3 && third.resolve(),
    until: third.promise,
  })
}

describe('tcp', () => {
  it('is answered by a connection that is accepted', async () => {
    const result = await ask('tcp', await serveBytes(() => {}))
    expect(result).toMatchObject({
      answered: true,
      detail: 'the connection was accepted',
      transport: 'tcp',
      sent: 1,
    })
  })

  it('is asked again while nothing listens', async () => {
    const port = await freePort()
    let server: Promise<number> | undefined
    const result = await ask('tcp', port, {
      onAttempt({ cause }) {
        if (cause) server ??= serve(createServer(), port)
      },
    })
    await server
    expect(result).toMatchObject({ answered: true, detail: 'the connection was accepted' })
    expect(result.sent).toBeGreaterThan(1)
  })

  it('says that nothing listens', async () => {
    expect(await askThrice('tcp', await freePort())).toMatchObject({
      answered: false,
      cause: 'refused',
      detail: 'nothing listens at this port (ECONNREFUSED)',
      sent: 3,
    })
  })

  it('finds the server by whichever address it has', async () => {
    const port = await serveBytes(() => {})
    const both = async () => [
      { address: '::1', family: 6 },
      { address: '127.0.0.1', family: 4 },
    ]
    const result = await ask('tcp', port, { host: 'game.test', resolve: both })
    expect(result).toMatchObject({ answered: true, address: `game.test:${port}` })
  })
})

describe('http', () => {
  test.each([200, 204, 301, 302, 399])(
    'is answered by %d, and no redirect is followed',
    async (status) => {
      const asked: (string | undefined)[] = []
      const port = await serveHttp((request, response) => {
        asked.push(request.url, request.headers.host)
        response.writeHead(status, { location: '/elsewhere' }).end()
      })
      expect(await ask('http /health?deep=1', port)).toMatchObject({
        answered: true,
        detail: `HTTP ${status}`,
      })
      expect(asked).toEqual(['/health?deep=1', `127.0.0.1:${port}`])
    },
  )

  it('is asked again after 404 and 500', async () => {
    const statuses = [404, 500, 200]
    const port = await serveHttp((_, response) => {
      response.writeHead(statuses.shift() ?? 418).end()
    })
    expect(await ask('http', port)).toMatchObject({ answered: true, detail: 'HTTP 200', sent: 3 })
  })

  it('names the status, and not the silence that came after it', async () => {
    let requests = 0
    const third = Promise.withResolvers<void>()
    const port = await serveHttp((_, response) => {
      requests += 1
      if (requests === 1) response.writeHead(503).end()
      else third.resolve()
    })
    expect(await ask('http', port, { until: third.promise })).toMatchObject({
      answered: false,
      cause: 'wrong-answer',
      detail: 'it answered HTTP 503',
    })
  })

  it('is asked again when an attempt has had its five seconds', async () => {
    let requests = 0
    const hung = Promise.withResolvers<void>()
    const port = await serveHttp((_, response) => {
      requests += 1
      if (requests > 1) response.end()
      else hung.resolve()
    })
    const clock: Clock = {
      ...systemClock,
      // The five seconds are over as soon as the server hangs.
      sleep: (durationMs, signal) =>
        requests === 0 && durationMs === 5_000
          ? hung.promise
          : systemClock.sleep(durationMs, signal),
    }
    expect(await ask('http', port, { clock })).toMatchObject({ answered: true, sent: 2 })
  })

  it('is answered by the head alone: a body without end is not read', async () => {
    const port = await serveHttp((_, response) => {
      response.writeHead(200)
      const timer = setInterval(() => response.write('x'.repeat(1_000)), 10)
      response.once('close', () => clearInterval(timer))
    })
    expect(await ask('http', port)).toMatchObject({ answered: true, detail: 'HTTP 200' })
  })

  test.each([
    ['something else than HTTP', '\x05hello\r\n\r\n', 'it speaks no HTTP (HPE_INVALID_CONSTANT)'],
    [
      'a head without end',
      `HTTP/1.1 200 OK\r\n${'x: y\r\n'.repeat(20_000)}`,
      'it speaks no HTTP (HPE_HEADER_OVERFLOW)',
    ],
  ])('is not answered by %s', async (_, bytes, detail) => {
    const port = await serveBytes((socket) => socket.write(bytes))
    expect(await askThrice('http', port)).toMatchObject({ answered: false, detail })
  })

  it('is not answered by a connection that is cut', async () => {
    const port = await serveBytes((socket) => socket.once('data', () => socket.destroy()))
    expect(await askThrice('http', port)).toMatchObject({ answered: false, cause: 'cut' })
  })

  it('ends at once when the run is cancelled', async () => {
    const cancel = new AbortController()
    const port = await serveHttp(() => cancel.abort())
    const result = await ask('http', port, { signal: cancel.signal, timeoutMs: 3_600_000 })
    expect(result).toMatchObject({ answered: false, cause: 'stopped', sent: 1 })
  })
})

describe('https', () => {
  const authority = createTestAuthority()
  const serveHttps = (names: string[]) => {
    const { certificatePem, privateKeyPem } = authority.issue(names)
    const listener: RequestListener = (_, response) => void response.writeHead(200).end()
    return serve(createHttpsServer({ cert: certificatePem, key: privateKeyPem }, listener))
  }
  const trustAuthority = () => {
    const before = getCACertificates('default')
    setDefaultCACertificates([...before, authority.certificatePem])
    onTestFinished(() => setDefaultCACertificates(before))
  }

  it('is answered over a certificate that verifies', async () => {
    trustAuthority()
    const port = await serveHttps(['game.test'])
    const result = await ask('https', port, { host: 'game.test', resolve })
    expect(result).toMatchObject({ answered: true, detail: 'HTTP 200' })
  })

  it('ends at a certificate that this machine does not know', async () => {
    const port = await serveHttps(['game.test'])
    for (const line of ['https', 'wss']) {
      expect(await ask(line, port, { host: 'game.test', resolve })).toMatchObject({
        answered: false,
        cause: 'bad-certificate',
        sent: 1,
        detail: expect.stringMatching(
          /^the certificate is not accepted: its authority is not known.* \(UNABLE_TO_/,
        ),
      })
    }
  })

  it('ends at a certificate for another name', async () => {
    trustAuthority()
    const port = await serveHttps(['other.test'])
    expect(await ask('https', port, { host: 'game.test', resolve })).toMatchObject({
      answered: false,
      cause: 'bad-certificate',
      detail:
        'the certificate is not accepted: it was made for another name (ERR_TLS_CERT_ALTNAME_INVALID)',
    })
  })

  it('is asked again where something speaks no TLS', async () => {
    const port = await serveHttp((_, response) => void response.end())
    expect(await askThrice('https', port)).toMatchObject({
      answered: false,
      cause: 'wrong-answer',
      detail: expect.stringMatching(/^it speaks no TLS \(/),
    })
  })
})

describe('ws', () => {
  it('is answered by a real WebSocket server, and closes politely', async () => {
    const http = createHttpServer()
    const port = await serve(http)
    const sockets = new WebSocketServer({ server: http, path: '/play' })
    const closed = new Promise((resolve) => {
      sockets.on('connection', (socket) => socket.on('close', resolve))
    })
    expect(await ask('ws /play', port)).toMatchObject({
      answered: true,
      detail: 'the WebSocket was accepted',
    })
    // 1005: a close frame came, and it named no reason.
    expect(await closed).toBe(1005)
  })

  it('is not answered by a refused upgrade', async () => {
    const http = createHttpServer()
    const port = await serve(http)
    new WebSocketServer({ server: http, path: '/play' })
    expect(await askThrice('ws /other', port)).toMatchObject({
      answered: false,
      detail: 'it answered HTTP 400 instead of an upgrade',
    })
  })

  it('is not answered by a page', async () => {
    const port = await serveHttp((_, response) => void response.writeHead(200).end())
    expect(await askThrice('ws', port)).toMatchObject({
      detail: 'it answered HTTP 200 instead of an upgrade',
    })
  })

  it('is not answered with a wrong Sec-WebSocket-Accept', async () => {
    const http: Server = createHttpServer()
    http.on('upgrade', (_, socket) => {
      const head = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade'
      socket.on('error', () => {})
      socket.write(`${head}\r\nSec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n`)
    })
    expect(await askThrice('ws', await serve(http))).toMatchObject({
      answered: false,
      cause: 'wrong-answer',
      detail: 'it upgraded with a wrong Sec-WebSocket-Accept',
    })
  })
})

describe('minecraft', () => {
  const STATUS = JSON.stringify({
    version: { name: '§a1.21.4', protocol: 769 },
    players: { online: 2, max: 20 },
    description: 'A Minecraft Server',
    favicon: `data:image/png;base64,${'A'.repeat(60_000)}`,
  })
  const start = async (...args: Parameters<typeof startMinecraftServer>) => {
    const server = await startMinecraftServer(...args)
    onTestFinished(() => server.close())
    return server
  }

  it('is answered by a status', async () => {
    const server = await start(STATUS)
    const result = await ask('minecraft', server.port, { host: 'game.test', resolve })
    expect(result).toMatchObject({ answered: true, detail: '2 of 20 players, version 1.21.4' })
    expect(server.hosts).toEqual(['game.test'])
  })

  it('is answered by a status that comes byte by byte', async () => {
    const server = await start('{"players":{"online":0,"max":5}}', async (socket, reply) => {
      socket.setNoDelay(true)
      for (const byte of reply) {
        socket.write(Buffer.from([byte]))
        await new Promise(setImmediate)
      }
    })
    expect(await ask('minecraft', server.port)).toMatchObject({ detail: '0 of 5 players' })
  })

  it('is answered by a status with nothing that we know', async () => {
    const server = await start('{"version":7,"players":{"online":"many","max":null}}')
    expect(await ask('minecraft', server.port)).toMatchObject({
      answered: true,
      detail: 'a status without details',
    })
  })

  test.each([
    ['no JSON', statusReply('hello'), 'its status is no JSON object'],
    ['no object', statusReply('[]'), 'its status is no JSON object'],
    ['HTTP', Buffer.from('HTTP/1.1 400 Bad Request\r\n'), /^it sent no Minecraft status: 48545450/],
    ['a length that is none', Buffer.alloc(6, 0xff), /^it sent no Minecraft status: ffff/],
    ['a status too long', Buffer.from('ffffff7f00ffffff7f', 'hex'), /^it sent no Minecraft status/],
  ])('is not answered by %s', async (_, bytes, detail) => {
    const port = await serveBytes((socket) => socket.write(bytes))
    expect(await askThrice('minecraft', port)).toMatchObject({
      answered: false,
      cause: 'wrong-answer',
      detail: typeof detail === 'string' ? detail : expect.stringMatching(detail),
    })
  })

  it('is not answered by half a status', async () => {
    const server = await start(STATUS, (socket, reply) => void socket.end(reply.subarray(0, 100)))
    expect(await askThrice('minecraft', server.port)).toMatchObject({
      answered: false,
      cause: 'cut',
      detail: 'the connection was closed after 100 bytes',
    })
  })
})
