import { createSocket, type Socket } from 'node:dgram'
import type { LookupAddress } from 'node:dns'
import { isIP } from 'node:net'
import { whenAborted } from '../base/clock.ts'
import { type Asking, NoAnswer, pauseAfterMs } from './asking.ts'
import { silence } from './connection.ts'
import { showBytes } from './game.ts'
import { mostTelling, toNoAnswer } from './network-errors.ts'

/** Questions and replies with one address. */
export interface Conversation {
  /** The packet to send next; `round` counts from 0. */
  question(round: number): Buffer
  /**
   * Reads a reply, of which no more than the first 4 KiB come in.
   *
   * @returns the answer; `again` to send the next question at once; undefined: no answer at all
   */
  read(reply: Buffer): { answer: string } | 'again' | undefined
}

/** A name with more addresses than this is no game server's. */
const MAX_ADDRESSES = 4
/** What of a reply is read. */
const MAX_REPLY_BYTES = 4_096

/**
 * Asks over UDP until there is an answer or the attempt is over, again and again, since packets get
 * lost. Each address of the server is asked from one socket, which is connected: so the system itself
 * drops what comes from elsewhere, and reports a host that refuses.
 *
 * @param begin opens a conversation with one address
 * @throws NoAnswer
 */
export async function converse(asking: Asking, begin: () => Conversation): Promise<string> {
  const addresses = (await resolveAll(asking)).slice(0, MAX_ADDRESSES)
  const winner = new AbortController()
  const signal = AbortSignal.any([asking.signal, winner.signal])
  try {
    const asked = addresses.map((address) => askOne({ ...asking, signal }, address, begin()))
    return await Promise.any(asked)
  } catch (error) {
    if (!(error instanceof AggregateError) || error.errors.length === 0) throw silence()
    throw mostTelling(error.errors.map((one) => toNoAnswer(one, asking.host)))
  } finally {
    winner.abort()
  }
}

async function resolveAll({ host, resolve, signal }: Asking): Promise<readonly LookupAddress[]> {
  const family = isIP(host)
  if (family !== 0) return [{ address: host, family }]
  try {
    // The system's resolver takes no signal, and a lookup can hang for long.
    const addresses = await Promise.race([resolve(host), whenAborted(signal)])
    if (!addresses) throw new NoAnswer('unresolved', `the lookup of ${host} has not ended`)
    if (addresses.length > 0) return addresses
  } catch (error) {
    throw toNoAnswer(error, host)
  }
  throw new NoAnswer('unresolved', `the name ${host} has no address`)
}

async function askOne(
  asking: Asking,
  { address, family }: LookupAddress,
  conversation: Conversation,
): Promise<string> {
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4')
  try {
    await connected(socket, asking.port, address)
    return await exchange(socket, asking, conversation)
  } finally {
    socket.close()
  }
}

function connected(socket: Socket, port: number, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    // Failures come to the callback only, whose type does not say so.
    socket.connect(port, address, (error?: Error) => (error ? reject(error) : resolve()))
  })
}

function exchange(socket: Socket, asking: Asking, conversation: Conversation): Promise<string> {
  const { clock, random, signal, host } = asking
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => asking.onFailure(toNoAnswer(error, host))
    let round = 0
    let answersAtOnce = 0
    const send = () => {
      asking.onSent()
      socket.send(conversation.question(round), (error) => error && fail(error))
    }
    socket.removeAllListeners('error').on('error', fail)
    socket.on('message', (message) => {
      const read = conversation.read(message.subarray(0, MAX_REPLY_BYTES))
      if (read === undefined) fail(unreadable(message))
      else if (read !== 'again') resolve(read.answer)
      // Once a round, or a server that sends nothing but challenges would keep us sending.
      else if (answersAtOnce > round) fail(onlyChallenges())
      else if (!signal.aborted) {
        answersAtOnce = round + 1
        send()
      }
    })
    const keepAsking = async () => {
      for (; !signal.aborted; round += 1) {
        send()
        await clock.sleep(pauseAfterMs(round + 1, random), signal)
      }
    }
    keepAsking().then(() => reject(silence()), reject)
  })
}

function onlyChallenges(): NoAnswer {
  return new NoAnswer('wrong-answer', 'it sends one challenge after the other, and no answer')
}

function unreadable(message: Buffer): NoAnswer {
  const what = `it sent ${message.length} bytes that are no answer: ${showBytes(message)}`
  return new NoAnswer('wrong-answer', what)
}
