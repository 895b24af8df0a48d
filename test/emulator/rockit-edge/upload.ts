import { createHash } from 'node:crypto'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Build } from './build.ts'
import type { RockitEdgeSettings } from './settings.ts'
import type { UploadEffect } from './upload-fault.ts'

/** A request to the storage host and what became of it. */
export interface Upload {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  /** Those that only the API should have seen: credentials. */
  readonly apiHeaders: readonly string[]
  /** The build whose URL it was. */
  readonly build: Build | undefined
  /** `performance.now()`. */
  readonly at: number
  readonly declaredBytes: number | undefined
  /** Received so far. */
  bytes: number
  /** Of all that was received; set when the whole body has come, unless `hashUploads` is off. */
  sha256: string | undefined
  /** The whole body where it is small enough to be kept. */
  content: Buffer | undefined
  /** Whether the body starts like an uncompressed tar archive. */
  isTar: boolean
  status: number | undefined
  /** `receiving` while under way, `aborted` where the client or a fault broke it off. */
  outcome: 'receiving' | 'stored' | 'refused' | 'aborted'
  fault: UploadEffect['kind'] | undefined
}

export function newUpload(incoming: IncomingMessage, build: Build | undefined): Upload {
  const { headers } = incoming
  const length = headers['content-length']
  return {
    method: incoming.method ?? '',
    path: new URL(incoming.url ?? '/', 'http://127.0.0.1').pathname,
    headers,
    apiHeaders: Object.keys(headers).filter(isApiHeader),
    build,
    at: performance.now(),
    declaredBytes: length === undefined ? undefined : Number(length),
    bytes: 0,
    sha256: undefined,
    content: undefined,
    isTar: false,
    status: undefined,
    outcome: 'receiving',
    fault: undefined,
  }
}

function isApiHeader(name: string): boolean {
  return name.startsWith('x-rockit-') || name === 'authorization' || name === 'cookie'
}

export interface Limits {
  /** Reads no further than this and leaves the rest unread. */
  readonly stopAtBytes: number | undefined
  readonly bytesPerSecond: number | undefined
  readonly closing: AbortSignal
}

// Where the tar format has its magic word.
const tarMagicOffset = 257

/**
 * Reads the body bit by bit: counts and hashes it, and keeps only a small one. Gives whether all
 * of it was read; throws where the client breaks off.
 */
export async function receive(
  incoming: IncomingMessage,
  upload: Upload,
  { hashUploads, keepUploadBytes }: RockitEdgeSettings,
  { stopAtBytes, bytesPerSecond, closing }: Limits,
): Promise<boolean> {
  if (stopAtBytes !== undefined && stopAtBytes <= 0) return false
  const hash = hashUploads ? createHash('sha256') : undefined
  const kept: Buffer[] = []
  let head = Buffer.alloc(0)
  // An iterator that is left early destroys the connection, which is not ours to end here.
  for await (const chunk of incoming.iterator({ destroyOnReturn: false })) {
    upload.bytes += chunk.length
    hash?.update(chunk)
    if (head.length < 512) head = Buffer.concat([head, chunk.subarray(0, 512)])
    if (upload.bytes <= keepUploadBytes) kept.push(chunk)
    if (stopAtBytes !== undefined && upload.bytes >= stopAtBytes) return false
    if (bytesPerSecond !== undefined) {
      await sleep((chunk.length / bytesPerSecond) * 1000, undefined, { signal: closing })
    }
  }
  upload.sha256 = hash?.digest('hex')
  upload.isTar = head.toString('latin1', tarMagicOffset, tarMagicOffset + 5) === 'ustar'
  if (upload.bytes <= keepUploadBytes) upload.content = Buffer.concat(kept)
  return true
}
