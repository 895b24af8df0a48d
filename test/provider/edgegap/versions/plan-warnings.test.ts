import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { planVersion } from '../../../../src/provider/edgegap/versions/plan.ts'
import type { EdgegapEmulator } from '../../../emulator/edgegap/emulator.ts'
import { application, failure, image, plan, settingsOf, startEdgegap } from './rig.ts'
import { callWithin, scripted, versionJson } from './scripted.ts'

let edgegap: EdgegapEmulator
beforeEach(async () => {
  edgegap = await startEdgegap()
})
afterEach(async () => {
  expect(edgegap.writes()).toEqual([])
  await edgegap.close()
})

const registry = 'registry.edgegap.com/my-org/my-game'

describe('a version that is used as it is', () => {
  it('and is not active is warned of by a dry run', async () => {
    edgegap.catalogue.changeVersion(application, 'v1', { is_active: false })
    const { warnings } = await plan(edgegap, { version: 'v1' }, true)
    expect(warnings).toContain('The version v1 is not active.')
    const active = await plan(edgegap, { version: 'v2' }, true)
    expect(active.warnings.join()).not.toContain('active')
  })

  it('is named with the input where it is missing', async () => {
    const error = await failure(plan(edgegap, { version: 'gone' }, true))
    expect(error).toMatchObject({ kind: 'not-found' })
    expect(error.message).toBe('The application my-game has no version gone')
    expect(error.next).toBe('Check version: it must name a version that exists.')
    const number = await failure(plan(edgegap, { version: '1.1' }, true))
    expect(number.next).toContain('In YAML, 1.10 without quotes is 1.1')
    const promote = await failure(plan(edgegap, { version: 'v1', promote: 'gone' }))
    expect(promote.next).toContain('Check promote')
  })

  it('whose tag was deleted is warned of, and its image is not asked for outside a dry run', async () => {
    edgegap.settings.images = { [registry]: ['other'] }
    const dry = await plan(edgegap, { version: 'v1' }, true)
    expect(dry.tag).toEqual({ kind: 'missing' })
    expect(dry.warnings.join()).toContain('has no tag v1 of my-org/my-game any more')
    const asked = edgegap.requestsTo('GET', /container-registry/).length
    const real = await plan(edgegap, { version: 'v1', promote: 'prod' })
    expect(real).toMatchObject({ tag: { kind: 'unknown' }, warnings: [] })
    expect(edgegap.requestsTo('GET', /container-registry/)).toHaveLength(asked)
  })
})

describe('a tag that the registry does not have', () => {
  beforeEach(() => {
    edgegap.settings.images = { [registry]: ['other'] }
  })

  it('refuses a version that is to get it', async () => {
    const error = await failure(plan(edgegap, { image: image('v9') }))
    expect(error.next).toBe(`Push ${image('v9')} before this step.`)
  })

  it('is only warned of where a version has it already', async () => {
    const planned = await plan(edgegap, { image: image('v1') })
    expect(planned).toMatchObject({ action: 'reused', deletions: [], versionCount: undefined })
    expect(planned.warnings).toEqual([expect.stringContaining('servers may not start')])
  })
})

describe('what a dry run says of keep-versions', () => {
  it('is how many versions stay that are too many', async () => {
    const given = { version: 'v3', promote: 'prod', 'keep-versions': '1' }
    const planned = await plan(edgegap, given, true)
    expect(planned).toMatchObject({ deletions: ['v1', 'v2'], versionCount: 4 })
    expect(planned.warnings.join()).toContain('keep-versions leaves 1 more than asked for')
  })

  it('is nothing more where all that are too many can go', async () => {
    const planned = await plan(edgegap, { version: 'v3', 'keep-versions': '3' }, true)
    expect(planned.deletions).toEqual(['v1'])
    expect(planned.warnings.join()).not.toContain('keep-versions')
  })
})

it('the application is asked for only where the version is missing', async () => {
  const asked = () => edgegap.requestsTo('GET', /\/app\/my-game$/).length
  await plan(edgegap, { image: image('v1') })
  expect(asked()).toBe(0)
  await plan(edgegap, { image: image('v9') })
  expect(asked()).toBe(1)
})

describe('by the times that Edgegap tells', () => {
  /** An application with the version `v1`, whose image may have been pushed since. */
  async function planWith(
    given: Record<string, string>,
    { pushed = '', updated = '', listed = ['v1'] },
  ) {
    const version = (name: string) => versionJson('v1', { name, last_updated: updated })
    const api = scripted(({ path }) => {
      if (path.includes('container-registry')) {
        const data = [{ tag: 'v1', last_push_at: pushed }]
        return { body: { data, pagination: { has_next: false } } }
      }
      if (path.endsWith('/versions')) return { body: { versions: listed.map(version) } }
      return { body: version('v1') }
    })
    return await planVersion(api, await settingsOf(given), false, callWithin(60_000))
  }

  it.each([
    ['was pushed after the version got it', '2026-04-22 20:02', '2026-04-22 20:01', 1],
    ['was pushed when the version got it', '2026-04-22 20:01', '2026-04-22 20:01', 0],
    ['was pushed before the version got it', '2026-04-22 20:00', '2026-04-22 20:01', 0],
    ['may have been pushed at any time', '', '2026-04-22 20:01', 0],
    ['the version may have got at any time', '2026-04-22 20:02', '', 0],
  ])('a tag that %s has its warning, or none', async (_, pushed, updated, count) => {
    const { warnings } = await planWith({ image: image('v1') }, { pushed, updated })
    expect(warnings).toHaveLength(count)
  })

  it('a version that is reused is none more, though the list does not have it yet', async () => {
    const given = { image: image('v1'), 'keep-versions': '2' }
    const { action, pruning } = await planWith(given, { listed: ['a', 'b'] })
    expect({ action, pruning }).toEqual({ action: 'reused', pruning: undefined })
  })
})
