import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Build } from './build.ts'
import type { RockitEdgeSettings } from './settings.ts'
import { newUpload, receive, type Upload } from './upload.ts'
import {
  createUploadFaultBook,
  strikesAtBytes,
  type UploadEffect,
  type UploadFaultBook,
} from './upload-fault.ts'

/** The host that takes a client's upload: another port than the API's, and no API of its own. */
export interface StorageHost {
  readonly url: string
  readonly uploads: readonly Upload[]
  readonly faults: UploadFaultBook
  /** Makes a temporary URL for one PUT; `onStored` is called once, when the object exists. */
  open(build: Build, onStored: (bytes: number) => void): string
  close(): Promise<void>
}

interface Slot {
  readonly build: Build
  readonly onStored: (bytes: number) => void
  readonly openedAt: number
  isUsed: boolean
}

/** A body that is answered before it has been read. */
class Refusal extends Error {
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/**
 * The generic server holds bodies in memory and tests upload gigabytes, hence a server of its own.
 */
export async function startStorageHost(settings: RockitEdgeSettings): Promise<StorageHost> {
  const slots = new Map<string, Slot>()
  const uploads: Upload[] = []
  const faults = createUploadFaultBook()
  const closing = new AbortController()

  async function take(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const slot = slots.get(new URL(incoming.url ?? '/', 'http://127.0.0.1').pathname)
    const upload = newUpload(incoming, slot?.build)
    uploads.push(upload)
    const effect = faults.take()
    upload.fault = effect?.kind
    try {
      if (effect?.kind !== 'status') check(upload, slot, settings)
      const stopAtBytes = strikesAtBytes(effect)
      const bytesPerSecond = effect?.kind === 'slow' ? effect.bytesPerSecond : undefined
      const limits = { stopAtBytes, bytesPerSecond, closing: closing.signal }
      const isWhole = await receive(incoming, upload, settings, limits)
      // Bodies below a fault's tag are spoiled all the same.
      if (!isWhole || stopAtBytes !== undefined) return spoil(effect, upload, response)
      store(upload, slot)
      if (effect?.kind === 'lost-answer') response.socket?.resetAndDestroy()
      else if (effect?.kind !== 'hang') answer(upload, response, 200)
    } catch (error) {
      if (!(error instanceof Refusal)) {
        if (upload.outcome === 'receiving') upload.outcome = 'aborted'
        response.destroy()
        return
      }
      upload.outcome = 'refused'
      answer(upload, response, error.status, { code: 'Refused', message: error.message })
    }
  }

  const server = createServer((incoming, response) => {
    response.on('error', () => {})
    void take(incoming, response)
  })
  // A slow upload is the test's business.
  server.requestTimeout = 0
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  return {
    url,
    uploads,
    faults,
    open(build, onStored) {
      const path = pathFor(build, settings.organization)
      slots.set(path, { build, onStored, openedAt: performance.now(), isUsed: false })
      return `${url}${path}`
    },
    async close() {
      closing.abort()
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
    },
  }
}

/** Like a pre-authenticated request of OCI: whoever knows the path may write. */
function pathFor({ app, name }: Build, organization: string): string {
  const token = randomBytes(24).toString('base64url')
  const object = `${organization}/${app.name}/${name}/native-build.tar`
  return `/p/${token}/n/rockit/b/engine-tar-bucket-test/o/${object}`
}

/** Throws a refusal for what cannot be stored. */
function check(upload: Upload, slot: Slot | undefined, settings: RockitEdgeSettings): void {
  if (slot === undefined) throw new Refusal(404, 'no such object')
  if (upload.method !== 'PUT') throw new Refusal(405, 'only PUT')
  if (upload.apiHeaders.length > 0) throw new Refusal(400, 'credentials do not belong here')
  const ageMs = performance.now() - slot.openedAt
  if (slot.build.outcome === 'expired' || ageMs > settings.uploadUrlValidMs) {
    throw new Refusal(settings.expiredUploadStatus, 'this address has expired')
  }
  if (slot.isUsed && settings.secondPut === 'refuse') throw new Refusal(409, 'uploaded already')
  if (upload.declaredBytes === undefined) throw new Refusal(411, 'a length is required')
}

/** Only the creation of the object starts anything, not an update of it. */
function store(upload: Upload, slot: Slot | undefined): void {
  upload.outcome = 'stored'
  if (slot === undefined || slot.isUsed) return
  slot.isUsed = true
  slot.onStored(upload.bytes)
}

function spoil(effect: UploadEffect | undefined, upload: Upload, response: ServerResponse): void {
  if (effect?.kind === 'status') {
    upload.outcome = 'refused'
    answer(upload, response, effect.status, effect.body, effect.headers)
    return
  }
  upload.outcome = 'aborted'
  if (effect?.kind === 'reset') response.socket?.resetAndDestroy()
}

function answer(
  upload: Upload,
  response: ServerResponse,
  status: number,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  upload.status = status
  const payload = body === undefined ? '' : JSON.stringify(body)
  const length = String(Buffer.byteLength(payload))
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': length,
    ...headers,
  })
  response.end(payload)
}
