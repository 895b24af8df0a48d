import { createHash, randomBytes } from 'node:crypto'
import type { Duplex } from 'node:stream'
import { type Ask, NoAnswer } from '../asking.ts'
import { exchange } from './http.ts'

/** RFC 6455, 1.3. */
const ACCEPT_SUFFIX = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
/** A close frame as a client sends it: final, masked, empty, the mask being zero. */
const CLOSE_FRAME = Buffer.from([0x88, 0x80, 0, 0, 0, 0])

/** An accepted upgrade answers; the connection is closed politely at once. */
export function askWebSocket(question: { secure: boolean; path: string }): Ask {
  return async (asking) => {
    const key = randomBytes(16).toString('base64')
    const headers = {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': key,
    }
    const reply = await exchange(asking, { ...question, headers })
    if (reply.socket === undefined) {
      throw new NoAnswer('wrong-answer', `it answered HTTP ${reply.status} instead of an upgrade`)
    }
    const isAccepted = reply.headers['sec-websocket-accept'] === acceptFor(key)
    if (isAccepted) await sayGoodbye(reply.socket, asking.signal)
    reply.socket.destroy()
    if (isAccepted) return 'the WebSocket was accepted'
    throw new NoAnswer('wrong-answer', 'it upgraded with a wrong Sec-WebSocket-Accept')
  }
}

/** Resolves once the frame is on its way, or the attempt is over. */
function sayGoodbye(socket: Duplex, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true })
    socket.once('close', resolve)
    socket.end(CLOSE_FRAME, resolve)
  })
}

function acceptFor(key: string): string {
  return createHash('sha1').update(`${key}${ACCEPT_SUFFIX}`).digest('base64')
}
