import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Fault } from './faults.ts'
import { type EmulatorServer, startServer } from './server.ts'

let server: EmulatorServer
let handled: number

beforeEach(async () => {
  handled = 0
  server = await startServer()
  server.route('GET', '/things/:id', ({ params }) => {
    handled += 1
    return { status: 200, body: { id: params.id, padding: 'x'.repeat(100) } }
  })
  server.route('POST', '/things', ({ body }) => ({ status: 201, body }))
})

afterEach(() => server.close())

function get(path = '/things/7', signal = AbortSignal.timeout(20_000)): Promise<Response> {
  return fetch(`${server.url}${path}`, { signal })
}

/** As long as a busy machine may need. */
const PATIENCE = { timeout: 20_000, interval: 5 }

/** How the request failed, or `none`. */
async function failureOf(request: Promise<Response>): Promise<string> {
  try {
    await (await request).text()
    return 'none'
  } catch (error) {
    const { name, cause } = error as Error & { cause?: { code?: string } }
    return cause?.code ?? name
  }
}

describe('server', () => {
  it('routes by method and path and decodes parameters', async () => {
    expect(await (await get('/things/a%20b')).json()).toMatchObject({ id: 'a b' })
    expect((await get('/nothing')).status).toBe(404)
    expect((await get('/things')).status).toBe(405)
  })

  it('records each request with its parsed body, query and status', async () => {
    await fetch(`${server.url}/things?page=2`, { method: 'POST', body: '{"a":1}' })
    await fetch(`${server.url}/things`, { method: 'POST', body: 'plain' })
    expect(server.requests).toMatchObject([
      { method: 'POST', path: '/things', query: { page: '2' }, body: { a: 1 }, status: 201 },
      { body: 'plain' },
    ])
    expect(server.requests[1]?.at).toBeGreaterThan(server.requests[0]?.at ?? Infinity)
  })

  it('lets guards refuse first', async () => {
    server.guard(({ headers }) => (headers['x-key'] ? undefined : { status: 401 }))
    expect((await get()).status).toBe(401)
    expect(handled).toBe(0)
  })

  it('tells when a request has arrived', async () => {
    const arrival = server.whenRequested('GET', /things/, { count: 2 })
    await get('/things/1')
    await get('/things/2')
    expect((await arrival).path).toBe('/things/2')
    await expect(server.whenRequested('PUT', /things/, { timeoutMs: 10 })).rejects.toThrow(/10 ms/)
  })

  it('answers 500 where a handler throws', async () => {
    server.route('GET', '/broken', () => {
      throw new Error('oops')
    })
    expect(await (await get('/broken')).text()).toContain('oops')
  })

  it('closes at once with requests open', async () => {
    server.faults.order({ kind: 'hang' })
    server.faults.order({ kind: 'delay', delayMs: 60_000 })
    const failures = Promise.all([failureOf(get()), failureOf(get())])
    await server.whenRequested('GET', /things/, { count: 2 })
    const start = performance.now()
    await server.close()
    expect(await failures).not.toContain('none')
    expect(performance.now() - start).toBeLessThan(20_000)
  })
})

describe('orders of faults', () => {
  const refuse: Fault = { kind: 'status', status: 503 }
  const statuses = async (count: number) => {
    const seen: number[] = []
    for (let index = 0; index < count; index += 1) seen.push((await get()).status)
    return seen
  }

  it('counts times and requests to let pass', async () => {
    const order = server.faults.order({ ...refuse, times: 2, afterRequests: 1 })
    expect(await statuses(5)).toEqual([200, 503, 503, 200, 200])
    expect(order).toMatchObject({ matched: 5, used: 2 })
  })

  it('serves orders in turn', async () => {
    server.faults.order({ ...refuse, times: 1 })
    server.faults.order({ ...refuse, status: 500, times: 1 })
    expect(await statuses(3)).toEqual([503, 500, 200])
  })

  it('matches by method, path and condition, even with a global expression', async () => {
    server.faults.order({ ...refuse, method: 'POST' })
    server.faults.order({ ...refuse, path: /other/ })
    server.faults.order({ ...refuse, matches: ({ query }) => query.page === '2' })
    expect(await statuses(1)).toEqual([200])
    expect((await get('/things/7?page=2')).status).toBe(503)
    server.faults.order({ ...refuse, path: /things/g })
    expect(await statuses(2)).toEqual([503, 503])
  })

  it('can be cancelled', async () => {
    server.faults.order(refuse).cancel()
    server.faults.order(refuse)
    server.faults.clear()
    expect(await statuses(1)).toEqual([200])
  })
})

