import type { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import { decode } from './decode.ts'
import { flattenHeaders } from './headers.ts'
import { HttpFailure } from './http-failure.ts'

export interface HttpReply {
  status: number
  /** Lower-case names; of a repeated header the first value. */
  headers: Readonly<Record<string, string>>
  text: string
  /** It is not whole: its beginning, its end or both are missing. */
  isCut?: boolean
}

/** So long a reply of which the end is kept may be silent, before its first byte and later. */
export const SILENCE_MS = 5_000
/** In each such span of it at least this many bytes must come: a drip is as good as silence. */
const LEAST_BYTES = 64 * 1024

/** Counts what comes of a reply of which the end is kept. */
export interface Pace {
  count: (bytes: number) => void
  end: () => void
}

/** Calls `abort` when fewer than `LEAST_BYTES` came in `SILENCE_MS`; to be ended. */
export function watchPace(abort: (reason: HttpFailure) => void): Pace {
  let came = 0
  const timer = setInterval(() => {
    if (came < LEAST_BYTES) abort(silence())
    came = 0
  }, SILENCE_MS)
  return {
    count: (bytes) => {
      came += bytes
    },
    end: () => clearInterval(timer),
  }
}

export function silence(): HttpFailure {
  return new HttpFailure('deadline', `no whole reply: silence for ${SILENCE_MS} ms`)
}

/**
 * Reads the whole reply.
 *
 * @param pace given where the end of a larger reply is kept; it counts what comes
 * @throws HttpFailure `too-large` without `pace`; whatever breaks the connection
 */
export async function readReply(
  reply: Dispatcher.ResponseData,
  maxBytes: number,
  pace?: Pace,
): Promise<HttpReply> {
  const { text, isCut } = await (pace
    ? readEnd(reply.body, maxBytes, pace)
    : readText(reply.body, maxBytes))
  const headers = flattenHeaders(reply.headers)
  return { status: reply.statusCode, headers, text, ...(isCut && { isCut }) }
}

async function readText(
  body: Readable,
  maxBytes: number,
): Promise<{ text: string; isCut: boolean }> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxBytes) {
      body.destroy()
      throw new HttpFailure('too-large', `the reply is larger than ${maxBytes} bytes`)
    }
    chunks.push(chunk)
  }
  return { text: decode(Buffer.concat(chunks)), isCut: false }
}

/** Reads to the end, whatever the length, and keeps at most the last `maxBytes`. */
async function readEnd(
  body: Readable,
  maxBytes: number,
  pace: Pace,
): Promise<{ text: string; isCut: boolean }> {
  const chunks: Buffer[] = []
  let [size, first, isCut] = [0, 0, false]
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      chunks.push(chunk)
      size += chunk.length
      pace.count(chunk.length)
      // Not taken off the front one by one: that would copy the list each time.
      while (size > maxBytes) {
        size -= chunks[first]?.length ?? 0
        chunks[first] = Buffer.alloc(0)
        first += 1
        isCut = true
      }
    }
  } catch (error) {
    if (size === 0) throw error
    isCut = true
  }
  return { text: decode(Buffer.concat(chunks)), isCut }
}
