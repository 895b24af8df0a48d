import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, test } from 'vitest'
import { removeLeftovers } from '../../src/webhook/leftovers.ts'
import { findCloudflared } from '../emulator/tunnel/cloudflared-binary.ts'
import { descendantsOf, isRunning, signalProcess } from '../emulator/tunnel/process-tree.ts'
import { titled } from '../emulator/tunnel/real-part.ts'
import { createWorld, type OpenedChannel, openQuick, postNotification } from './cloudflared-rig.ts'

const found = findCloudflared()
if (found.path === undefined) console.warn(found.reason)

const LONG = new AbortController().signal

const settled = ({ channel }: OpenedChannel) => channel.whenSettled(45_000, LONG)

describe.skipIf(found.path === undefined).concurrent(titled('a quick tunnel', found), () => {
  afterAll(() => {
    const names = descendantsOf(process.pid).filter(isRunning)
    if (names.length > 0) throw new Error(`children are left: ${names.join(', ')}`)
  })

  test('brings a notification through, names the third party, asks no resolver early, leaves nothing', async (context) => {
    const { expect } = context
    const world = await createWorld(context, { publishAfterMs: 600_000 })
    const open = openQuick(context, world)
    const { dns, front } = world.cloudflare
    const early = () => dns.queries.find(({ missing }) => missing)
    await expect.poll(early, { timeout: 15_000 }).toBeDefined()
    dns.publish(early()?.name ?? '', front.host)
    await settled(open)
    expect(open.channel.isVerified).toBe(true)
    expect(open.channel.tunnel).toBe('cloudflared')
    const url = open.channel.url as URL
    expect(url.pathname).toMatch(/^\/[\w-]{43}$/)
    const wake = open.channel.wakerFor('d1').nextWake(LONG)
    expect(await postNotification(world, url, { id: 'd1' })).toBe(204)
    expect(await wake).toBe('notification')

    const log = open.log.join('\n')
    expect(log).toContain('Cloudflare (trycloudflare.com), a third party: TLS ends there')
    const shown = open.log.filter((line) => !line.startsWith('add-mask'))
    expect(shown.join('\n')).not.toContain(url.hostname)
    // The name was asked for before it existed, and only at servers that forget the question.
    const asked = world.cloudflare.dns.queries.filter(({ name }) => name === url.hostname)
    expect(asked.map(({ missing }) => missing)).toEqual([...asked.slice(1).map(() => true), false])
    expect(asked.length).toBeGreaterThan(1)
    expect(world.resolver.queries.map(({ name }) => name)).not.toContain(url.hostname)
    expect(open.pings.every(({ hadLookup }) => hadLookup)).toBe(true)

    const [start] = world.starts()
    expect(isRunning(start?.pid ?? 0)).toBe(true)
    const closing = performance.now()
    await open.channel.close()
    expect(performance.now() - closing).toBeLessThan(20_000)
    expect(isRunning(start?.pid ?? 0)).toBe(false)
    expect(readdirSync(world.temp)).toEqual([])
    expect(open.leftovers()).toBe('')
  })

  test('takes neither configuration nor settings from the machine', async (context) => {
    const { expect } = context
    const world = await createWorld(context)
    const home = join(world.folder, 'home')
    mkdirSync(join(home, '.cloudflared'), { recursive: true })
    const config = 'ingress:\n  - service: http_status:418\nprotocol: quic\n'
    writeFileSync(join(home, '.cloudflared', 'config.yml'), config)
    const environment = {
      HOME: home,
      USERPROFILE: home,
      TUNNEL_NAME: 'mine',
      TUNNEL_URL: 'http://127.0.0.1:1',
      TUNNEL_TOKEN: 'token',
      TUNNEL_LOGLEVEL: 'debug',
      TUNNEL_ORIGIN_CERT: '/nowhere',
      NO_AUTOUPDATE: 'false',
      'INPUT_API-TOKEN': 'sesame',
    }
    const open = openQuick(context, world, { environment })
    await settled(open)
    expect(open.channel.isVerified).toBe(true)
    expect(await postNotification(world, open.channel.url as URL, { id: 'a' })).toBe(204)
    const [start] = world.starts()
    expect(start?.environment).not.toMatch(
      /mine|sesame|TUNNEL_(NAME|URL|ORIGIN_CERT)|TUNNEL_TOKEN=token|debug/,
    )
    expect(start?.environment).toContain(`HOME=${world.temp}`)
  })

  test('waits for a public side that is not there yet', async (context) => {
    const { expect } = context
    const world = await createWorld(context)
    const { front } = world.cloudflare
    front.answerInstead({ status: 502, body: 'Bad gateway' })
    const open = openQuick(context, world)
    await expect.poll(() => front.requests.length, { timeout: 10_000 }).toBe(1)
    front.answerInstead({ status: 530, body: 'error code: 1033' })
    await expect.poll(() => front.requests.length, { timeout: 10_000 }).toBe(2)
    front.answerInstead({ status: 200, body: '<h1>You are about to visit</h1>' })
    await expect.poll(() => front.requests.length, { timeout: 10_000 }).toBe(3)
    expect(open.channel.isVerified).toBe(false)
    front.answerInstead(undefined)
    await settled(open)
    expect(open.channel.isVerified).toBe(true)
    expect(world.starts()).toHaveLength(1)
  })

  test('takes a fresh name when the self-ping does not come back', async (context) => {
    const { expect } = context
    const world = await createWorld(context)
    const { front } = world.cloudflare
    front.answerInstead({ status: 530, body: 'error code: 1033' })
    const open = openQuick(context, world, { limits: { verified: 800 } })
    await open.logged('status 530; next attempt at once (http2)')
    front.answerInstead(undefined)
    await settled(open)
    expect(open.channel.isVerified).toBe(true)
    expect(open.urls).toHaveLength(2)
    expect(open.channel.url).toEqual(open.urls[1])
    const [first, second] = world.starts()
    expect(isRunning(first?.pid ?? 0)).toBe(false)
    expect(isRunning(second?.pid ?? 0)).toBe(true)
  })

  test('gives up after three names that never appear in DNS, none of them pinged', async (context) => {
    const { expect } = context
    const world = await createWorld(context, { publishAfterMs: 60_000 })
    const open = openQuick(context, world, { limits: { published: 700 } })
    await settled(open)
    expect(open.channel.tunnel).toBe('none')
    expect(open.channel.error).toContain('did not appear in DNS')
    expect(new Set(open.urls.map(({ hostname }) => hostname)).size).toBe(3)
    expect(open.pings).toEqual([])
    expect(world.resolver.queries.filter(({ name }) => name.startsWith('rig-'))).toEqual([])
    expect(world.starts().filter(({ pid }) => isRunning(pid))).toEqual([])
  })

  test('waits, and pings seldom, where the name servers cannot be reached', async (context) => {
    const { expect } = context
    const world = await createWorld(context)
    world.cloudflare.dns.mode('silent')
    world.cloudflare.front.answerInstead({ status: 530, body: 'error code: 1033' })
    const limits = { blindWait: 3000, blindPause: 600 }
    const open = openQuick(context, world, { limits })
    const [url] = await expect
      .poll(() => open.urls, { timeout: 10_000 })
      .toHaveLength(1)
      .then(() => open.urls)
    await world.cloudflare.edge.waitForConnection(url?.hostname ?? '')
    const registeredAtMs = Date.now()
    const { front } = world.cloudflare
    await expect.poll(() => front.requests.length, { timeout: 15_000 }).toBe(2)
    front.answerInstead(undefined)
    await settled(open)
    expect(open.channel.isVerified).toBe(true)
    expect(open.pings.map(({ hadLookup }) => hadLookup)).toEqual([false, false, false])
    expect((open.pings[0]?.atMs ?? 0) - registeredAtMs).toBeGreaterThan(2500)
  })

  // The real binary waits up to some 20 s before it dials again.
  test('is lost and comes back under its name', { timeout: 45_000 }, async (context) => {
    const { expect } = context
    const world = await createWorld(context)
    const open = openQuick(context, world)
    await settled(open)
    const waker = open.channel.wakerFor('d1')
    expect(waker.slowPollMs(0)).toBe(5000)
    const changed = waker.nextWake(LONG)
    const { edge } = world.cloudflare
    edge.mode({ kind: 'cutting' })
    edge.killConnections()
    const url = open.channel.url as URL
    expect(await changed).toBe('changed')
    expect(open.channel.isVerified).toBe(false)
    expect(waker.slowPollMs(0)).toBeUndefined()
    expect(await postNotification(world, url, { id: 'd1' })).toBe(530)
    edge.mode({ kind: 'serving' })
    await open.logged('the tunnel is verified', 2)
    await expect.poll(() => waker.nextWake(LONG)).toBe('gap')
    expect(await postNotification(world, url, { id: 'd1' })).toBe(204)
    expect(open.urls).toHaveLength(1)
  })

  test('is gone for good when its process dies', async (context) => {
    const { expect } = context
    const world = await createWorld(context)
    const open = openQuick(context, world)
    await settled(open)
    signalProcess(world.starts()[0]?.pid ?? 0, 'SIGKILL')
    await open.logged('cloudflared ended (SIGKILL)')
    expect(open.channel.tunnel).toBe('none')
    expect(open.channel.url).toBeUndefined()
  })

  test('leaves to the post step what a killed step cannot end', async (context) => {
    const { expect } = context
    const world = await createWorld(context)
    const open = openQuick(context, world)
    await settled(open)
    const pid = world.starts()[0]?.pid ?? 0
    expect(readdirSync(world.temp)).toHaveLength(1)
    const lines = removeLeftovers(open.leftovers(), { RUNNER_TEMP: world.temp })
    expect(lines).toEqual([`Ended the tunnel process ${pid} that was left behind.`])
    await expect.poll(() => isRunning(pid)).toBe(false)
    expect(readdirSync(world.temp)).toEqual([])
  })
})
