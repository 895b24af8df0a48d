import { describe, expect, it } from 'vitest'
import {
  describeRest,
  ManagedVersions,
} from '../../../../src/provider/edgegap/versions/managed-versions.ts'
import type { MovedVersion } from '../../../../src/provider/versions.ts'
import { failure, image, settingsOf } from './rig.ts'
import { type Answer, callWithin, type Sent, scripted, versionJson } from './scripted.ts'

type Shelf = Map<string, Record<string, unknown>>

/**
 * The versions of a run at an Edgegap that has `v1` and `v2`, the older of which is `v1`, and `prod`.
 * What is logged, warned of and written is in one list, in its order.
 */
async function start(
  given: Record<string, string>,
  intercept?: (request: Sent) => Answer | undefined,
) {
  const events: string[] = []
  const shelf: Shelf = new Map()
  const put = (name: string, tag: string, minute: number, more = {}) => {
    shelf.set(name, versionJson(tag, { name, create_time: `2026-04-22 20:0${minute}`, ...more }))
  }
  put('v1', 'v1', 1)
  put('v2', 'v2', 2)
  put('prod', 'v1', 3, { req_cpu: 2048 })
  const api = scripted((request) => {
    const { method, path } = request
    if (method !== 'GET') events.push(`${method} ${path.split('/').at(-1)}`)
    return intercept?.(request) ?? answer(request, shelf)
  })
  const context = {
    log: (line: string) => void events.push(line),
    warn: (line: string) => void events.push(`! ${line}`),
  }
  const versions = new ManagedVersions(api, await settingsOf(given), context)
  return { api, shelf, events, versions }
}

function answer({ method, path, body }: Sent, shelf: Shelf): Answer {
  const given = body as Record<string, unknown>
  if (path.endsWith('/versions')) return { body: { versions: [...shelf.values()] } }
  if (path === '/v1/app/my-game') return {}
  if (path === '/v1/deployments') return { body: { data: [] } }
  if (path.includes('container-registry')) {
    return { body: { data: [{ tag: 'v9' }], pagination: { has_next: false } } }
  }
  const name = method === 'POST' ? String(given.name) : (path.split('/').at(-1) ?? '')
  if (method === 'POST' || method === 'PATCH') shelf.set(name, { ...shelf.get(name), ...given })
  if (!shelf.has(name)) return { status: 404, body: { message: 'unknown' } }
  const found = shelf.get(name)
  if (method === 'DELETE') shelf.delete(name)
  return { body: method === 'GET' ? found : { success: true } }
}

const call = () => callWithin(240_000)
const ghcr = (tag: string) => `ghcr.io/my-org/my-game:${tag}`
const onMoved = () => {}

describe('before it is prepared', () => {
  it('nothing can be done', async () => {
    const { versions, api } = await start({ image: image('v9') })
    await expect(versions.ensure(call())).rejects.toThrow('not prepared')
    await expect(versions.promote(onMoved, call())).rejects.toThrow('not prepared')
    await expect(versions.prune(call())).rejects.toThrow('not prepared')
    expect(api.sent).toEqual([])
  })
})

describe('preparing', () => {
  it('changes nothing, and warns of what the plan found', async () => {
    const { versions, events } = await start({ image: image('v9'), version: 'v2' })
    expect((await failure(versions.prepare(call()))).message).toContain('exists with the image')
    const reused = await start(
      { image: image('v1'), version: 'prod', cpu: '4096', memory: '4096' },
      (request) =>
        request.path.includes('container-registry')
          ? { body: { data: [{ tag: 'v1' }], pagination: { has_next: false } } }
          : undefined,
    )
    await reused.versions.prepare(call())
    expect([...events, ...reused.events]).toEqual([
      '! The version prod exists and is used as it is; version-policy: update would change cpu: 2048 → 4096.',
      '! The version prod exists and is used as it is; version-policy: update would change memory: 4096.',
    ])
  })
})

