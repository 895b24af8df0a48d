import { afterAll, describe, test } from 'vitest'
import { findCloudflared } from '../emulator/tunnel/cloudflared-binary.ts'
import { descendantsOf, isRunning } from '../emulator/tunnel/process-tree.ts'
import { titled } from '../emulator/tunnel/real-part.ts'
import { createWorld, type OpenedChannel, openQuick } from './cloudflared-rig.ts'

const found = findCloudflared()
if (found.path === undefined) console.warn(found.reason)

const LONG = new AbortController().signal

const settled = ({ channel }: OpenedChannel) => channel.whenSettled(45_000, LONG)

describe
  .skipIf(found.path === undefined)
  .concurrent(titled('a quick tunnel that does not come up at once', found), () => {
    afterAll(() => {
      const names = descendantsOf(process.pid).filter(isRunning)
      if (names.length > 0) throw new Error(`children are left: ${names.join(', ')}`)
    })

    test('asks once more, after a while, when it is told of too many requests', {
      timeout: 60_000,
    }, async (context) => {
      const { expect } = context
      const [world, never] = await Promise.all([createWorld(context), createWorld(context)])
      world.cloudflare.api.fail('rate-limited', 1)
      never.cloudflare.api.fail('rate-limited')
      // The pause alone takes 8 s, and a busy machine some more.
      const opensWithinMs = 40_000
      const open = openQuick(context, world, { random: () => 0, opensWithinMs })
      const refused = openQuick(context, never, { random: () => 0.1, opensWithinMs })
      await Promise.all([settled(open), settled(refused)])
      expect(open.channel.isVerified).toBe(true)
      const [first, second] = world.cloudflare.api.requests
      expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThan(7_900)
      expect(never.cloudflare.api.requests).toHaveLength(2)
      expect(refused.channel.error).toContain('no more quick tunnels for now (429)')
      expect(refused.log.join('\n')).toContain('warning: No webhook (cloudflared-quick)')
    })

    test('asks once more when the service fails or says no', async (context) => {
      const { expect } = context
      for (const fault of [{ kind: 'html', status: 504 }, 'refused'] as const) {
        const world = await createWorld(context)
        world.cloudflare.api.fail(fault, 1)
        const open = openQuick(context, world)
        await settled(open)
        expect(open.channel.isVerified).toBe(true)
        expect(open.log.join('\n')).toMatch(
          fault === 'refused' ? /gave no tunnel/ : /failed \(504\)/,
        )
      }
    })

    test('gives up when the service cannot be reached or does not answer', async (context) => {
      const { expect } = context
      const world = await createWorld(context)
      world.cloudflare.api.fail('cut')
      const cut = openQuick(context, world)
      await settled(cut)
      expect(cut.channel.error).toContain('cannot be reached from here')
      expect(world.starts()).toHaveLength(1)

      const other = await createWorld(context)
      other.cloudflare.api.fail('hang')
      const hung = openQuick(context, other, { limits: { named: 1500 } })
      await settled(hung)
      expect(hung.channel.error).toContain('does not answer')
      expect(other.starts().filter(({ pid }) => isRunning(pid))).toEqual([])
    })

    test('tries QUIC, then HTTP/2 again, where the edge is not reached', {
      timeout: 45_000,
    }, async (context) => {
      const { expect } = context
      const world = await createWorld(context)
      const { edge } = world.cloudflare
      edge.mode({ kind: 'cutting' })
      const open = openQuick(context, world, { limits: { registered: 4000 } })
      await open.logged('next attempt at once (quic)')
      // Nobody listens on UDP here: what is served from now on is not found by QUIC.
      edge.mode({ kind: 'serving' })
      await settled(open)
      expect(open.channel.isVerified).toBe(true)
      const protocols = world.starts().map(({ args }) => args[args.indexOf('--protocol') + 1])
      expect(protocols).toEqual(['http2', 'quic', 'http2'])
    })

    test('starts nothing behind a proxy or with a binary that is none', async (context) => {
      const { expect } = context
      const world = await createWorld(context)
      const behind = openQuick(context, world, {
        environment: { HTTPS_PROXY: 'http://127.0.0.1:1' },
      })
      await settled(behind)
      expect(behind.channel.error).toContain('cannot go through a proxy')
      expect(world.starts()).toEqual([])
      for (const [binaryPath, words] of [
        ['/nowhere/cloudflared', 'there is no file'],
        [import.meta.filename, 'is not executable'],
      ] as const) {
        const open = openQuick(context, { ...world, binary: binaryPath })
        await settled(open)
        expect(open.channel.error).toContain(words)
      }
    })
  })
