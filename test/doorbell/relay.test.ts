import { createServer, type ServerResponse } from 'node:http'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type RelayTimes, relayTransport } from '../../src/doorbell/transports/relay.ts'
import { startConnectProxy } from '../emulator/tunnel/connect-proxy.ts'
import { freePort, listen, shut, trackSockets } from '../emulator/tunnel/loopback-server.ts'
import { type Relay, type RelayOptions, startRelay } from '../emulator/tunnel/relay.ts'
import { filesIn, openDoorbell } from './open.ts'

const BRISK: RelayTimes = {
  answerMs: 1_000,
  greetingMs: 300,
  pingMs: 600,
  silenceMs: 500,
  pausesMs: [50, 100, 200],
  goodAfterMs: 1_000,
}
const PINGS_MS = 100

const open = (relayUrl: string, options: Parameters<typeof openDoorbell>[1] = {}) => {
  const settings = { transport: 'relay', relayUrl: new URL(relayUrl) } as const
  return openDoorbell(settings, {
    ...options,
    load: async () => ({
      needsReceiver: false,
      listenPort: 0,
      run: relayTransport(settings, BRISK),
    }),
  })
}
const start = async (options: RelayOptions): Promise<Relay> => {
  const relay = await startRelay({ pingIntervalMs: PINGS_MS, ...options })
  onTestFinished(() => relay.close())
  return relay
}

describe.each(['smee', 'gosmee'] as const)('a relay that speaks as %s', (dialect) => {
  test('rings come down the stream, and nothing listens here', async () => {
    const relay = await start({ dialect })
    const opened = await open(relay.url)
    await opened.settled()
    expect(opened.doorbell.url?.href).toMatch(new RegExp(`^${relay.url}/[\\w-]{43}$`))
    expect(opened.doorbell.isVerified).toBe(true)
    expect(opened.doorbell.tunnel).toBe('relay')
    // The self-ping is no ring.
    expect(opened.deliveries).toEqual([])

    const wake = opened.nextWake()
    expect(await opened.post({ hello: 'wörld' })).toBe(dialect === 'smee' ? 200 : 202)
    expect(await wake).toBe('ring')
    const [delivery] = opened.deliveries
    expect(delivery?.body.toString()).toBe('{"hello":"wörld"}')
    expect(delivery?.headers['x-test']).toBe('yes')
    expect(delivery?.headers).not.toHaveProperty('timestamp')
    expect(await filesIn(opened.temp)).toEqual([])

    const channel = opened.doorbell.url?.pathname.slice(1) ?? ''
    await opened.doorbell.close()
    await opened.until(() => relay.openSubscriptions() === 0, 'the end of the subscription')
    expect(opened.log().replaceAll(`::add-mask::${channel}`, '')).not.toContain(channel)
  })

  test('large bodies arrive whole', async () => {
    const relay = await start({ dialect })
    const opened = await open(relay.url)
    await opened.settled()
    await opened.post({ text: 'ü'.repeat(300_000) })
    await opened.until(() => opened.deliveries.length === 1, 'the delivery')
    expect(opened.deliveries[0]?.body.length).toBe(600_011)
  })

  test('a stream that drops is taken up again, with one look for what was lost', async () => {
    const relay = await start({ dialect })
    const opened = await open(relay.url)
    expect(await opened.nextWake()).toBe('changed')
    relay.dropConnections()
    expect(await opened.nextWake()).toBe('changed')
    expect(opened.doorbell.isVerified).toBe(false)
    expect(opened.doorbell.url).toBeDefined()
    expect(await opened.nextWake()).toBe('gap')
    await opened.until(() => opened.doorbell.isVerified, 'the return')
    await opened.post()
    await opened.until(() => opened.deliveries.length === 1, 'a delivery')
    expect(new Set(relay.subscriptions.map(({ channel }) => channel)).size).toBe(1)
  })

  test('a stream that falls silent is not believed', async () => {
    const relay = await start({ dialect })
    const opened = await open(relay.url)
    await opened.settled()
    relay.stall({ alsoNew: true })
    await opened.until(() => !opened.doorbell.isVerified, 'the loss')
    expect(opened.doorbell.error).toMatch(/silent/)
    // New streams open, yet no ping comes down: still not verified.
    await opened.until(() => relay.subscriptions.length >= 3, 'new streams')
    expect(opened.doorbell.isVerified).toBe(false)
    relay.resume()
    await opened.until(() => opened.doorbell.isVerified, 'the return')
  })

  test('a relay that restarts is found again', async () => {
    const relay = await start({ dialect })
    const opened = await open(relay.url)
    await opened.settled()
    await relay.restart({ downMs: 400 })
    await opened.until(
      () => !opened.doorbell.isVerified || relay.subscriptions.length > 1,
      'a loss',
    )
    await opened.until(() => opened.doorbell.isVerified, 'the return')
    await opened.post()
    await opened.until(() => opened.deliveries.length === 1, 'a delivery')
  })

  test('a relay that fails at first is tried until the time is over', async () => {
    const relay = await start({ dialect })
    relay.refuseSubscribers(503)
    const opened = await open(relay.url, { opensWithinMs: 3_000 })
    setTimeout(() => relay.refuseSubscribers(undefined), 400)
    await opened.settled()
    expect(opened.doorbell.isVerified).toBe(true)
  })
})

