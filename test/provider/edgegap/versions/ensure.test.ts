import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { EdgegapEmulator } from '../../../emulator/edgegap/emulator.ts'
import { application, ensure, failure, image, startEdgegap } from './rig.ts'

let edgegap: EdgegapEmulator
beforeEach(async () => {
  edgegap = await startEdgegap()
})
afterEach(() => edgegap.close())

const version = (name: string) => edgegap.catalogue.version(application, name)
const posts = () => edgegap.requestsTo('POST', /version$/)
const patches = () => edgegap.requestsTo('PATCH', /version/)
const login = { 'registry-username': 'robot$my-org+pull', 'registry-password': 'pass-1' }

describe('a version is created', () => {
  it('from the defaults and the inputs', async () => {
    const result = await ensure(edgegap, {
      image: image('v9'),
      ...login,
      ports: 'gameport 7777/udp no-check',
      'version-env': 'A=1',
      'version-secret-env': 'B=2',
      'version-config': 'restart_policy: on_failure',
    })
    expect(result).toMatchObject({ action: 'created', version: 'v9', previousImage: undefined })
    expect(posts()[0]?.body).toEqual({
      name: 'v9',
      is_active: true,
      req_cpu: 512,
      req_memory: 1024,
      max_duration: 60,
      time_to_deploy: 120,
      ports: [
        { name: 'gameport', port: 7777, protocol: 'UDP', to_check: false, tls_upgrade: false },
      ],
      envs: [
        { key: 'A', value: '1', is_hidden: false, is_secret: false },
        { key: 'B', value: '2', is_hidden: true, is_secret: true },
      ],
      docker_repository: 'registry.edgegap.com',
      docker_image: 'my-org/my-game',
      docker_tag: 'v9',
      verify_image: true,
      private_username: 'robot$my-org+pull',
      private_token: 'pass-1',
      restart_policy: 'on_failure',
    })
  })

  it('as another one, with the image and the inputs that are given', async () => {
    await ensure(edgegap, {
      image: image('v9'),
      'version-from': 'prod',
      cpu: '2048',
      'version-env': 'MAP=desert',
    })
    expect(posts()[0]?.body).toMatchObject({
      req_cpu: 2048,
      req_memory: 2048,
      max_duration: 120,
      restart_policy: 'never',
      endpoint_storage: 'my-storage',
      docker_tag: 'v9',
      envs: [{ key: 'MAP', value: 'desert' }],
      ports: [
        { name: 'gameport', port: 7777, protocol: 'UDP', to_check: false },
        { name: 'web', port: 8080, protocol: 'WS', to_check: true, tls_upgrade: true },
      ],
    })
    // The login of the other version is not ours to send, and its update is another one's.
    expect(posts()[0]?.body).not.toHaveProperty('private_token')
    expect(posts()[0]?.body).not.toHaveProperty('last_updated')
  })

  it.each([[['is_secret', 'is_hidden']], [['is_hidden']], [[]]] as const)(
    'never with what stands for a secret (shown by %j)',
    async (shownSecretFlags) => {
      edgegap.settings.shownSecretFlags = shownSecretFlags
      const variables = [{ key: 'KEY', value: 'x', isSecret: true }]
      edgegap.catalogue.changeVersion(application, 'prod', { variables })
      const given = { image: image('v9'), 'version-from': 'prod' }
      const error = await failure(ensure(edgegap, given))
      expect(error).toMatchObject({ kind: 'refused' })
      expect(error.message).toContain('KEY')
      expect(error.next).toContain('version-secret-env')
      expect(posts()).toHaveLength(0)
      await ensure(edgegap, { ...given, 'version-secret-env': 'KEY=new' })
      expect(version('v9')?.variables).toEqual([{ key: 'KEY', value: 'new', isSecret: true }])
    },
  )

  it('with memory that fits the cpu of the version it is made from', async () => {
    const given = { image: image('v9'), 'version-from': 'prod', cpu: '512' }
    const error = await failure(ensure(edgegap, given))
    expect(error.message).toContain('cpu 512 and memory 2048')
    expect(edgegap.writes()).toHaveLength(0)
  })
})

