import dns from 'node:dns'
import net, { type AddressInfo, createServer, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createHttpClient, HttpFailure, type HttpRequest } from '../../src/net/request.ts'
import type { Effect } from '../emulator/faults.ts'
import { type EmulatorServer, startServer } from '../emulator/server.ts'

type Tell = (error: null, addresses: dns.LookupAddress[]) => void

const http = createHttpClient({})
let server: EmulatorServer

beforeEach(async () => {
  server = await startServer()
  server.route('GET', '/ok', () => ({ status: 200, body: { text: 'fine '.repeat(20) } }))
})

afterEach(() => server.close())

function get(path = '/ok', more: Partial<HttpRequest> = {}) {
  return http({ method: 'GET', url: new URL(server.url + path), deadlineMs: 5_000, ...more })
}

async function failureOf(reply: Promise<unknown>): Promise<HttpFailure> {
  const thrown = await reply.then(
    () => expect.fail('it brought a reply'),
    (error: unknown) => error,
  )
  expect(thrown).toBeInstanceOf(HttpFailure)
  return thrown as HttpFailure
}

describe('a whole reply', () => {
  it('is resolved with, whatever its status', async () => {
    for (const status of [200, 202, 302, 401, 404, 410, 422, 429, 500, 503]) {
      server.route('GET', `/status/${status}`, () => ({ status, body: { status } }))
      const reply = await get(`/status/${status}`)
      expect([reply.status, JSON.parse(reply.text)]).toEqual([status, { status }])
    }
  })

  it('may be empty', async () => {
    server.route('GET', '/empty', () => ({ status: 204 }))
    expect(await get('/empty')).toMatchObject({ status: 204, text: '' })
  })

  it('is not followed elsewhere: a redirect would carry the token to another host', async () => {
    const location = `${server.url}/ok`
    server.route('GET', '/moved', () => ({ status: 307, headers: { location } }))
    expect((await get('/moved')).headers.location).toBe(location)
    expect(server.requestsTo('GET', /^\/ok$/)).toEqual([])
  })

  it('has its headers by lower-case names, and `__proto__` is a name like any other', async () => {
    const headers = { 'Retry-After': '3', __proto__x: 'a', 'X-Two': 'first' }
    server.route('GET', '/headers', () => ({ status: 200, headers }))
    const reply = await get('/headers')
    expect(reply.headers).toMatchObject({ 'retry-after': '3', 'x-two': 'first' })
    expect(reply.headers.toString).toBeUndefined()
  })

  it('has no byte order mark', async () => {
    server.route('GET', '/marked', () => ({ status: 200, body: '\ufeff{}' }))
    expect(await get('/marked')).toMatchObject({ text: '{}' })
    expect(await get('/marked', { keepsEnd: true })).toMatchObject({ text: '{}' })
  })

  it('keeps characters whole that arrive in pieces', async () => {
    server.route('GET', '/drip', () => ({ status: 200, body: 'größe 🎮' }))
    server.faults.order({ kind: 'slow-drip', intervalMs: 1, path: /drip/ })
    expect((await get('/drip')).text).toBe('größe 🎮')
  })

  it('may be as long as the limit', async () => {
    server.route('GET', '/long', () => ({ status: 200, body: 'x'.repeat(1000) }))
    expect((await get('/long', { maxReplyBytes: 1000 })).text).toHaveLength(1000)
    const failure = await failureOf(get('/long', { maxReplyBytes: 999 }))
    expect(failure.reason).toBe('too-large')
  })
})

describe('a request', () => {
  it('carries method, path, query, headers and body as they are', async () => {
    server.route('POST', '/v1/echo', () => ({ status: 200 }))
    const url = new URL(`${server.url}/v1/echo?q=a%20b&n=1`)
    const headers = { authorization: 'token abc', 'content-type': 'application/json' }
    await http({ method: 'POST', url, headers, body: '{"a":"ü"}', deadlineMs: 5_000 })
    expect(server.requests[0]).toMatchObject({
      method: 'POST',
      path: '/v1/echo',
      query: { q: 'a b', n: '1' },
      headers: { authorization: 'token abc' },
      body: { a: 'ü' },
    })
  })

  it('may stream its body', async () => {
    server.route('PUT', '/file', () => ({ status: 200 }))
    const body = Readable.from(['one ', 'two'])
    await http({ method: 'PUT', url: new URL(`${server.url}/file`), body, deadlineMs: 5_000 })
    expect(server.requests[0]?.body).toBe('one two')
  })
})

