import { Resolver } from 'node:dns/promises'
import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import { startConnectProxy } from './connect-proxy.ts'
import { startDns } from './dns.ts'
import { listen, shut, trackSockets } from './loopback-server.ts'
import { type Relay, startRelay } from './relay.ts'

const closers: (() => Promise<void>)[] = []
const keep = <T extends { close(): Promise<void> }>(rig: T): T => {
  closers.push(() => rig.close())
  return rig
}
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

async function startOrigin() {
  const server = createServer((incoming, response) => response.end(`origin saw ${incoming.url}`))
  const sockets = trackSockets(server)
  const port = await listen(server)
  return keep({ port, close: () => shut(server, sockets) })
}

describe('the CONNECT proxy', () => {
  const tunnel = async (port: number, target: string, headers: Record<string, string> = {}) => {
    const asking = request({ host: '127.0.0.1', port, method: 'CONNECT', path: target, headers })
    asking.end()
    const [response, socket] = (await once(asking, 'connect')) as [{ statusCode: number }, Socket]
    return { status: response.statusCode, socket }
  }

  test('opens a tunnel, by name where it is told where the name leads', async () => {
    const origin = await startOrigin()
    const routes = { '*.example.com:443': `127.0.0.1:${origin.port}` }
    const proxy = keep(await startConnectProxy({ routes }))
    const { status, socket } = await tunnel(proxy.port, 'api.example.com:443')
    expect(status).toBe(200)
    socket.write('GET /inside HTTP/1.1\r\nHost: api.example.com\r\nConnection: close\r\n\r\n')
    const [answer] = (await once(socket, 'data')) as [Buffer]
    expect(answer.toString()).toContain('200 OK')
    expect(proxy.connections).toEqual([
      { method: 'CONNECT', target: 'api.example.com:443', status: 200 },
    ])
  })

  test('asks for credentials, and never leaves the machine', async () => {
    const credentials = { user: 'me', password: 'p%40s s' }
    const proxy = keep(await startConnectProxy({ credentials }))
    expect((await tunnel(proxy.port, '127.0.0.1:1')).status).toBe(407)
    const basic = `Basic ${Buffer.from('me:p%40s s').toString('base64')}`
    const headers = { 'proxy-authorization': basic }
    expect((await tunnel(proxy.port, 'example.org:443', headers)).status).toBe(403)
  })

  test('forwards plain requests', async () => {
    const origin = await startOrigin()
    const proxy = keep(await startConnectProxy())
    const path = `http://127.0.0.1:${origin.port}/plain?x=1`
    const asking = request({ host: '127.0.0.1', port: proxy.port, path, agent: false }).end()
    const [response] = (await once(asking, 'response')) as [NodeJS.ReadableStream]
    const [body] = (await once(response, 'data')) as [Buffer]
    expect(body.toString()).toBe('origin saw /plain?x=1')
  })
})

describe('the DNS server', () => {
  const resolverFor = (address: string) => {
    const resolver = new Resolver({ timeout: 300, tries: 1 })
    resolver.setServers([address])
    return resolver
  }

  test('knows a name only once it is published, and a client that asked early sees it then', async () => {
    const dns = keep(await startDns())
    const resolver = resolverFor(dns.address)
    await expect(resolver.resolve4('new.trycloudflare.com')).rejects.toMatchObject({
      code: 'ENOTFOUND',
    })
    dns.publish('new.trycloudflare.com', '127.0.0.7', { afterMs: 30 })
    await sleep(60)
    expect(await resolver.resolve4('new.trycloudflare.com')).toEqual(['127.0.0.7'])
    expect(dns.queries.map(({ missing }) => missing)).toEqual([true, false])
  })

  test('answers AAAA and NS, keeps an early "no such name" when it plays a resolver, and can be blocked', async () => {
    const dns = keep(await startDns({ rememberNegatives: true }))
    const resolver = resolverFor(dns.address)
    dns.set('trycloudflare.com', 'NS', ['ns1.trycloudflare.com'])
    dns.publish('six.trycloudflare.com', '2606:4700::6810:85e5')
    expect(await resolver.resolveNs('trycloudflare.com')).toEqual(['ns1.trycloudflare.com'])
    expect(await resolver.resolve6('six.trycloudflare.com')).toEqual(['2606:4700::6810:85e5'])
    await expect(resolver.resolve4('six.trycloudflare.com')).rejects.toMatchObject({
      code: 'ENODATA',
    })
    await expect(resolver.resolve4('early.trycloudflare.com')).rejects.toThrow('ENOTFOUND')
    dns.publish('early.trycloudflare.com', '127.0.0.7')
    await expect(resolver.resolve4('early.trycloudflare.com')).rejects.toThrow('ENOTFOUND')
    dns.mode('silent')
    await expect(resolver.resolve4('six.trycloudflare.com')).rejects.toMatchObject({
      code: 'ETIMEOUT',
    })
  })
})

