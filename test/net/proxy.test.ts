import { createServer as createHttpServer, request as forward } from 'node:http'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { hasProxy } from '../../src/net/proxy.ts'
import { createHttpClient } from '../../src/net/request.ts'
import { type EmulatorServer, startServer } from '../emulator/server.ts'

/** A proxy that takes every host for one and the same server, and remembers what it was asked. */
interface Proxy {
  url: string
  asked: string[]
}

const closers: (() => void)[] = []

async function listen(server: Server): Promise<string> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => sockets.add(socket.on('error', () => {})))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function startProxy(target: string, refusal?: string): Promise<Proxy> {
  const asked: string[] = []
  const { hostname, port } = new URL(target)
  const server = createHttpServer((incoming, response) => {
    asked.push(`${incoming.method} ${incoming.url}`)
    const { pathname } = new URL(incoming.url ?? '')
    const { method, headers } = incoming
    const onward = forward({ hostname, port, path: pathname, method, headers }, (reply) => {
      response.writeHead(reply.statusCode ?? 502)
      reply.pipe(response)
    })
    incoming.pipe(onward)
  })
  server.on('connect', (incoming, socket) => {
    asked.push(`CONNECT ${incoming.url}`)
    if (refusal === 'hang up') socket.destroy()
    else if (refusal !== undefined) socket.end(`HTTP/1.1 ${refusal}\r\ncontent-length: 0\r\n\r\n`)
    else {
      const upstream = connect(Number(port), hostname, () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
        upstream.pipe(socket).pipe(upstream)
      })
      upstream.on('error', () => socket.destroy())
    }
  })
  return { url: await listen(server), asked }
}

let server: EmulatorServer

beforeEach(async () => {
  server = await startServer()
  server.route('GET', '/ok', () => ({ status: 200, body: 'fine' }))
})

afterEach(async () => {
  for (const close of closers.splice(0)) close()
  await server.close()
})

function get(environment: NodeJS.ProcessEnv, url: string) {
  const http = createHttpClient(environment)
  return http({ method: 'GET', url: new URL(url), deadlineMs: 3_000 })
}

describe('a proxy', () => {
  it.each(['http_proxy', 'HTTP_PROXY'])(
    'named by %s forwards requests to http hosts',
    async (name) => {
      const proxy = await startProxy(server.url)
      const reply = await get({ [name]: proxy.url }, 'http://api.example.test/ok')
      expect(reply).toMatchObject({ status: 200, text: 'fine' })
      expect(proxy.asked).toEqual(['GET http://api.example.test/ok'])
    },
  )

  it.each(['https_proxy', 'HTTPS_PROXY', 'http_proxy'])(
    'named by %s opens a tunnel to https hosts, and TLS is spoken through it',
    async (name) => {
      const firstBytes = Promise.withResolvers<Buffer>()
      const target = createServer((socket) => {
        socket.once('data', (data) => {
          firstBytes.resolve(data)
          socket.destroy()
        })
      })
      const proxy = await startProxy(await listen(target))
      await expect(get({ [name]: proxy.url }, 'https://api.example.test/ok')).rejects.toThrow()
      expect(proxy.asked).toEqual(['CONNECT api.example.test:443'])
      const hello = await firstBytes.promise
      // A TLS handshake record that names the host in clear; no byte of HTTP.
      expect(hello[0]).toBe(0x16)
      expect(hello.includes('api.example.test')).toBe(true)
      expect(hello.includes('GET')).toBe(false)
    },
  )

  it('for https is not used for http where each has its own', async () => {
    const [plain, secure] = [await startProxy(server.url), await startProxy(server.url, '403 No')]
    const environment = { http_proxy: plain.url, https_proxy: secure.url }
    await get(environment, 'http://a.test/ok')
    await expect(get(environment, 'https://b.test/ok')).rejects.toThrow()
    expect([plain.asked, secure.asked]).toEqual([['GET http://a.test/ok'], ['CONNECT b.test:443']])
  })

  it('is never used for loopback', async () => {
    const proxy = await startProxy(server.url)
    const { port } = new URL(server.url)
    for (const host of ['127.0.0.1', 'localhost']) {
      const reply = await get({ http_proxy: proxy.url }, `http://${host}:${port}/ok`)
      expect(reply.text).toBe('fine')
    }
    expect(proxy.asked).toEqual([])
  })

  it.each(['no_proxy', 'NO_PROXY'])('is not used for what %s lists', async (name) => {
    const proxy = await startProxy(server.url)
    const environment = { http_proxy: proxy.url, [name]: 'other.test, example.invalid' }
    await expect(get(environment, 'http://api.example.invalid/ok')).rejects.toThrow()
    expect(proxy.asked).toEqual([])
    expect((await get(environment, 'http://else.test/ok')).text).toBe('fine')
  })
})

describe('nothing was sent', () => {
  it.each(['http', 'https'])('when no proxy listens (%s)', async (scheme) => {
    const environment = { http_proxy: 'http://127.0.0.1:1' }
    await expect(get(environment, `${scheme}://api.example.test/`)).rejects.toMatchObject({
      name: 'HttpFailure',
      reason: 'unreachable',
    })
  })

  it.each(['403 Forbidden', '407 Proxy Authentication Required', '502 Bad Gateway', 'hang up'])(
    'when the proxy gives no tunnel (%s)',
    async (refusal) => {
      const proxy = await startProxy(server.url, refusal)
      await expect(
        get({ https_proxy: proxy.url }, 'https://api.example.test/'),
      ).rejects.toMatchObject({ name: 'HttpFailure', reason: 'unreachable' })
    },
  )
})

describe('an error of a proxy', () => {
  it.each([
    ['http://127.0.0.1:1', 'no connection to the proxy 127.0.0.1:1 (ECONNREFUSED)'],
    ['http://user:secret@127.0.0.1:1', 'no connection to the proxy 127.0.0.1:1 (ECONNREFUSED)'],
    [
      'http://user:pa#ss@proxy.test:3128',
      'what http_proxy or https_proxy names is not the URL of an HTTP proxy (write special characters of its password in percent form, such as %40 for @)',
    ],
    ...['socks5h', 'socks5', 'socks'].map((scheme) => [
      `${scheme}://127.0.0.1:1`,
      'what http_proxy or https_proxy names is not the URL of an HTTP proxy (write special characters of its password in percent form, such as %40 for @)',
    ]),
  ])('names the proxy, not what was to be reached (%s)', async (https_proxy, message) => {
    await expect(get({ https_proxy }, 'https://api.example.test/')).rejects.toMatchObject({
      reason: 'unreachable',
      message,
    })
  })

  it('tells of https:// before a proxy that speaks no TLS', async () => {
    const { url } = await startProxy(server.url)
    const https_proxy = url.replace('http:', 'https:')
    await expect(get({ https_proxy }, 'https://api.example.test/')).rejects.toMatchObject({
      reason: 'unreachable',
      message: expect.stringContaining('the proxy speaks no TLS, so its URL begins with http://'),
    })
  })
})

describe('the environment', () => {
  it.each([
    [{}, false],
    [{ no_proxy: '*' }, false],
    [{ http_proxy: '' }, false],
    [{ HTTP_PROXY: 'http://p' }, true],
    [{ https_proxy: 'http://p' }, true],
    [{ https_proxy: '', HTTPS_PROXY: 'http://p' }, true],
  ])('%j names a proxy: %s', (environment, expected) => {
    expect(hasProxy(environment)).toBe(expected)
  })
})
