import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Body, callEdgegap } from './edgegap/call.ts'
import { type EdgegapEmulator, startEdgegapEmulator } from './edgegap/emulator.ts'
import { error, never, ready } from './edgegap/script.ts'
import { type EmulatorServer, startServer } from './server.ts'

let edgegap: EdgegapEmulator

const soon = (check: () => void | Promise<void>) => vi.waitFor(check, { timeout: 5000 })

beforeEach(async () => {
  edgegap = await startEdgegapEmulator({ rateLimits: { listPerSecond: 1000 } })
})

afterEach(() => edgegap.close())

const call = (method: string, path: string, body?: unknown) =>
  callEdgegap(edgegap, method, path, body)

function list(query?: unknown, more: Record<string, string> = {}) {
  const parameters = new URLSearchParams(more)
  if (query !== undefined) {
    parameters.set('query', typeof query === 'string' ? query : JSON.stringify(query))
  }
  return call('GET', `/v1/deployments?${parameters}`)
}

describe('list', () => {
  const find = async (...filters: [field: string, operator: string, value: unknown][]) => {
    const asked = filters.map(([field, operator, value]) => ({ field, operator, value }))
    const order_by = [{ field: 'created_at', order: 'asc' }]
    const { status, body } = await list({ filters: asked, order_by }, { limit: '50' })
    if (status !== 200) return status
    const names = new Map(edgegap.deployments.map(({ id, tags }) => [id, tags[0]]))
    return body.data.map((row: Body) => names.get(row.request_id)).join(' ')
  }

  it('filters as asked', async () => {
    const a = edgegap.addDeployment({ tags: ['a', 'pr-1'], version: 'v1' })
    edgegap.addDeployment({ tags: ['b', 'pr-1'], version: 'v2' }, never())
    edgegap.addDeployment({ tags: ['c', 'pr-2'], application: 'other' })
    expect(await find()).toBe('a b c')
    expect(await find(['tags', 'eq', 'pr-1'])).toBe('a b')
    expect(await find(['tags', 'neq', 'pr-1'])).toBe('c')
    expect(await find(['tags', 'in', ['pr-2', 'a']])).toBe('a c')
    expect(await find(['tags', 'nin', ['pr-2', 'a']])).toBe('b')
    expect(await find(['status', 'eq', 'ready'])).toBe('a c')
    expect(await find(['status', 'eq', 'READY'])).toBe('')
    expect(await find(['application', 'eq', 'my-game'], ['version', 'neq', 'v2'])).toBe('a')
    expect(await find(['request_id', 'in', [a.id]])).toBe('a')
    expect(await find(['host_name', 'ilike', 'HOST-_%'])).toBe('')
    expect(await find(['host_name', 'ilike', 'HOST%3'])).toBe('c')
    expect(await find(['created_at', 'gte', '2020-01-01 00:00:00.000000'])).toBe('a b c')
    expect(await find(['created_at', 'lte', '2020-01-01T00:00:00Z'])).toBe('')
  })

  it('answers 400 to a query that it does not understand', async () => {
    expect(await find(['tags', 'eq', 'a'], ['tags', 'eq', 'b'])).toBe(400)
    expect(await find(['tags', 'ilike', 'a'])).toBe(400)
    expect(await find(['tags', 'in', 'a'])).toBe(400)
    expect(await find(['constructor', 'eq', 'a'])).toBe(400)
    expect(await find(['created_at', 'gte', 'yesterday'])).toBe(400)
    expect((await list('{')).status).toBe(400)
    expect((await list({ order_by: [{ field: 'tags', order: 'asc' }] })).status).toBe(400)
    expect((await list(undefined, { page: '0' })).status).toBe(400)
    edgegap.settings.ignoreFilters = true
    expect((await list('{')).status).toBe(200)
  })

  it('gives active deployments, newest first, without application, version and status', async () => {
    const { id } = edgegap.addDeployment({ tags: ['old'] })
    edgegap.addDeployment({}, [{ afterMs: 0, status: 'TERMINATED' }])
    const newest = edgegap.addDeployment({}, never())
    const { data } = (await list()).body
    expect(data.map((row: Body) => row.request_id)).toEqual([newest.id, id])
    expect(Object.keys(data[1])).toEqual([
      ...['request_id', 'fqdn', 'ready', 'start_time', 'public_ip', 'ports', 'tags'],
    ])
    edgegap.settings.tagsInRows = false
    expect((await list()).body.data[1]).not.toHaveProperty('tags')
  })

  it('pages', async () => {
    for (let count = 0; count < 23; count += 1) edgegap.addDeployment()
    const first = (await list()).body
    expect(first.data).toHaveLength(10)
    expect(first).toMatchObject({
      total_count: 23,
      pagination: { number: 1, next_page_number: 2, previous_page_number: null, has_next: true },
    })
    const last = (await list(undefined, { page: '2', limit: '20' })).body
    expect(last.data).toHaveLength(3)
    expect(last.pagination).toMatchObject({ has_next: false, paginator: { num_pages: 2 } })
  })

  it('lags if told', async () => {
    edgegap.settings.listLagMs = 1_000
    edgegap.addDeployment()
    expect((await list()).body.total_count).toBe(0)
    await soon(async () => expect((await list()).body.total_count).toBe(1))
  })
})