describe('a version that is created', () => {
  const given = { image: ghcr('v9'), 'keep-versions': '3' }

  it('gets room first, then is announced, made and reported', async () => {
    const { versions, events } = await start(given)
    await versions.prepare(call())
    const ensured = await versions.ensure(call())
    expect(ensured).toEqual({
      ...{ version: 'v9', action: 'created' },
      ...{ image: ghcr('v9'), previousImage: undefined },
    })
    expect(events).toEqual([
      'DELETE v1',
      'Deleted the version v1 (keep-versions)',
      `Creating the version v9 with the image ${ghcr('v9')}`,
      `  image: ${ghcr('v9')}`,
      '  cpu: 512',
      '  memory: 1024',
      '  max-duration: 60m',
      '  ports: none',
      'POST version',
      'Version v9: created',
    ])
  })

  it('gets room once: nothing is deleted at the end of the run', async () => {
    const { versions, api } = await start(given)
    await versions.prepare(call())
    await versions.ensure(call())
    const sent = api.sent.length
    await versions.prune(call())
    expect(api.sent).toHaveLength(sent)
  })

  it('is created all the same where no room can be made', async () => {
    const refuse = ({ method }: Sent): Answer | undefined =>
      method === 'DELETE' ? { status: 403, body: { message: 'no' } } : undefined
    const { versions, events } = await start({ ...given, promote: 'prod' }, refuse)
    await versions.prepare(call())
    expect(await versions.ensure(call())).toMatchObject({ action: 'created' })
    expect(events.filter((line) => line.startsWith('!'))).toEqual([
      expect.stringContaining('keep-versions could not delete the version v1'),
      expect.stringContaining('keep-versions could not delete the version v2'),
    ])
  })

  it('shares its time with making room', async () => {
    const { versions, api } = await start(given, ({ method }) =>
      method === 'DELETE' ? { takesMs: 9_000 } : undefined,
    )
    await versions.prepare(call())
    await versions.ensure(callWithin(20_000))
    expect(api.sent.find(({ method }) => method === 'POST')).toMatchObject({ deadlineMs: 11_000 })
  })
})

describe('a version that exists', () => {
  it('is changed as announced, and its image before is reported', async () => {
    const given = { image: ghcr('v9'), version: 'prod', 'version-policy': 'update' }
    const { versions, events } = await start(given)
    await versions.prepare(call())
    expect(await versions.ensure(call())).toEqual({
      ...{ version: 'prod', action: 'updated' },
      ...{ image: ghcr('v9'), previousImage: image('v1') },
    })
    expect(events).toEqual([
      'Changing the version prod',
      `  image: ${image('v1')} → ${ghcr('v9')}`,
      'PATCH prod',
      'Version prod: updated',
    ])
  })

  it('is named where it is used with the image that it has', async () => {
    const { versions, events } = await start({ image: image('v2'), version: 'v2' }, ({ path }) =>
      path.includes('container-registry')
        ? { body: { data: [{ tag: 'v2' }], count: 1 } }
        : undefined,
    )
    await versions.prepare(call())
    await versions.ensure(call())
    expect(events).toEqual([
      `The version v2 exists with the image ${image('v2')}`,
      'Version v2: reused',
    ])
  })

  it('and is used as it is leaves no line', async () => {
    const { versions, events, api } = await start({ version: 'v2', 'keep-versions': '9' })
    await versions.prepare(call())
    const sent = api.sent.length
    expect(await versions.ensure(call())).toEqual({
      ...{ version: 'v2', action: 'unmanaged' },
      ...{ image: undefined, previousImage: undefined },
    })
    await versions.prune(call())
    expect(events).toEqual([])
    expect(api.sent).toHaveLength(sent)
  })
})

