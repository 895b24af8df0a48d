import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type EdgegapEmulator, startEdgegapEmulator } from './edgegap/emulator.ts'
import { ready } from './edgegap/script.ts'
import type { Fault } from './faults.ts'

// biome-ignore lint/suspicious/noExplicitAny: the tests look at replies of every shape
type Body = any

let edgegap: EdgegapEmulator

beforeEach(async () => {
  edgegap = await startEdgegapEmulator({
    catalogue: { 'my-game': { prod: {} }, 'other-game': ['v1'] },
    script: ready(0),
  })
})

afterEach(() => edgegap.close())

async function call(method: string, path: string, body?: unknown) {
  const response = await fetch(`${edgegap.url}${path}`, {
    method,
    headers: { authorization: `token ${edgegap.settings.token}` },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  return { status: response.status, body: (await response.json()) as Body }
}

const app = '/v1/app/my-game'
const fresh = {
  name: 'v2',
  docker_repository: 'registry.edgegap.com',
  docker_image: 'my-org/my-game',
  docker_tag: '2.0',
  req_cpu: 512,
  req_memory: 1024,
}
const create = (more = {}) => call('POST', `${app}/version`, { ...fresh, ...more })
const patch = (body: unknown, name = 'prod') => call('PATCH', `${app}/version/${name}`, body)
const get = (name = 'prod') => call('GET', `${app}/version/${name}`)

describe('applications', () => {
  it('are listed, read and created', async () => {
    const { body } = await call('GET', '/v1/apps')
    expect(body.applications.map(({ name }: Body) => name)).toEqual(['my-game', 'other-game'])
    expect((await call('GET', app)).body).toMatchObject({ name: 'my-game', is_active: true })
    expect((await call('GET', '/v1/app/nobody')).status).toBe(404)
    const third = { name: 'third', image: 'aGk=', is_active: true }
    edgegap.settings.maxApplications = 2
    expect((await call('POST', '/v1/app', third)).body.message).toContain('Application limit of 2')
    edgegap.settings.maxApplications = 3
    expect((await call('POST', '/v1/app', third)).status).toBe(200)
    expect((await call('POST', '/v1/app', third)).status).toBe(409)
  })
})

describe('a new version', () => {
  it('is there afterwards, with defaults and times', async () => {
    const { status, body } = await create()
    expect([status, body.success]).toEqual([200, true])
    expect((await get('v2')).body).toEqual(body.version)
    expect(body.version).toMatchObject({ ...fresh, max_duration: 1440, caching_percent: 0.9 })
    expect(body.version.create_time).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$/)
  })

  it.each([
    ['name', { name: 'x'.repeat(65) }],
    ['docker_image', { docker_image: 'registry.edgegap.com/my-org/my-game' }],
    ['docker_image', { docker_image: 'my-org/My-Game' }],
    ['docker_tag', { docker_tag: undefined }],
    ['req_memory', { req_cpu: 512, req_memory: 1025 }],
    ['max_duration', { max_duration: 1441 }],
    ['time_to_deploy', { time_to_deploy: 10 }],
    ['restart_policy', { restart_policy: 'sometimes' }],
    ['ports', { ports: [{ port: 7777, protocol: 'Websocket' }] }],
    ['ports', { ports: [{ port: 0, protocol: 'UDP' }] }],
    ['ports', { ports: [{ port: 7777, protocol: 'UDP', tls_upgrade: true }] }],
    ['envs', { envs: [{ key: 'A', value: 'x'.repeat(4097) }] }],
    ['create_time', { create_time: '2026-01-01 00:00:00.000000' }],
  ])('is refused for a bad %s', async (field, more) => {
    const { status, body } = await create(more)
    expect([status, body.message]).toEqual([400, expect.stringContaining(`${field}: `)])
    expect(edgegap.catalogue.versions('my-game')).toHaveLength(1)
  })

  it('needs its application, a name of its own and room in the account', async () => {
    expect((await call('POST', '/v1/app/nobody/version', fresh)).status).toBe(404)
    expect((await create({ name: 'prod' })).status).toBe(409)
    expect((await create()).status).toBe(200)
    edgegap.settings.maxVersions = 2
    const { status, body } = await create({ name: 'v3' })
    expect(status).toBe(400)
    expect(body.message).toBe('You have reached you Application Version limit of 2')
  })

  it('is checked against the registry where it asks for that', async () => {
    const name = 'registry.edgegap.com/my-org/my-game'
    edgegap.settings.images = { [name]: ['2.0'] }
    const token = 'right'
    edgegap.settings.registryLogins = { 'registry.edgegap.com': { username: 'robot$ci', token } }
    const login = { private_username: 'robot$ci', private_token: token, verify_image: true }
    expect((await create({ verify_image: true })).status).toBe(424)
    const wrong = await create({ ...login, private_token: 'wrong' })
    expect([wrong.status, wrong.body.message]).toEqual([400, expect.stringMatching(/login/)])
    expect((await create({ ...login, docker_tag: '9.9' })).status).toBe(424)
    expect((await create({ ...login, docker_repository: 'ghcr.io' })).status).toBe(200)
    edgegap.settings.otherImagesPullable = false
    const elsewhere = { ...login, name: 'v3', docker_repository: 'ghcr.io' }
    expect((await create(elsewhere)).status).toBe(424)
    expect((await create({ ...login, name: 'v3' })).status).toBe(200)
  })
})

describe('what a version shows', () => {
  it('keeps the value of a variable only where is_secret says so, unless told', async () => {
    const envs = [
      { key: 'A', value: 'a', is_secret: true },
      { key: 'B', value: 'b', is_hidden: true },
    ]
    const shown = async () =>
      (await get('v2')).body.envs.map(({ key, value }: Body) => `${key}=${value}`)
    await create({ envs })
    expect(await shown()).toEqual([`A=${edgegap.settings.placeholder}`, 'B=b'])
    edgegap.settings.secretFlags = ['is_hidden']
    await patch({ envs }, 'v2')
    expect(await shown()).toEqual(['A=a', `B=${edgegap.settings.placeholder}`])
    expect(edgegap.catalogue.version('my-game', 'v2')?.variables[1]?.value).toBe('b')
    edgegap.settings.shownSecretFlags = []
    expect(Object.keys((await get('v2')).body.envs[0])).toEqual(['key', 'value'])
  })

  it('has the registry password in clear, as a placeholder or not at all', async () => {
    await create({ private_username: 'robot', private_token: 'hush' })
    expect((await get('v2')).body.private_token).toBe('hush')
    edgegap.settings.privateToken = 'placeholder'
    expect((await get('v2')).body.private_token).toBe(edgegap.settings.placeholder)
    edgegap.settings.privateToken = 'absent'
    expect((await get('v2')).body).not.toHaveProperty('private_token')
  })

  it('calls WS Websocket', async () => {
    await create({ ports: [{ port: 80, protocol: 'WS', name: 'web' }] })
    const [port] = (await get('v2')).body.ports
    expect(port).toMatchObject({ protocol: 'Websocket', name: 'web', to_check: true })
  })
})

describe('a changed version', () => {
  it('keeps what is not named and replaces lists whole', async () => {
    const port = { port: 1, protocol: 'TCP', name: 'one' }
    edgegap.catalogue.changeVersion('my-game', 'prod', {
      ports: [port, { ...port, port: 2, name: 'two' }],
      variables: [{ key: 'OLD', value: '1', isSecret: true }],
    })
    await patch({ docker_tag: '2.0' })
    expect((await get()).body).toMatchObject({ docker_tag: '2.0', ports: [{}, {}], envs: [{}] })
    await patch({ ports: [port], envs: [{ key: 'NEW', value: '2' }] })
    const { ports, envs, last_updated, create_time } = (await get()).body
    expect([ports, envs]).toMatchObject([[{ port: 1 }], [{ key: 'NEW' }]])
    expect(last_updated > create_time).toBe(true)
  })

  it('takes cpu and memory only together, or never if told', async () => {
    expect((await patch({ req_cpu: 1024 })).status).toBe(400)
    expect((await patch({ req_memory: 1024 })).status).toBe(400)
    expect((await patch({ req_cpu: 1024, req_memory: 2048 })).status).toBe(200)
    edgegap.settings.patchResources = 'never'
    expect((await patch({ req_cpu: 1024, req_memory: 2048 })).status).toBe(400)
  })

  it('can be renamed, but not to a name that is taken', async () => {
    await create()
    expect((await patch({ name: 'prod' }, 'v2')).status).toBe(400)
    expect((await patch({ name: 'v3' }, 'v2')).status).toBe(200)
    expect([(await get('v2')).status, (await get('v3')).status]).toEqual([404, 200])
  })
})

describe('the list of versions', () => {
  it('comes in pages of 10, oldest first unless told', async () => {
    for (let count = 1; count <= 12; count += 1)
      edgegap.catalogue.addVersion('my-game', `v${count}`)
    const first = (await call('GET', `${app}/versions`)).body
    expect([first.versions.length, first.total_count, first.versions[0].name]).toEqual([
      10,
      13,
      'prod',
    ])
    expect(first.pagination).toMatchObject({ has_next: true, next_page_number: 2 })
    const second = (await call('GET', `${app}/versions?page=2`)).body
    expect(second.versions.map(({ name }: Body) => name)).toEqual(['v10', 'v11', 'v12'])
    edgegap.settings.versionOrder = 'newest-first'
    expect((await call('GET', `${app}/versions?limit=100`)).body.versions[0].name).toBe('v12')
  })

  it('is shorter after a delete, which a running deployment may hinder', async () => {
    edgegap.addDeployment({ version: 'prod' })
    edgegap.settings.deleteOfUsedVersionStatus = 400
    expect((await call('DELETE', `${app}/version/prod`)).status).toBe(400)
    edgegap.settings.deleteOfUsedVersionStatus = 200
    expect((await call('DELETE', `${app}/version/prod`)).status).toBe(200)
    expect((await call('DELETE', `${app}/version/prod`)).status).toBe(404)
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
    expect(edgegap.created).toBe(1)
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
    edgegap.settings.otherImagesPullable = false
    edgegap.nextScript([{ afterMs: 0, status: 'READY' }])
    await deploy()
    expect(edgegap.deployments[0]?.history.map(({ status }) => status)).not.toContain('READY')
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
    edgegap.settings.images = {
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
    edgegap.settings.registryNames = 'both'
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
    edgegap.settings.placedIn = 'Tokyo'
    const { id } = edgegap.addDeployment({ coordinates: { latitude: 50, longitude: 8 } })
    expect((await call('GET', `/v1/status/${id}`)).body.location.city).toBe('Tokyo')
  })
})

describe('the log of requests', () => {
  it('tells writes from reads', async () => {
    await get()
    expect(edgegap.writes()).toEqual([])
    await patch({ docker_tag: '2.0' })
    expect(edgegap.writes()).toMatchObject([
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
      const order = edgegap.faults.order({ ...effect, method, path: new RegExp(`^${path}$`) })
      const leaving = new AbortController()
      const reply = fetch(`${edgegap.url}${path}`, {
        method,
        headers: { authorization: `token ${edgegap.settings.token}` },
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
    edgegap.faults.order({ kind: 'reset', when: 'after', path: /version/, times: 2 })
    await expect(create()).rejects.toThrow()
    await expect(patch({ docker_tag: '2.0' })).rejects.toThrow()
    expect((await get('v2')).status).toBe(200)
    expect((await get()).body.docker_tag).toBe('2.0')
  })
})