describe('a version that exists', () => {
  it('is reused with the same image, which makes a repeated run safe', async () => {
    await ensure(edgegap, { image: image('v9') })
    expect(await ensure(edgegap, { image: image('v9') })).toMatchObject({ action: 'reused' })
    expect(edgegap.writes()).toHaveLength(1)
  })

  it('is not given another image', async () => {
    const error = await failure(ensure(edgegap, { image: image('v9'), version: 'prod' }))
    expect(error).toMatchObject({ kind: 'refused' })
    expect(error.message).toContain(image('v3'))
    expect(error.next).toContain('version-policy: update')
    expect(edgegap.writes()).toHaveLength(0)
  })

  const update = { image: image('v9'), version: 'prod', 'version-policy': 'update' }

  it('is moved with version-policy: update, and changed in nothing else', async () => {
    const result = await ensure(edgegap, { ...update, ...login })
    expect(result).toMatchObject({ action: 'updated', previousImage: { tag: 'v3' } })
    expect(patches()[0]?.body).toEqual({
      docker_repository: 'registry.edgegap.com',
      docker_image: 'my-org/my-game',
      docker_tag: 'v9',
      verify_image: true,
      private_username: 'robot$my-org+pull',
      private_token: 'pass-1',
    })
    expect(await ensure(edgegap, { ...update, ...login })).toMatchObject({ action: 'reused' })
    expect(edgegap.writes()).toHaveLength(1)
  })

  it('keeps its other variables, and gets cpu and memory together', async () => {
    const given = { ...update, cpu: '2048', 'version-env': 'MODE=fast', ports: 'g 1/udp' }
    await ensure(edgegap, given)
    expect(patches()[0]?.body).toMatchObject({
      req_cpu: 2048,
      req_memory: 2048,
      envs: [
        { key: 'MAP', value: 'forest' },
        { key: 'MODE', value: 'fast' },
      ],
      ports: [{ name: 'g', port: 1, protocol: 'UDP' }],
    })
    expect(await ensure(edgegap, given)).toMatchObject({ action: 'reused' })
  })

  it('is created by version-policy: update where it is missing', async () => {
    const result = await ensure(edgegap, { ...update, version: 'new', 'version-from': 'prod' })
    expect(result).toMatchObject({ action: 'created', previousImage: undefined })
  })
})

describe('a lost reply is resolved by reading', () => {
  it.each([
    { kind: 'reset', when: 'after' },
    { kind: 'truncate' },
    { kind: 'malformed' },
    { kind: 'status', status: 502, when: 'after', body: '<html>' },
    { kind: 'status', status: 200, when: 'after', body: { success: false } },
  ] as const)('of a create: %j', async (fault) => {
    edgegap.faults.order({ ...fault, method: 'POST', times: 1 })
    expect(await ensure(edgegap, { image: image('v9') })).toMatchObject({ action: 'created' })
    expect(posts()).toHaveLength(1)
  })

  it('of a create that reads show late', async () => {
    edgegap.faults.order({ kind: 'reset', when: 'after', method: 'POST', times: 1 })
    const body = { message: 'Version v9 does not exist' }
    const matches = () => posts().length > 0
    edgegap.faults.order({ kind: 'status', status: 404, body, method: 'GET', times: 2, matches })
    expect(await ensure(edgegap, { image: image('v9') })).toMatchObject({ action: 'created' })
    expect(posts().map(({ status }) => status)).toEqual([undefined, 409, 409])
  })

  it.each([
    { kind: 'reset' },
    { kind: 'status', status: 503 },
    { kind: 'status', status: 429 },
  ] as const)('of a create that did not come about: %j', async (fault) => {
    edgegap.faults.order({ ...fault, method: 'POST', times: 2 })
    expect(await ensure(edgegap, { image: image('v9') })).toMatchObject({ action: 'created' })
    expect(posts()).toHaveLength(3)
  })

  it.each([
    { kind: 'reset', when: 'after' },
    { kind: 'reset', when: 'before' },
    { kind: 'status', status: 500, when: 'after' },
  ] as const)('of an update: %j', async (fault) => {
    edgegap.faults.order({ ...fault, method: 'PATCH', times: 1 })
    const given = { image: image('v9'), version: 'prod', 'version-policy': 'update' }
    expect(await ensure(edgegap, given)).toMatchObject({
      action: 'updated',
      previousImage: { tag: 'v3' },
    })
    expect(version('prod')?.fields.docker_tag).toBe('v9')
    expect(patches()).toHaveLength(fault.when === 'after' ? 1 : 2)
  })

  it('a fault that lasts ends with it, and says what is not known', async () => {
    edgegap.faults.order({ kind: 'status', status: 503, method: 'POST' })
    const error = await failure(ensure(edgegap, { image: image('v9') }))
    expect(error).toMatchObject({ kind: 'server-fault' })
    expect(error.message).toContain('did not create the version v9')
  })
})

