import { createServer } from 'node:http'
import { afterAll, describe, expect, test } from 'vitest'
import { PINS } from '../../src/webhook/tunnels/cloudflared/pins.ts'
import { quickTransport } from '../../src/webhook/tunnels/cloudflared/quick.ts'
import { requestQuickTunnel } from '../../src/webhook/tunnels/cloudflared/quick-service.ts'
import { findCloudflared } from '../emulator/tunnel/cloudflared-binary.ts'
import { listen, shut, trackSockets } from '../emulator/tunnel/loopback-server.ts'
import { descendantsOf, isRunning } from '../emulator/tunnel/process-tree.ts'
import { startQuickTunnelApi } from '../emulator/tunnel/quick-tunnel-api.ts'
import { titled } from '../emulator/tunnel/real-part.ts'
import { createWorld, openChannel, openQuick, postNotification } from './cloudflared-rig.ts'

const found = findCloudflared()
const LONG = new AbortController().signal
const QUICK = { transport: 'cloudflared-quick', isUnasked: true } as const

/** A server that takes every request and answers none. */
async function startSilentServer() {
  const server = createServer(() => {})
  const sockets = trackSockets(server)
  const port = await listen(server)
  return { url: new URL(`http://127.0.0.1:${port}/`), close: () => shut(server, sockets) }
}

describe.skipIf(found.path === undefined).concurrent(titled('a quick tunnel', found), () => {
  afterAll(() => {
    const names = descendantsOf(process.pid).filter(isRunning)
    if (names.length > 0) throw new Error(`children are left: ${names.join(', ')}`)
  })

  test('has its URL while cloudflared is still being fetched', async (context) => {
    const world = await createWorld(context)
    const releases = await startSilentServer()
    context.onTestFinished(() => releases.close())
    const settings = { ...QUICK, binaryPath: undefined }
    const transport = quickTransport(settings, {
      service: new URL(`http://127.0.0.1:${world.cloudflare.api.port}`),
      source: {
        baseUrl: releases.url,
        version: '1',
        pins: PINS,
        platform: 'linux',
        arch: 'x64',
      },
    })
    const { channel, log } = openChannel(context, world, { settings, transport })
    await channel.whenUrlKnown(20_000, LONG)
    expect(channel.url?.hostname).toBe(world.cloudflare.api.tunnels[0]?.hostname)
    expect(channel.isOpening).toBe(true)
    const shown = log.filter((line) => !line.startsWith('add-mask'))
    expect(shown.join('\n')).not.toContain(channel.url?.hostname)
  })

  test('is asked for once, and the real cloudflared serves it', async (context) => {
    const world = await createWorld(context)
    const { channel } = openQuick(context, world)
    await channel.whenSettled(45_000, LONG)
    expect(channel.isVerified).toBe(true)
    const { requests, tunnels } = world.cloudflare.api
    expect(requests.map(({ userAgent }) => userAgent)).toEqual(['deploy-game-server'])
    expect(await postNotification(world, channel.url as URL, { id: 'd1' })).toBe(204)
    const [start] = world.starts()
    expect(start?.args.join(' ')).toMatch(/--ha-connections 1 run --url http:\/\/127\.0\.0\.1:\d+$/)
    expect(start?.args.join(' ')).not.toContain(tunnels[0]?.secret.toString('base64'))
  })

  test('is asked for by cloudflared where the action itself does not get there', async (context) => {
    const world = await createWorld(context)
    const { channel, log } = openQuick(context, world, { asksItself: false })
    await channel.whenSettled(45_000, LONG)
    expect(channel.isVerified).toBe(true)
    expect(log.join('\n')).toContain('cloudflared asks for a tunnel by itself')
    expect(world.cloudflare.api.requests[0]?.userAgent).toContain('cloudflared')
  })

  test('that is refused at once holds nothing up and says why', async (context) => {
    const world = await createWorld(context)
    world.cloudflare.api.fail('rate-limited')
    const { channel } = openQuick(context, world)
    await channel.whenUrlKnown(600_000, LONG)
    expect(channel.url).toBeUndefined()
    expect(channel.error).toContain('no more quick tunnels for now (429)')
    expect(world.cloudflare.api.requests).toHaveLength(1)
  })
})

describe('the answer of the quick tunnel service', () => {
  const good = {
    id: '11111111-2222-3333-4444-555555555555',
    hostname: 'some-four-odd-words.trycloudflare.com',
    account_tag: '0123456789abcdef0123456789abcdef',
    secret: 'c2VjcmV0',
  }

  async function ask(body: string, status = 200) {
    const server = createServer((_, response) => response.writeHead(status).end(body))
    const sockets = trackSockets(server)
    const port = await listen(server)
    const service = new URL(`http://127.0.0.1:${port}`)
    try {
      return await requestQuickTunnel(service, { environment: {}, signal: LONG })
    } finally {
      await shut(server, sockets)
    }
  }

  test('becomes a URL and what cloudflared takes for a token', async () => {
    const tunnel = await ask(JSON.stringify({ success: true, result: good, errors: [] }))
    expect(tunnel.base.href).toBe('https://some-four-odd-words.trycloudflare.com/')
    expect(JSON.parse(Buffer.from(tunnel.token, 'base64').toString())).toEqual({
      a: good.account_tag,
      t: good.id,
      s: good.secret,
    })
  })

  test.each([
    ['says no', { success: false, result: good }],
    ['has no result', { success: true, result: null }],
    ['names a host of its own choice', { result: { ...good, hostname: 'evil.example.com' } }],
    ['names the service itself', { result: { ...good, hostname: 'api.trycloudflare.com' } }],
    ['names a path', { result: { ...good, hostname: 'x.trycloudflare.com/y' } }],
    ['has a secret that is none', { result: { ...good, secret: 'a b' } }],
    ['has an id that is none', { result: { ...good, id: '--help' } }],
    ['is no object', []],
    ['is null', null],
  ])('is no tunnel when it %s', async (_, body) => {
    await expect(ask(JSON.stringify(body))).rejects.toThrow('gave no tunnel')
  })

  test('is no tunnel when it is a page or an error', async () => {
    await expect(ask('<html>')).rejects.toThrow('gave no tunnel')
    await expect(ask('', 503)).rejects.toThrow('failed (503)')
    await expect(ask('error code: 1015', 429)).rejects.toMatchObject({ kind: 'rate-limited' })
  })

  test('is not waited for when the service is out of reach', async () => {
    const api = await startQuickTunnelApi()
    await api.close()
    const service = new URL(`http://127.0.0.1:${api.port}`)
    const asked = requestQuickTunnel(service, { environment: {}, signal: LONG })
    await expect(asked).rejects.toThrow('is not reached: no connection')
  })
})
