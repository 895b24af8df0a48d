import { describe, expect, it, vi } from 'vitest'
import type { Body } from './edgegap/call.ts'
import { app, fresh, useCatalogue } from './edgegap/catalogue-scene.ts'
import { startEdgegapEmulator } from './edgegap/emulator.ts'
import type { Fault } from './faults.ts'

const scene = useCatalogue()
const { call, create, patch, get } = scene

describe('applications', () => {
  it('are listed, read and created', async () => {
    const { body } = await call('GET', '/v1/apps')
    expect(body.applications.map(({ name }: Body) => name)).toEqual(['my-game', 'other-game'])
    expect((await call('GET', app)).body).toMatchObject({ name: 'my-game', is_active: true })
    expect((await call('GET', '/v1/app/nobody')).status).toBe(404)
    const third = { name: 'third', image: 'aGk=', is_active: true }
    scene.edgegap.settings.maxApplications = 2
    expect((await call('POST', '/v1/app', third)).body.message).toContain('Application limit of 2')
    scene.edgegap.settings.maxApplications = 3
    expect((await call('POST', '/v1/app', third)).status).toBe(200)
    expect((await call('POST', '/v1/app', third)).status).toBe(409)
  })
})

describe('a deployment of the catalogue', () => {
  const users = [{ user_type: 'ip_address', user_data: { ip_address: '198.51.100.7' } }]
  const deploy = (version = 'prod', application = 'my-game') =>
    call('POST', '/v2/deployments', { application, version, users })

  it('needs a version that is there and active', async () => {
    expect((await deploy()).status).toBe(202)
    expect((await deploy('v9')).status).toBe(400)
    expect((await deploy('prod', 'nobody')).status).toBe(400)
    await patch({ is_active: false })
    expect((await deploy()).body.message).toMatch(/not active/)
    expect(scene.edgegap.created).toBe(1)
  })

  it('has the ports and the time that its version had then', async () => {
    const ports = ['gameport', '8080'].map((name) => ({ port: 7777, protocol: 'UDP', name }))
    await patch({ ports, max_duration: 30 })
    const { request_id } = (await deploy()).body
    await patch({ ports: [], max_duration: 60 })
    const { body } = await call('GET', `/v1/status/${request_id}`)
    expect([Object.keys(body.ports).toSorted(), body.max_duration]).toEqual([
      ['8080', 'gameport'],
      30,
    ])
  })

  it('fails where the image cannot be pulled', async () => {
    scene.edgegap.settings.otherImagesPullable = false
    scene.edgegap.nextScript([{ afterMs: 0, status: 'READY' }])
    await deploy()
    expect(scene.edgegap.deployments[0]?.history.map(({ status }) => status)).not.toContain('READY')
  })

  it('is not asked for where the emulator was started without one', async () => {
    const plain = await startEdgegapEmulator({ applications: { 'my-game': ['v1'] } })
    expect(plain.settings.versionsMustExist).toBe(false)
    expect(plain.catalogue.versions('my-game').map(({ name }) => name)).toEqual(['v1'])
    await plain.close()
  })
})

describe('the registry', () => {
  it('lists tags of Edgegap-hosted images by the name without the project', async () => {
    scene.edgegap.settings.images = {
      'registry.edgegap.com/my-org/games/shooter': ['1', '2', '3'],
      'ghcr.io/my-org/other': ['1'],
    }
    const tags = async (name: string, query = '') => {
      const path = `/v1/container-registry/images/${name}/tags${query}`
      const { status, body } = await call('GET', path)
      return status === 200 ? body.data.map(({ tag }: Body) => tag).join(' ') : status
    }
    expect(await tags('games/shooter')).toBe('1 2 3')
    expect(await tags('games/shooter', '?limit=2&page=2')).toBe('3')
    expect(await tags('games%2Fshooter')).toBe(404)
    expect(await tags('my-org/games/shooter')).toBe(404)
    expect(await tags('other')).toBe(404)
    scene.edgegap.settings.registryNames = 'both'
    expect(await tags('my-org/games/shooter')).toBe('1 2 3')
  })
})

