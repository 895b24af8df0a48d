import { randomInt } from 'node:crypto'
import type { Ask } from '../asking.ts'
import { type Conversation, converse } from '../datagrams.ts'
import { describeGame } from '../game.ts'

const HEAD = '\xff\xff\xff\xff'
const REPLY = /^\xff{4}(infoResponse|statusResponse)[\n ]/

/** The status query of Quake III and all that came from it. */
export const askQuake3: Ask = (asking) => converse(asking, beginQuake3)

function beginQuake3(): Conversation {
  // Servers give it back, which ties the answer to this question.
  const challenge = randomInt(1_000_000, 2 ** 31).toString()
  return {
    // The short question first; some servers know only the long one.
    question: (round) =>
      Buffer.from(`${HEAD}${round % 2 === 0 ? 'getinfo' : 'getstatus'} ${challenge}`, 'latin1'),
    read(reply) {
      const text = reply.toString('latin1')
      const kind = REPLY.exec(text)?.[1]
      if (kind === undefined) return undefined
      const [, variables = '', ...players] = text.split('\n')
      const info = readVariables(variables)
      const given = info.get('challenge')
      if (info.size === 0 || (given !== undefined && given !== challenge)) return undefined
      const listed = players.filter((line) => /^-?\d+ -?\d+ /.test(line)).length
      return { answer: describeInfo(info, kind === 'infoResponse' ? undefined : listed) }
    },
  }
}

/** `\name\value\name\value…`; letter case is the game's. */
function readVariables(text: string): Map<string, string> {
  const parts = text.split('\\').slice(1)
  const variables = new Map<string, string>()
  for (let index = 0; index + 1 < parts.length; index += 2) {
    variables.set((parts[index] ?? '').toLowerCase(), parts[index + 1] ?? '')
  }
  return variables
}

function describeInfo(info: ReadonlyMap<string, string>, listed: number | undefined): string {
  return describeGame({
    name: withoutColours(info.get('sv_hostname') ?? info.get('hostname')),
    map: info.get('mapname'),
    players: listed ?? toNumber(info.get('clients')),
    maxPlayers: toNumber(info.get('sv_maxclients')),
  })
}

function withoutColours(text = ''): string {
  return text.replace(/\^[0-9a-z]/gi, '')
}

function toNumber(text = ''): number | undefined {
  return /^\d{1,6}$/.test(text) ? Number(text) : undefined
}
