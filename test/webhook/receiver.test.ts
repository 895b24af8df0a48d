import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Delivery } from '../../src/base/delivery.ts'
import { type Receiver, startReceiver } from '../../src/webhook/receiver.ts'

const open = async (onDelivery: (delivery: Delivery) => void = () => {}) => {
  const deliveries: Delivery[] = []
  const receiver = await startReceiver(0, (delivery) => {
    deliveries.push(delivery)
    onDelivery(delivery)
  })
  onTestFinished(() => receiver.close())
  const at = (path: string) => `http://127.0.0.1:${receiver.port}${path}`
  return { receiver, deliveries, at, url: at(receiver.path) }
}

/** A bare connection; `answer` resolves with all that came when it ends. */
const dial = async ({ port }: Receiver) => {
  const socket = connect(port, '127.0.0.1')
  let text = ''
  socket.setEncoding('utf8').on('data', (chunk) => {
    text += chunk
  })
  socket.on('error', () => {})
  const ended = new Promise<string>((resolve) => socket.once('close', () => resolve(text)))
  onTestFinished(() => void socket.destroy())
  await once(socket, 'connect')
  return { socket, ended, text: () => text }
}
const post = (receiver: Receiver, headers: string) =>
  `POST ${receiver.path} HTTP/1.1\r\nhost: x\r\n${headers}\r\n\r\n`

/** Node's fetch keeps connections; these tests want to count them. */
const send = (url: string, init: RequestInit = {}) =>
  fetch(url, { ...init, headers: { connection: 'close', ...init.headers } })

describe('what is let in', () => {
  test('a POST to the secret path: answered before it is looked at', async () => {
    let release = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    const { deliveries, url } = await open(() => void held)
    const reply = await send(url, { method: 'POST', body: 'any {bytes', headers: { 'X-A': 'b' } })
    expect(reply.status).toBe(204)
    expect(deliveries[0]?.body.toString()).toBe('any {bytes')
    expect(deliveries[0]?.headers['x-a']).toBe('b')
    release()
  })

  test('a query is no matter', async () => {
    const { deliveries, url } = await open()
    expect((await send(`${url}?event=ready`, { method: 'POST' })).status).toBe(204)
    expect(deliveries).toHaveLength(1)
  })

  test('a sender that asks first whether it may go on', async () => {
    const { receiver, deliveries } = await open()
    const ask = (path: string) =>
      `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\nexpect: 100-continue\r\n\r\n`
    const known = await dial(receiver)
    known.socket.write(ask(receiver.path))
    await once(known.socket, 'data')
    expect(known.text()).toMatch(/^HTTP\/1\.1 100 Continue\r\n/)
    known.socket.end('{}')
    expect(await known.ended).toContain('HTTP/1.1 204')
    expect(deliveries).toHaveLength(1)
    const stranger = await dial(receiver)
    stranger.socket.write(ask('/'))
    expect(await stranger.ended).toMatch(/^HTTP\/1\.1 404/)
  })

  test('a ping gets the answer that only this run knows', async () => {
    const { receiver, deliveries, url } = await open()
    const other = await open()
    const reply = await send(`${url}/ping?n=abc`)
    expect(reply.status).toBe(200)
    expect(await reply.text()).toBe(receiver.pong('abc'))
    expect(receiver.pong('abc')).not.toBe(receiver.pong('abd'))
    expect(receiver.pong('abc')).not.toBe(other.receiver.pong('abc'))
    expect((await send(`${url}/ping?n=${'a'.repeat(65)}`)).status).toBe(400)
    expect(deliveries).toEqual([])
  })

  test('the path is new every time, and long', async () => {
    const [one, two] = [await open(), await open()]
    expect(one.receiver.path).toMatch(/^\/[\w-]{43}$/)
    expect(one.receiver.path).not.toBe(two.receiver.path)
  })

  test('a port that is taken is an error', async () => {
    const { receiver } = await open()
    await expect(startReceiver(receiver.port, () => {})).rejects.toThrow('EADDRINUSE')
  })
})

