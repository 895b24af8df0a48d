import type { Ask } from '../asking.ts'
import { type Conversation, converse } from '../datagrams.ts'
import { describeGame } from '../game.ts'

const WHOLE = 0xffff_ffff
const SPLIT = 0xffff_fffe
const QUESTION = Buffer.from('\xff\xff\xff\xffTSource Engine Query\0', 'latin1')
const [CHALLENGE, INFO] = [0x41, 0x49]
const CHALLENGE_BYTES = 4
/** Head of the first part of a split answer: -2, id, how many, which, and the size of a part. */
const SPLIT_HEAD_BYTES = 12

/** The server query of Valve's Source engine, which Unreal and Unity servers with Steam answer too. */
export const askA2s: Ask = (asking) => converse(asking, beginA2s)

function beginA2s(): Conversation {
  let challenge = Buffer.alloc(0)
  return {
    question: () => Buffer.concat([QUESTION, challenge]),
    read(reply) {
      const content = unwrap(reply)
      if (content === undefined || content.length < 2) return undefined
      if (content[0] === CHALLENGE && content.length >= 1 + CHALLENGE_BYTES) {
        challenge = Buffer.from(content.subarray(1, 1 + CHALLENGE_BYTES))
        return 'again'
      }
      return content[0] === INFO ? readInfo(content) : undefined
    },
  }
}

/** What is behind the head. All that is shown stands in the first part of a split answer. */
function unwrap(reply: Buffer): Buffer | undefined {
  if (reply.length < 5) return undefined
  const head = reply.readUInt32LE(0)
  if (head === WHOLE) return reply.subarray(4)
  const isFirstPart = head === SPLIT && reply.length > SPLIT_HEAD_BYTES && reply[9] === 0
  if (!isFirstPart) return undefined
  const inner = reply.subarray(SPLIT_HEAD_BYTES)
  return inner.length > 4 && inner.readUInt32LE(0) === WHOLE ? inner.subarray(4) : undefined
}

/** Type, version, then name, map, folder and game, each ending with a zero, and the counts. */
function readInfo(content: Buffer): { answer: string } | undefined {
  const texts: string[] = []
  let at = 2
  while (texts.length < 4) {
    const end = content.indexOf(0, at)
    if (end === -1) return undefined
    texts.push(content.toString('utf8', at, end))
    at = end + 1
  }
  const [name, map] = texts
  // Two bytes name the application in between.
  const [players, maxPlayers] = content.subarray(at + 2)
  return { answer: describeGame({ name, map, players, maxPlayers }) }
}
