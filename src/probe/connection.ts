import { connect, type LookupFunction, type Socket } from 'node:net'
import { ADDRESS_ATTEMPT_MS } from '../net/addresses.ts'
import { type Asking, NoAnswer } from './asking.ts'
import { toNoAnswer } from './network-errors.ts'

/** Resolves names for Node's own connections, which try both kinds of address side by side. */
export function asLookup({ resolve }: Asking): LookupFunction {
  return (host, options, callback) => {
    resolve(host).then(
      (addresses) => {
        const [first] = addresses
        if (first === undefined) callback(noSuchName(), '')
        else if (options.all) callback(null, [...addresses])
        else callback(null, first.address, first.family)
      },
      (error: Error) => callback(error as NodeJS.ErrnoException, ''),
    )
  }
}

function noSuchName(): NodeJS.ErrnoException {
  return Object.assign(new Error('the name has no address'), { code: 'ENOTFOUND' })
}

/** What came of an attempt whose time is over. */
export function silence(): NoAnswer {
  return new NoAnswer('silent', 'nothing came back')
}

/**
 * Connects and hands the connection to `use`; it is cut afterwards, and when the attempt is over.
 *
 * @throws NoAnswer
 */
export async function withConnection(
  asking: Asking,
  use: (socket: Socket) => Promise<string>,
): Promise<string> {
  const { host, port, signal } = asking
  if (signal.aborted) throw silence()
  asking.onSent()
  const socket = connect({
    host,
    port,
    lookup: asLookup(asking),
    autoSelectFamilyAttemptTimeout: ADDRESS_ATTEMPT_MS,
  })
  const abort = () => socket.destroy(silence())
  signal.addEventListener('abort', abort)
  try {
    await connected(socket)
    return await use(socket)
  } catch (error) {
    throw toNoAnswer(error, host)
  } finally {
    signal.removeEventListener('abort', abort)
    // Without a listener a late error would end the process.
    socket.on('error', () => {}).destroy()
  }
}

function connected(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
}

/**
 * Reads until `parse` gives something.
 *
 * @param maxBytes more is no answer
 * @param parse gets everything so far; undefined: not whole yet; may throw NoAnswer
 * @throws NoAnswer, and the connection's own error
 */
export function readUntil<T>(
  socket: Socket,
  maxBytes: number,
  parse: (bytes: Buffer) => T | undefined,
): Promise<T> {
  return new Promise((resolve, reject) => {
    let bytes = Buffer.alloc(0)
    socket.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk])
      try {
        const parsed = parse(bytes)
        if (parsed !== undefined) resolve(parsed)
        else if (bytes.length > maxBytes) {
          throw new NoAnswer('wrong-answer', `the answer is larger than ${maxBytes} bytes`)
        }
      } catch (error) {
        socket.pause()
        reject(error)
      }
    })
    socket.once('error', reject)
    socket.once('close', () => {
      reject(new NoAnswer('cut', `the connection was closed after ${bytes.length} bytes`))
    })
  })
}
