import { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import { ask } from './ask.ts'
import { readReply } from './reply.ts'
import { type HttpFailure, type HttpReply, openDispatcher, toFailure } from './request.ts'

export interface UploadOptions {
  /** Where the proxy variables are looked up. */
  environment: NodeJS.ProcessEnv
  url: URL
  headers?: Readonly<Record<string, string>>
  /** Exactly what `body` gives: the length is declared, and storage hosts take no chunked bodies. */
  sizeBytes: number
  body: AsyncIterable<Uint8Array>
  /** Without a byte accepted, or an answer when all were, for so long the upload is given up. */
  stallMs: number
  signal: AbortSignal
  /** Bytes handed over so far. */
  onProgress: (sentBytes: number) => void
}

export type UploadResult =
  /** `sentBytes` is all of them unless the host answered early. */
  | { kind: 'answered'; reply: HttpReply; sentBytes: number }
  /** No answer; where all bytes were sent, they may have been stored. */
  | { kind: 'broken'; failure: HttpFailure; sentBytes: number; isStalled: boolean }
  /** What was to be sent could not be read. */
  | { kind: 'unreadable'; error: unknown }

/** How often progress is checked. */
const WATCH_MS = 1_000
const MAX_REPLY_BYTES = 1024 * 1024

/**
 * PUTs a body of known length, bit by bit: it takes the same memory whatever the length. On a
 * connection of its own, which ends with it. Never throws.
 */
export async function upload(options: UploadOptions): Promise<UploadResult> {
  const { url, sizeBytes } = options
  const stalled = new AbortController()
  const signal = AbortSignal.any([options.signal, stalled.signal])
  let sentBytes = 0
  let movedAtMs = performance.now()
  let unreadable: { error: unknown } | undefined
  const watch = setInterval(() => {
    if (performance.now() - movedAtMs >= options.stallMs) stalled.abort()
  }, WATCH_MS)
  async function* counted() {
    const source = options.body[Symbol.asyncIterator]()
    try {
      for (;;) {
        // Not around the whole: what goes wrong with the connection is thrown into the `yield`.
        const next = await source.next().catch((error) => {
          unreadable = { error }
          throw error
        })
        if (next.done) return
        yield next.value
        sentBytes += next.value.length
        movedAtMs = performance.now()
        options.onProgress(sentBytes)
      }
    } finally {
      await source.return?.()
    }
  }
  const body = Readable.from(counted(), { objectMode: false, highWaterMark: 1 })
  let dispatcher: Dispatcher | undefined
  try {
    dispatcher = await openDispatcher(options.environment)
    signal.throwIfAborted()
    const reply = await ask(dispatcher, {
      origin: url.origin,
      path: url.pathname + url.search,
      method: 'PUT',
      headers: { ...options.headers, 'content-length': String(sizeBytes) },
      body,
      signal,
    })
    return { kind: 'answered', reply: await readReply(reply, MAX_REPLY_BYTES), sentBytes }
  } catch (error) {
    if (unreadable) return { kind: 'unreadable', error: unreadable.error }
    const isStalled = stalled.signal.aborted
    const what = { url, deadlineMs: options.stallMs, signal: options.signal }
    const failure = toFailure(error, what, stalled.signal)
    return { kind: 'broken', failure, sentBytes, isStalled }
  } finally {
    clearInterval(watch)
    body.destroy()
    await dispatcher?.destroy()
  }
}