describe('where no version is created', () => {
  const given = { version: 'v2', 'keep-versions': '1', promote: 'prod' }

  it('nothing is deleted before the end of the run', async () => {
    const { versions, events } = await start(given)
    await versions.prepare(call())
    await versions.ensure(call())
    expect(events).toEqual([])
    await versions.prune(call())
    expect(events).toEqual([
      'DELETE v1',
      'Deleted the version v1 (keep-versions)',
      expect.stringContaining('! keep-versions leaves 1 more than asked for'),
    ])
    await versions.prune(call())
    expect(events).toHaveLength(3)
  })
})

describe('a promotion', () => {
  const given = { version: 'v2', promote: 'prod\nv1' }

  it('is told line by line, with what the version keeps', async () => {
    const { versions, events } = await start(given)
    await versions.prepare(call())
    const moved: MovedVersion[] = []
    await versions.promote((one) => void moved.push(one), call())
    expect(moved).toEqual([
      { version: 'prod', from: image('v1'), to: image('v2') },
      { version: 'v1', from: image('v1'), to: image('v2') },
    ])
    expect(events).toEqual([
      `Moving the version prod from ${image('v1')} to ${image('v2')}`,
      'PATCH prod',
      `The version prod now has ${image('v2')}`,
      '! Promotion changes only the image. prod keeps what v2 has otherwise: cpu: 2048 (v2: none).',
      `Moving the version v1 from ${image('v1')} to ${image('v2')}`,
      'PATCH v1',
      `The version v1 now has ${image('v2')}`,
    ])
  })

  it('uses the registry’s login', async () => {
    const login = { 'registry-username': 'robot', 'registry-password': 'pass-1' }
    const { versions, api } = await start({ ...given, ...login })
    await versions.prepare(call())
    await versions.promote(onMoved, call())
    const [patch] = api.sent.filter(({ method }) => method === 'PATCH')
    expect(patch?.body).toMatchObject({ private_username: 'robot', private_token: 'pass-1' })
  })

  it('of a version that has the image already says so', async () => {
    const { versions, events } = await start({ version: 'v1', promote: 'prod' })
    await versions.prepare(call())
    await versions.promote(onMoved, call())
    expect(events).toEqual([`The version prod has ${image('v1')} already: it stays as it is`])
  })

  it('of a version that somebody moved since fails, and those before it are reported', async () => {
    const { versions, shelf, events } = await start(given)
    await versions.prepare(call())
    shelf.set('v1', versionJson('theirs', { name: 'v1' }))
    const moved: MovedVersion[] = []
    const error = await failure(versions.promote((one) => void moved.push(one), call()))
    expect(error.message).toContain('Somebody moved the version v1')
    expect(moved).toMatchObject([{ version: 'prod' }])
    expect(events.filter((line) => line.startsWith('PATCH'))).toEqual(['PATCH prod'])
  })

  it('that Edgegap accepted and nobody could see is warned of', async () => {
    let isMoved = false
    const { versions, events } = await start({ version: 'v2', promote: 'v1' }, ({ method }) => {
      if (isMoved) return { status: 403, body: { message: 'no' } }
      isMoved = method === 'PATCH'
      return undefined
    })
    await versions.prepare(call())
    await versions.promote(onMoved, call())
    expect(events.at(-1)).toContain('! The version v1 was moved, as Edgegap answered')
  })
})

describe('what a version keeps', () => {
  it('is nothing where it is like the deployed one', () => {
    expect(describeRest({ version: 'prod', notCarriedOver: [] }, 'v2')).toBeUndefined()
  })

  it('is told field by field', () => {
    const notCarriedOver = [
      { field: 'cpu', from: '512', to: '1024' },
      { field: 'memory', from: undefined, to: '2048' },
      { field: 'ports', from: 'g 1/udp', to: undefined },
    ]
    expect(describeRest({ version: 'prod', notCarriedOver }, 'v2')).toBe(
      'Promotion changes only the image. prod keeps what v2 has otherwise: cpu: 512 (v2: 1024); memory: none (v2: 2048); ports: g 1/udp (v2: none).',
    )
  })
})
