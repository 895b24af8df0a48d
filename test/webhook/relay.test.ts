import { describe, expect, onTestFinished, test } from 'vitest'
import { startConnectProxy } from '../emulator/tunnel/connect-proxy.ts'
import { filesIn } from './open.ts'
import { openRelay, start } from './relay-rig.ts'

describe.each(['smee', 'gosmee'] as const)('a relay that speaks as %s', (dialect) => {
  test('notifications come down the stream, and nothing listens here', async () => {
    const relay = await start({ dialect })
    const opened = await openRelay(relay.url)
    await opened.settled()
    expect(opened.channel.url?.href).toMatch(new RegExp(`^${relay.url}/[\\w-]{43}$`))
    expect(opened.channel.isVerified).toBe(true)
    expect(opened.channel.tunnel).toBe('relay')
    // The self-ping is no notification.
    expect(opened.deliveries).toEqual([])

    const wake = opened.nextWake()
    expect(await opened.post({ hello: 'wörld' })).toBe(dialect === 'smee' ? 200 : 202)
    expect(await wake).toBe('notification')
    const [delivery] = opened.deliveries
    expect(delivery?.body.toString()).toBe('{"hello":"wörld"}')
    expect(delivery?.headers['x-test']).toBe('yes')
    expect(delivery?.headers).not.toHaveProperty('timestamp')
    expect(await filesIn(opened.temp)).toEqual([])

    const channel = opened.channel.url?.pathname.slice(1) ?? ''
    await opened.channel.close()
    await opened.until(() => relay.openSubscriptions() === 0, 'the end of the subscription')
    expect(opened.log().replaceAll(`::add-mask::${channel}`, '')).not.toContain(channel)
  })

  test('large bodies arrive whole', async () => {
    const relay = await start({ dialect })
    const opened = await openRelay(relay.url)
    await opened.settled()
    await opened.post({ text: 'ü'.repeat(300_000) })
    await opened.until(() => opened.deliveries.length === 1, 'the delivery')
    expect(opened.deliveries[0]?.body.length).toBe(600_011)
  })

  test('a stream that drops is taken up again, with one look for what was lost', async () => {
    const relay = await start({ dialect })
    const opened = await openRelay(relay.url)
    expect(await opened.nextWake()).toBe('changed')
    relay.dropConnections()
    expect(await opened.nextWake()).toBe('changed')
    expect(opened.channel.isVerified).toBe(false)
    expect(opened.channel.url).toBeDefined()
    expect(await opened.nextWake()).toBe('gap')
    await opened.until(() => opened.channel.isVerified, 'the return')
    await opened.post()
    await opened.until(() => opened.deliveries.length === 1, 'a delivery')
    expect(new Set(relay.subscriptions.map(({ channel }) => channel)).size).toBe(1)
  })

  test('a stream that falls silent is not believed', async () => {
    const relay = await start({ dialect })
    const opened = await openRelay(relay.url, {}, { pingMs: 700, silenceMs: 700 })
    await opened.settled()
    relay.stall({ alsoNew: true })
    await opened.until(() => !opened.channel.isVerified, 'the loss')
    expect(opened.channel.error).toMatch(/silent/)
    // New streams open, yet no ping comes down: still not verified.
    await opened.until(() => relay.subscriptions.length >= 3, 'new streams')
    expect(opened.channel.isVerified).toBe(false)
    relay.resume()
    await opened.until(() => opened.channel.isVerified, 'the return')
  })

  test('a relay that restarts is found again', async () => {
    const relay = await start({ dialect })
    const opened = await openRelay(relay.url)
    await opened.settled()
    await relay.restart({ downMs: 400 })
    await opened.until(() => !opened.channel.isVerified || relay.subscriptions.length > 1, 'a loss')
    await opened.until(() => opened.channel.isVerified, 'the return')
    await opened.post()
    await opened.until(() => opened.deliveries.length === 1, 'a delivery')
  })

  test('a relay that fails at first is tried until the time is over', async () => {
    const relay = await start({ dialect })
    relay.refuseSubscribers(503)
    const opened = await openRelay(relay.url, { opensWithinMs: 3_000 })
    setTimeout(() => relay.refuseSubscribers(undefined), 400)
    await opened.settled()
    expect(opened.channel.isVerified).toBe(true)
  })
})

test('gosmee keeps the bytes, smee does not', async () => {
  for (const [dialect, expected] of [
    ['gosmee', '{"n": 1.0}'],
    ['smee', '{"n":1}'],
  ] as const) {
    const relay = await start({ dialect })
    const opened = await openRelay(relay.url)
    await opened.settled()
    const headers = { 'content-type': 'application/json' }
    await fetch(opened.channel.url ?? '', { method: 'POST', headers, body: '{"n": 1.0}' })
    await opened.until(() => opened.deliveries.length === 1, 'a delivery')
    expect(opened.deliveries[0]?.body.toString()).toBe(expected)
  }
})

test('a public instance is named in one warning line, through a proxy', async () => {
  const relay = await start({ dialect: 'smee' })
  const proxy = await startConnectProxy({
    routes: { 'smee.io:80': `127.0.0.1:${relay.port}` },
  })
  onTestFinished(() => proxy.close())
  const opened = await openRelay('http://smee.io', { environment: { http_proxy: proxy.url } })
  await opened.settled()
  expect(opened.channel.error).toBe('')
  expect(opened.channel.isVerified).toBe(true)
  expect(proxy.connections.length).toBeGreaterThan(0)
  expect(opened.log().match(/::warning::smee\.io is a public relay/g)).toHaveLength(1)
})
