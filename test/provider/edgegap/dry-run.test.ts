import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { EdgegapEmulator } from '../../emulator/edgegap/emulator.ts'
import { call } from './fake-api.ts'
import { openEdgegap } from './opening.ts'
import { image, startEdgegap } from './versions/rig.ts'

let edgegap: EdgegapEmulator
beforeEach(async () => {
  edgegap = await startEdgegap()
  edgegap.settings.images = { 'registry.edgegap.com/my-org/my-game': ['v1', 'v2', 'v3', 'v9'] }
})
afterEach(async () => {
  expect(edgegap.writes()).toEqual([])
  await edgegap.close()
})

const LOGIN = { 'registry-username': 'u', 'registry-password': 'p' }

const plan = async (inputs: Record<string, string>) =>
  await (await openEdgegap(edgegap, inputs)).plan(call())

const checkOf = async (sought: string, inputs: Record<string, string>) =>
  (await plan(inputs)).checks.find(({ what }) => what === sought)

describe('the plan of a run that leaves versions alone', () => {
  it('has checked token, application, version and image', async () => {
    expect(await plan({ version: 'v2' })).toMatchObject({
      version: 'v2',
      versionAction: 'unmanaged',
      image: image('v2'),
      preparing: [],
      finishing: [],
      warnings: [expect.stringContaining('v2 was pushed again')],
      checks: [
        { what: 'token', result: 'good' },
        { what: 'application my-game', result: 'good', detail: 'it has 4 versions' },
        {
          what: 'version v2',
          result: 'good',
          detail: `exists with the image ${image('v2')}, and is used as it is`,
        },
        { what: 'image tag', result: 'good', detail: 'v2 is in the registry' },
        { what: 'quota of servers', result: 'good' },
      ],
    })
  })

  it('says that an image is gone from the registry', async () => {
    edgegap.settings.images = { 'registry.edgegap.com/my-org/my-game': ['v1'] }
    expect(await checkOf('image tag', { version: 'v2' })).toEqual({
      what: 'image tag',
      result: 'bad',
      detail: 'v2 is not in the registry',
    })
  })

  it.each([
    ['registry.edgegap.com', 'gave no clear answer'],
    ['ghcr.io', 'cannot be asked'],
  ])('does not know of an image of %s, which %s', async (registry, why) => {
    edgegap.catalogue.changeVersion('my-game', 'v2', { docker_repository: registry })
    edgegap.faults.order({ path: /container-registry/, kind: 'status', status: 404, body: {} })
    expect(await checkOf('image tag', { version: 'v2' })).toEqual({
      what: 'image tag',
      result: 'unknown',
      detail: `${registry} ${why}`,
    })
  })

  it('counts a single version as one', async () => {
    for (const name of ['v1', 'v2', 'v3']) edgegap.catalogue.removeVersion('my-game', name)
    expect((await plan({ version: 'prod' })).checks[1]).toMatchObject({
      detail: 'it has 1 version',
    })
  })
})

describe('the plan of a run that makes a version', () => {
  it('makes room for it first', async () => {
    const inputs = { image: image('v9'), ...LOGIN, 'keep-versions': '3', cpu: '512' }
    const planned = await plan(inputs)
    expect(planned).toMatchObject({
      version: 'v9',
      versionAction: 'created',
      image: image('v9'),
      finishing: [],
    })
    expect(planned.preparing.map(({ kind, what }) => `${kind} ${what}`)).toEqual([
      'delete version v1',
      'delete version v2',
      'create version v9',
    ])
    expect(planned.preparing[0]?.detail).toBe('keep-versions: 3')
    expect(planned.preparing[2]?.detail).toContain(`image: ${image('v9')}; `)
    expect(planned.checks.map(({ what }) => what)).toEqual([
      'token',
      'application my-game',
      'image tag',
      'quota of versions',
      'quota of servers',
    ])
  })

  it('deletes what is too many in the end where it only moves one', async () => {
    const inputs = { image: image('v9'), version: 'prod', 'version-policy': 'update' }
    const planned = await plan({ ...inputs, 'keep-versions': '3' })
    expect(planned).toMatchObject({
      versionAction: 'updated',
      previousImage: image('v3'),
      preparing: [
        {
          kind: 'update',
          what: 'version prod',
          detail: expect.stringContaining(`${image('v3')} → ${image('v9')}`),
        },
      ],
      finishing: [{ kind: 'delete', what: 'version v1', detail: 'keep-versions: 3' }],
    })
    expect(planned.checks.map(({ what }) => what)).not.toContain('version prod')
  })

  it('says that one exists that is used again', async () => {
    const planned = await plan({ image: image('v2'), version: 'v2' })
    expect(planned).toMatchObject({ versionAction: 'reused', preparing: [], finishing: [] })
    expect(planned.checks.map(({ what }) => what)).toContain('version v2')
  })
})

