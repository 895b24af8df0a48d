import { createServer } from 'node:http'
import { expect, it, onTestFinished } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import type { ProbeResult } from '../../src/probe/probe.ts'
import { type ProbedPort, probePorts } from '../../src/probe/probe-ports.ts'
import { parseProbe } from '../../src/settings/probe.ts'
import { startGameServer } from '../emulator/game/game-server.ts'
import { listen, shut } from '../emulator/tunnel/loopback-server.ts'
import { closedUdpPort } from './udp-server.ts'

const tools = {
  clock: systemClock,
  timeoutMs: 30_000,
  signal: new AbortController().signal,
  random: () => 0.5,
}

function specs(...lines: string[]) {
  return lines.map((line) => {
    const spec = parseProbe(line)
    if (typeof spec === 'string') throw new Error(spec)
    return spec
  })
}

const at = (ports: readonly ProbedPort[]) => ({ host: 'localhost', ip: '127.0.0.1', ports })

async function gamePort(loadingMs = 0): Promise<ProbedPort> {
  const server = await startGameServer({
    name: '',
    map: 'dm1',
    players: 0,
    maxPlayers: 8,
    loadingMs,
  })
  onTestFinished(() => server.close())
  return { name: 'Game Port', external: server.port, protocol: 'UDP' }
}

async function webPort(status: number): Promise<ProbedPort> {
  const server = createServer((_, response) => response.writeHead(status).end())
  const external = await listen(server)
  onTestFinished(() => shut(server))
  return { name: 'web', external, protocol: 'HTTP' }
}

it('asks every port, side by side', async () => {
  const ports = [await gamePort(400), await webPort(200)]
  const seen: ProbeResult[] = []
  const report = await probePorts(
    specs('Game Port a2s', 'web http /health'),
    at(ports),
    tools,
    (result) => seen.push(result),
  )
  expect(report).toMatchObject({ error: undefined, stopped: false })
  expect(report.results.map(({ port, detail }) => [port, detail])).toEqual([
    ['Game Port', 'map dm1, 0 of 8 players'],
    ['web', 'HTTP 200'],
  ])
  // The game was still loading when the web server answered.
  expect(seen.map(({ port }) => port)).toEqual(['web', 'Game Port'])
})

it('finds a port whose name differs in letter case only', async () => {
  const { results } = await probePorts(specs('game port a2s'), at([await gamePort()]), tools)
  expect(results).toMatchObject([{ port: 'game port', answered: true }])
})

it('fails with the address, the effort, the reason and common causes', async () => {
  const external = await closedUdpPort()
  const closed = { name: 'query', external, protocol: 'UDP' }
  const { results, error } = await probePorts(
    specs('Game Port a2s', 'query a2s'),
    { ...at([await gamePort(), closed]), host: '' },
    { ...tools, timeoutMs: 600 },
  )
  expect(results.map(({ answered }) => answered)).toEqual([true, false])
  expect(error).toMatchObject({ kind: 'deployment-failed' })
  expect(error?.message).toMatch(
    /^The server is ready, but its port query \(a2s\) did not answer within \S+ m?s: nothing listens at this port \(ECONNREFUSED\) \(\d packets? sent to 127\.0\.0\.1:\d+\)$/,
  )
  expect(error?.next).toMatch(/^Common causes: the server is still loading/)
})

it('says so where the port is of the other kind', async () => {
  const { error } = await probePorts(specs('web a2s'), at([await webPort(200)]), {
    ...tools,
    timeoutMs: 600,
  })
  expect(error?.next).toMatch(/^The port web is HTTP, and a2s asks over UDP/)
})

it('is no failure of the server when the run is cancelled', async () => {
  const cancel = new AbortController()
  const report = probePorts(specs('web http'), at([await webPort(500)]), {
    ...tools,
    signal: cancel.signal,
    onAttempt: () => cancel.abort(),
  })
  expect(await report).toMatchObject({ error: undefined, stopped: true })
})

it('names the ports that there are, before it asks any', async () => {
  const ports = [await gamePort(), await webPort(200)]
  await expect(probePorts(specs('gameport a2s'), at(ports), tools)).rejects.toMatchObject({
    kind: 'unusable-input',
    message: 'The server has no port named gameport, which probe asks for',
    next: 'Its ports are: Game Port, web.',
  })
  await expect(probePorts(specs('x tcp'), at([]), tools)).rejects.toMatchObject({
    next: 'Its ports are: none.',
  })
})