describe('rate limits', () => {
  it('answer 429 beyond the limit of each endpoint', async () => {
    edgegap.settings.rateLimits = { deployPerSecond: 0, statusPerSecond: 2, listPerSecond: 1 }
    edgegap.settings.retryAfterSeconds = 1
    const { id } = edgegap.addDeployment()
    const statuses: number[] = []
    for (let count = 0; count < 3; count += 1) {
      statuses.push((await call('GET', `/v1/status/${id}`)).status)
    }
    expect(statuses).toEqual([200, 200, 429])
    expect((await list()).status).toBe(200)
    const refused = await call('POST', '/v2/deployments', {})
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1'])
  })
})

describe('faults beside the API', () => {
  it('loses the reply of a create that has happened', async () => {
    edgegap.faults.order({ kind: 'reset', when: 'after', path: /deployments$/, times: 1 })
    await expect(create('lost', '')).rejects.toThrow()
    expect(edgegap.byTag('lost')).toHaveLength(1)
  })
})

describe('webhooks', () => {
  let receiver: EmulatorServer

  beforeEach(async () => {
    receiver = await startServer()
    receiver.route('POST', '/hook/:event', () => ({ status: 204 }))
  })
  afterEach(() => receiver.close())

  const received = () => receiver.requests.map(({ path }) => path)

  it('bring the status JSON when READY and TERMINATED are reached', async () => {
    edgegap.nextScript(ready(10))
    const { request_id } = (await create('a', receiver.url)).body
    await soon(() => expect(received()).toEqual(['/hook/ready']))
    const { body } = await call('GET', `/v1/status/${request_id}`)
    expect(receiver.requests[0]?.body).toEqual({ ...body, elapsed_time: expect.any(Number) })
    await call('DELETE', `/v1/stop/${request_id}`)
    await soon(() => expect(received()).toEqual(['/hook/ready', '/hook/terminated']))
    await soon(() => expect(edgegap.webhooks[1]?.status).toBe(204))
    expect(edgegap.webhooks[0]).toMatchObject({ event: 'ready', deploymentId: request_id })
  })

  it('bring an error, late and twice if told', async () => {
    Object.assign(edgegap.settings, { webhookDelayMs: 40, duplicateWebhooks: true })
    edgegap.nextScript(error(0))
    await create('a', receiver.url)
    expect(received()).toEqual([])
    await soon(() => expect(received()).toEqual(['/hook/error', '/hook/error']))
    const { newsAt = Infinity } = edgegap.deployments[0] ?? {}
    expect((receiver.requests[0]?.at ?? 0) - newsAt).toBeGreaterThan(35)
  })

  it('may be dropped, and are never sent again', async () => {
    edgegap.nextScript(ready(0), ready(0))
    edgegap.settings.dropWebhooks = true
    await create('a', receiver.url)
    edgegap.settings.dropWebhooks = false
    edgegap.settings.webhookTimeoutMs = 1_000
    receiver.faults.order({ kind: 'hang' })
    await create('b', receiver.url)
    await soon(() => expect(edgegap.webhooks[0]?.error).toMatch(/abort|timeout/i))
    expect(received()).toEqual(['/hook/ready'])
  })

  it('may be forged', async () => {
    const sent = await edgegap.sendWebhook(`${receiver.url}/hook/x`, '{"nonsense')
    expect(sent).toMatchObject({ status: 204, event: 'by-hand' })
    expect(receiver.requests[0]?.body).toBe('{"nonsense')
  })
})

function create(tag: string, receiverUrl: string) {
  const hooks = ['ready', 'error', 'terminated'].map((event) => [
    `webhook_on_${event}`,
    { url: `${receiverUrl}/hook/${event}` },
  ])
  return call('POST', '/v2/deployments', {
    ...{ application: 'my-game', version: 'v1', tags: [tag] },
    users: [{ user_type: 'ip_address', user_data: { ip_address: '198.51.100.7' } }],
    ...(receiverUrl !== '' && Object.fromEntries(hooks)),
  })
}
