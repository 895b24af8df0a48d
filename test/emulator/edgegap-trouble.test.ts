import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Body, callEdgegap } from './edgegap/call.ts'
import { type EdgegapEmulator, startEdgegapEmulator } from './edgegap/emulator.ts'
import { largeLog, never, ready, readyThenCrashLoop, readyThenEnds } from './edgegap/script.ts'

let edgegap: EdgegapEmulator

const limits = { listPerSecond: 1_000, statusPerSecond: 1_000, deployPerSecond: 1_000 }

beforeEach(async () => {
  edgegap = await startEdgegapEmulator({ script: ready(0), rateLimits: limits })
})

afterEach(() => edgegap.close())

const call = (method: string, path: string, body?: unknown) =>
  callEdgegap(edgegap, method, path, body)

const users = [{ user_type: 'ip_address', user_data: { ip_address: '198.51.100.7' } }]
const create = (tags: string[] = []) =>
  call('POST', '/v2/deployments', { application: 'my-game', version: 'v1', users, tags })
const status = (id: string) => call('GET', `/v1/status/${id}`)
const stop = (id: string) => call('DELETE', `/v1/stop/${id}`)
const logs = (id: string) => call('GET', `/v1/deployment/${id}/container-logs`)
const list = (...filters: [field: string, value: string][]) => {
  const asked = filters.map(([field, value]) => ({ field, operator: 'eq', value }))
  const query = encodeURIComponent(JSON.stringify({ filters: asked }))
  return call('GET', `/v1/deployments?query=${query}`)
}
const ids = ({ body }: { body: Body }) => body.data.map((row: Body) => row.request_id)

describe('an id', () => {
  it('may be listed before status, stop and logs know it', async () => {
    edgegap.settings.readLagMs = 60_000
    const { request_id } = (await create()).body
    expect(ids(await list())).toEqual([request_id])
    for (const ask of [status, stop, logs]) expect((await ask(request_id)).status).toBe(400)
    edgegap.settings.unknownIdStatus = 404
    expect((await stop(request_id)).status).toBe(404)
    expect(edgegap.live()).toHaveLength(1)
    edgegap.settings.readLagMs = 0
    expect((await status(request_id)).status).toBe(200)
  })

  it('may be another in the reply than in the list', async () => {
    edgegap.settings.replyWithOtherId = true
    const { request_id } = (await create(['mine'])).body
    expect((await status(request_id)).status).toBe(400)
    const [listed] = ids(await list(['tags', 'mine']))
    expect(listed).not.toBe(request_id)
    expect((await status(listed)).status).toBe(200)
  })
})

describe('a stop', () => {
  it('may be accepted again and again and end nothing', async () => {
    edgegap.settings.stopEndsNothing = true
    const { id } = edgegap.addDeployment()
    expect([(await stop(id)).status, (await stop(id)).status]).toEqual([202, 202])
    expect((await status(id)).body.current_status).toBe('Status.READY')
    expect([edgegap.running().length, edgegap.live().length]).toEqual([1, 1])
    expect(edgegap.stopped()).toEqual([])
  })

  it('takes the time of the grace, then answers 410, or 400 once forgotten', async () => {
    Object.assign(edgegap.settings, { terminateAfterMs: 60_000, maxDeployments: 1 })
    const { id } = edgegap.addDeployment()
    await stop(id)
    expect((await status(id)).body.current_status).toBe('Status.TERMINATING')
    expect(ids(await list())).toEqual([id])
    expect([edgegap.running().length, edgegap.live().length]).toEqual([1, 0])
    expect((await create()).status).toBe(400)
    edgegap.setStatus(id, { status: 'TERMINATED' })
    expect((await stop(id)).status).toBe(410)
    expect(ids(await list())).toEqual([])
    expect((await create()).status).toBe(202)
    edgegap.settings.forgetTerminatedAfterMs = 0
    expect((await stop(id)).status).toBe(400)
  })
})

