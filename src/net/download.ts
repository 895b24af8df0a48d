import { createHash } from 'node:crypto'
import { open, rm } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import { isLoopback } from '../base/loopback.ts'
import { ask } from './ask.ts'
import { HttpFailure, openDispatcher, toFailure } from './request.ts'

const MAX_REDIRECTS = 5
const REDIRECTS = new Set([301, 302, 303, 307, 308])

export interface Download {
  /** https, or http on loopback, which alone may redirect to loopback. */
  url: URL
  /** A path where nothing is yet. */
  toFile: string
  maxBytes: number
  /** From now until the last byte, milliseconds. */
  deadlineMs: number
  signal: AbortSignal
  /** Where the proxy variables are looked up. */
  environment: NodeJS.ProcessEnv
}

/** `sha256` in hexadecimal, undefined where another status than 200 came and nothing was written. */
export type DownloadReply = { status: 200; sha256: string } | { status: number; sha256: undefined }

/**
 * Fetches a file that is too large for memory, hashing it on the way. It carries no credentials, so
 * redirects may be followed; who asks compares the hash before the file is used.
 *
 * @throws HttpFailure when it did not come whole; nothing is left on the disk then
 */
export async function download(wanted: Download): Promise<DownloadReply> {
  const deadline = AbortSignal.timeout(Math.max(1, Math.ceil(wanted.deadlineMs)))
  const signal = AbortSignal.any([wanted.signal, deadline])
  const dispatcher = await openDispatcher(wanted.environment)
  try {
    signal.throwIfAborted()
    const reply = await follow(dispatcher, wanted.url, signal)
    if (reply.statusCode !== 200) return { status: reply.statusCode, sha256: undefined }
    return { status: 200, sha256: await store(reply.body, wanted) }
  } catch (error) {
    throw toFailure(error, wanted, deadline)
  } finally {
    await dispatcher.destroy()
  }
}

async function follow(
  dispatcher: Dispatcher,
  first: URL,
  signal: AbortSignal,
): Promise<Dispatcher.ResponseData> {
  let url = first
  for (let redirects = 0; ; redirects += 1) {
    if (!isAllowed(url, first))
      throw new HttpFailure('unreachable', `it is not on https at ${url.host}`)
    const reply = await ask(dispatcher, {
      origin: url.origin,
      path: url.pathname + url.search,
      method: 'GET',
      headers: { 'user-agent': 'deploy-game-server' },
      signal,
    })
    const location = reply.headers.location
    if (!REDIRECTS.has(reply.statusCode) || typeof location !== 'string') return reply
    await reply.body.dump()
    if (redirects === MAX_REDIRECTS || !URL.canParse(location, url)) {
      throw new HttpFailure('unreachable', `${first.host} redirects too often, or to no URL`)
    }
    url = new URL(location, url)
  }
}

/** Nobody out there may send us to a server of this machine. */
function isAllowed(url: URL, first: URL): boolean {
  const isLocal = (one: URL) => one.protocol === 'http:' && isLoopback(one.hostname)
  return url.protocol === 'https:' || (isLocal(url) && isLocal(first))
}

async function store(body: Readable, { toFile, maxBytes }: Download): Promise<string> {
  const hash = createHash('sha256')
  const file = await open(toFile, 'wx', 0o600)
  let size = 0
  let isWhole = false
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > maxBytes) throw new HttpFailure('too-large', `it is larger than ${maxBytes} bytes`)
      hash.update(chunk)
      await file.writeFile(chunk)
    }
    isWhole = true
  } finally {
    await file.close()
    if (!isWhole) await rm(toFile, { force: true })
  }
  return hash.digest('hex')
}
