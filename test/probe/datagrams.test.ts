import { randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { networkInterfaces } from 'node:os'
import { describe, expect, it, onTestFinished, test } from 'vitest'
import { answerTo, describeGame, startGameServer } from '../emulator/game/game-server.ts'
import { ask } from './ask.ts'
import { closedUdpPort, startUdpServer } from './udp-server.ts'

const GAME = { name: '', map: 'dm1', players: 0, maxPlayers: 8 }
const INFO = describeGame(GAME)
const ANSWER = 'map dm1, 0 of 8 players'
const SHORT_MS = 600
const hasIPv6 = Object.values(networkInterfaces())
  .flat()
  .some((address) => address?.address === '::1')

describe('a server that takes its time', () => {
  it('answers once it has loaded', async () => {
    const server = await startGameServer({ ...GAME, loadingMs: 700 })
    onTestFinished(() => server.close())
    const result = await ask('a2s', server.port)
    expect(result).toMatchObject({ answered: true, detail: ANSWER, cause: undefined })
    // One packet gets lost, and every one before the game is loaded: it is asked again.
    expect(server.questions()).toBeGreaterThan(2)
    expect(result.sent).toBe(server.questions())
  })

  it('is asked from one and the same port all the time', async () => {
    const ports: number[] = []
    const server = await startUdpServer((self, _, from) => {
      ports.push(from.port)
      if (ports.length === 4) self.reply(INFO, from)
    })
    await ask('a2s', server.port)
    expect(new Set(ports).size).toBe(1)
    expect(ports).toHaveLength(4)
  })

  it('answers although nothing listened at first', async () => {
    const port = await closedUdpPort()
    const refused = Promise.withResolvers<string>()
    const result = ask('a2s', port, { onAttempt: ({ cause }) => cause && refused.resolve(cause) })
    expect(await refused.promise).toBe('nothing listens at this port (ECONNREFUSED)')
    await startUdpServer((self, _, from) => self.reply(INFO, from), { port })
    expect(await result).toMatchObject({ answered: true, detail: ANSWER })
  })
})

describe('no answer', () => {
  it('of a server that is silent is called that, with how often it was asked', async () => {
    const server = await startUdpServer(() => {})
    const result = await ask('a2s', server.port, { until: server.asked(3) })
    expect(result).toMatchObject({ answered: false, cause: 'silent', detail: 'nothing came back' })
    expect(result).toMatchObject({ address: `127.0.0.1:${server.port}`, sent: 3 })
  })

  it('where nothing listens is called a refusal', async () => {
    const result = await ask('quake3', await closedUdpPort(), { timeoutMs: SHORT_MS })
    expect(result).toMatchObject({
      answered: false,
      cause: 'refused',
      detail: 'nothing listens at this port (ECONNREFUSED)',
    })
  })

  it('is no answer that is no answer, and the bytes are named', async () => {
    const server = await startUdpServer((self, _, from) => self.reply(Buffer.from('hello'), from))
    const result = await ask('a2s', server.port, { until: server.asked(3) })
    expect(result).toMatchObject({
      answered: false,
      cause: 'wrong-answer',
      detail: 'it sent 5 bytes that are no answer: 68656c6c6f',
    })
  })

  it('of a server that dies while it is asked', async () => {
    const server = await startUdpServer(() => server.close())
    const refused = Promise.withResolvers<void>()
    const result = await ask('a2s', server.port, {
      onAttempt: ({ cause }) => cause && refused.resolve(),
      until: refused.promise,
    })
    expect(result).toMatchObject({ answered: false, cause: 'refused' })
  })

  it('ends at once when the run is cancelled', async () => {
    const cancel = new AbortController()
    const server = await startUdpServer(() => cancel.abort())
    const result = await ask('a2s', server.port, { signal: cancel.signal, timeoutMs: 3_600_000 })
    expect(result).toMatchObject({ answered: false, cause: 'stopped', sent: 1 })
  })

  it('and a lookup that hangs end at once when the run is cancelled', async () => {
    const cancel = new AbortController()
    const resolve = () => {
      setImmediate(() => cancel.abort())
      return new Promise<never>(() => {})
    }
    const options = { host: 'game.test', signal: cancel.signal, timeoutMs: 3_600_000, resolve }
    expect(await ask('a2s', 1, options)).toMatchObject({ answered: false, cause: 'stopped' })
    expect(await ask('tcp', 1, options)).toMatchObject({ answered: false, cause: 'stopped' })
  })
})

describe('an answer counts only', () => {
  it('from the port that was asked', async () => {
    const other = createSocket('udp4')
    onTestFinished(() => {
      other.close()
    })
    const server = await startUdpServer((_, __, from) => other.send(INFO, from.port, from.address))
    const result = await ask('a2s', server.port, { until: server.asked(3) })
    expect(result).toMatchObject({ answered: false, cause: 'silent' })
  })

  it.runIf(process.platform === 'linux')('from the address that was asked', async () => {
    const port = await closedUdpPort()
    const other = await startUdpServer(() => {}, { host: '127.0.0.2', port })
    const server = await startUdpServer((_, __, from) => other.reply(INFO, from), { port })
    const result = await ask('udp 00', port, { until: server.asked(3) })
    expect(result).toMatchObject({ answered: false, cause: 'silent' })
  })

  it('to our own question, where the server repeats it', async () => {
    const server = await startUdpServer((self, _, from) => {
      const text = '\xff\xff\xff\xffinfoResponse\n\\challenge\\12345\\mapname\\q3dm17'
      self.reply(Buffer.from(text, 'latin1'), from)
    })
    const result = await ask('quake3', server.port, { until: server.asked(3) })
    expect(result).toMatchObject({ answered: false, cause: 'wrong-answer' })
  })
})

describe('a hostile server', () => {
  it('that sends challenges only makes nobody send without end', async () => {
    let questions = 0
    const server = await startUdpServer((self, _, from) => {
      questions += 1
      const challenge = Buffer.concat([Buffer.from('ffffffff41', 'hex'), randomBytes(4)])
      for (let copies = 0; copies < 3; copies += 1) self.reply(challenge, from)
    })
    const result = await ask('a2s', server.port, { timeoutMs: 1_000 })
    expect(result).toMatchObject({
      answered: false,
      cause: 'wrong-answer',
      detail: 'it sends one challenge after the other, and no answer',
    })
    // Two a round at most, and no more than four rounds begin within a second.
    expect(questions).toBeLessThanOrEqual(8)
  })

  it('that sends 60 kB has its beginning read', async () => {
    const long = describeGame({ ...GAME, name: 'x'.repeat(60_000) })
    const server = await startUdpServer((self, _, from) => self.reply(long, from))
    const result = await ask('a2s', server.port, { until: server.asked(3) })
    expect(result.cause).toBe('wrong-answer')
    expect(result.detail).toMatch(/^it sent 60\d{3} bytes that are no answer: ffffffff4911[78]+…$/)
  })

  it('cannot put commands, colours or other lines into the log', async () => {
    const name = '\x1b[31m\n::error::you\u202e are hacked'
    const server = await startGameServer({ ...GAME, name, map: 'a'.repeat(500) })
    onTestFinished(() => server.close())
    const { detail } = await ask('a2s', server.port)
    expect(detail).toMatch(/^map a{45}… \(500 characters\) …a{15}, 0 of 8 players \(/)
    expect(detail).toContain('(\ufffd[31m ::error::you\ufffd are hacked)')
    expect(detail).not.toMatch(/[\x00-\x1f\u202e]/)
  })
})

it.each(['a2s', 'quake3'])(
  '%s: no bytes whatever end the probe, and the answer after them counts',
  async (line) => {
    let round = 0
    const heads = [
      '',
      'ffffffff',
      'ffffffff49',
      'ffffffff41',
      'feffffff',
      'feffffff010000000200e004',
    ]
    const texts = ['infoResponse\n', 'statusResponse\n\\', 'infoResponse\n\\mapname']
    const server = await startUdpServer((self, question, from) => {
      for (const head of heads) {
        const rest = randomBytes(Math.floor(Math.random() * 40))
        self.reply(Buffer.concat([Buffer.from(head, 'hex'), rest]), from)
      }
      for (const text of texts) self.reply(Buffer.from(`\xff\xff\xff\xff${text}`, 'latin1'), from)
      round += 1
      if (round === 3) self.reply(line === 'a2s' ? INFO : answerQuake3(question), from)
    })
    expect(await ask(line, server.port)).toMatchObject({ answered: true })
  },
)

describe('names', () => {
  it('are asked for again until they resolve', async () => {
    const server = await startGameServer(GAME)
    onTestFinished(() => server.close())
    let lookups = 0
    const resolve = async () => {
      lookups += 1
      if (lookups < 3) throw Object.assign(new Error('no'), { code: 'ENOTFOUND' })
      return [{ address: '127.0.0.1', family: 4 }]
    }
    const causes = new Set<string | undefined>()
    const result = await ask('a2s', server.port, {
      host: 'game.test',
      resolve,
      onAttempt: ({ cause }) => causes.add(cause),
    })
    expect(result).toMatchObject({ answered: true, address: `game.test:${server.port}` })
    expect(lookups).toBe(3)
    expect([...causes]).toEqual(['the name game.test does not resolve (ENOTFOUND)'])
  })

  it('that never resolve are named', async () => {
    for (const line of ['a2s', 'tcp', 'http /']) {
      const result = await ask(line, 1, {
        host: 'game.test',
        timeoutMs: SHORT_MS,
        resolve: () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' })),
      })
      expect(result).toMatchObject({ answered: false, cause: 'unresolved' })
      expect(result.detail).toBe('the name game.test does not resolve (ENOTFOUND)')
    }
  })

  describe.skipIf(!hasIPv6)('with an IPv6 address (skipped: no ::1)', () => {
    const both = async () => [
      { address: '127.0.0.1', family: 4 },
      { address: '::1', family: 6 },
    ]

    test.each(['127.0.0.1', '::1'])('are asked at all, and %s alone answers', async (host) => {
      const server = await startGameServer({ ...GAME, host })
      onTestFinished(() => server.close())
      const result = await ask('a2s', server.port, { host: 'game.test', resolve: both })
      expect(result).toMatchObject({ answered: true, detail: ANSWER })
    })

    it('are shown in brackets', async () => {
      const server = await startGameServer({ ...GAME, host: '::1' })
      onTestFinished(() => server.close())
      const result = await ask('a2s', server.port, { host: '::1' })
      expect(result).toMatchObject({ answered: true, address: `[::1]:${server.port}` })
    })
  })
})

describe('dialects', () => {
  const answering = (answers: (question: Buffer) => Buffer | undefined) =>
    startUdpServer((self, question, from) => {
      const answer = answers(question)
      if (answer) self.reply(answer, from)
    })

  it('a2s: an older server asks for no challenge', async () => {
    const server = await answering(() => INFO)
    expect(await ask('a2s', server.port)).toMatchObject({ detail: ANSWER, sent: 1 })
  })

  it('a2s: a challenge is given back at once', async () => {
    const challenge = randomBytes(4)
    const server = await answering((question) => answerTo(question, challenge, GAME))
    expect(await ask('a2s', server.port)).toMatchObject({ detail: ANSWER, sent: 2 })
  })

  it('a2s: of a split answer the first part says enough', async () => {
    const head = Buffer.from('feffffff010000000200e004', 'hex')
    const server = await answering(() => Buffer.concat([head, INFO.subarray(0, -4)]))
    expect(await ask('a2s', server.port)).toMatchObject({ detail: ANSWER })
  })

  it('quake3: servers that know only the long question have their players counted', async () => {
    const isLong = (question: Buffer) => question.includes('getstatus')
    const server = await answering((question) =>
      isLong(question) ? answerQuake3(question) : undefined,
    )
    expect(await ask('quake3', server.port)).toMatchObject({
      detail: 'map q3dm17, 2 of 16 players (Red)',
    })
  })

  it('udp: the bytes go out as given, and whatever comes back answers', async () => {
    const asked: Buffer[] = []
    const server = await answering((question) => {
      asked.push(question)
      return Buffer.from([1, 2, 255])
    })
    const result = await ask('udp 4f45 7403', server.port)
    expect(result).toMatchObject({ answered: true, detail: 'it sent back 0102ff' })
    expect(asked[0]?.toString('hex')).toBe('4f457403')
  })

  it('udp: an empty packet answers too', async () => {
    const server = await answering(() => Buffer.alloc(0))
    expect(await ask('udp 00', server.port)).toMatchObject({
      answered: true,
      detail: 'it sent back an empty packet',
    })
  })
})

/** The long answer: variables, then a line for each player. */
function answerQuake3(question: Buffer): Buffer {
  const [, challenge] = /get\w+ (\d+)/.exec(question.toString('latin1')) ?? []
  const variables = `\\challenge\\${challenge}\\mapname\\q3dm17\\sv_maxclients\\16\\sv_hostname\\^1Red`
  const players = '5 40 "one"\n-1 0 "two \\ "\n'
  return Buffer.from(`\xff\xff\xff\xffstatusResponse\n${variables}\n${players}`, 'latin1')
}
