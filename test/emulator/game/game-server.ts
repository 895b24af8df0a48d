import { randomBytes } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { freePort } from '../tunnel/loopback-server.ts'

/** A game as the list of servers in its menu shows it. */
export interface Game {
  name: string
  map: string
  players: number
  maxPlayers: number
}

export interface GameServerOptions extends Partial<Game> {
  /** How long it loads, during which it is silent. Default 0. */
  loadingMs?: number
  /** Default 127.0.0.1. */
  host?: string
  /** Default: a free one. */
  port?: number
}

export interface GameServer {
  readonly host: string
  readonly port: number
  /** How many questions came in, answered or not. */
  questions(): number
  close(): Promise<void>
}

const [INFO, PLAYERS, RULES] = [0x54, 0x55, 0x56]
const HEAD = Buffer.from('ffffffff', 'hex')
const INFO_QUESTION_BYTES = 25

/**
 * A small game server: it answers the server query of the Source engine over UDP, and asks for its
 * challenge back first, as all do since 2020, so that nobody can have answers sent to somebody else.
 */
export async function startGameServer(options: GameServerOptions = {}): Promise<GameServer> {
  const { loadingMs = 0, host = '127.0.0.1' } = options
  const game = { name: 'demo', map: 'dm1', players: 0, maxPlayers: 8, ...options }
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
  const startedAtMs = performance.now()
  const challenge = randomBytes(4)
  let questions = 0
  socket.on('message', (question, from) => {
    questions += 1
    if (performance.now() - startedAtMs < loadingMs) return
    const answer = answerTo(question, challenge, game)
    if (answer) socket.send(answer, from.port, from.address)
  })
  if (options.port === undefined) await bindFree(socket, host)
  else await bind(socket, options.port, host)
  return {
    host,
    port: socket.address().port,
    questions: () => questions,
    close: () => new Promise((resolve) => socket.close(resolve)),
  }
}

function bind(socket: Socket, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.bind(port, host, () => {
      socket.off('error', reject)
      resolve()
    })
  })
}

/** Not to any port: Edgegap takes none above 59999. One that is free for TCP may be taken for UDP. */
async function bindFree(socket: Socket, host: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await bind(socket, await freePort(), host)
    } catch (error) {
      if (attempt === 10) throw error
    }
  }
}

/** What a real server says to a question of this query; undefined where it says nothing. */
export function answerTo(question: Buffer, challenge: Buffer, game: Game): Buffer | undefined {
  if (!question.subarray(0, 4).equals(HEAD)) return undefined
  const kind = question[4]
  const given = question.subarray(kind === INFO ? INFO_QUESTION_BYTES : 5)
  if (kind !== INFO && kind !== PLAYERS && kind !== RULES) return undefined
  if (!given.equals(challenge)) return Buffer.concat([HEAD, Buffer.from('A'), challenge])
  if (kind === INFO) return describeGame(game)
  // Nobody plays, and no rule differs from the game's own.
  return Buffer.concat([HEAD, Buffer.from(kind === PLAYERS ? [0x44, 0] : [0x45, 0, 0])])
}

export function describeGame({ name, map, players, maxPlayers }: Game): Buffer {
  const texts = [name, map, 'demo', 'Demo Game'].map((text) => Buffer.from(`${text}\0`))
  // Application 0, no bots, a dedicated server on Linux, no password, no anti-cheat, its version.
  const rest = Buffer.from([0, 0, players, maxPlayers, 0, 0x64, 0x6c, 0, 0])
  return Buffer.concat([HEAD, Buffer.from([0x49, 17]), ...texts, rest, Buffer.from('1.0.0.0\0\0')])
}
