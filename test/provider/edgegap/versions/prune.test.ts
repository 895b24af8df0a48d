import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { pruneVersions } from '../../../../src/provider/edgegap/versions/prune.ts'
import type { EdgegapEmulator } from '../../../emulator/edgegap/emulator.ts'
import { apiOf, application, call, image, plan, settingsOf, startEdgegap } from './rig.ts'

let edgegap: EdgegapEmulator
beforeEach(async () => {
  edgegap = await startEdgegap()
})
afterEach(() => edgegap.close())

const names = () => edgegap.catalogue.versions(application).map(({ name }) => name)
const deletes = () => edgegap.requestsTo('DELETE', /version/)

/** Plans, lets `meanwhile` happen, and deletes, as a run does. */
async function prune(given: Record<string, string>, meanwhile = () => {}) {
  const { action } = await plan(edgegap, given)
  meanwhile()
  const settings = await settingsOf(given)
  return await pruneVersions(apiOf(edgegap), settings, action === 'created', call())
}

describe('keep-versions', () => {
  it('makes room for the version that is about to be created, oldest first', async () => {
    const result = await prune({ image: image('v9'), 'keep-versions': '3' })
    expect(result).toEqual({ deleted: ['v1', 'v2'], warnings: [] })
    expect(names()).toEqual(['v3', 'prod'])
  })

  it('leaves so many where none is created', async () => {
    await prune({ version: 'v3', 'keep-versions': '3' })
    expect(names()).toEqual(['v2', 'v3', 'prod'])
  })

  it('does nothing where there are few enough', async () => {
    await prune({ image: image('v9'), 'keep-versions': '5' })
    expect(deletes()).toHaveLength(0)
  })

  it('goes by age, however the list is ordered and cut into pages', async () => {
    Object.assign(edgegap.settings, { versionOrder: 'newest-first', maxPageSize: 1 })
    expect((await prune({ image: image('v9'), 'keep-versions': '3' })).deleted).toEqual([
      'v1',
      'v2',
    ])
  })

  it('spares the version itself, version-from and those in promote', async () => {
    const result = await prune({
      image: image('v2'),
      'version-from': 'v1',
      promote: 'v3',
      'keep-versions': '1',
    })
    expect(result.deleted).toEqual(['prod'])
    expect(names()).toEqual(['v1', 'v2', 'v3'])
    expect(result.warnings).toEqual([expect.stringContaining('leaves 2 more')])
  })

  it('tells a dry run what it would delete, and deletes nothing', async () => {
    edgegap.addDeployment({ application, version: 'v1' })
    const given = { image: image('v9'), 'keep-versions': '3' }
    const planned = await plan(edgegap, given, true)
    expect(planned).toMatchObject({ deletions: ['v2', 'v3'], versionCount: 4 })
    expect(edgegap.writes()).toEqual([])
  })
})

describe('what happened since the plan was made', () => {
  const given = { version: 'v3', 'keep-versions': '3' }

  it('counts: where somebody deleted versions, no more go than are too many', async () => {
    const result = await prune(given, () => edgegap.catalogue.removeVersion(application, 'v2'))
    expect(result).toEqual({ deleted: [], warnings: [] })
    expect(names()).toEqual(['v1', 'v3', 'prod'])
  })

  it('counts: a version that was deleted and made again is the newest now', async () => {
    const { deleted } = await prune(given, () => {
      edgegap.catalogue.removeVersion(application, 'v1')
      edgegap.catalogue.addVersion(application, 'v1')
    })
    expect(deleted).toEqual(['v2'])
  })

  it('counts: where another job has made the version, no room is needed for it', async () => {
    const { deleted } = await prune({ image: image('v9'), 'keep-versions': '5' }, () => {
      edgegap.catalogue.addVersion(application, 'v9')
    })
    expect(deleted).toEqual([])
  })

  it.each([
    { kind: 'status', status: 500 },
    { kind: 'status', status: 401 },
    { kind: 'status', status: 200, body: {} },
    { kind: 'truncate' },
  ] as const)('must be known: nothing is deleted where it cannot be read: %j', async (fault) => {
    const settings = await settingsOf(given)
    edgegap.faults.order({ ...fault, path: /\/versions$/ })
    const result = await pruneVersions(apiOf(edgegap), settings, false, call())
    expect(result.deleted).toEqual([])
    expect(result.warnings).toEqual([expect.stringContaining('could not list the versions')])
    expect(deletes()).toHaveLength(0)
  })
})

