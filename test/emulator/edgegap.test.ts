import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { callEdgegap } from './edgegap/call.ts'
import { type EdgegapEmulator, startEdgegapEmulator } from './edgegap/emulator.ts'
import * as script from './edgegap/script.ts'

let edgegap: EdgegapEmulator

const soon = (check: () => void | Promise<void>) => vi.waitFor(check, { timeout: 5000 })

beforeEach(async () => {
  edgegap = await startEdgegapEmulator({ script: script.ready(30), terminateAfterMs: 20 })
})

afterEach(() => edgegap.close())

const call = (method: string, path: string, body?: unknown, token?: string) =>
  callEdgegap(edgegap, method, path, body, token)

const user = { user_type: 'geo_coordinates', user_data: { latitude: 50, longitude: 8 } }
const order = { application: 'my-game', version: 'v1', users: [user] }

const create = (more = {}) => call('POST', '/v2/deployments', { ...order, ...more })
const status = (id: string) => call('GET', `/v1/status/${id}`)
const stop = (id: string) => call('DELETE', `/v1/stop/${id}`)
const reach = (id: string, wanted: string) =>
  vi.waitFor(
    async () => {
      const { body } = await status(id)
      expect(body.current_status).toBe(`Status.${wanted}`)
      return body
    },
    // At most 20 a second are allowed.
    { interval: 60, timeout: 20_000 },
  )

describe('token', () => {
  it('is needed, must be right, and can be revoked', async () => {
    const { token } = edgegap.settings
    for (const wrong of ['', token, 'token nonsense', `token token ${token}`, `Bearer ${token}`]) {
      const reply = await call('GET', '/v1/deployments', undefined, wrong)
      expect([reply.status, typeof reply.body.message]).toEqual([401, 'string'])
    }
    expect((await call('GET', '/v1/deployments')).status).toBe(200)
    edgegap.revokeToken()
    expect((await call('GET', '/v1/deployments')).status).toBe(401)
  })
})

describe('create', () => {
  it('answers 202 with a hexadecimal id', async () => {
    const { status, body } = await create({ tags: ['attempt-1'] })
    expect(status).toBe(202)
    expect(body).toEqual({ request_id: expect.stringMatching(/^[0-9a-f]{12}$/) })
    expect(edgegap.created).toBe(1)
    expect(edgegap.byTag('attempt-1')[0]?.id).toBe(body.request_id)
  })

  it.each([
    ['users', { users: [] }],
    ['users.0', { users: [{ user_type: 'ip_address', user_data: { ip_address: 'nowhere' } }] }],
    ['users.0', { users: [{ ...user, user_data: { latitude: '50', longitude: 8 } }] }],
    ['environment_variables.0', { environment_variables: [{ key: 'A', value: 'b' }] }],
    ['tags.1', { tags: ['ok', 'x'.repeat(41)] }],
    ['resources.memory_mib', { resources: { cpu_units: 512, memory_mib: 2048 } }],
    ['webhook_on_ready.url', { webhook_on_ready: { url: 'nonsense' } }],
    ['env_vars', { env_vars: [] }],
    ['version', { version: undefined }],
  ])('refuses a bad %s', async (field, more) => {
    const { status, body } = await create(more)
    expect(status).toBe(400)
    expect(Object.keys(body.details)).toEqual([field])
    expect(edgegap.created).toBe(0)
  })

  it('refuses what is not JSON', async () => {
    expect((await call('POST', '/v2/deployments', '{')).status).toBe(400)
  })

  it('refuses an unknown application or version, and webhook URLs if told', async () => {
    edgegap.settings.applications = { 'my-game': ['v2'] }
    expect((await create()).status).toBe(400)
    edgegap.settings.unknownApplicationStatus = 404
    expect((await create({ application: 'other' })).status).toBe(404)
    edgegap.settings.refuseWebhooks = /^http:/
    const webhook_on_error = { url: 'http://127.0.0.1:1' }
    const { body } = await create({ version: 'v2', webhook_on_error })
    expect(body.message).toContain('webhook_on_error.url')
    expect((await create({ version: 'v2' })).status).toBe(202)
  })

  it('limits the account', async () => {
    edgegap.settings.maxDeployments = 1
    const { body } = await create()
    expect((await create()).status).toBe(400)
    await reach(body.request_id, 'READY')
    await stop(body.request_id)
    await reach(body.request_id, 'TERMINATED')
    expect((await create()).status).toBe(202)
  })

  it('answers 422 and leaves a deployment in Error, listed or not', async () => {
    edgegap.refuseCreates(1)
    edgegap.refuseCreates(1, { listed: false, message: 'no capacity' })
    const first = await create()
    const second = await create()
    expect([first.status, second.status, second.body.message]).toEqual([422, 422, 'no capacity'])
    const left = (await status(second.body.request_id)).body
    expect(left).toMatchObject({ current_status: 'Status.ERROR', error_detail: 'no capacity' })
    const { data } = (await call('GET', '/v1/deployments')).body
    expect(data).toMatchObject([{ request_id: first.body.request_id }])
    expect((await create()).status).toBe(202)
  })
})

