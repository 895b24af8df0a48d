import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { dirname, join } from 'node:path'
import { describe, type TestContext, test } from 'vitest'
import type { BinarySource } from '../../src/webhook/tunnels/cloudflared/binary.ts'
import type { Pins } from '../../src/webhook/tunnels/cloudflared/pins.ts'
import { quickTransport } from '../../src/webhook/tunnels/cloudflared/quick.ts'
import { findCloudflared } from '../emulator/tunnel/cloudflared-binary.ts'
import { startConnectProxy } from '../emulator/tunnel/connect-proxy.ts'
import { titled } from '../emulator/tunnel/real-part.ts'
import { sha256, startReleases } from './cloudflared-releases.ts'
import { createWorld, type OpenedChannel, openChannel, type World } from './cloudflared-rig.ts'

const found = findCloudflared()
if (found.path === undefined) console.warn(found.reason)

const LONG = new AbortController().signal

/** Opens a quick tunnel with a "release" whose pinned sums are those of the world's own wrapper. */
function openWith(
  context: TestContext,
  world: World,
  source: Pick<BinarySource, 'baseUrl'> & Partial<BinarySource>,
  environment: NodeJS.ProcessEnv = {},
): OpenedChannel {
  const settings = {
    transport: 'cloudflared-quick',
    binaryPath: undefined,
    isUnasked: false,
  } as const
  const pins: Pins = {
    'linux-x64': {
      asset: 'cloudflared-linux-amd64',
      binarySha256: sha256(readFileSync(world.binary)),
    },
  }
  const dns = { systemServers: [world.resolver.address], port: world.cloudflare.dns.port }
  const transport = quickTransport(settings, {
    dns,
    service: new URL(`http://127.0.0.1:${world.cloudflare.api.port}`),
    source: { version: '2026.9.1', platform: 'linux', arch: 'x64', pins, ...source },
  })
  const toolCache = { RUNNER_TOOL_CACHE: join(world.folder, 'tools') }
  return openChannel(context, world, {
    settings,
    transport,
    environment: { ...toolCache, ...environment },
  })
}

const placeIn = (world: World) =>
  join(world.folder, 'tools/deploy-game-server/cloudflared/2026.9.1/x64/cloudflared')

const settled = ({ channel }: OpenedChannel) => channel.whenSettled(20_000, LONG)

