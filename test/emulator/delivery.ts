import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Effect, When } from './faults.ts'

/** What a handler answers. A string or Buffer goes out as it is, anything else as JSON. */
export interface Reply {
  readonly status: number
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** One request on its way to a reply. */
export interface Exchange {
  readonly response: ServerResponse
  /** Runs the emulated provider's own code. */
  readonly handle: () => Promise<Reply>
  /** Told the status just before it goes out. */
  readonly noteStatus: (status: number) => void
  /** Aborted when the server closes. */
  readonly closing: AbortSignal
}

interface Encoded {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly payload: Buffer
}

const oversizeDefaultBytes = 64 * 1024 * 1024
const oversizeChunkBytes = 64 * 1024

/** Answers the exchange, spoiled by the effect if there is one. */
export async function deliver(effect: Effect | undefined, exchange: Exchange): Promise<void> {
  if (effect === undefined) return sendWhole(exchange, await exchange.handle())
  switch (effect.kind) {
    case 'delay':
      await sleep(effect.delayMs, undefined, { signal: exchange.closing })
      return sendWhole(exchange, await exchange.handle())
    case 'hold':
      await effect.until
      return sendWhole(exchange, await exchange.handle())
    case 'delay-reply': {
      const reply = await exchange.handle()
      await sleep(effect.delayMs, undefined, { signal: exchange.closing })
      return sendWhole(exchange, reply)
    }
    case 'hang':
      return handleIf(effect.when ?? 'before', exchange)
    case 'reset':
      await handleIf(effect.when ?? 'before', exchange)
      exchange.response.socket?.resetAndDestroy()
      return
    case 'truncate':
      return sendHalf(exchange, await exchange.handle(), () => exchange.response.destroy())
    case 'stall-body':
      return sendHalf(exchange, await exchange.handle(), () => {})
    case 'slow-drip':
      return drip(exchange, await exchange.handle(), effect)
    case 'status':
      await handleIf(effect.when ?? 'before', exchange)
      return sendWhole(exchange, effect)
    case 'malformed':
      await handleIf(effect.when ?? 'after', exchange)
      return sendWhole(exchange, malformed(effect.body ?? '{"request_id": "a69f'))
    case 'oversize':
      await handleIf(effect.when ?? 'after', exchange)
      return sendOversize(exchange, effect.bytes ?? oversizeDefaultBytes, effect.declareLength)
    default:
      return effect satisfies never
  }
}

async function handleIf(when: When, exchange: Exchange): Promise<void> {
  if (when === 'after') await exchange.handle()
}

function malformed(body: string): Reply {
  return { status: 200, body, headers: { 'content-type': 'application/json' } }
}

function sendWhole(exchange: Exchange, reply: Reply): void {
  const encoded = encode(reply)
  begin(exchange, encoded)
  exchange.response.end(encoded.payload)
}

function sendHalf(exchange: Exchange, reply: Reply, then: () => void): void {
  const encoded = encode(reply)
  // Half of an empty body would be all of it.
  const payload = encoded.payload.length > 1 ? encoded.payload : Buffer.from('{}')
  begin(exchange, { ...encoded, payload })
  exchange.response.write(payload.subarray(0, Math.floor(payload.length / 2)), then)
}

async function drip(
  exchange: Exchange,
  reply: Reply,
  effect: { readonly intervalMs: number; readonly chunkBytes?: number },
): Promise<void> {
  const encoded = encode(reply)
  const chunkBytes = effect.chunkBytes ?? 1
  begin(exchange, encoded)
  async function* drops() {
    for (let offset = 0; offset < encoded.payload.length; offset += chunkBytes) {
      yield encoded.payload.subarray(offset, offset + chunkBytes)
      await sleep(effect.intervalMs, undefined, { signal: exchange.closing })
    }
  }
  await pipeline(Readable.from(drops()), exchange.response, { signal: exchange.closing })
}

async function sendOversize(
  exchange: Exchange,
  bytes: number,
  declareLength = false,
): Promise<void> {
  const opening = Buffer.from('{"message":"')
  const ending = Buffer.from('"}')
  const fillBytes = Math.max(0, bytes - opening.length - ending.length)
  const length = opening.length + fillBytes + ending.length
  exchange.noteStatus(200)
  exchange.response.writeHead(200, {
    'content-type': 'application/json',
    ...(declareLength && { 'content-length': String(length) }),
  })
  const chunk = Buffer.alloc(oversizeChunkBytes, 'x')
  function* flood() {
    yield opening
    for (let left = fillBytes; left > 0; left -= chunk.length) yield chunk.subarray(0, left)
    yield ending
  }
  await pipeline(Readable.from(flood()), exchange.response, { signal: exchange.closing })
}

function begin(exchange: Exchange, { status, headers, payload }: Encoded): void {
  exchange.noteStatus(status)
  const hasBody = status !== 204 && status !== 304
  exchange.response.writeHead(status, {
    ...(hasBody && { 'content-length': String(payload.length) }),
    ...headers,
  })
}

function encode({ status, body, headers = {} }: Reply): Encoded {
  if (body === undefined) return { status, headers, payload: Buffer.alloc(0) }
  if (Buffer.isBuffer(body)) return { status, headers, payload: body }
  if (typeof body === 'string') {
    const type = { 'content-type': 'text/plain; charset=utf-8' }
    return { status, headers: { ...type, ...headers }, payload: Buffer.from(body) }
  }
  const type = { 'content-type': 'application/json' }
  return { status, headers: { ...type, ...headers }, payload: Buffer.from(JSON.stringify(body)) }
}