describe('lifecycle', () => {
  const follow = async (steps: script.Script) => {
    edgegap.nextScript(steps)
    const id: string = (await create()).body.request_id
    const deployment = edgegap.deployments.at(-1)
    const last = steps.at(-1)?.status ?? 'READY'
    await soon(() => expect(deployment?.status).toBe(last))
    return { id, deployment, body: (await status(id)).body }
  }

  it('goes through every state to READY and knows when', async () => {
    const { id, deployment, body } = await follow(script.ready(30))
    expect(deployment?.history.map((step) => step.status)).toEqual([
      ...['INITIALIZING', 'SEEKING', 'SEEKED', 'SCANNING', 'DEPLOYING', 'READY'],
    ])
    expect(deployment?.newsAt).toBeGreaterThanOrEqual(deployment?.history.at(-1)?.at ?? Infinity)
    const fqdn = `${id}.pr.edgegap.net`
    expect(body).toMatchObject({
      ...{ request_id: id, fqdn, app_name: 'my-game', app_version: 'v1', running: true },
      ...{ current_status: 'Status.READY', last_status: 'Status.DEPLOYING', error: false },
      public_ip: expect.stringMatching(/^203\.0\.113\./),
      location: { city: 'Frankfurt am Main' },
    })
    const { external } = body.ports.gameport
    expect(body.ports.gameport).toMatchObject({ internal: 7777, link: `${fqdn}:${external}` })
  })

  it('has presets for the ways it can go wrong', async () => {
    const failed = await follow(script.error(10, 'no image'))
    expect(failed.body).toMatchObject({ error: true, error_detail: 'no image', running: false })
    const flagged = await follow(script.readyWithErrorFlag(10))
    expect(flagged.body).toMatchObject({ current_status: 'Status.READY', error: true })
    expect((await follow(script.terminatedBeforeReady(10))).deployment?.readyOn).toBeUndefined()
    const stuck = await follow(script.never())
    expect(stuck.body).toMatchObject({ current_status: 'Status.DEPLOYING', running: false })
    expect(stuck.deployment?.newsAt).toBeUndefined()
    const odd = await follow(script.unknownStatus(30))
    expect(odd.deployment?.history.map((step) => step.status)).toContain('REBALANCING')
    const crashed = await follow(script.readyThenError(10, 20))
    expect(crashed.body).toMatchObject({ error: true, last_status: 'Status.READY' })
  })

  it('can be changed by hand', async () => {
    const { id } = await follow(script.ready(10))
    edgegap.setStatus(id, { status: 'ERROR', errorDetail: 'kicked', wire: { ports: undefined } })
    const { body } = await status(id)
    expect(body).toMatchObject({ current_status: 'Status.ERROR', error_detail: 'kicked' })
    expect(body).not.toHaveProperty('ports')
    expect(() => edgegap.setStatus('nobody', {})).toThrow(/nobody/)
  })

  it('spells and shapes the status as told', async () => {
    Object.assign(edgegap.settings, { beforeReady: 'null', statusSpelling: 'lower' })
    const { id } = await follow(script.never())
    const early = (await status(id)).body
    expect(early).toMatchObject({ public_ip: null, ports: null, elapsed_time: null })
    expect(early.current_status).toBe('status.deploying')
    edgegap.settings.beforeReady = 'absent'
    expect((await status(id)).body).not.toHaveProperty('public_ip')
    const ports = [{ name: 'Game Port', internal: 7777, protocol: 'UDP' }]
    Object.assign(edgegap.settings, { ports, statusSpelling: 'mixed', numbers: 'string' })
    edgegap.setStatus(id, { status: 'READY' })
    const named = (await status(id)).body
    expect(named).toMatchObject({ current_status: 'Ready', max_duration: '60' })
    expect(named.ports['Game Port'].internal).toBe('7777')
    edgegap.settings.portKeys = 'number'
    expect((await status(id)).body.ports).toHaveProperty('7777')
  })

  it('does not know every id', async () => {
    expect((await status('0123456789ab')).status).toBe(400)
    edgegap.settings.unknownIdStatus = 404
    expect((await status('0123456789ab')).status).toBe(404)
  })
})

describe('stop', () => {
  it('answers 202, then 200 while stopping, then 410', async () => {
    const id = edgegap.addDeployment().id
    edgegap.settings.terminateAfterMs = 200
    expect(edgegap.live()).toHaveLength(1)
    expect((await stop(id)).status).toBe(202)
    expect(edgegap.live()).toHaveLength(0)
    const again = await stop(id)
    expect(again.status).toBe(200)
    expect(again.body.deployment_summary.current_status).toBe('Status.TERMINATING')
    await reach(id, 'TERMINATED')
    expect((await stop(id)).status).toBe(410)
    expect(edgegap.stopped().map((deployment) => deployment.id)).toEqual([id])
    expect((await stop('0123456789ab')).status).toBe(400)
    edgegap.settings.forgetTerminatedAfterMs = 0
    expect((await stop(id)).status).toBe(400)
  })

  it('waits for READY unless told to act at once', async () => {
    edgegap.nextScript(script.ready(100))
    const { request_id } = (await create()).body
    expect((await stop(request_id)).status).toBe(202)
    expect((await stop(request_id)).status).toBe(200)
    await reach(request_id, 'TERMINATED')
    const states = edgegap.deployments[0]?.history.map((step) => step.status)
    expect(states?.slice(-3)).toEqual(['READY', 'TERMINATING', 'TERMINATED'])
    edgegap.settings.stopPendingAtOnce = true
    const stuck = edgegap.addDeployment({}, script.never())
    await stop(stuck.id)
    await reach(stuck.id, 'TERMINATED')
    expect(stuck.readyOn).toBeUndefined()
  })

  it('takes the logs along', async () => {
    const { id } = edgegap.addDeployment()
    const logs = () => call('GET', `/v1/deployment/${id}/container-logs`)
    expect((await logs()).body).toMatchObject({ crash_logs: null, crash_data: null })
    const crashData = { exit_code: 1, message: 'bang', restart_count: 2 }
    edgegap.setLogs(id, { logs: 'bang', crashData })
    expect((await logs()).body).toMatchObject({ logs: 'bang', crash_data: { restart_count: 2 } })
    edgegap.setStatus(id, { status: 'TERMINATED' })
    expect((await logs()).status).toBe(400)
  })
})