describe('locations', () => {
  it('hold one name of two countries, accents, one city twice, and two pages', async () => {
    const pages = await Promise.all(
      ['', '?page=2'].map((query) => call('GET', `/v1/locations${query}`)),
    )
    const rows: Body[] = pages.flatMap(({ body }) => body.locations)
    expect(pages[0]?.body.pagination.has_next).toBe(true)
    const countries = (city: string) =>
      rows.filter((row) => row.city === city).map(({ country }) => country)
    expect(countries('London')).toEqual(['United Kingdom', 'Canada'])
    expect(countries('Dallas')).toEqual(['United States', 'United States'])
    expect(countries('São Paulo')).toEqual(['Brazil'])
    expect(countries('Frankfurt am Main')).toEqual(['Germany'])
  })

  it('may all be the same one', async () => {
    scene.edgegap.settings.placedIn = 'Tokyo'
    const { id } = scene.edgegap.addDeployment({ coordinates: { latitude: 50, longitude: 8 } })
    expect((await call('GET', `/v1/status/${id}`)).body.location.city).toBe('Tokyo')
  })
})

describe('the log of requests', () => {
  it('tells writes from reads', async () => {
    await get()
    expect(scene.edgegap.writes()).toEqual([])
    await patch({ docker_tag: '2.0' })
    expect(scene.edgegap.writes()).toMatchObject([
      { method: 'PATCH', path: `${app}/version/prod`, body: { docker_tag: '2.0' }, status: 200 },
    ])
  })
})

describe('faults', () => {
  const effects: Fault[] = [
    { kind: 'delay', delayMs: 1 },
    { kind: 'delay-reply', delayMs: 1 },
    { kind: 'hang' },
    { kind: 'reset', when: 'after' },
    { kind: 'truncate' },
    { kind: 'stall-body' },
    { kind: 'slow-drip', intervalMs: 1, chunkBytes: 512 },
    { kind: 'status', status: 503 },
    { kind: 'malformed' },
    { kind: 'oversize', bytes: 1024 },
  ]
  const endpoints: [method: string, path: string, body?: unknown][] = [
    ['POST', '/v1/app', { name: 'third', image: '', is_active: true }],
    ['GET', '/v1/apps'],
    ['GET', app],
    ['POST', `${app}/version`, fresh],
    ['GET', `${app}/version/prod`],
    ['PATCH', `${app}/version/prod`, { docker_tag: '2.0' }],
    ['DELETE', `${app}/version/prod`],
    ['GET', `${app}/versions`],
    ['GET', '/v1/container-registry/images/games/shooter/tags'],
    ['GET', '/v1/locations'],
  ]

  it.each(endpoints)('of every kind reach %s %s', async (method, path, body) => {
    for (const effect of effects) {
      const order = scene.edgegap.faults.order({ ...effect, method, path: new RegExp(`^${path}$`) })
      const leaving = new AbortController()
      const reply = fetch(`${scene.edgegap.url}${path}`, {
        method,
        headers: { authorization: `token ${scene.edgegap.settings.token}` },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: leaving.signal,
      })
      const ended = reply.catch(() => undefined)
      await vi.waitFor(() => expect(order.used).toBe(1), { timeout: 5_000, interval: 5 })
      leaving.abort()
      await ended
      order.cancel()
    }
  })

  it('lose the reply of a create and of a change that have happened', async () => {
    scene.edgegap.faults.order({ kind: 'reset', when: 'after', path: /version/, times: 2 })
    await expect(create()).rejects.toThrow()
    await expect(patch({ docker_tag: '2.0' })).rejects.toThrow()
    expect((await get('v2')).status).toBe(200)
    expect((await get()).body.docker_tag).toBe('2.0')
  })
})