test('gosmee keeps the bytes, smee does not', async () => {
  for (const [dialect, expected] of [
    ['gosmee', '{"n": 1.0}'],
    ['smee', '{"n":1}'],
  ] as const) {
    const relay = await start({ dialect })
    const opened = await open(relay.url)
    await opened.settled()
    const headers = { 'content-type': 'application/json' }
    await fetch(opened.doorbell.url ?? '', { method: 'POST', headers, body: '{"n": 1.0}' })
    await opened.until(() => opened.deliveries.length === 1, 'a delivery')
    expect(opened.deliveries[0]?.body.toString()).toBe(expected)
  }
})

describe('a relay that does not come up', () => {
  const expectFailure = async (url: string, sentence: string) => {
    const opened = await open(url, { opensWithinMs: 500 })
    const startMs = performance.now()
    await opened.settled()
    expect(opened.doorbell.error).toContain(sentence)
    expect(opened.doorbell.tunnel).toBe('none')
    expect(performance.now() - startMs).toBeLessThan(2_000)
    expect(opened.log()).toContain('::warning::No webhook (relay)')
  }

  test('nobody listens', async () => {
    await expectFailure(`http://127.0.0.1:${await freePort()}`, 'ECONNREFUSED')
  })

  test('a server that is no relay', async () => {
    const url = await serve((response) => response.end('<html>'))
    await expectFailure(url, 'relay-url must be the address of a smee or gosmee server')
  })

  test('a server that refuses is not asked again', async () => {
    let asked = 0
    const url = await serve((response) => {
      asked += 1
      response.writeHead(403).end()
    })
    await expectFailure(url, 'refuses us (status 403)')
    // Both dialects' paths.
    expect(asked).toBe(2)
  })

  test('a redirect is not followed', async () => {
    const url = await serve((response) =>
      response.writeHead(307, { location: 'http://127.0.0.1:1/' }).end(),
    )
    await expectFailure(url, 'answers with status 307')
  })

  test('a server that hangs', async () => {
    const url = await serve(() => {})
    await expectFailure(url, 'no answer within')
  })

  test('an endless answer that is no stream is not read', async () => {
    const url = await serve((response) => {
      response.writeHead(200, { 'content-type': 'text/html' })
      const timer = setInterval(() => response.write('x'.repeat(65_536)), 1)
      response.once('close', () => clearInterval(timer))
    })
    await expectFailure(url, 'answers with status 200')
  })
})

test('a hostile stream rings at most; what makes no sense is left out', async () => {
  const big = 'y'.repeat(400_000)
  const junk = [
    'data: not json\n\n',
    'data: []\n\n',
    'data: null\n\n',
    'data: {"body": "text", "bodyB": 5}\n\n',
    'data: {"bodyB": "§§§"}\n\n',
    'event: x\nid: 7\nretry: 1\n\n',
    ':comment\n\n\n\n',
    'data: {"body": {"ping": "a stranger"}}\n\n',
    `data: {"body": {"big": "${big}${big}${big}"}}\n\n`,
    `${'data:\n'.repeat(1_100_000)}\n`,
    `${'z'.repeat(3_000_000)}\n\n`,
    'data: {"__proto__": {"polluted": "1"}, "body": {"n": 1}, "X-Upper": "kept"}\r\n\r\n',
  ]
  const url = await serve((response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(junk.join(''))
  })
  const opened = await open(url, { opensWithinMs: 4_000 })
  await opened.until(() => opened.deliveries.length > 0, 'the one that makes sense')
  expect(opened.deliveries[0]?.body.toString()).toBe('{"n":1}')
  expect(opened.deliveries[0]?.headers['x-upper']).toBe('kept')
  expect({}).not.toHaveProperty('polluted')
  // The ping never came back: nothing that the stream says makes it verified.
  expect(opened.doorbell.isVerified).toBe(false)
})

test('a public instance is named in one warning line, through a proxy', async () => {
  const relay = await start({ dialect: 'smee' })
  const proxy = await startConnectProxy({
    routes: { 'smee.io:80': `127.0.0.1:${relay.port}` },
  })
  onTestFinished(() => proxy.close())
  const opened = await open('http://smee.io', { environment: { http_proxy: proxy.url } })
  await opened.settled()
  expect(opened.doorbell.error).toBe('')
  expect(opened.doorbell.isVerified).toBe(true)
  expect(proxy.connections.length).toBeGreaterThan(0)
  expect(opened.log().match(/Warning: smee\.io is a public relay/g)).toHaveLength(1)
})

async function serve(reply: (response: ServerResponse) => void): Promise<string> {
  const server = createServer((request, response) => {
    if (request.method === 'POST') response.writeHead(200).end()
    else reply(response)
  })
  const sockets = trackSockets(server)
  onTestFinished(() => shut(server, sockets))
  return `http://127.0.0.1:${await listen(server)}`
}
