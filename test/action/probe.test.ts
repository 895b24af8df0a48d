import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from 'vitest'
import { ready, readyThenError } from '../emulator/edgegap/script.ts'
import type { PortSpec } from '../emulator/edgegap/settings.ts'
import { type GameServerOptions, startGameServer } from '../emulator/game/game-server.ts'
import { startOpenArena } from '../emulator/game/real-game.ts'
import { findOpenArena } from '../emulator/game/real-servers.ts'
import { freePort } from '../emulator/tunnel/loopback-server.ts'
import { titled } from '../emulator/tunnel/real-part.ts'
import {
  annotations,
  cancelAtLine,
  deploy,
  expectNothingLeft,
  onlyError,
  startEdgegap,
} from './deploy.ts'

const udp = (external: number): PortSpec => {
  return { name: 'gameport', internal: 7777, protocol: 'UDP', external }
}

async function startGame(options?: GameServerOptions) {
  const game = await startGameServer(options)
  return Object.assign(game, { [Symbol.asyncDispose]: () => game.close() })
}

/** Answers 503 for so long, and 200 from then on. */
async function startWeb(loadingMs: number): Promise<{ port: number } & AsyncDisposable> {
  const startedAtMs = performance.now()
  const server: Server = createServer((_, response) => {
    response.statusCode = performance.now() - startedAtMs < loadingMs ? 503 : 200
    response.end('hello')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const close = () => new Promise<void>((resolve) => server.close(() => resolve()))
  return { port, [Symbol.asyncDispose]: close }
}

const openArena = findOpenArena()
if (openArena.reason) console.warn(openArena.reason)

describe.concurrent('probe', () => {
  test('asks the game until it has loaded, and reports what it answered', async () => {
    await using game = await startGame({ loadingMs: 2_000, name: 'red room', map: 'dm1' })
    await using web = await startWeb(0)
    const ports = [
      udp(game.port),
      { name: 'web', internal: 80, protocol: 'HTTP', external: web.port },
    ]
    await using edgegap = await startEdgegap({ script: ready(0), ports, reachableAt: '127.0.0.1' })
    const { main } = await deploy(edgegap, { probe: 'gameport a2s\nweb http /health' })
    expect(main).toMatchObject({ exitCode: 0, outputs: { outcome: 'succeeded' } })
    const [deployment] = JSON.parse(main.outputs.deployments ?? '')
    expect(deployment.probe).toEqual([
      {
        port: 'gameport',
        protocol: 'a2s',
        answered: true,
        seconds: expect.any(Number),
        detail: expect.stringContaining('map dm1, 0 of 8 players'),
      },
      expect.objectContaining({ port: 'web', protocol: 'http', answered: true }),
    ])
    expect(main.rawStdout).toMatch(/gameport \(a2s\) answered after .*map dm1, 0 of 8 players/)
  })

  test('fails a server that never answers, with its log and what to do', async () => {
    const ports = [udp(await freePort())]
    const options = { script: ready(0), ports, reachableAt: '127.0.0.1', logs: 'loading forever\n' }
    await using edgegap = await startEdgegap(options)
    const inputs = { probe: 'gameport a2s', 'probe-timeout': '2s' }
    const { main } = await deploy(edgegap, inputs)
    expect(main).toMatchObject({ exitCode: 1, outputs: { outcome: 'failed' } })
    expect(onlyError(main)).toMatch(/port gameport \(a2s\).*127\.0\.0\.1:\d+/)
    expect(main.rawStdout).toContain('| loading forever')
    const [deployment] = JSON.parse(main.outputs.deployments ?? '')
    expect(deployment.probe).toEqual([expect.objectContaining({ answered: false })])
    expectNothingLeft(edgegap)
  })

  test('names the ports that there are where one is missing', async () => {
    await using edgegap = await startEdgegap({ script: ready(0) })
    const { main } = await deploy(edgegap, { probe: 'game a2s' })
    expect(main).toMatchObject({ exitCode: 1, outputs: { outcome: 'failed' } })
    expect(onlyError(main)).toMatch(/no port named game.*Its ports are: gameport/)
    expectNothingLeft(edgegap)
  })

  test('ends at once where the server fails meanwhile', async () => {
    const ports = [udp(await freePort())]
    const script = readyThenError(100, 2_000, 'out of memory')
    await using edgegap = await startEdgegap({ script, ports, reachableAt: '127.0.0.1' })
    const inputs = { probe: 'gameport udp ff', 'probe-timeout': '5m' }
    const { main } = await deploy(edgegap, inputs)
    expect(main).toMatchObject({ exitCode: 1, outputs: { outcome: 'failed' } })
    expect(onlyError(main)).toMatch(/did not stay ready.*out of memory/)
    expectNothingLeft(edgegap)
  })

  test('ends at once on a cancel, and leaves nothing', async () => {
    const ports = [udp(await freePort())]
    const options = { script: ready(0), ports, reachableAt: '127.0.0.1', terminateAfterMs: 0 }
    await using edgegap = await startEdgegap(options)
    const inputs = { probe: 'gameport a2s', 'probe-timeout': '5m' }
    const { main } = await deploy(edgegap, inputs, { mainControl: cancelAtLine(/asking gameport/) })
    expect(main.outputs.outcome).toBe('cancelled')
    expectNothingLeft(edgegap)
  })

  test('comes after settle-time, and for each of several servers', async () => {
    await using game = await startGame()
    const options = { script: ready(0), ports: [udp(game.port)], reachableAt: '127.0.0.1' }
    await using edgegap = await startEdgegap(options)
    const inputs = { probe: 'gameport a2s', 'settle-time': '2s', locations: 'a 1,1\nb 2,2' }
    const { main } = await deploy(edgegap, inputs)
    expect(main).toMatchObject({ exitCode: 0, outputs: { outcome: 'succeeded' } })
    const deployments: { probe: { answered: boolean }[] }[] = JSON.parse(
      main.outputs.deployments ?? '',
    )
    expect(deployments.map(({ probe }) => probe.map(({ answered }) => answered))).toEqual([
      [true],
      [true],
    ])
    const log = main.rawStdout
    expect(log.indexOf('settling')).toBeLessThan(log.indexOf('asking gameport'))
  })

  test('an answer that pretends to be a command stays text', async () => {
    await using game = await startGame({ name: '::error::pwned', map: '%0A::set-output name=x::y' })
    const options = { script: ready(0), ports: [udp(game.port)], reachableAt: '127.0.0.1' }
    await using edgegap = await startEdgegap(options)
    const { main } = await deploy(edgegap, { probe: 'gameport a2s' })
    expect(main).toMatchObject({ exitCode: 0, outputs: { outcome: 'succeeded' } })
    expect(annotations(main, 'error')).toEqual([])
  })

  test.skipIf(openArena.path === undefined)(
    titled('a real OpenArena is ready when it can be played', openArena),
    async () => {
      const game = await startOpenArena()
      try {
        const options = { script: ready(0), ports: [udp(game.port)], reachableAt: '127.0.0.1' }
        await using edgegap = await startEdgegap(options)
        const { main } = await deploy(edgegap, { probe: 'gameport quake3' })
        expect(main).toMatchObject({ exitCode: 0, outputs: { outcome: 'succeeded' } })
        const [deployment] = JSON.parse(main.outputs.deployments ?? '')
        expect(deployment.probe[0].detail).toMatch(/map oa_dm1, 0 of 8 players/)
      } finally {
        await game.close()
      }
    },
  )
})
