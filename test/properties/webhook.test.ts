import { connect } from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Delivery, Notification } from '../../src/base/delivery.ts'
import { readWebhook } from '../../src/provider/edgegap/wire.ts'
import { type Receiver, startReceiver } from '../../src/webhook/receiver.ts'
import { holds } from './holds.ts'
import { anyBody, anyText } from './texts.ts'

let receiver: Receiver
let deliveries: Delivery[] = []

beforeAll(async () => {
  receiver = await startReceiver(0, (delivery) => void deliveries.push(delivery))
})
beforeEach(() => {
  deliveries = []
})
afterAll(() => receiver.close())

/** Sends these bytes as they are, ends, and gives the status codes of all answers. */
async function send(bytes: Buffer): Promise<number[]> {
  deliveries = []
  const socket = connect(receiver.port, '127.0.0.1')
  let text = ''
  socket.setEncoding('latin1').on('data', (chunk) => {
    text += chunk
  })
  // A connection that the receiver resets is one way to turn somebody away.
  socket.on('error', () => {})
  socket.end(bytes)
  await new Promise((resolve) => socket.once('close', resolve))
  return [...text.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => Number(status))
}

/** The receiver lives, and lets in what should be let in. */
async function expectAlive(): Promise<void> {
  const body = '{"request_id":"a69f8e3e0555"}'
  const good = `POST ${receiver.path} HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n${body}`
  expect(await send(Buffer.from(good))).toEqual([204])
  expect(deliveries.map(({ body }) => body.toString())).toEqual([body])
}

/** What stands in place of the secret path, which is only known when the receiver is there. */
const SECRET = '/SECRET-PATH'

const method = fc.constantFrom(
  'POST',
  'GET',
  'PUT',
  'post',
  'CONNECT',
  'OPTIONS',
  'PRI',
  'HEAD',
  '',
)
const path = fc.oneof(
  fc.constantFrom(
    ...['/', '*', '//', '/../', `${SECRET}/`, `${SECRET}x`, `/x${SECRET}`, `${SECRET}/ping`],
    ...[`http://evil.example${SECRET}`, SECRET.toLowerCase(), `/%2f${SECRET}`, '', SECRET],
    ...[`${SECRET}?a=b`, `${SECRET}#x`, `${SECRET}\u0000`, `${SECRET}/ping?n=${'a'.repeat(80)}`],
  ),
  anyText.map((text) => `/${text}`),
)
const version = fc.constantFrom(
  'HTTP/1.1',
  'HTTP/1.0',
  'HTTP/2.0',
  'HTTP/1.1 ',
  'http/1.1',
  'X',
  '',
)
const header = fc.oneof(
  fc.constantFrom(
    ...['host: x', 'content-length: 5', 'content-length: 0', 'content-length: -1'],
    ...[
      'content-length: 99999999999',
      'content-length: 5\r\ncontent-length: 6',
      'content-length: x',
    ],
    ...[
      'transfer-encoding: chunked',
      'transfer-encoding: chunked, chunked',
      'Transfer-Encoding : x',
    ],
    ...['expect: 100-continue', 'expect: else', 'connection: upgrade\r\nupgrade: websocket'],
    ...['connection: close', 'connection: keep-alive', 'x: \u0000', ': x', 'x', ' folded'],
    ...[`x: ${'y'.repeat(20_000)}`, 'content-encoding: gzip', 'content-type: application/json'],
  ),
  anyText,
)
const body = fc.oneof(
  fc.constantFrom(
    '',
    'hello',
    '5\r\nhello\r\n0\r\n\r\n',
    'fffffffff\r\n',
    '0\r\n\r\n',
    '-1\r\n\r\n',
  ),
  anyBody(['request_id', 'current_status', 'data']),
)
const lineEnd = fc.constantFrom('\r\n', '\r\n', '\r\n', '\n', '\r')

/** Requests near to the right one: each part may be right, wrong or nonsense. */
const nearRequest = fc
  .tuple(method, path, version, fc.array(header, { maxLength: 4 }), lineEnd, body)
  .map(([method, path, version, headers, end, body]) => {
    const head = [`${method} ${path} ${version}`, 'host: x', ...headers]
    return `${head.join(end)}${end}${end}${body}`
  })
/** One after the other on one connection, and some cut in the middle. */
const anyRequests: fc.Arbitrary<string> = fc
  .tuple(fc.array(nearRequest, { minLength: 1, maxLength: 3 }), fc.nat(), fc.boolean())
  .map(([requests, at, isCut]) => {
    const all = requests.join('')
    return isCut ? all.slice(0, at % (all.length + 1)) : all
  })

describe('whatever bytes come to the receiver', () => {
  test('without the secret path are turned away, and bring no notification', () =>
    holds(
      fc.asyncProperty(
        fc.oneof(anyRequests.map(Buffer.from), fc.uint8Array({ maxLength: 400 }).map(Buffer.from)),
        async (bytes) => {
          for (const status of await send(bytes)) expect(status.toString()).toMatch(/^4\d\d$/)
          expect(deliveries).toEqual([])
        },
      ),
      400,
    ).then(expectAlive))

  test('with it bring a delivery only where they hold a whole POST to it', () =>
    holds(
      fc.asyncProperty(anyRequests, async (text) => {
        const bytes = Buffer.from(text.replaceAll(SECRET, receiver.path))
        const posts = text.split(`POST ${SECRET}`).length - 1
        const statuses = await send(bytes)
        expect(deliveries.length).toBeLessThanOrEqual(posts)
        // Whoever is turned away afterwards, on the same connection, may not see the answer before.
        const answered = statuses.filter((status) => status === 204).length
        expect(answered).toBeLessThanOrEqual(deliveries.length)
        for (const status of statuses) {
          // 100: go on; 200: a ping of somebody who knows the path; 503: too many at once.
          expect([100, 200, 204, 503].includes(status) || Math.floor(status / 100) === 4).toBe(true)
        }
      }),
      400,
    ).then(expectAlive))
})

describe('whatever is delivered', () => {
  test('notifies of no id but the one that stands in it', () =>
    holds(
      fc.asyncProperty(anyBody(['request_id', 'data', 'current_status']), async (body) => {
        const length = Buffer.byteLength(body)
        const head = `POST ${receiver.path} HTTP/1.1\r\nhost: x\r\ncontent-length: ${length}\r\n\r\n`
        expect(await send(Buffer.from(head + body))).toEqual([204])
        const read: Notification = readWebhook(deliveries[0]?.body.toString('utf8') ?? '')
        if (read.kind === 'ignored') return
        expect(read.id).toMatch(/^[A-Za-z0-9_-]{1,64}$/)
        expect(String((JSON.parse(body) as { request_id: unknown }).request_id)).toBe(read.id)
      }),
      300,
    ))
})
