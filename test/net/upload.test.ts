import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { type UploadOptions, upload } from '../../src/net/upload.ts'

let server: Server | undefined

afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})

async function serve(take: Parameters<typeof createServer>[1]): Promise<URL> {
  server = createServer(take)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/o/build.tar?key=1`)
}

const CHUNK = Buffer.alloc(64 * 1024, 'x')

async function* chunks(count: number) {
  for (let index = 0; index < count; index++) yield CHUNK
}

function options(url: URL, more: Partial<UploadOptions> = {}): UploadOptions {
  return {
    environment: {},
    url,
    sizeBytes: 100 * CHUNK.length,
    body: chunks(100),
    stallMs: 2_000,
    signal: new AbortController().signal,
    onProgress: () => {},
    ...more,
  }
}

describe('an upload', () => {
  it('is reported as not sent where the proxy of the environment is no URL', async () => {
    const environment = { https_proxy: 'http://[' }
    const result = await upload(options(new URL('https://storage.example/o'), { environment }))
    expect(result).toMatchObject({
      kind: 'broken',
      failure: { reason: 'unreachable', message: expect.stringContaining('https_proxy') },
      sentBytes: 0,
    })
  })

  it('declares its length, sends all of it and reads the answer', async () => {
    const seen: object[] = []
    const url = await serve((request, response) => {
      let bytes = 0
      request.on('data', (chunk: Buffer) => {
        bytes += chunk.length
      })
      request.on('end', () => {
        seen.push({ method: request.method, url: request.url, bytes, headers: request.headers })
        response.end('stored')
      })
    })
    let told = 0
    const result = await upload(options(url, { onProgress: (bytes) => (told = bytes) }))
    expect(result).toMatchObject({ kind: 'answered', reply: { status: 200, text: 'stored' } })
    expect(told).toBe(100 * CHUNK.length)
    expect(seen).toMatchObject([
      {
        method: 'PUT',
        url: '/o/build.tar?key=1',
        bytes: told,
        headers: { 'content-length': String(told) },
      },
    ])
    expect(seen[0]).not.toHaveProperty('headers.transfer-encoding')
  })

  it('reads an answer that comes before the end', async () => {
    const url = await serve((_request, response) => {
      response.writeHead(403).end('expired')
    })
    const result = await upload(
      options(url, { sizeBytes: 4000 * CHUNK.length, body: chunks(4000) }),
    )
    expect(result).toMatchObject({ kind: 'answered', reply: { status: 403 } })
  })

  it.each([
    ['is not read', false],
    ['is not answered', true],
  ])('is given up when it %s', async (_name, isRead) => {
    const url = await serve((request) => {
      if (isRead) request.resume()
    })
    const startedAt = performance.now()
    const result = await upload(
      options(url, { sizeBytes: 4000 * CHUNK.length, body: chunks(4000) }),
    )
    expect(result).toMatchObject({ kind: 'broken', isStalled: true })
    expect(performance.now() - startedAt).toBeLessThan(10_000)
  })

  it('ends at once with its signal', async () => {
    const url = await serve(() => {})
    const over = new AbortController()
    const running = upload(options(url, { signal: over.signal, stallMs: 60_000 }))
    setTimeout(() => over.abort(), 100)
    expect(await running).toMatchObject({
      kind: 'broken',
      failure: { reason: 'aborted' },
      isStalled: false,
    })
  })

  it.each([
    ['fewer', 99],
    ['more', 101],
  ])('of %s bytes than declared is broken', async (_name, count) => {
    const url = await serve((request, response) => {
      request.on('end', () => response.end()).resume()
    })
    expect((await upload(options(url, { body: chunks(count) }))).kind).toBe('broken')
  })

  it('tells a fault of what is sent from one of the connection', async () => {
    const url = await serve((request) => request.resume())
    async function* faulty() {
      yield CHUNK
      throw new Error('the file changed')
    }
    const result = await upload(options(url, { body: faulty() }))
    expect(result).toMatchObject({ kind: 'unreadable', error: { message: 'the file changed' } })
  })

  it('is unreachable where nobody listens', async () => {
    const url = await serve(() => {})
    server?.close()
    await once(server as Server, 'close')
    expect(await upload(options(url))).toMatchObject({
      kind: 'broken',
      failure: { reason: 'unreachable' },
      sentBytes: 0,
    })
  })
})