describe
  .skipIf(found.path === undefined)
  .concurrent(titled('the pinned cloudflared', found), () => {
    test('is fetched through redirects, cached, hashed at every use and replaced when it was changed', async (context) => {
      const { expect } = context
      const world = await createWorld(context)
      const releases = await startReleases(context, ({ url = '' }, response) => {
        if (url.startsWith('/blob')) response.end(readFileSync(world.binary))
        else if (url.startsWith('/hop')) response.writeHead(302, { location: '/blob?sig=1' }).end()
        else response.writeHead(301, { location: '/hop' }).end()
      })
      const open = openWith(context, world, releases)
      await settled(open)
      expect(open.channel.isVerified).toBe(true)
      expect(releases.requests).toEqual([
        '/download/2026.9.1/cloudflared-linux-amd64',
        '/hop',
        '/blob?sig=1',
      ])
      await open.channel.close()
      expect(readdirSync(world.temp)).toEqual([])
      const place = placeIn(world)
      expect(readdirSync(dirname(place))).toEqual(['cloudflared'])

      chmodSync(place, 0o644)
      const again = openWith(context, world, releases)
      await settled(again)
      expect(again.channel.isVerified).toBe(true)
      expect(releases.requests).toHaveLength(3)
      await again.channel.close()

      const tag = join(world.folder, 'tampered-ran')
      writeFileSync(place, `#!/bin/sh\n: > ${tag}\n`)
      const replaced = openWith(context, world, releases)
      await settled(replaced)
      expect(replaced.channel.isVerified).toBe(true)
      expect(releases.requests).toHaveLength(6)
      expect(replaced.log.join('\n')).toContain('in the tool cache is not the pinned one')
      expect(existsSync(tag)).toBe(false)
      expect(sha256(readFileSync(place))).toBe(sha256(readFileSync(world.binary)))
    })

    test('never runs, nor stays, when other bytes come than are pinned', async (context) => {
      const { expect } = context
      const world = await createWorld(context)
      const tag = join(world.folder, 'tampered-ran')
      const releases = await startReleases(context, (_, response) =>
        response.end(`#!/bin/sh\n: > ${tag}\n`),
      )
      const open = openWith(context, world, releases)
      await settled(open)
      const warning = open.log.find((line) => line.startsWith('warning'))
      expect(warning).toMatch(/is not the pinned one .*Nothing of it was run\. Polling instead/)
      expect(existsSync(tag)).toBe(false)
      expect(existsSync(placeIn(world))).toBe(false)
      expect(
        readdirSync(world.temp).flatMap((name) => readdirSync(join(world.temp, name))),
      ).toEqual([])
      expect(releases.requests).toHaveLength(1)
    })

    test('runs from the private folder where there is no tool cache to write to', async (context) => {
      const { expect } = context
      const world = await createWorld(context)
      const releases = await startReleases(context, (_, response) =>
        response.end(readFileSync(world.binary)),
      )
      const blocked = join(world.folder, 'tools')
      writeFileSync(blocked, 'a file, no folder')
      for (const RUNNER_TOOL_CACHE of [blocked, '']) {
        const open = openWith(context, world, releases, { RUNNER_TOOL_CACHE })
        await settled(open)
        expect(open.channel.isVerified).toBe(true)
        await open.channel.close()
        expect(readdirSync(world.temp)).toEqual([])
      }
    })

    test('is unpacked on macOS, with a sum for the archive and one for what is in it', async (context) => {
      const { expect } = context
      const world = await createWorld(context)
      const archive = join(world.folder, 'cloudflared.tgz')
      execFileSync('tar', ['-czf', archive, '-C', world.folder, 'cloudflared'])
      const releases = await startReleases(context, (_, response) =>
        response.end(readFileSync(archive)),
      )
      const asset = 'cloudflared-darwin-arm64.tgz'
      const archiveSha256 = sha256(readFileSync(archive))
      const binarySha256 = sha256(readFileSync(world.binary))
      const mac = { ...releases, platform: 'darwin', arch: 'arm64' }
      const open = openWith(context, world, {
        ...mac,
        pins: { 'darwin-arm64': { asset, archiveSha256, binarySha256 } },
      })
      await settled(open)
      expect(open.channel.isVerified).toBe(true)
      await open.channel.close()
      for (const pin of [
        { asset, archiveSha256: binarySha256, binarySha256 },
        { asset, archiveSha256, binarySha256: archiveSha256 },
      ]) {
        const wrong = openWith(
          context,
          world,
          { ...mac, pins: { 'darwin-arm64': pin } },
          { RUNNER_TOOL_CACHE: '' },
        )
        await settled(wrong)
        expect(wrong.channel.error).toContain('is not the pinned one')
      }
      expect(world.starts()).toHaveLength(1)
    })

    test('is not there: each way that fails says why and leaves no file', async (context) => {
      const { expect } = context
      const world = await createWorld(context)
      const failures: [RequestListener, string][] = [
        [(_, response) => response.writeHead(404).end(), 'status 404'],
        [({ url }, response) => response.writeHead(302, { location: url }).end(), 'redirects'],
        [
          (_, response) => response.writeHead(302, { location: 'http://203.0.113.1/x' }).end(),
          'not on https',
        ],
        [
          (_, response) => {
            response.writeHead(200, { 'content-length': '1000' }).write('part')
            setTimeout(() => response.destroy(), 20)
          },
          'broke',
        ],
      ]
      for (const [serve, words] of failures) {
        const open = openWith(context, world, await startReleases(context, serve))
        await settled(open)
        expect(open.channel.error).toContain(words)
        const files = readdirSync(world.temp).flatMap((name) => readdirSync(join(world.temp, name)))
        expect(files).toEqual([])
        await open.channel.close()
      }
      const machine = openWith(context, world, {
        baseUrl: new URL('http://127.0.0.1:1/'),
        platform: 'aix',
      })
      await settled(machine)
      expect(machine.channel.error).toContain('no cloudflared is pinned for aix on x64')
      expect(world.starts()).toEqual([])
    })

    test('closes at once in the middle of a download that never ends', async (context) => {
      const { expect } = context
      const world = await createWorld(context)
      const releases = await startReleases(context, (_, response) => void response.write('a'))
      const open = openWith(context, world, releases)
      await expect.poll(() => releases.requests).toHaveLength(1)
      const closing = performance.now()
      await open.channel.close()
      expect(performance.now() - closing).toBeLessThan(20_000)
      expect(readdirSync(world.temp)).toEqual([])
      expect(open.log.join('\n')).not.toContain('warning')
    })

    test('comes through the proxy that the environment names', async (context) => {
      const { expect } = context
      const world = await createWorld(context)
      const releases = await startReleases(context, (_, response) =>
        response.end(readFileSync(world.binary)),
      )
      const routes = { 'releases.example.com:80': releases.baseUrl.host }
      const proxy = await startConnectProxy({ routes })
      context.onTestFinished(() => proxy.close())
      const { download } = await import('../../src/net/download.ts')
      const wanted = {
        toFile: join(world.temp, 'fetched'),
        maxBytes: 1_000_000,
        deadlineMs: 5000,
        signal: LONG,
        environment: { https_proxy: `http://127.0.0.1:${proxy.port}` },
      }
      const url = new URL('https://releases.example.com/x')
      await expect(download({ ...wanted, url })).rejects.toThrow()
      expect(proxy.connections[0]?.target).toBe('releases.example.com:443')
      const tooLarge = { ...wanted, url: releases.baseUrl, maxBytes: 10 }
      await expect(download(tooLarge)).rejects.toMatchObject({ reason: 'too-large' })
      expect(readdirSync(world.temp)).toEqual([])
    })
  })