describe('fault', () => {
  it.each(['delay', 'delay-reply'] as const)('%s answers late', async (kind) => {
    server.faults.order({ kind, delayMs: 1_500 })
    const start = performance.now()
    const reply = get()
    await server.whenRequested('GET', /things/)
    if (kind === 'delay') expect(handled).toBe(0)
    else await vi.waitFor(() => expect(handled).toBe(1), PATIENCE)
    expect(server.requests[0]?.status).toBeUndefined()
    expect((await reply).status).toBe(200)
    expect(performance.now() - start).toBeGreaterThan(1_490)
  })

  it('hold waits until something has happened', async () => {
    let release = () => {}
    const until = new Promise<void>((resolve) => {
      release = resolve
    })
    server.faults.order({ kind: 'hold', until })
    const reply = get()
    await server.whenRequested('GET', /things/)
    expect(handled).toBe(0)
    release()
    expect((await reply).status).toBe(200)
    expect(handled).toBe(1)
  })

  it.each(['before', 'after'] as const)('hang %s the handler', async (when) => {
    server.faults.order({ kind: 'hang', when })
    const leaving = new AbortController()
    const failure = failureOf(get('/things/7', leaving.signal))
    await server.whenRequested('GET', /things/)
    if (when === 'after') await vi.waitFor(() => expect(handled).toBe(1), PATIENCE)
    await sleep(50)
    leaving.abort()
    expect(await failure).toBe('AbortError')
    expect(handled).toBe(when === 'after' ? 1 : 0)
    expect(server.requests[0]).toMatchObject({ fault: 'hang', status: undefined })
  })

  it.each(['before', 'after'] as const)('reset %s the handler', async (when) => {
    server.faults.order({ kind: 'reset', when })
    expect(await failureOf(get())).toBe('ECONNRESET')
    expect(handled).toBe(when === 'after' ? 1 : 0)
  })

  it('truncate ends in the middle of the body', async () => {
    server.faults.order({ kind: 'truncate' })
    expect(await failureOf(get())).toBe('UND_ERR_SOCKET')
    expect(handled).toBe(1)
    expect(server.requests[0]?.status).toBe(200)
  })

  it('stall-body goes silent in the middle of the body', async () => {
    server.faults.order({ kind: 'stall-body' })
    const leaving = new AbortController()
    const reply = await get('/things/7', leaving.signal)
    expect(reply.status).toBe(200)
    setTimeout(() => leaving.abort(), 80)
    expect(await failureOf(Promise.resolve(reply))).toBe('AbortError')
  })

  it('slow-drip delivers everything in the end', async () => {
    server.faults.order({ kind: 'slow-drip', intervalMs: 5, chunkBytes: 20 })
    const start = performance.now()
    expect(await (await get()).json()).toMatchObject({ id: '7' })
    expect(performance.now() - start).toBeGreaterThan(25)
  })

  it('status replaces the reply, before or after the handler', async () => {
    server.faults.order({
      kind: 'status',
      status: 429,
      body: { message: 'slow down' },
      headers: { 'retry-after': '3' },
      times: 1,
    })
    server.faults.order({ kind: 'status', status: 500, when: 'after' })
    const limited = await get()
    expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '3'])
    expect(handled).toBe(0)
    expect((await get()).status).toBe(500)
    expect(handled).toBe(1)
  })

  it('malformed is 200 without JSON', async () => {
    server.faults.order({ kind: 'malformed' })
    const reply = await get()
    expect(reply.status).toBe(200)
    await expect(reply.json()).rejects.toThrow(SyntaxError)
  })

  it.each([true, false])('oversize, length declared: %s', async (declareLength) => {
    server.faults.order({ kind: 'oversize', bytes: 300_000, declareLength })
    const reply = await get()
    expect(reply.headers.get('content-length')).toBe(declareLength ? '300000' : null)
    const text = await reply.text()
    expect(text).toHaveLength(300_000)
    expect(() => JSON.parse(text)).not.toThrow()
  })

  it('oversize ends quietly when the client hangs up', async () => {
    server.faults.order({ kind: 'oversize', times: 1 })
    const client = new AbortController()
    await fetch(`${server.url}/things/7`, { signal: client.signal })
    client.abort()
    expect((await get()).status).toBe(200)
  })
})
