import { type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { Duplex } from 'node:stream'
import { type Ask, type Asking, NoAnswer } from '../asking.ts'
import { asLookup, silence } from '../connection.ts'
import { toNoAnswer } from '../network-errors.ts'

export interface HttpQuestion {
  readonly secure: boolean
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Any 2xx or 3xx answers. A redirect is not followed: it leads to another server. */
export function askHttp(question: HttpQuestion): Ask {
  return async (asking) => {
    const { status, socket } = await exchange(asking, question)
    socket?.destroy()
    if (status >= 200 && status < 400) return `HTTP ${status}`
    throw new NoAnswer('wrong-answer', `it answered HTTP ${status}`)
  }
}

/** The head of a reply; the connection itself where the server has switched protocols. */
export interface Exchange {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  /** Cut it when done. */
  readonly socket?: Duplex
}

/**
 * One GET, of whose reply only the head is read.
 *
 * @throws NoAnswer
 */
export async function exchange(asking: Asking, question: HttpQuestion): Promise<Exchange> {
  if (asking.signal.aborted) throw silence()
  asking.onSent()
  try {
    return await send(asking, question)
  } catch (error) {
    if (asking.signal.aborted) throw silence()
    throw toNoAnswer(error, asking.host)
  }
}

function send(asking: Asking, { secure, path, headers }: HttpQuestion): Promise<Exchange> {
  const { host, port, signal } = asking
  return new Promise((resolve, reject) => {
    const outgoing = (secure ? requestHttps : requestHttp)({
      host,
      port,
      path,
      signal,
      // No pool: each attempt is to find out anew whether a connection comes about.
      agent: false,
      lookup: asLookup(asking),
      headers: { 'user-agent': 'deploy-game-server', ...headers },
    })
    outgoing.on('error', reject)
    outgoing.on('response', (reply) => {
      resolve({ status: reply.statusCode ?? 0, headers: reply.headers })
      outgoing.destroy()
    })
    outgoing.on('upgrade', (reply, socket) => {
      socket.on('error', () => {})
      resolve({ status: reply.statusCode ?? 0, headers: reply.headers, socket })
    })
    outgoing.end()
  })
}
