import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { GameDig } from 'gamedig'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startGameServer } from '../emulator/game/game-server.ts'
import { startMinecraftServer } from '../emulator/game/minecraft-server.ts'
import { type RealGame, startMinetest, startOpenArena } from '../emulator/game/real-game.ts'
import { findMinetest, findOpenArena, findQstat } from '../emulator/game/real-servers.ts'
import { titled } from '../emulator/tunnel/real-part.ts'
import { ask } from './ask.ts'

const openArena = findOpenArena()
const minetest = findMinetest()
const qstat = findQstat()
for (const { reason } of [openArena, minetest, qstat]) if (reason) console.warn(reason)

/** The first packet of a Minetest client: protocol, no peer yet, channel 0, "original". */
const MINETEST_HELLO = '4f457403 0000 00 01'

async function running(start: () => Promise<RealGame>): Promise<RealGame> {
  const game = await start()
  onTestFinished(() => game.close())
  return game
}

/** What Debian's qstat makes of the same server; it must be ready. */
async function askQstat(kind: 'q3s' | 'a2s', port: number) {
  const args = ['-json', '-retry', '9', '-interval', '1', `-${kind}`, `127.0.0.1:${port}`]
  const { stdout } = await promisify(execFile)(qstat.path ?? '', args)
  const [server] = JSON.parse(stdout)
  const { status, map, numplayers, maxplayers, name } = server
  return { status, detail: `map ${map}, ${numplayers} of ${maxplayers} players (${name})` }
}

async function askGamedig(type: string, port: number): Promise<string> {
  const query = { type, host: '127.0.0.1', port, givenPortOnly: true, maxRetries: 5 }
  const { map, numplayers, maxplayers, name } = await GameDig.query(query)
  const players = `${numplayers} of ${maxplayers} players`
  return map ? `map ${map}, ${players} (${name})` : players
}

describe.skipIf(openArena.path === undefined)(titled('a real OpenArena', openArena), () => {
  const start = () => running(() => startOpenArena({ name: '^1Red ^7Room' }))

  it('is asked from its start on, and answers with its map and players', async () => {
    const game = await start()
    const result = await ask('quake3', game.port)
    console.log(`OpenArena: first answer after ${result.seconds} s, ${result.sent} packets sent`)
    expect(result, game.log()).toMatchObject({
      answered: true,
      detail: 'map oa_dm1, 0 of 8 players (Red Room)',
    })
  })

  it('says the same to gamedig', async () => {
    const game = await start()
    const { detail } = await ask('quake3', game.port)
    expect(detail).toBe(await askGamedig('q3a', game.port))
  })

  it.skipIf(qstat.path === undefined)(titled('says the same to qstat', qstat), async () => {
    const game = await start()
    const { detail } = await ask('quake3', game.port)
    const other = await askQstat('q3s', game.port)
    expect(other.status).toBe('online')
    expect(detail).toBe(other.detail.replace(/\^\d/g, ''))
  })

  it('that hangs while it starts answers when it goes on', async () => {
    const game = await start()
    game.freeze()
    let pauses = 0
    const result = await ask('quake3', game.port, {
      // Each pause is drawn once: after the fourth question in vain the server goes on.
      random: () => {
        pauses += 1
        if (pauses === 4) game.thaw()
        return 0.5
      },
    })
    expect(result).toMatchObject({ answered: true })
    expect(result.sent).toBeGreaterThan(3)
  })

  it('that never answers fails as silent', async () => {
    const game = await start()
    // Until its port is open, the system would refuse.
    expect(await ask('quake3', game.port)).toMatchObject({ answered: true })
    game.freeze()
    const result = await ask('quake3', game.port, { timeoutMs: 1_500 })
    expect(result).toMatchObject({ answered: false, cause: 'silent', detail: 'nothing came back' })
  })

  it('that dies fails as refused', async () => {
    const game = await start()
    expect(await ask('quake3', game.port)).toMatchObject({ answered: true })
    await game.kill()
    const refused = Promise.withResolvers<void>()
    const result = await ask('quake3', game.port, {
      onAttempt: ({ cause }) => cause && refused.resolve(),
      until: refused.promise,
    })
    expect(result).toMatchObject({ answered: false, cause: 'refused' })
  })

  it('is no a2s server', async () => {
    const game = await start()
    expect(await ask('quake3', game.port)).toMatchObject({ answered: true })
    expect(await ask('a2s', game.port, { timeoutMs: 1_500 })).toMatchObject({ answered: false })
  })
})

describe.skipIf(minetest.path === undefined)(titled('a real Minetest', minetest), () => {
  it('answers to the bytes with which its players begin', async () => {
    const game = await running(startMinetest)
    const result = await ask(`udp ${MINETEST_HELLO}`, game.port)
    console.log(`Minetest: first answer after ${result.seconds} s, ${result.sent} packets sent`)
    expect(result, game.log()).toMatchObject({
      answered: true,
      detail: expect.stringMatching(/^it sent back 4f4574030001/),
    })
  })
})

describe('our own game servers are like real ones', () => {
  const startOurs = async () => {
    const server = await startGameServer({ name: 'ours', map: 'dm1', players: 3, maxPlayers: 8 })
    onTestFinished(() => server.close())
    return server
  }
  const expected = 'map dm1, 3 of 8 players (ours)'

  it('a2s, to gamedig', async () => {
    const server = await startOurs()
    expect(await ask('a2s', server.port)).toMatchObject({ detail: expected })
    expect(await askGamedig('csgo', server.port)).toBe(expected)
  })

  it.skipIf(qstat.path === undefined)(titled('a2s, to qstat', qstat), async () => {
    const server = await startOurs()
    const detail = expected
    expect(await askQstat('a2s', server.port)).toEqual({ status: 'online', detail })
  })

  it('minecraft, to gamedig', async () => {
    const server = await startMinecraftServer('{"players":{"online":2,"max":20}}')
    onTestFinished(() => server.close())
    const detail = '2 of 20 players'
    expect(await ask('minecraft', server.port)).toMatchObject({ detail })
    expect(await askGamedig('minecraft', server.port)).toBe(detail)
  })
})