describe('two jobs race for one version', () => {
  /** The version appears between the read of the plan and the create. */
  const race = (tag: string) => {
    edgegap.faults.order({
      kind: 'delay',
      delayMs: 0,
      method: 'POST',
      times: 1,
      matches: () => {
        if (!version('v9')) edgegap.catalogue.addVersion(application, 'v9', { docker_tag: tag })
        return true
      },
    })
  }

  it('both end well with the same image', async () => {
    race('v9')
    expect(await ensure(edgegap, { image: image('v9') })).toMatchObject({ action: 'reused' })
  })

  it('at the same moment', async () => {
    const results = await Promise.all([
      ensure(edgegap, { image: image('v9') }),
      ensure(edgegap, { image: image('v9') }),
    ])
    expect(results.map(({ action }) => action).sort()).toEqual(['created', 'reused'])
  })

  it('the slower one is refused with another image', async () => {
    race('other')
    const error = await failure(ensure(edgegap, { image: image('v9') }))
    expect(error).toMatchObject({ kind: 'refused' })
    expect(error.message).toContain(image('other'))
  })

  it('or moves it with version-policy: update', async () => {
    race('other')
    const result = await ensure(edgegap, { image: image('v9'), 'version-policy': 'update' })
    expect(result).toMatchObject({ action: 'updated', previousImage: { tag: 'other' } })
  })
})

describe('a refusal says what to do', () => {
  it('424 names registry, image and tag', async () => {
    edgegap.settings.images = { 'ghcr.io/a/b': ['v1'] }
    const error = await failure(ensure(edgegap, { image: 'ghcr.io/a/b:v9' }))
    expect(error).toMatchObject({ kind: 'refused' })
    expect(error.message).toMatch(/image a\/b with the tag v9 from ghcr\.io/)
    expect(error.next).toContain('registry-username')
  })

  it('a login that fails names them too, and not the password', async () => {
    edgegap.settings.registryLogins = { 'registry.edgegap.com': { username: 'u', token: 't' } }
    const error = await failure(ensure(edgegap, { image: image('v9'), ...login }))
    expect(error.message).toMatch(/my-org\/my-game with the tag v9 from registry\.edgegap\.com/)
    expect(`${error.message}${error.next}`).not.toContain('pass-1')
  })

  it('a limit suggests keep-versions and version-policy: update', async () => {
    edgegap.settings.maxVersions = 4
    const error = await failure(ensure(edgegap, { image: image('v9') }))
    expect(error).toMatchObject({ kind: 'refused' })
    expect(error.next).toMatch(/keep-versions.*version-policy: update/)
  })

  it('cpu of a version that exists may not be changed', async () => {
    edgegap.settings.patchResources = 'never'
    const given = { image: image('v9'), version: 'prod', 'version-policy': 'update', cpu: '2048' }
    expect((await failure(ensure(edgegap, given))).next).toContain('version-from')
  })

  it('a body that is not JSON is not shown: half a version may hold a password', async () => {
    const body = '{"version": {"private_token": "their-password"'
    edgegap.faults.order({ kind: 'status', status: 400, method: 'POST', body })
    const error = await failure(ensure(edgegap, { image: image('v9') }))
    expect(`${error.message}${error.next}`).not.toContain('their-password')
  })
})
