import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { planVersion } from '../../../../src/provider/edgegap/versions/plan.ts'
import { showChange } from '../../../../src/provider/edgegap/versions/traits.ts'
import type { EdgegapEmulator } from '../../../emulator/edgegap/emulator.ts'
import { apiOf, application, call, failure, image, plan, settingsOf, startEdgegap } from './rig.ts'

let edgegap: EdgegapEmulator
beforeEach(async () => {
  edgegap = await startEdgegap()
})
afterEach(async () => {
  expect(edgegap.writes()).toEqual([])
  await edgegap.close()
})

describe('a plan', () => {
  it('of a version that is used as it is needs no request', async () => {
    const planned = await plan(edgegap, { version: 'v1' })
    expect(planned).toMatchObject({ action: 'unmanaged', version: 'v1', changes: [] })
    expect(planned).toMatchObject({ promotions: [], warnings: [] })
    expect(edgegap.requests).toHaveLength(0)
  })

  it('reads the version that is copied only where there is one, and something to copy it to', async () => {
    const read = () => edgegap.requestsTo('GET', /\/version\//).map(({ path }) => path)
    await plan(edgegap, { image: image('v1') })
    expect(read()).toEqual([expect.stringMatching(/\/v1$/)])
    await plan(edgegap, { version: 'v2', 'version-from': 'prod' }, true)
    expect(read()).toEqual([expect.anything(), expect.stringMatching(/\/v2$/)])
  })

  it('counts no version as made that is used as it is', async () => {
    const planned = await plan(edgegap, { version: 'gone', 'keep-versions': '3' })
    expect(planned.pruning).toMatchObject({ count: 1 })
  })

  it('lists what is created, without secrets', async () => {
    const planned = await plan(edgegap, {
      image: image('v9'),
      'version-from': 'prod',
      'version-secret-env': 'KEY=secret-1',
    })
    expect(planned).toMatchObject({
      action: 'created',
      ensure: { image: { tag: 'v9' }, decision: { action: 'created' }, template: { name: 'prod' } },
    })
    const lines = planned.changes.map(showChange)
    expect(lines).toEqual([
      `image: ${image('v9')}`,
      'version-from: prod',
      'cpu: 1024',
      'memory: 2048',
      'max-duration: 120m',
      'ports: gameport 7777/udp no-check, web 8080/ws tls',
      'version-env MAP: (value)',
      'version-env KEY: (hidden)',
    ])
  })

  it('lists what is changed, field by field', async () => {
    const planned = await plan(edgegap, {
      image: image('v9'),
      version: 'prod',
      'version-policy': 'update',
      'max-duration': '30m',
      'version-env': 'MAP=desert',
      'version-config': 'restart_policy: always\nendpoint_storage: my-storage',
    })
    expect(planned).toMatchObject({ action: 'updated', previousImage: { tag: 'v3' } })
    expect(planned.changes.map(showChange)).toEqual([
      `image: ${image('v3')} → ${image('v9')}`,
      'max-duration: 120m → 30m',
      'version-env MAP: (value) → (another value)',
      'restart_policy: never → always',
    ])
  })

  it('warns where a version that is reused differs from the inputs', async () => {
    const given = { image: image('v3'), version: 'prod', cpu: '2048', memory: '2048' }
    const planned = await plan(edgegap, given)
    expect(planned.action).toBe('reused')
    expect(planned.warnings[0]).toContain('cpu: 1024 → 2048')
  })

  it('holds no password that a reply showed', async () => {
    const planned = await plan(edgegap, {
      image: image('v3'),
      version: 'prod',
      'version-from': 'v1',
      promote: 'v2',
    })
    expect(JSON.stringify(planned)).not.toContain('pull-token-of-the-seed')
  })
})

describe('what is missing fails before anything is changed', () => {
  it('the application', async () => {
    const settings = await settingsOf({ image: image('v9'), 'keep-versions': '2' })
    const api = apiOf(edgegap, 'other-game')
    const error = await failure(planVersion(api, settings, false, call()))
    expect(error).toMatchObject({ kind: 'not-found' })
    expect(error.next).toContain('"other-game"')
  })

  it('the version that version-from names', async () => {
    const error = await failure(plan(edgegap, { image: image('v9'), 'version-from': 'gone' }))
    expect(error.message).toContain('version gone, which version-from names')
  })

  it('a version that is to be promoted', async () => {
    const error = await failure(plan(edgegap, { image: image('v9'), promote: 'prod\ngone' }))
    expect(error).toMatchObject({ kind: 'not-found' })
    expect(error.message).toContain('no version gone')
  })

  it('the version itself, which a dry run and a promotion read', async () => {
    const error = await failure(plan(edgegap, { version: 'gone' }, true))
    expect(error.message).toContain('no version gone')
    await expect(plan(edgegap, { version: 'gone', promote: 'prod' })).rejects.toThrow('gone')
    await expect(plan(edgegap, { version: 'v1' }, true)).resolves.toMatchObject({ versionCount: 4 })
  })

  it('a token that is refused', async () => {
    edgegap.revokeToken()
    const error = await failure(plan(edgegap, { image: image('v9') }))
    expect(error).toMatchObject({ kind: 'unauthorized' })
  })
})

describe('the tag is looked up in Edgegap’s registry', () => {
  beforeEach(() => {
    const tags = Array.from({ length: 130 }, (_, index) => `v${index}`)
    edgegap.settings.images = { 'registry.edgegap.com/my-org/my-game': tags }
  })

  it.each([
    ['image', 'openapi'],
    ['image', 'live'],
    ['project/image', 'openapi'],
    ['both', 'live'],
  ] as const)('by %s in the shape of %s', async (registryNames, registryShape) => {
    Object.assign(edgegap.settings, { registryNames, registryShape })
    await expect(plan(edgegap, { image: image('v129') })).resolves.toMatchObject({ warnings: [] })
    const error = await failure(plan(edgegap, { image: image('gone') }))
    expect(error).toMatchObject({ kind: 'refused' })
    expect(error.message).toContain('no tag gone of the image my-org/my-game')
  })

  it('nested names keep their slashes', async () => {
    edgegap.settings.images = { 'registry.edgegap.com/my-org/a/b': ['v1'] }
    const planned = await plan(edgegap, {
      image: 'registry.edgegap.com/my-org/a/b:v1',
      version: 'x',
    })
    expect(planned.warnings).toEqual([])
  })

  it('a registry that cannot be asked is only warned of', async () => {
    edgegap.faults.order({ kind: 'status', status: 500, path: /container-registry/ })
    const planned = await plan(edgegap, { image: image('gone') })
    expect(planned.warnings[0]).toContain('could not be checked')
  })

  it('a list that never ends proves nothing', async () => {
    const body = { data: [{ tag: 'v1' }] }
    edgegap.faults.order({ kind: 'status', status: 200, path: /container-registry/, body })
    await expect(plan(edgegap, { image: image('gone') })).resolves.toMatchObject({
      action: 'created',
    })
  })

  it('other registries are not asked', async () => {
    await plan(edgegap, { image: 'ghcr.io/a/b:v9' })
    expect(edgegap.requestsTo('GET', /container-registry/)).toHaveLength(0)
  })

  it('warns of a tag that was pushed again after the version got it', async () => {
    const planned = await plan(edgegap, { image: image('v3') })
    expect(planned.warnings).toEqual([expect.stringContaining('was pushed again')])
  })
})

describe('a promotion', () => {
  it('lists what it does not carry over', async () => {
    edgegap.settings.protocolNames = { WS: 'Websocket' }
    const planned = await plan(edgegap, { image: image('v9'), promote: 'prod' })
    expect(planned.promotions[0]).toMatchObject({ version: 'prod', from: { tag: 'v3' } })
    expect(planned.promotions[0]?.notCarriedOver.map(showChange)).toEqual([
      'cpu: 1024 → 512',
      'memory: 2048 → 1024',
      'ports: gameport 7777/udp no-check, web 8080/ws tls → none',
      'version-env MAP: (value) → removed',
    ])
  })

  it('of a copy carries everything over', async () => {
    const given = { image: image('v9'), 'version-from': 'prod', promote: 'prod' }
    expect((await plan(edgegap, given)).promotions[0]?.notCarriedOver).toEqual([])
    expect(edgegap.requestsTo('GET', /version\/prod$/)).toHaveLength(1)
  })

  it('of a version that is used as it is takes its image', async () => {
    const planned = await plan(edgegap, { version: 'v1', promote: 'prod' })
    expect(planned.promotions[0]).toMatchObject({ from: { tag: 'v3' }, to: { tag: 'v1' } })
  })
})

describe('what Edgegap answers may be odd', () => {
  it.each([
    { protocolNames: { UDP: 'udp', WS: 'Websocket' } },
    { unsetFields: 'null' },
    { privateToken: 'placeholder' },
    { versionOrder: 'newest-first', maxPageSize: 1 },
  ] as const)('%j', async (bent) => {
    Object.assign(edgegap.settings, bent)
    const given = { image: image('v9'), 'version-from': 'prod', promote: 'prod' }
    const planned = await plan(edgegap, { ...given, 'keep-versions': '3' })
    expect(planned.promotions[0]?.notCarriedOver).toEqual([])
    expect(planned.pruning).toEqual({ candidates: ['v1', 'v2', 'v3'], count: 2 })
  })

  it.each([{ kind: 'reset' }, { kind: 'truncate' }, { kind: 'status', status: 503 }] as const)(
    'or lost: %j',
    async (fault) => {
      edgegap.faults.order({ ...fault, path: /version\/prod/, times: 2 })
      const given = { image: image('v9'), 'version-from': 'prod' }
      await expect(plan(edgegap, given)).resolves.toMatchObject({ action: 'created' })
    },
  )

  it('or something else', async () => {
    edgegap.faults.order({ kind: 'status', status: 200, path: /version\/v9/, body: { a: 1 } })
    const error = await failure(plan(edgegap, { image: image('v9') }))
    expect(error).toMatchObject({ kind: 'malformed-reply' })
  })

  it('names with odd characters stay in their place of the path', async () => {
    const name = 'a/../b?c#d %'
    edgegap.catalogue.addVersion(application, name)
    await expect(plan(edgegap, { version: name }, true)).resolves.toMatchObject({ version: name })
  })
})
