import { randomBytes, randomUUID } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { describe, type TestContext, test } from 'vitest'
import { namedTransport } from '../../src/webhook/tunnels/cloudflared/named.ts'
import { findCloudflared } from '../emulator/tunnel/cloudflared-binary.ts'
import { freePort } from '../emulator/tunnel/loopback-server.ts'
import { isRunning, signalProcess } from '../emulator/tunnel/process-tree.ts'
import { titled } from '../emulator/tunnel/real-part.ts'
import {
  addNamedTunnel,
  createWorld,
  type NamedTunnel,
  type OpenedChannel,
  type OpenOptions,
  openChannel,
  postNotification,
  tokenOf,
  type World,
} from './cloudflared-rig.ts'

const found = findCloudflared()
if (found.path === undefined) console.warn(found.reason)

const HOSTNAME = 'hook.example.com'
const LONG = new AbortController().signal

async function createNamedWorld(context: TestContext) {
  const world = await createWorld(context, { otherNames: [HOSTNAME] })
  return { world, tunnel: addNamedTunnel(world, HOSTNAME, await freePort()) }
}

function openNamed(
  context: TestContext,
  world: World,
  { hostname, token, port }: NamedTunnel,
  extra: Partial<OpenOptions> = {},
): OpenedChannel {
  const settings = {
    transport: 'cloudflared-named',
    binaryPath: world.binary,
    listenPort: port,
    token,
    hostname,
  } as const
  const transport = namedTransport(settings)
  return openChannel(context, world, { settings, transport, listenPort: port, ...extra })
}

const settled = ({ channel }: OpenedChannel) => channel.whenSettled(25_000, LONG)

describe.skipIf(found.path === undefined).concurrent(titled('a named tunnel', found), () => {
  test('brings a notification through under its own name and shows its token to nobody', async (context) => {
    const { expect } = context
    const { world, tunnel } = await createNamedWorld(context)
    const open = openNamed(context, world, tunnel)
    await settled(open)
    expect(open.channel.isVerified).toBe(true)
    expect(open.channel.tunnel).toBe('cloudflared')
    const url = open.channel.url as URL
    expect(url.origin).toBe(`https://${HOSTNAME}`)
    const wake = open.channel.wakerFor('d1').nextWake(LONG)
    expect(await postNotification(world, url, { id: 'd1' })).toBe(204)
    expect(await wake).toBe('notification')
    const [start] = world.starts()
    expect(start?.args.join(' ')).not.toContain(tunnel.token)
    expect(start?.environment).toContain(`TUNNEL_TOKEN=${tunnel.token}`)
    expect(open.log.join('\n')).not.toContain(tunnel.token)
    await open.channel.close()
    expect(isRunning(start?.pid ?? 0)).toBe(false)
    expect(readdirSync(world.temp)).toEqual([])
  })

  test('is refused at once with a token that is none, or with a wrong secret', async (context) => {
    const { expect } = context
    const { world, tunnel } = await createNamedWorld(context)
    const garbage = openNamed(context, world, { ...tunnel, token: 'garbage' })
    await settled(garbage)
    expect(garbage.channel.error).toContain('cloudflared-token is not a tunnel token')
    const other = await createNamedWorld(context)
    const registeredId = (
      JSON.parse(Buffer.from(other.tunnel.token, 'base64').toString()) as { t: string }
    ).t
    const wrong = { ...other.tunnel, token: tokenOf(registeredId, randomBytes(32)) }
    const refused = openNamed(context, other.world, wrong)
    await settled(refused)
    expect(refused.channel.error).toContain('Unauthorized: Invalid tunnel secret')
    const unknown = { ...other.tunnel, token: tokenOf(randomUUID(), randomBytes(32)) }
    const missing = openNamed(context, other.world, { ...unknown, port: await freePort() })
    await settled(missing)
    expect(missing.channel.error).toContain('Unauthorized: Tunnel not found')
    expect(world.starts()).toHaveLength(1)
    expect(other.world.starts()).toHaveLength(2)
    expect(other.world.starts().filter(({ pid }) => isRunning(pid))).toEqual([])
  })

  test('says so when another job answers, and when nothing does', async (context) => {
    const { expect } = context
    const { world, tunnel } = await createNamedWorld(context)
    const first = openNamed(context, world, tunnel)
    await settled(first)
    // The newest connector gets the requests, and its tunnel leads to the first job's receiver.
    const second = openNamed(context, world, { ...tunnel, port: await freePort() })
    await settled(second)
    expect(second.channel.error).toMatch(/another job .* two jobs share this tunnel/)
    expect(second.pings).toHaveLength(1)
    expect(first.channel.isVerified).toBe(true)

    const other = await createNamedWorld(context)
    const elsewhere = openNamed(
      context,
      other.world,
      { ...other.tunnel, port: await freePort() },
      { opensWithinMs: 7000 },
    )
    await settled(elsewhere)
    expect(elsewhere.channel.error).toContain('status 502')
  })

  test('is started again when its process dies, and not for ever', {
    timeout: 45_000,
  }, async (context) => {
    const { expect } = context
    const { world, tunnel } = await createNamedWorld(context)
    const open = openNamed(context, world, tunnel)
    await settled(open)
    const waker = open.channel.wakerFor('d1')
    const lost = waker.nextWake(LONG)
    for (let deaths = 1; deaths <= 3; deaths += 1) {
      signalProcess(world.starts().at(-1)?.pid ?? 0, 'SIGKILL')
      await open.logged('it is started again', deaths)
      await open.logged('the tunnel is verified', deaths + 1)
    }
    expect(await lost).toBe('changed')
    expect(await waker.nextWake(LONG)).toBe('gap')
    expect(await postNotification(world, open.channel.url as URL, { id: 'd1' })).toBe(204)
    signalProcess(world.starts().at(-1)?.pid ?? 0, 'SIGKILL')
    await open.logged('warning: No webhook')
    expect(world.starts()).toHaveLength(4)
    expect(open.channel.tunnel).toBe('none')
  })

  test('needs its port', async (context) => {
    const { expect } = context
    const { world, tunnel } = await createNamedWorld(context)
    await settled(openNamed(context, world, tunnel))
    const second = openNamed(context, world, tunnel)
    await settled(second)
    expect(second.channel.error).toContain(`port ${tunnel.port} is not free`)
    expect(world.starts()).toHaveLength(1)
  })
})
