import * as z from 'zod/mini'
import { type Ask, NoAnswer } from '../asking.ts'
import { readUntil, withConnection } from '../connection.ts'
import { describeGame, showBytes } from '../game.ts'

/** The protocol's own limit is 32 767 characters of text; with an icon of any size below it. */
const MAX_STATUS_BYTES = 4 * 32_767 + 16
/** "Which version are you?" */
const ANY_VERSION = 0xffff_ffff
const NEXT_STATE_STATUS = 1
const MAX_VARINT_BYTES = 5

const count = z.catch(z.optional(z.number()), undefined)
const shape = z.object({
  version: z.catch(z.optional(z.object({ name: z.catch(z.optional(z.string()), undefined) })), {}),
  players: z.catch(z.optional(z.object({ online: count, max: count })), {}),
})

/** The status that the list of servers in the game's menu shows (Java edition, from 1.7 on). */
export const askMinecraft: Ask = (asking) =>
  withConnection(asking, async (socket) => {
    const host = Buffer.from(asking.host).subarray(0, 255)
    const port = Buffer.from([asking.port >> 8, asking.port & 0xff])
    const hello = [varint(ANY_VERSION), varint(host.length), host, port, varint(NEXT_STATE_STATUS)]
    socket.write(Buffer.concat([packet(hello), packet([])]))
    return describeStatus(await readUntil(socket, MAX_STATUS_BYTES, takeStatus))
  })

/** Packet 0: its length, its number, and its content. */
function packet(content: readonly Buffer[]): Buffer {
  const body = Buffer.concat([varint(0), ...content])
  return Buffer.concat([varint(body.length), body])
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  for (let rest = value; ; rest >>>= 7) {
    if (rest >>> 7 === 0) return Buffer.from([...bytes, rest])
    bytes.push((rest & 0x7f) | 0x80)
  }
}

/** The text within the reply; undefined while it is not whole. */
function takeStatus(bytes: Buffer): string | undefined {
  let at = 0
  const next = () => {
    let value = 0
    for (let index = 0; index < MAX_VARINT_BYTES; index += 1) {
      const byte = bytes[at]
      if (byte === undefined) return undefined
      at += 1
      value |= (byte & 0x7f) << (7 * index)
      if (byte < 0x80) return value >>> 0
    }
    throw unreadable(bytes)
  }
  const [length, id, textLength] = [next(), next(), next()]
  if (length !== undefined && length > MAX_STATUS_BYTES) throw unreadable(bytes)
  if (id !== undefined && id !== 0) throw unreadable(bytes)
  if (textLength === undefined) return undefined
  if (textLength > MAX_STATUS_BYTES) throw unreadable(bytes)
  if (bytes.length < at + textLength) return undefined
  return bytes.toString('utf8', at, at + textLength)
}

function describeStatus(text: string): string {
  const { version, players } = parse(text)
  return describeGame({
    players: players?.online,
    maxPlayers: players?.max,
    version: version?.name?.replace(/§./g, ''),
  })
}

function parse(text: string) {
  try {
    return z.parse(shape, JSON.parse(text))
  } catch {
    throw new NoAnswer('wrong-answer', 'its status is no JSON object')
  }
}

function unreadable(bytes: Buffer): NoAnswer {
  return new NoAnswer('wrong-answer', `it sent no Minecraft status: ${showBytes(bytes)}`)
}
