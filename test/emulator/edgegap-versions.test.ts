import { describe, expect, it } from 'vitest'
import type { Body } from './edgegap/call.ts'
import { app, fresh, useCatalogue } from './edgegap/catalogue-scene.ts'

const scene = useCatalogue()
const { call, create, patch, get } = scene

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
    expect(scene.edgegap.catalogue.versions('my-game')).toHaveLength(1)
  })

  it('needs its application, a name of its own and room in the account', async () => {
    expect((await call('POST', '/v1/app/nobody/version', fresh)).status).toBe(404)
    expect((await create({ name: 'prod' })).status).toBe(409)
    expect((await create()).status).toBe(200)
    scene.edgegap.settings.maxVersions = 2
    const { status, body } = await create({ name: 'v3' })
    expect(status).toBe(400)
    expect(body.message).toBe('You have reached you Application Version limit of 2')
  })

  it('is checked against the registry where it asks for that', async () => {
    const name = 'registry.edgegap.com/my-org/my-game'
    scene.edgegap.settings.images = { [name]: ['2.0'] }
    const token = 'right'
    scene.edgegap.settings.registryLogins = {
      'registry.edgegap.com': { username: 'robot$ci', token },
    }
    const login = { private_username: 'robot$ci', private_token: token, verify_image: true }
    expect((await create({ verify_image: true })).status).toBe(424)
    const wrong = await create({ ...login, private_token: 'wrong' })
    expect([wrong.status, wrong.body.message]).toEqual([400, expect.stringMatching(/login/)])
    expect((await create({ ...login, docker_tag: '9.9' })).status).toBe(424)
    expect((await create({ ...login, docker_repository: 'ghcr.io' })).status).toBe(200)
    scene.edgegap.settings.otherImagesPullable = false
    const elsewhere = { ...login, name: 'v3', docker_repository: 'ghcr.io' }
    expect((await create(elsewhere)).status).toBe(424)
    expect((await create({ ...login, name: 'v3' })).status).toBe(200)
  })
})

describe('a version that was just created', () => {
  it('may be unknown for a while, though its name is taken', async () => {
    scene.edgegap.settings.versionLagMs = 60_000
    expect((await create()).status).toBe(200)
    expect([(await get('v2')).status, (await create()).status]).toEqual([404, 409])
    expect((await call('GET', `${app}/versions`)).body.total_count).toBe(1)
    scene.edgegap.settings.versionLagMs = 0
    expect((await get('v2')).status).toBe(200)
  })

  it('may show a time to deploy that nobody may send', async () => {
    scene.edgegap.settings.defaultTimeToDeploySeconds = 10
    const { time_to_deploy } = (await create()).body.version
    expect((await create({ name: 'v3', time_to_deploy })).status).toBe(400)
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
    expect(await shown()).toEqual([`A=${scene.edgegap.settings.placeholder}`, 'B=b'])
    scene.edgegap.settings.secretFlags = ['is_hidden']
    await patch({ envs }, 'v2')
    expect(await shown()).toEqual(['A=a', `B=${scene.edgegap.settings.placeholder}`])
    expect(scene.edgegap.catalogue.version('my-game', 'v2')?.variables[1]?.value).toBe('b')
    scene.edgegap.settings.shownSecretFlags = []
    expect(Object.keys((await get('v2')).body.envs[0])).toEqual(['key', 'value'])
  })

  it('has the registry password in clear, as a placeholder or not at all', async () => {
    await create({ private_username: 'robot', private_token: 'hush' })
    expect((await get('v2')).body.private_token).toBe('hush')
    scene.edgegap.settings.privateToken = 'placeholder'
    expect((await get('v2')).body.private_token).toBe(scene.edgegap.settings.placeholder)
    scene.edgegap.settings.privateToken = 'absent'
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
    scene.edgegap.catalogue.changeVersion('my-game', 'prod', {
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
    scene.edgegap.settings.patchResources = 'never'
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
      scene.edgegap.catalogue.addVersion('my-game', `v${count}`)
    const first = (await call('GET', `${app}/versions`)).body
    expect([first.versions.length, first.total_count, first.versions[0].name]).toEqual([
      10,
      13,
      'prod',
    ])
    expect(first.pagination).toMatchObject({ has_next: true, next_page_number: 2 })
    const second = (await call('GET', `${app}/versions?page=2`)).body
    expect(second.versions.map(({ name }: Body) => name)).toEqual(['v10', 'v11', 'v12'])
    scene.edgegap.settings.versionOrder = 'newest-first'
    expect((await call('GET', `${app}/versions?limit=100`)).body.versions[0].name).toBe('v12')
  })

  it('is shorter after a delete, which a running deployment may hinder', async () => {
    scene.edgegap.addDeployment({ version: 'prod' })
    scene.edgegap.settings.deleteOfUsedVersionStatus = 400
    expect((await call('DELETE', `${app}/version/prod`)).status).toBe(400)
    scene.edgegap.settings.deleteOfUsedVersionStatus = 200
    expect((await call('DELETE', `${app}/version/prod`)).status).toBe(200)
    expect((await call('DELETE', `${app}/version/prod`)).status).toBe(404)
  })
})