describe('the relay', () => {
  const CHANNEL = 'channel-of-this-test'
  const subscribe = async (relay: Relay, path: string) => {
    const headers = { accept: 'text/event-stream' }
    const response = await fetch(`${relay.url}${path}`, { headers })
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    let text = ''
    const until = async (pattern: RegExp) => {
      while (!pattern.test(text)) {
        const chunk = await reader?.read()
        if (chunk === undefined || chunk.done) throw new Error(`the stream ended: ${text}`)
        text += chunk.value
      }
      return text
    }
    return { type: response.headers.get('content-type'), until }
  }
  const post = (relay: Relay, path: string, body: string, type = 'application/json') =>
    fetch(`${relay.url}${path}`, { method: 'POST', body, headers: { 'content-type': type } })

  test('smee: flattens the headers, parses the body, answers 200 to nobody', async () => {
    const relay = keep(await startRelay({ dialect: 'smee' }))
    expect((await post(relay, `/${CHANNEL}`, '{}')).status).toBe(200)
    expect(relay.posts[0]?.deliveries).toBe(0)
    const stream = await subscribe(relay, `/${CHANNEL}`)
    await stream.until(/event: ready\ndata: {}\n\n/)
    await post(relay, `/${CHANNEL}?a=b`, '{"n": 1.0}')
    const text = await stream.until(/"body".*\n\n/)
    const event = JSON.parse(/data: (\{"host.*)\n/.exec(text)?.[1] ?? '')
    expect(event).toMatchObject({
      'content-type': 'application/json',
      body: { n: 1 },
      query: { a: 'b' },
    })
  })

  test('smee: refuses what the real one refuses', async () => {
    const relay = keep(await startRelay({ dialect: 'smee' }))
    const statusOf = async (body: string, type?: string) =>
      (await post(relay, `/${CHANNEL}`, body, type)).status
    expect(await statusOf('[1]')).toBe(400)
    expect(await statusOf('')).toBe(400)
    expect(await statusOf('{}', 'text/plain')).toBe(400)
    expect(await statusOf('a=b', 'application/x-www-form-urlencoded')).toBe(415)
    expect(await statusOf(JSON.stringify({ a: 'x'.repeat(1_100_000) }))).toBe(413)
    expect((await post(relay, `/${CHANNEL}/more`, '{}')).status).toBe(404)
    const listed = await fetch(`${relay.url}/${CHANNEL}`, {
      headers: { accept: 'text/event-stream, */*' },
    })
    expect(listed.headers.get('content-type')).toContain('text/html')
  })

  test('gosmee: keeps the bytes, drops the query, answers 202', async () => {
    const relay = keep(await startRelay({ dialect: 'gosmee' }))
    expect((await subscribe(relay, `/${CHANNEL}`)).type).toContain('text/html')
    const stream = await subscribe(relay, `/events/${CHANNEL}`)
    await stream.until(/"connected"[\s\S]*"ready".*\n\n/)
    expect((await post(relay, `/${CHANNEL}?a=b`, '{"n": 1.0}')).status).toBe(202)
    const text = await stream.until(/bodyB.*\n\n/)
    const event = JSON.parse(/data: (\{"host.*)\n/.exec(text)?.[1] ?? '')
    expect(Buffer.from(event.bodyB, 'base64').toString()).toBe('{"n": 1.0}')
    expect(event).not.toHaveProperty('query')
    expect((await post(relay, `/${CHANNEL}`, '{}', 'text/plain')).status).toBe(400)
  })

  test('pings, falls silent, drops and restarts when told to', async () => {
    const relay = keep(await startRelay({ dialect: 'smee', pingIntervalMs: 20 }))
    const stream = await subscribe(relay, `/${CHANNEL}`)
    await stream.until(/event: ping/)
    relay.stall()
    await post(relay, `/${CHANNEL}`, '{"lost": true}')
    const next = stream.until(/lost/)
    expect(await Promise.race([next.catch(() => 'ended'), sleep(80, 'silent')])).toBe('silent')
    const other = await subscribe(relay, `/${CHANNEL}`)
    await other.until(/event: ping/)
    relay.dropConnections()
    await expect(next).rejects.toThrow()
    const restarted = relay.restart({ downMs: 30 })
    await sleep(5)
    await expect(fetch(relay.url)).rejects.toThrow()
    await restarted
    await (await subscribe(relay, `/${CHANNEL}`)).until(/event: ready/)
    expect(relay.subscriptions).toHaveLength(3)
    expect(relay.openSubscriptions()).toBe(1)
  })
})
