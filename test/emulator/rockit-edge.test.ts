import { createHash } from 'node:crypto'
import { request } from 'node:http'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createCaller } from './rockit-edge/caller.ts'
import { type RockitEdgeEmulator, startRockitEdgeEmulator } from './rockit-edge/emulator.ts'
import * as script from './rockit-edge/script.ts'

let edge: RockitEdgeEmulator
let api: ReturnType<typeof createCaller>

// Long enough for a request between two steps on a busy machine.
const pace = { stepMs: 150 }

beforeEach(async () => {
  const scripts = { script: script.success(pace), retryScript: script.success(pace) }
  edge = await startRockitEdgeEmulator(scripts)
  api = createCaller(edge)
})

afterEach(() => edge.close())

describe('gateway', () => {
  it('refuses a request without Accept as the firewall does', async () => {
    const status = await new Promise((resolve, reject) => {
      const bare = request(`${edge.url}/be/v1/apps`, { headers: api.headers() }, (response) => {
        response.resume().on('end', () => resolve(response.statusCode))
      })
      bare.on('error', reject).end()
    })
    expect(status).toBe(400)
    expect((await api.call('PUT', '/apps')).body).toEqual({ code: 400, message: 'Bad Request' })
  })

  it('answers maintenance, unknown routes and too many requests in its own way', async () => {
    expect((await api.call('GET', '/builds')).body).toEqual({ code: 404, message: 'Not Found' })
    edge.settings.maintenance = true
    const closed = await api.call('GET', '/apps')
    expect([closed.status, closed.headers.get('retry-after')]).toEqual([503, '900'])
    expect(closed.body).toMatchObject({ status: 'failed', error: 'maintenance', retryAfter: '900' })
    edge.settings.maintenance = false
    edge.settings.requestsPerSecond = 0
    expect((await api.call('GET', '/apps')).headers.get('retry-after')).toBe('60')
    edge.settings.requestsPerSecond = 800
    edge.faults.order({ kind: 'status', status: 502, path: /apps$/, times: 1 })
    expect((await api.call('GET', '/apps')).status).toBe(502)
  })

  it('wants all three headers, and each right on its own', async () => {
    for (const name of Object.keys(api.headers())) {
      expect(
        (await api.call('GET', '/apps', undefined, { ...api.headers(), [name]: 'x' })).status,
      ).toBe(401)
    }
    expect((await api.call('GET', '/tasks')).status).toBe(200)
    edge.settings.permissions.tasks = 0
    expect((await api.call('GET', '/tasks')).status).toBe(403)
    edge.settings.permissions.apps = 2
    expect([(await api.publish()).status, (await api.call('GET', '/apps')).status]).toEqual([
      403, 200,
    ])
    expect((await api.call('POST', '/trigger', {})).status).toBe(403)
  })
})