describe('the limit of deployments', () => {
  it('may be told by 422, with a deployment in Error that takes no place', async () => {
    Object.assign(edgegap.settings, { maxDeployments: 1, maxDeploymentsStatus: 422 })
    const { id } = edgegap.addDeployment()
    const { status: refused, body } = await create()
    expect([refused, body.message]).toEqual([422, expect.stringContaining('concurrent')])
    expect((await status(body.request_id)).body.error).toBe(true)
    edgegap.setStatus(id, { status: 'TERMINATED' })
    expect((await create()).status).toBe(202)
  })
})

describe('the list', () => {
  it('may ignore one field, so that rows of others come too', async () => {
    const mine = edgegap.addDeployment({ tags: ['pr-1'] }).id
    const foreign = edgegap.addDeployment({ tags: ['pr-1'], application: 'other' }).id
    edgegap.addDeployment({ tags: ['pr-2'] })
    const asked = () => list(['tags', 'pr-1'], ['application', 'my-game'])
    expect(ids(await asked())).toEqual([mine])
    edgegap.settings.ignoreFilters = ['application']
    expect(ids(await asked())).toEqual([foreign, mine])
    edgegap.settings.ignoreFilters = true
    expect(ids(await asked())).toHaveLength(3)
  })

  it('may hold one row without its tags', async () => {
    edgegap.addDeployment({ tags: ['a'] })
    edgegap.addDeployment({ tags: ['a'], hidesTags: true })
    const { body } = await list(['tags', 'a'])
    expect(body.data.map((row: Body) => row.tags)).toEqual([undefined, ['a']])
  })
})

describe('ports', () => {
  it('have on the wire the order of the settings, also where a name looks like a number', async () => {
    edgegap.settings.ports = ['gameport', '8080', '007', 'query'].map((name, index) => ({
      ...{ name, internal: 7_000 + index, protocol: 'UDP' },
    }))
    const { id } = edgegap.addDeployment()
    const wanted = ['gameport', '8080', '007', 'query']
    const order = (text: string) =>
      [...text.matchAll(/"(gameport|8080|007|query)":/g)].map(([, name]) => name)
    expect(order((await status(id)).text)).toEqual(wanted)
    expect(order((await list()).text)).toEqual(wanted)
    edgegap.settings.numbers = 'string'
    expect(order((await status(id)).text)).toEqual(wanted)
    expect((await status(id)).body.ports['8080'].internal).toBe('7001')
  })

  it('may be a deployment’s own', async () => {
    const ports = [{ name: 'web', internal: 0, protocol: 'WS' }]
    const { id } = edgegap.addDeployment({ ports })
    const { web } = (await status(id)).body.ports
    expect(web.internal).toBe(web.external)
  })
})

describe('after ready', () => {
  it('a process may crash again and again', async () => {
    const { id } = edgegap.addDeployment({}, readyThenCrashLoop(0, 10, 3))
    const seesThird = async () =>
      expect((await logs(id)).body.crash_data).toMatchObject({ restart_count: 3 })
    await vi.waitFor(seesThird, { timeout: 5_000 })
    expect((await status(id)).body.current_status).toBe('Status.READY')
  })

  it('a server may end by itself', async () => {
    const { id } = edgegap.addDeployment({}, readyThenEnds(0, 0))
    expect((await status(id)).body.current_status).toBe('Status.TERMINATED')
    expect((await stop(id)).status).toBe(410)
    expect(edgegap.running()).toEqual([])
  })

  it('a log may be large', async () => {
    const { id } = edgegap.addDeployment({}, never())
    edgegap.setLogs(id, { logs: largeLog(1_000_000) })
    const { body } = await logs(id)
    expect(body.logs.length).toBeGreaterThan(1_000_000)
    expect(body.logs.endsWith('the last line\n')).toBe(true)
  })
})