describe('what is turned away', () => {
  test('other paths and other methods', async () => {
    const { receiver, deliveries, url, at } = await open()
    const secret = receiver.path
    const wrong = [secret.slice(0, -1), `${secret}x`, `${secret}/`, `/${secret}`, '/', '/ping']
    for (const path of wrong) expect((await send(at(path), { method: 'POST' })).status).toBe(404)
    for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS']) {
      const reply = await send(url, { method })
      expect(reply.status).toBe(404)
      expect(await reply.text()).toBe('')
    }
    expect((await send(`${url}/ping`, { method: 'POST' })).status).toBe(404)
    expect(deliveries).toEqual([])
    expect(receiver.rejects).toEqual({ reasons: { 'unknown path or method': 12 } })
  })

  test('a body over 1 MiB, announced or not', async () => {
    const { receiver, deliveries, url } = await open()
    const largest = Buffer.alloc(1024 * 1024, 'a')
    expect((await send(url, { method: 'POST', body: largest })).status).toBe(204)
    const tooLarge = Buffer.alloc(largest.length + 1, 'a')
    expect((await send(url, { method: 'POST', body: tooLarge })).status).toBe(413)
    expect(receiver.rejects.reasons).toEqual({ 'over 1 MiB': 1 })

    const { socket, ended } = await dial(receiver)
    socket.write(post(receiver, 'transfer-encoding: chunked'))
    const chunk = `10000\r\n${'a'.repeat(65_536)}\r\n`
    for (let sent = 0; sent < 40 && socket.writable; sent += 1) socket.write(chunk)
    expect(await ended).toMatch(/^(HTTP\/1.1 413|$)/)
    expect(deliveries).toHaveLength(1)
    expect(receiver.rejects.reasons).toEqual({ 'over 1 MiB': 2 })
  })

  test('a body that was announced as too large is not waited for', async () => {
    const { receiver } = await open()
    const { socket, ended } = await dial(receiver)
    socket.write(post(receiver, 'content-length: 99999999'))
    expect(await ended).toMatch(/^HTTP\/1.1 413/)
    expect(receiver.rejects.reasons).toEqual({ 'over 1 MiB': 1 })
  })

  test('what is no HTTP, headers without end, and a body that breaks off', async () => {
    const { receiver, deliveries, url } = await open()
    const garbage = await dial(receiver)
    garbage.socket.write('\x16\x03\x01 hello\r\n\r\n')
    await garbage.ended
    const endless = await dial(receiver)
    endless.socket.write(`POST ${receiver.path} HTTP/1.1\r\nx: ${'y'.repeat(40_000)}`)
    await endless.ended
    const smuggled = await dial(receiver)
    smuggled.socket.write(post(receiver, 'content-length: 5\r\ntransfer-encoding: chunked'))
    await smuggled.ended
    const broken = await dial(receiver)
    broken.socket.write(`${post(receiver, 'content-length: 500')}half`)
    await new Promise((resolve) => setTimeout(resolve, 50))
    broken.socket.destroy()
    await broken.ended
    expect((await send(url, { method: 'POST', body: 'still here' })).status).toBe(204)
    expect(deliveries).toHaveLength(1)
    expect(receiver.rejects.reasons).toEqual({ malformed: 3, 'broken off': 1 })
  })

  test('a slow-loris loses its socket in seconds, whether it drips headers or body', async () => {
    const { receiver, deliveries } = await open()
    const drip = ({ socket }: { socket: Socket }, text: string) => {
      const timer = setInterval(() => socket.writable && socket.write(text), 200)
      socket.once('close', () => clearInterval(timer))
    }
    const startMs = performance.now()
    const headers = await dial(receiver)
    headers.socket.write(`POST ${receiver.path} HTTP/1.1\r\nhost: x\r\n`)
    drip(headers, 'x: y\r\n')
    const body = await dial(receiver)
    body.socket.write(post(receiver, 'content-length: 100000'))
    drip(body, 'a')
    const silent = await dial(receiver)
    await headers.ended
    expect(performance.now() - startMs).toBeLessThan(7_000)
    await Promise.all([body.ended, silent.ended])
    expect(performance.now() - startMs).toBeLessThan(12_500)
    expect(deliveries).toEqual([])
    expect(receiver.rejects.reasons).toEqual({ 'too slow': 3 })
  })

  test('the oldest of more than 64 sockets that say nothing; a webhook is read at once', async () => {
    const { receiver, url } = await open()
    const sockets = await Promise.all(Array.from({ length: 64 }, () => dial(receiver)))
    expect((await send(url, { method: 'POST' })).status).toBe(204)
    expect(receiver.rejects.reasons['too many connections']).toBe(1)
    expect(await Promise.race(sockets.map(({ ended }) => ended))).toBe('')
    const last = sockets.at(-1)
    last?.socket.write(post(receiver, 'connection: close\r\ncontent-length: 2').concat('{}'))
    expect(await last?.ended).toMatch(/^HTTP\/1.1 204/)
  })

  test('the oldest of more than 8 bodies that do not come; one that comes is read at once', async () => {
    const { receiver, deliveries, url } = await open()
    const slow = await Promise.all(Array.from({ length: 8 }, () => dial(receiver)))
    for (const { socket } of slow) {
      socket.write(post(receiver, 'content-length: 10'))
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    expect((await send(url, { method: 'POST', body: 'x' })).status).toBe(204)
    expect(deliveries.map(({ body }) => body.toString())).toEqual(['x'])
    expect(await slow[0]?.ended).toBe('')
    expect(receiver.rejects.reasons).toEqual({ 'too many at once': 1 })
    const last = slow.at(-1)
    last?.socket.end('0123456789')
    expect(await last?.ended).toMatch(/^HTTP\/1.1 204/)
  })
})

test('closing ends what is open, at once', async () => {
  const { receiver } = await open()
  const idle = await dial(receiver)
  const half = await dial(receiver)
  half.socket.write(post(receiver, 'content-length: 10'))
  receiver.close()
  expect(await Promise.all([idle.ended, half.ended])).toEqual(['', ''])
})