describe('a version with a live deployment', () => {
  it.each([
    {},
    { ignoreFilters: true },
    { ignoreFilters: ['version'] },
    { ignoreFilters: ['application'] },
  ])('stays, whatever the list does: %j', async (bent) => {
    Object.assign(edgegap.settings, bent)
    edgegap.addDeployment({ application, version: 'v1' })
    edgegap.addDeployment({ application: 'other-game', version: 'v2' })
    const result = await prune({ image: image('v9'), 'keep-versions': '3' })
    expect(result).toEqual({ deleted: ['v2', 'v3'], warnings: [] })
    expect(names()).toEqual(['v1', 'prod'])
  })

  it.each([
    { kind: 'status', status: 500, path: /\/status\// },
    { kind: 'malformed', path: /\/status\// },
    { kind: 'status', status: 404, body: '<html>', path: /\/status\// },
    { kind: 'status', status: 200, body: {}, path: /\/status\// },
    { kind: 'status', status: 500, path: /deployments/ },
    { kind: 'status', status: 200, body: {}, path: /deployments/ },
    { kind: 'status', status: 200, body: { data: [{}] }, path: /deployments/ },
  ] as const)('stays where it cannot be found out: %j', async (fault) => {
    for (const version of ['v1', 'v2', 'v3']) edgegap.addDeployment({ application, version })
    edgegap.faults.order(fault)
    const { deleted, warnings } = await prune({
      image: image('v9'),
      promote: 'prod',
      'keep-versions': '3',
    })
    expect(deleted).toEqual([])
    expect(warnings.length).toBeGreaterThan(0)
    expect(deletes()).toHaveLength(0)
  })
})

describe('a delete that fails', () => {
  it('is a warning, and the next oldest goes', async () => {
    edgegap.faults.order({ kind: 'status', status: 400, method: 'DELETE', path: /v1$/ })
    const result = await prune({ image: image('v9'), 'keep-versions': '4' })
    expect(result.deleted).toEqual(['v2'])
    expect(result.warnings).toEqual([expect.stringMatching(/could not delete the version v1.*400/)])
  })

  it.each([
    { kind: 'reset', when: 'after' },
    { kind: 'reset', when: 'before' },
    { kind: 'status', status: 502, when: 'after' },
  ] as const)('is tried once more: %j', async (fault) => {
    edgegap.faults.order({ ...fault, method: 'DELETE', times: 1 })
    const result = await prune({ image: image('v9'), 'keep-versions': '4' })
    expect(result).toEqual({ deleted: ['v1'], warnings: [] })
  })

  it('counts as done where another job was faster', async () => {
    const body = { message: 'Version v1 does not exist' }
    edgegap.faults.order({ kind: 'status', status: 404, method: 'DELETE', path: /v1$/, body })
    const result = await prune({ image: image('v9'), 'keep-versions': '4' })
    expect(result).toEqual({ deleted: ['v1'], warnings: [] })
    expect(deletes()).toHaveLength(1)
  })

  it('is not taken for done because a proxy’s page says that nothing is there', async () => {
    const fault = { kind: 'status', status: 404, body: '<html>' } as const
    edgegap.faults.order({ ...fault, method: 'DELETE', path: /v1$/ })
    const result = await prune({ image: image('v9'), 'keep-versions': '4' })
    expect(result.deleted).toEqual(['v2'])
    expect(result.warnings).toEqual([expect.stringContaining('could not delete the version v1')])
  })

  it.each([
    { kind: 'reset', when: 'after' },
    { kind: 'status', status: 500 },
    { kind: 'status', status: 200, body: { success: false } },
  ] as const)('and may have been done deletes no other in its place: %j', async (fault) => {
    edgegap.faults.order({ ...fault, method: 'DELETE', path: /v1$/ })
    edgegap.faults.order({ kind: 'reset', method: 'DELETE', path: /v1$/ })
    const result = await prune({ image: image('v9'), 'keep-versions': '3' })
    expect(result.deleted).toEqual(['v2'])
    expect(result.warnings).toEqual([expect.stringContaining('could not delete the version v1')])
    expect(deletes().map(({ path }) => path.slice(-2))).toEqual(['v1', 'v1', 'v2'])
  })

  it('with 204 has not failed', async () => {
    edgegap.faults.order({ kind: 'status', status: 204, method: 'DELETE', times: 1 })
    const result = await prune({ image: image('v9'), 'keep-versions': '4' })
    expect(result.warnings).toEqual([])
  })
})