describe('client upload', () => {
  it('takes the build and carries it through to the deployments', async () => {
    const before = await api.readApp()
    const { body } = await api.publish()
    expect(body).toEqual({
      url: expect.stringContaining(edge.storage.url),
      taskName: expect.any(String),
      buildName: '0007',
    })
    expect((await api.listTasks())[0]).toMatchObject({
      type: 'upload',
      status: 'started',
      name: body.taskName,
    })
    expect((await api.publish()).status).toBe(409)
    expect((await api.put(body.url, 'a small game')).status).toBe(200)
    await edge.whenEvent({ type: 'mkraw', event: 'begin' })
    expect(await api.readApp()).toMatchObject({ processing: true, exporting: false })
    await edge.whenEvent({ type: 'deploy', event: 'end' })
    const after = await api.readApp()
    expect(after).toMatchObject({ iCurBuild: 7, processing: false, exporting: false })
    expect(after.dxfName).not.toBe(before.dxfName)
    expect((await api.listTasks()).map(({ type, status }) => [type, status].join())).toEqual(
      ['upload', 'mkraw', 'mkdxf', 'deploy'].map((type) => `${type},ended`),
    )
    const [build] = edge.builds
    expect(build).toMatchObject({
      outcome: 'succeeded',
      buildChanged: true,
      dxfName: after.dxfName,
    })
    expect(build?.settledAt).toBeGreaterThan(build?.importedAt ?? Infinity)
    const sha256 = createHash('sha256').update('a small game').digest('hex')
    expect(edge.storage.uploads[0]).toMatchObject({
      bytes: 12,
      sha256,
      outcome: 'stored',
      isTar: false,
      apiHeaders: [],
    })
    expect((await api.put(body.url, 'again')).status).toBe(409)
  })

  it('refuses chunked bodies, other methods, credentials and addresses that have expired', async () => {
    const { body } = await api.publish()
    const stream = new Blob(['x']).stream()
    const chunked = await fetch(body.url, {
      method: 'PUT',
      body: stream,
      duplex: 'half',
    } as RequestInit)
    expect(chunked.status).toBe(411)
    expect((await fetch(body.url)).status).toBe(405)
    expect((await api.put(`${body.url}x`, 'x')).status).toBe(404)
    expect((await api.put(body.url, 'x', api.headers())).status).toBe(400)
    expect(edge.storage.uploads.at(-1)?.apiHeaders).toEqual(Object.keys(api.headers()))
    const { taskName } = body
    expect((await api.call('PATCH', '/tasks', { taskName, expire: true })).status).toBe(200)
    expect((await api.put(body.url, 'x')).status).toBe(403)
    expect((await api.call('PATCH', '/tasks', { taskName, expire: true })).status).toBe(400)
    expect([edge.builds[0]?.outcome, (await api.publish()).status]).toEqual(['expired', 200])
  })

  it('fails on command, and stores once', async () => {
    const { url: to } = (await api.publish()).body
    edge.storage.faults.order({
      kind: 'status',
      status: 503,
      headers: { 'retry-after': '1' },
      times: 1,
    })
    edge.storage.faults.order({ kind: 'reset', atBytes: 100_000, times: 1, afterUploads: 1 })
    edge.storage.faults.order({
      kind: 'slow',
      bytesPerSecond: 10_000_000,
      times: 1,
      afterUploads: 2,
    })
    const payload = Buffer.alloc(1_000_000, 'x')
    expect((await api.put(to, payload)).headers.get('retry-after')).toBe('1')
    await expect(api.put(to, payload)).rejects.toThrow()
    expect([edge.storage.uploads[1]?.outcome, edge.builds[0]?.startedAt]).toEqual([
      'aborted',
      undefined,
    ])
    expect((await api.put(to, payload)).status).toBe(200)
    expect(edge.storage.uploads.map(({ fault }) => fault)).toEqual(['status', 'reset', 'slow'])
    edge.settings.lockWhileBusy = false
    edge.apps.forEach((each) => {
      each.isLocked = false
    })
    edge.storage.faults.order({ kind: 'lost-answer', times: 1 })
    await expect(api.put((await api.publish()).body.url, 'x')).rejects.toThrow()
    expect(edge.storage.uploads.at(-1)?.outcome).toBe('stored')
  })

  it('holds nothing of a big upload', async () => {
    const { url: to } = (await api.publish()).body
    const bytes = 256 * 1024 * 1024
    const chunk = Buffer.alloc(1024 * 1024)
    const before = process.memoryUsage.rss()
    const sent = request(to, { method: 'PUT', headers: { 'content-length': bytes } })
    const answered = new Promise((resolve) =>
      sent.on('response', (response) => resolve(response.statusCode)),
    )
    for (let left = bytes; left > 0; left -= chunk.length) {
      if (!sent.write(chunk)) await new Promise((resolve) => sent.once('drain', resolve))
    }
    sent.end()
    expect(await answered).toBe(200)
    expect(edge.storage.uploads[0]).toMatchObject({ bytes, content: undefined })
    expect(process.memoryUsage.rss() - before).toBeLessThan(bytes / 2)
  })
})
