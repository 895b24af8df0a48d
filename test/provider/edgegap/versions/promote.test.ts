import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { promoteVersions } from '../../../../src/provider/edgegap/versions/promote.ts'
import type { EdgegapEmulator } from '../../../emulator/edgegap/emulator.ts'
import { apiOf, application, call, image, plan, startEdgegap } from './rig.ts'

let edgegap: EdgegapEmulator
beforeEach(async () => {
  edgegap = await startEdgegap()
})
afterEach(() => edgegap.close())

const login = { username: 'robot$my-org+pull', password: 'pass-1' }
const tagOf = (name: string) => edgegap.catalogue.version(application, name)?.fields.docker_tag
const patches = () => edgegap.requestsTo('PATCH', /version/)

/** Plans to promote `v3`'s successor, changes what `meanwhile` changes, and promotes. */
async function promote(names: string[], meanwhile = () => {}, signal?: AbortSignal) {
  const { promotions } = await plan(edgegap, { image: image('v9'), promote: names.join('\n') })
  meanwhile()
  const bounds = { ...call(), ...(signal && { signal }) }
  return await promoteVersions(apiOf(edgegap), promotions, login, bounds)
}

describe('a promotion', () => {
  it('moves the versions in order and gives what a rollback needs', async () => {
    const result = await promote(['prod', 'v1'])
    expect(result).toEqual({
      promoted: [
        { version: 'prod', from: image('v3'), to: image('v9') },
        { version: 'v1', from: image('v1'), to: image('v9') },
      ],
      unchanged: [],
      warnings: [],
      error: undefined,
    })
    expect([tagOf('prod'), tagOf('v1')]).toEqual(['v9', 'v9'])
  })

  it('changes the image and the login, and nothing else', async () => {
    await promote(['prod'])
    expect(patches()[0]?.body).toEqual({
      docker_repository: 'registry.edgegap.com',
      docker_image: 'my-org/my-game',
      docker_tag: 'v9',
      verify_image: true,
      private_username: 'robot$my-org+pull',
      private_token: 'pass-1',
    })
  })

  it('has nothing to do where the image is there already', async () => {
    const { promotions } = await plan(edgegap, { version: 'v3', promote: 'prod' })
    const result = await promoteVersions(apiOf(edgegap), promotions, undefined, call())
    expect(result).toMatchObject({ promoted: [], unchanged: ['prod'], error: undefined })
    expect(edgegap.writes()).toHaveLength(0)
  })
})

describe('a version that somebody moved since the run began', () => {
  const move = (tag: string) => () => {
    edgegap.catalogue.changeVersion(application, 'prod', { docker_tag: tag })
  }

  it('is left alone, and so are those after it', async () => {
    const result = await promote(['v1', 'prod', 'v2'], move('hotfix'))
    expect(result.promoted).toEqual([{ version: 'v1', from: image('v1'), to: image('v9') }])
    expect(result.error).toMatchObject({ kind: 'refused' })
    expect(result.error?.message).toContain('Somebody moved the version prod')
    expect(result.error?.message).toContain(`moved before it: v1 to ${image('v9')}`)
    expect(result.error?.message).toContain('not moved: v2')
    expect([tagOf('prod'), tagOf('v2')]).toEqual(['hotfix', 'v2'])
  })

  it('to this very image needs nothing more', async () => {
    const result = await promote(['prod'], move('v9'))
    expect(result).toMatchObject({ promoted: [], unchanged: ['prod'], error: undefined })
  })

  it('is told also where the run had nothing to do', async () => {
    const { promotions } = await plan(edgegap, { version: 'v3', promote: 'prod' })
    move('hotfix')()
    const { error } = await promoteVersions(apiOf(edgegap), promotions, undefined, call())
    expect(error?.message).toContain('Somebody moved the version prod')
  })

  it('or deleted is told', async () => {
    const remove = () => edgegap.catalogue.removeVersion(application, 'prod')
    const { error } = await promote(['prod'], remove)
    expect(error).toMatchObject({ kind: 'not-found' })
  })

  it('right after our own move is told too', async () => {
    const readBack = /version\/prod$/
    const { promotions } = await plan(edgegap, { image: image('v9'), promote: 'prod' })
    edgegap.faults.order({
      kind: 'delay',
      delayMs: 0,
      method: 'GET',
      path: readBack,
      afterRequests: 1,
      times: 1,
      matches: () => {
        if (patches().length > 0) move('hotfix')()
        return true
      },
    })
    const result = await promoteVersions(apiOf(edgegap), promotions, login, call())
    expect(result.promoted).toEqual([])
    expect(result.error?.message).toContain(`shows ${image('hotfix')} all the same`)
  })
})

describe('a lost reply', () => {
  it.each([
    { kind: 'reset', when: 'after' },
    { kind: 'truncate' },
    { kind: 'status', status: 502, when: 'after' },
  ] as const)('is resolved by reading: %j', async (fault) => {
    edgegap.faults.order({ ...fault, method: 'PATCH', times: 1 })
    expect(await promote(['prod'])).toMatchObject({ promoted: [{ version: 'prod' }] })
    expect(patches()).toHaveLength(1)
  })

  it.each([
    { kind: 'reset', when: 'before' },
    { kind: 'status', status: 503 },
    { kind: 'status', status: 429 },
  ] as const)('of what was not done is sent again: %j', async (fault) => {
    edgegap.faults.order({ ...fault, method: 'PATCH', times: 2 })
    expect(await promote(['prod'])).toMatchObject({ promoted: [{ version: 'prod' }] })
    expect(patches()).toHaveLength(3)
  })

  it('with no read afterwards leaves open what happened, and says so', async () => {
    edgegap.faults.order({ kind: 'reset', when: 'after', method: 'PATCH' })
    edgegap.faults.order({
      kind: 'status',
      status: 503,
      method: 'GET',
      matches: () => patches().length > 0,
    })
    const result = await promote(['prod'])
    expect(result.promoted).toEqual([])
    expect(result.error?.message).toContain('It is not known whether the version prod was moved')
  })

  it('of the read after a good answer is only warned of', async () => {
    edgegap.faults.order({
      kind: 'status',
      status: 503,
      method: 'GET',
      matches: () => patches().length > 0,
    })
    const result = await promote(['prod'])
    expect(result).toMatchObject({ promoted: [{ version: 'prod' }], error: undefined })
    expect(result.warnings).toHaveLength(1)
  })
})

it('a refusal names the image', async () => {
  edgegap.settings.registryLogins = { 'registry.edgegap.com': { username: 'u', token: 't' } }
  const { error, promoted } = await promote(['prod'])
  expect(promoted).toEqual([])
  expect(error?.message).toContain('with the tag v9 from registry.edgegap.com')
  expect(tagOf('prod')).toBe('v3')
})

it('a run that was cancelled moves nothing more', async () => {
  const controller = new AbortController()
  const cancel = () => controller.abort()
  const { promoted, error } = await promote(['prod', 'v1'], cancel, controller.signal)
  expect([promoted, patches()]).toEqual([[], []])
  expect(error).toBeDefined()
})