describe('the deadline', () => {
  it('may be a fraction of a millisecond: what is left of a wait is rarely a round number', async () => {
    expect((await get('/ok', { deadlineMs: 1234.567 })).status).toBe(200)
  })

  it('that is over already fails like any other', async () => {
    for (const deadlineMs of [0, -5.5]) {
      server.faults.order({ kind: 'hang', times: 1 })
      expect((await failureOf(get('/ok', { deadlineMs }))).reason).toBe('deadline')
      server.faults.clear()
    }
  })

  const slow: Effect[] = [
    { kind: 'hang' },
    { kind: 'stall-body' },
    { kind: 'slow-drip', intervalMs: 1_000 },
    { kind: 'delay', delayMs: 60_000 },
  ]
  it.each(slow)('ends $kind, counted to the last byte', async (fault) => {
    server.faults.order(fault)
    const startMs = performance.now()
    const failure = await failureOf(get('/ok', { deadlineMs: 120 }))
    expect(failure.reason).toBe('deadline')
    expect(performance.now() - startMs).toBeLessThan(20_000)
    expect(failure.message).toContain('120 ms')
  })
})

describe('the signal', () => {
  it('ends a request on the wire', async () => {
    server.faults.order({ kind: 'hang' })
    const controller = new AbortController()
    const failure = failureOf(get('/ok', { signal: controller.signal }))
    await server.whenRequested('GET', /ok/)
    controller.abort()
    expect((await failure).reason).toBe('aborted')
  })

  it('ends a reply half-way', async () => {
    server.faults.order({ kind: 'stall-body' })
    const controller = new AbortController()
    const failure = failureOf(get('/ok', { signal: controller.signal }))
    await server.whenRequested('GET', /ok/)
    setTimeout(() => controller.abort(), 30)
    expect((await failure).reason).toBe('aborted')
  })

  it('that aborted before sends nothing', async () => {
    const failure = await failureOf(get('/ok', { signal: AbortSignal.abort() }))
    expect(failure.reason).toBe('aborted')
    expect(server.requests).toEqual([])
  })
})

