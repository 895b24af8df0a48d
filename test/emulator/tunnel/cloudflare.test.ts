import { randomBytes, randomUUID } from 'node:crypto'
import { Resolver } from 'node:dns/promises'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { request } from 'node:https'
import { afterAll, beforeAll, describe, type TestContext, test } from 'vitest'
import { type Cloudflare, startCloudflare } from './cloudflare.ts'
import { findCloudflared } from './cloudflared-binary.ts'
import { startCloudflared } from './cloudflared-process.ts'
import { listen, shut, trackSockets } from './loopback-server.ts'
import { titled } from './real-part.ts'

const found = findCloudflared()
if (found.path === undefined) console.warn(found.reason)

describe.skipIf(found.path === undefined).concurrent(titled('the real cloudflared', found), () => {
  const origin = createServer((incoming, response) => {
    const hash: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => hash.push(chunk))
    incoming.on('end', () => {
      const { method, url, headers } = incoming
      const signature = headers['x-signature']
      response.setHeader('x-from', 'origin')
      response.end(JSON.stringify({ method, url, signature, body: Buffer.concat(hash).toString() }))
    })
  })
  const originSockets = trackSockets(origin)
  let url = ''
  let world: Cloudflare

  /** Closed when the test ends, also when it fails: nothing may outlive it. */
  const keep = <T extends { close(): Promise<void> }>(
    { onTestFinished }: TestContext,
    rig: T,
  ): T => {
    onTestFinished(() => rig.close())
    return rig
  }
  const run = (context: TestContext, from: Cloudflare, target = url) => {
    const flags = [...from.flags, '--grace-period', '1s', '--url', target]
    return keep(context, startCloudflared({ flags }))
  }
  const quickTunnel = async (context: TestContext, from: Cloudflare, target = url) => {
    const cloudflared = run(context, from, target)
    const { message } = await cloudflared.waitForLine('trycloudflare.com  ')
    const [, hostname = ''] = /https:\/\/(\S+)/.exec(message) ?? []
    await from.edge.waitForConnection(hostname)
    return { cloudflared, hostname }
  }

  beforeAll(async () => {
    url = `http://127.0.0.1:${await listen(origin)}`
    world = await startCloudflare()
  })
  afterAll(async () => {
    await world?.close()
    await shut(origin, originSockets)
  })

  test('serves a public HTTPS request, by the name that DNS gives', async (context) => {
    const { expect } = context
    const { cloudflared, hostname } = await quickTunnel(context, world)
    const resolver = new Resolver()
    resolver.setServers([world.dns.address])
    const [address = ''] = await resolver.resolve4(hostname)
    const asking = request({
      host: address,
      port: world.front.httpsPort,
      servername: hostname,
      ca: world.edge.authority.certificatePem,
      method: 'POST',
      path: '/a%2Fb?x=1&y',
      headers: { host: hostname, 'x-signature': 'abc' },
      agent: false,
    }).end('{"n": 1.0}')
    const [response] = await once(asking, 'response')
    const chunks: Buffer[] = []
    for await (const chunk of response) chunks.push(chunk)
    const seen = { method: 'POST', url: '/a%2Fb?x=1&y', signature: 'abc', body: '{"n": 1.0}' }
    expect(JSON.parse(Buffer.concat(chunks).toString())).toEqual(seen)
    expect(response.headers['x-from']).toBe('origin')
    await expect.poll(async () => (await cloudflared.metrics('/ready')).status).toBe(200)
    expect(JSON.parse((await cloudflared.metrics('/quicktunnel')).body)).toEqual({ hostname })

    process.kill(cloudflared.pid, 'SIGTERM')
    expect(await cloudflared.exit).toMatchObject({ code: 0 })
    const gone = await world.edge.request({ method: 'GET', path: '/', hostname })
    expect([gone.status, gone.body.toString()]).toEqual([530, 'error code: 1033'])
  })

  test('passes a large body, and says 502 when the origin is down', async (context) => {
    const { expect } = context
    const body = Buffer.alloc(5_000_000, 'x')
    const { hostname } = await quickTunnel(context, world)
    const answer = await world.edge.request({ method: 'POST', path: '/', hostname, body })
    expect(JSON.parse(answer.body.toString()).body).toHaveLength(body.length)
    const down = await quickTunnel(context, world, 'http://127.0.0.1:1')
    const refused = await world.edge.request({ method: 'GET', path: '/', hostname: down.hostname })
    expect(refused.status).toBe(502)
  })

  // The binary itself waits for a random time of up to some 20 s before it dials again.
  test('comes back under the same name after the edge cut it', {
    timeout: 40_000,
  }, async (context) => {
    const { expect } = context
    const own = keep(context, await startCloudflare())
    const { cloudflared, hostname } = await quickTunnel(context, own)
    await cloudflared.waitForLine('Registered tunnel connection')
    own.edge.killConnections()
    await expect.poll(() => own.edge.connected(hostname)).toBe(false)
    await own.edge.waitForConnection(hostname)
    expect((await own.edge.request({ method: 'GET', path: '/', hostname })).status).toBe(200)
    expect(own.api.tunnels).toHaveLength(1)
  })

  test('never gets ready at an edge that refuses, cuts or stays mute', async (context) => {
    const { expect } = context
    for (const kind of ['cutting', 'mute', 'refusing'] as const) {
      const own = keep(context, await startCloudflare())
      own.edge.mode({ kind, cause: 'Unauthorized: no', retryAfterMs: 1000 })
      const cloudflared = run(context, own)
      await expect.poll(() => own.edge.dials.count, { timeout: 5000 }).toBeGreaterThan(0)
      expect((await cloudflared.metrics('/ready')).status).toBe(503)
    }
  })

  test('ends with 1 when it is given no tunnel', async (context) => {
    const { expect } = context
    const own = keep(context, await startCloudflare())
    const faults = ['rate-limited', { kind: 'html', status: 504 }, 'refused', 'cut'] as const
    const last: string[] = []
    for (const fault of faults) {
      own.api.fail(fault)
      const cloudflared = run(context, own)
      expect(await cloudflared.exit).toMatchObject({ code: 1 })
      last.push(cloudflared.log.at(-1)?.message ?? '')
    }
    expect(last[0]).toContain('status 429: error code: 1015')
    expect(last[1]).toContain('status 504: <!DOCTYPE html>')
    expect(last[2]).toContain('[1101] Internal error')
    expect(last[3]).toContain('failed to request quick Tunnel')
  })

  test('serves a named tunnel with the ingress that the edge pushes', async (context) => {
    const { expect } = context
    const hostname = 'hook.example.com'
    const secret = randomBytes(32)
    const tunnelId = randomUUID()
    const own = keep(context, await startCloudflare({ otherNames: [hostname] }))
    own.edge.addTunnel({ tunnelId, hostname, secret, managedIngress: [{ hostname, service: url }] })
    const parts = { a: 'account', t: tunnelId, s: secret.toString('base64') }
    const token = Buffer.from(JSON.stringify(parts)).toString('base64')
    const flags = [...own.edge.flags, '--protocol', 'http2']
    const environment = { TUNNEL_TOKEN: token }
    const cloudflared = keep(context, startCloudflared({ flags, subcommand: 'run', environment }))
    await cloudflared.waitForLine('Updated to new configuration')
    const answer = await own.edge.request({ method: 'GET', path: '/named', hostname })
    expect(JSON.parse(answer.body.toString())).toMatchObject({ url: '/named' })
    expect(own.edge.registrations[0]).toMatchObject({ tunnelId, accountTag: 'account' })
  })
})
