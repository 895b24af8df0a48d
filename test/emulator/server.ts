import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { deliver } from './delivery.ts'
import { createFaultBook, type FaultBook, type FaultKind } from './faults.ts'
import { createRouter, type EmulatorRequest, type Guard, type Handler } from './router.ts'

/** A request as it arrived, and what became of it. */
export interface RecordedRequest extends EmulatorRequest {
  /** `performance.now()` at arrival. */
  readonly at: number
  /** The status that was sent; undefined while, or where, none was. */
  readonly status: number | undefined
  /** The fault that was served instead of a plain reply. */
  readonly fault: FaultKind | undefined
}

export interface EmulatorServer {
  /** `http://127.0.0.1:PORT`, without a slash at the end. */
  readonly url: string
  readonly requests: readonly RecordedRequest[]
  readonly faults: FaultBook
  route(method: string, pattern: string, handler: Handler): void
  guard(guard: Guard): void
  requestsTo(method: string, path: RegExp): RecordedRequest[]
  /**
   * Waits for a request to have arrived whole; its handler may not have run yet. Earlier requests
   * count. Throws after `timeoutMs`.
   */
  whenRequested(
    method: string,
    path: RegExp,
    options?: { readonly count?: number; readonly timeoutMs?: number },
  ): Promise<RecordedRequest>
  /** Aborted by `close`. */
  readonly closing: AbortSignal
  /** Ends every connection at once, answered or not. */
  close(): Promise<void>
}

type OpenRecord = { -readonly [K in keyof RecordedRequest]: RecordedRequest[K] }

/**
 * Starts a real HTTP server on loopback; what it answers is up to its routes.
 *
 * @param port 0 for one that is free
 */
export async function startServer(port = 0): Promise<EmulatorServer> {
  const requests: OpenRecord[] = []
  const arrived: OpenRecord[] = []
  const faults = createFaultBook()
  const router = createRouter()
  const closing = new AbortController()
  const arrivals = new EventTarget()

  async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const record = open(incoming)
    requests.push(record)
    const raw = await readAll(incoming)
    record.body = parseBody(raw, incoming.headers['content-type'] ?? '')
    arrived.push(record)
    arrivals.dispatchEvent(new Event('request'))
    const effect = faults.take(record)
    record.fault = effect?.kind
    await deliver(effect, {
      response,
      handle: () => router.dispatch(record, raw),
      noteStatus: (status) => {
        record.status = status
      },
      closing: closing.signal,
    })
  }

  const server = createServer((incoming, response) => {
    // A client that hangs up, or the server closing, ends a fault half-way; that is no failure.
    response.on('error', () => {})
    answer(incoming, response).catch((error: unknown) => {
      if (response.headersSent || response.destroyed) return response.destroy()
      response.writeHead(500, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ message: `the emulator failed: ${String(error)}` }))
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    faults,
    route: router.route,
    guard: router.guard,
    requestsTo: (method, path) => requests.filter((request) => isTo(request, method, path)),
    closing: closing.signal,
    whenRequested(method, path, { count = 1, timeoutMs = 20_000 } = {}) {
      return new Promise((resolve, reject) => {
        const settled = new AbortController()
        const look = () => {
          const request = arrived.filter((seen) => isTo(seen, method, path))[count - 1]
          if (request === undefined) return
          clearTimeout(timer)
          settled.abort()
          resolve(request)
        }
        const timer = setTimeout(() => {
          settled.abort()
          reject(new Error(`no request ${count} of ${method} ${path} within ${timeoutMs} ms`))
        }, timeoutMs)
        arrivals.addEventListener('request', look, { signal: settled.signal })
        look()
      })
    },
    async close() {
      closing.abort()
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
    },
  }
}

function open(incoming: IncomingMessage): OpenRecord {
  const url = new URL(incoming.url ?? '/', 'http://127.0.0.1')
  return {
    at: performance.now(),
    method: incoming.method ?? 'GET',
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers: incoming.headers,
    body: undefined,
    status: undefined,
    fault: undefined,
  }
}

function isTo(request: EmulatorRequest, method: string, path: RegExp): boolean {
  return request.method === method && path.test(request.path)
}

async function readAll(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

function parseBody(raw: Buffer, contentType: string): unknown {
  if (raw.length === 0) return undefined
  if (/octet-stream|tar|zip/.test(contentType)) return raw
  const text = raw.toString('utf8')
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