describe('a connection', () => {
  it('that is refused was certainly not used', async () => {
    const { url } = server
    await server.close()
    const failure = await failureOf(http({ method: 'GET', url: new URL(url), deadlineMs: 2_000 }))
    expect(failure.reason).toBe('unreachable')
    server = await startServer()
  })

  it('to a name that does not exist was certainly not used', async () => {
    const url = new URL('http://nowhere.invalid/')
    const failure = await failureOf(http({ method: 'GET', url, deadlineMs: 4_000 }))
    // A runner without any name server would wait for its time-out.
    expect(['unreachable', 'deadline']).toContain(failure.reason)
  })

  it.each([
    ['connect', 'EACCES', 'a local firewall forbids it'],
    ['connect', 'ETIMEDOUT', 'the system gives up'],
    ['getaddrinfo', 'EAI_FAIL', 'the resolver fails for good'],
  ])('that ends in %s with %s was certainly not used: %s', async (syscall, code) => {
    const failing = createHttpClient({}, async () => {
      throw Object.assign(new Error(code), { code, syscall })
    })
    const url = new URL('http://game.test/')
    const failure = await failureOf(failing({ method: 'GET', url, deadlineMs: 2_000 }))
    expect(failure).toMatchObject({ reason: 'unreachable', message: expect.stringContaining(code) })
  })

  it('to a far host with several addresses has time for a lost packet with each of them', async () => {
    const { port } = new URL(server.url)
    const connecting = vi.spyOn(net, 'connect')
    const lookup = vi.spyOn(dns, 'lookup')
    // The second one is on a machine without IPv6, so nothing may be lost at the first one.
    lookup.mockImplementation(((_host: string, _options: unknown, tell: Tell) =>
      tell(null, [
        { address: '127.0.0.1', family: 4 },
        { address: '2001:db8::1', family: 6 },
      ])) as never)
    const url = new URL(`http://far.test:${port}/ok`)
    expect((await http({ method: 'GET', url, deadlineMs: 5_000 })).status).toBe(200)
    const [given] = connecting.mock.calls.flat() as unknown as [net.TcpNetConnectOpts]
    // The kernel sends a lost first packet again after 1 s.
    expect(given.autoSelectFamilyAttemptTimeout).toBeGreaterThan(1_500)
    vi.restoreAllMocks()
  })

  it.each<Effect>([{ kind: 'reset' }, { kind: 'reset', when: 'after' }, { kind: 'truncate' }])(
    'that breaks ($kind) leaves open what happened',
    async (fault) => {
      server.faults.order(fault)
      expect((await failureOf(get())).reason).toBe('broken')
    },
  )

  it('that ends where HTTP should begin leaves open what happened', async () => {
    const rude = createServer((socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n'))
    await new Promise<void>((resolve) => rude.listen(0, '127.0.0.1', resolve))
    const { port } = rude.address() as { port: number }
    const url = new URL(`http://127.0.0.1:${port}/`)
    expect((await failureOf(http({ method: 'GET', url, deadlineMs: 2_000 }))).reason).toBe('broken')
    rude.close()
  })

  it('is fit for use again after each failure', async () => {
    const faults: Effect[] = [{ kind: 'reset' }, { kind: 'truncate' }, { kind: 'oversize' }]
    for (const fault of faults) {
      server.faults.order({ ...fault, times: 1 })
      await failureOf(get('/ok', { maxReplyBytes: 10_000 }))
      expect((await get()).status).toBe(200)
    }
  })
})

describe('a reply without end', () => {
  it.each([true, false])('is cut off at the limit (length declared: %s)', async (declareLength) => {
    server.faults.order({ kind: 'oversize', bytes: 64 * 1024 * 1024, declareLength })
    const startMs = performance.now()
    expect((await failureOf(get())).reason).toBe('too-large')
    expect(performance.now() - startMs).toBeLessThan(20_000)
  })
})

describe('the text of a failure', () => {
  it('holds no header, body or query', async () => {
    server.route('POST', '/secret', () => ({ status: 200 }))
    server.faults.order({ kind: 'reset' })
    const failure = await failureOf(
      http({
        method: 'POST',
        url: new URL(`${server.url}/secret?key=query-secret`),
        headers: { authorization: 'token header-secret' },
        body: 'body-secret',
        deadlineMs: 2_000,
      }),
    )
    expect(JSON.stringify([failure, failure.message, failure.stack, failure.cause])).not.toMatch(
      /(query|header|body)-secret/,
    )
  })
})

function drip(socket: Socket, everyMs: number) {
  const timer = setInterval(() => socket.write('.'), everyMs)
  socket.on('close', () => clearInterval(timer))
}

describe('a reply whose end is wanted', () => {
  const text = Array.from({ length: 20_000 }, (_, index) => `line ${index}\n`).join('')
  const wanted = { maxReplyBytes: 50_000, keepsEnd: true }

  it('is cut at its beginning when it is too long, and says so', async () => {
    server.route('GET', '/log', () => ({ status: 200, body: text }))
    const { text: read, isCut } = await get('/log', wanted)
    expect(isCut).toBe(true)
    expect(text.endsWith(read)).toBe(true)
    expect(read.length).toBeLessThanOrEqual(50_000)
    expect(read).toContain('line 19999')
  })

  it('is whole when it is short enough', async () => {
    expect(await get('/ok', wanted)).toEqual(await get('/ok'))
  })

  it.each([
    ['breaks off', (socket: Socket) => void setTimeout(() => socket.destroy(), 50)],
    ['never ends', () => {}],
    ['drips on for ever', (socket: Socket) => drip(socket, 100)],
  ])('is what came of it when it %s', async (_, end) => {
    const slow = createServer((socket) => {
      socket.on('error', () => {})
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 10000\r\n\r\nthe beginning')
      end(socket)
    })
    await new Promise<void>((resolve) => slow.listen(0, '127.0.0.1', resolve))
    const url = new URL(`http://127.0.0.1:${(slow.address() as AddressInfo).port}`)
    // Its silence, or what is hardly more, ends it: the deadline is far away.
    const more = { ...wanted, url, deadlineMs: 600_000 }
    const { text: read, isCut } = await get('/', more)
    expect(read).toMatch(/^the beginning\.*$/)
    expect(isCut).toBe(true)
    const whole = { ...more, keepsEnd: false, deadlineMs: 400 }
    expect((await failureOf(get('/', whole))).reason).toMatch(/broken|deadline/)
    slow.close()
  })

  it('may take longer than it may be silent', async () => {
    server.route('GET', '/log', () => ({ status: 200, body: text }))
    server.faults.order({ kind: 'slow-drip', intervalMs: 200, chunkBytes: 8_000 })
    const { text: read, isCut } = await get('/log', {
      ...wanted,
      maxReplyBytes: 1e6,
      deadlineMs: 600_000,
    })
    expect(read).toBe(text)
    expect(isCut).toBeUndefined()
  })

  it('is given up when nothing comes of it', async () => {
    server.faults.order({ kind: 'hang' })
    const failure = await failureOf(get('/ok', { ...wanted, deadlineMs: 600_000 }))
    expect(failure).toMatchObject({ reason: 'deadline', message: expect.stringContaining('silen') })
  })
})