describe('the plan of a promotion', () => {
  it('moves the version, and warns of what it keeps otherwise', async () => {
    const planned = await plan({ version: 'v2', promote: 'prod' })
    expect(planned.finishing).toEqual([
      {
        kind: 'update',
        what: 'version prod',
        detail: `promotion: ${image('v3')} → ${image('v2')}`,
      },
    ])
    expect(planned.warnings).toEqual([
      expect.stringContaining('v2 was pushed again'),
      expect.stringContaining('Promotion changes only the image. prod keeps'),
    ])
    expect(planned.checks.map(({ what }) => what)).not.toContain('version prod')
  })

  it('warns of nothing where the two are alike', async () => {
    const { warnings } = await plan({ version: 'v2', promote: 'v1' })
    expect(warnings).toEqual([expect.stringContaining('v2 was pushed again')])
  })

  it('changes nothing of one that has the image already', async () => {
    const planned = await plan({ version: 'v3', promote: 'prod' })
    expect(planned.finishing).toEqual([])
    expect(planned.checks).toContainEqual({
      what: 'version prod',
      result: 'good',
      detail: `has ${image('v3')} already`,
    })
  })
})

describe('the quota of the account, of which Edgegap tells only the free one', () => {
  const remove = (...names: string[]) => {
    for (const name of names) edgegap.catalogue.removeVersion('my-game', name)
  }
  const NEW = { image: image('v9'), ...LOGIN }

  it('has room for a second version', async () => {
    remove('v1', 'v2', 'prod')
    expect(await checkOf('quota of versions', NEW)).toEqual({
      what: 'quota of versions',
      result: 'good',
      detail: '2 with the new one; the free tier allows 2',
    })
  })

  it('may have none for a fifth', async () => {
    expect(await checkOf('quota of versions', NEW)).toEqual({
      what: 'quota of versions',
      result: 'unknown',
      detail:
        '5 with the new one; the free tier allows 2, and Edgegap does not tell the limits of other accounts',
    })
  })

  it('does not count versions that are deleted first', async () => {
    const check = await checkOf('quota of versions', { ...NEW, 'keep-versions': '3' })
    expect(check?.detail).toContain('3 with the new one')
  })

  it('is not asked about for a version that is there', async () => {
    expect(await checkOf('quota of versions', { version: 'v2' })).toBeUndefined()
  })

  it('has room for the first server', async () => {
    expect(await checkOf('quota of servers', { version: 'v2' })).toEqual({
      what: 'quota of servers',
      result: 'good',
      detail: '0 active, 1 to be added; the free tier allows 1',
    })
  })

  it('may have none for several, or for one beside another', async () => {
    const two = { version: 'v2', locations: 'here 48.85,2.35\nthere 45.50,-73.57' }
    expect((await checkOf('quota of servers', two))?.result).toBe('unknown')
    edgegap.addDeployment()
    expect(await checkOf('quota of servers', { version: 'v2' })).toMatchObject({
      result: 'unknown',
      detail: expect.stringContaining('1 active, 1 to be added'),
    })
  })

  it.each([
    [99, '99 active'],
    [100, '100 or more active'],
  ])('counts the %i servers of one page only: %s', async (count, text) => {
    for (let index = 0; index < count; index += 1) edgegap.addDeployment()
    expect((await checkOf('quota of servers', { version: 'v2' }))?.detail).toContain(`${text}, 1`)
  })

  it('is not known where the list cannot be read', async () => {
    edgegap.faults.order({ path: /deployments/, kind: 'status', status: 500, body: {} })
    expect(await checkOf('quota of servers', { version: 'v2' })).toEqual({
      what: 'quota of servers',
      result: 'unknown',
      detail: 'the list could not be read',
    })
  })
})
