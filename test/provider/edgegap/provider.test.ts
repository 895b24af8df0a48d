import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ActionError } from '../../../src/base/errors.ts'
import { HttpFailure, type HttpFailureReason } from '../../../src/net/http-failure.ts'
import { Edgegap } from '../../../src/provider/edgegap/edgegap.ts'
import type { Provider } from '../../../src/provider/provider.ts'
import { type EdgegapEmulator, startEdgegapEmulator } from '../../emulator/edgegap/emulator.ts'
import { ready } from '../../emulator/edgegap/script.ts'
import { contextOf } from '../context.ts'
import { call } from './fake-api.ts'
import { openEdgegap } from './opening.ts'

let edgegap: EdgegapEmulator

beforeEach(async () => {
  edgegap = await startEdgegapEmulator({
    catalogue: { 'my-game': { v1: {}, prod: {} } },
    script: ready(0),
    rateLimits: { listPerSecond: 1_000, statusPerSecond: 1_000, deployPerSecond: 1_000 },
  })
})
afterEach(() => edgegap.close())

const PLACES = 'paris 48.85,2.35\noslo 59.91,10.75\ntokyo 35.68,139.69'
const bodies = () => edgegap.requestsTo('POST', /deployments/).map(({ body }) => body)

async function create(provider: Provider, index = 0): Promise<string> {
  const target = provider.targets[index]
  if (!target) throw new Error('no target')
  const attempt = { tag: `attempt-${index}`, webhook: undefined }
  const result = await provider.create(target, attempt, call())
  if (result.kind !== 'created') throw new Error(result.kind)
  return result.id
}

describe('the tags of a deployment', () => {
  it('are that of its create, of its group and those of the user, each once', async () => {
    const inputs = { group: 'pr-1', tags: 'nightly\npr-1\nlinux' }
    await create(await openEdgegap(edgegap, inputs))
    expect(bodies()).toMatchObject([{ tags: ['attempt-0', 'pr-1', 'nightly', 'linux'] }])
  })

  it('have one that all of a run share, where there are several', async () => {
    const provider = await openEdgegap(edgegap, { locations: PLACES })
    for (const index of [0, 1, 2]) await create(provider, index)
    expect(bodies()).toMatchObject([
      { tags: ['attempt-0', 'own-1'] },
      { tags: ['attempt-1', 'own-1'] },
      { tags: ['attempt-2', 'own-1'] },
    ])
  })
})

describe('a status check', () => {
  it('of many reads one list, by the tag that they share', async () => {
    const provider = await openEdgegap(edgegap, { locations: PLACES })
    const ids = [await create(provider, 0), await create(provider, 1), await create(provider, 2)]
    const read = await provider.observe(ids, call())
    expect([...read.keys()].toSorted()).toEqual(ids.toSorted())
    const [list] = edgegap.requestsTo('GET', /deployments$/)
    expect(JSON.parse(list?.query.query ?? '')).toEqual({
      filters: [{ field: 'tags', operator: 'eq', value: 'own-1' }],
    })
  })

  it('says where the deployment came to, and hands that out as it comes', async () => {
    edgegap.settings.placedIn = 'Montreal'
    const provider = await openEdgegap(edgegap)
    const id = await create(provider)
    const arrived = new Map<string, unknown>()
    const read = await provider.observe([id], call(), (one, reading) => arrived.set(one, reading))
    expect(read.get(id)).toMatchObject({
      state: 'succeeded',
      facts: { placement: 'new-york → Montreal, 530 km', distanceKm: expect.closeTo(530, -2) },
    })
    expect(read.get(id)).not.toHaveProperty('place')
    expect(arrived).toEqual(read)
  })

  it('says so too of what was found by its tag, after the reply was lost', async () => {
    const provider = await openEdgegap(edgegap)
    edgegap.faults.order({ method: 'POST', kind: 'malformed', body: 'OK' })
    await expect(create(provider)).rejects.toThrow('unknown')
    const [id = ''] = [...(await provider.findByTags(['attempt-0'], call())).keys()]
    const read = await provider.observe([id], call())
    expect(read.get(id)).toMatchObject({ facts: { placement: expect.any(String) } })
  })

  it('says nothing of places of what others made', async () => {
    const provider = await openEdgegap(edgegap)
    const { id } = edgegap.addDeployment()
    const one = (await provider.observe([id], call())).get(id)
    if (one === undefined || one instanceof ActionError) throw one
    expect(one.facts).not.toHaveProperty('placement')
  })

  it('goes by the tag of the create where a rate limit refuses the status', async () => {
    edgegap.nextScript([{ afterMs: 0, status: 'DEPLOYING' }])
    const provider = await openEdgegap(edgegap)
    const id = await create(provider)
    const observe = async () => (await provider.observe([id], call())).get(id)
    expect(await observe()).toMatchObject({ state: 'pending' })
    edgegap.faults.order({ path: /status/, kind: 'status', status: 429 })
    expect(await observe()).toMatchObject({ kind: 'rate-limited' })
    expect(await observe()).toMatchObject({ state: 'pending' })
    const [list] = edgegap.requestsTo('GET', /deployments$/)
    expect(JSON.parse(list?.query.query ?? '').filters).toEqual([
      { field: 'tags', operator: 'eq', value: 'attempt-0' },
    ])
  })

  it('hands out errors as they are', async () => {
    const provider = await openEdgegap(edgegap)
    const arrived: unknown[] = []
    const read = await provider.observe(['123456789abc'], call(), (_, one) => arrived.push(one))
    expect(read.get('123456789abc')).toMatchObject({ kind: 'not-found' })
    expect(arrived).toEqual([...read.values()])
  })
})

describe('a create that brought no reply', () => {
  it.each<[HttpFailureReason, object]>([
    ['untrusted', { kind: 'refused', error: { kind: 'untrusted-certificate' } }],
    ['unreachable', { kind: 'try-again', error: { kind: 'unreachable' } }],
    ['broken', { kind: 'unknown', error: { kind: 'connection-lost' } }],
    ['deadline', { kind: 'unknown', error: { kind: 'connection-lost' } }],
    ['aborted', { kind: 'unknown', error: { kind: 'connection-lost' } }],
  ])('(%s) is what is known of it', async (reason, expected) => {
    const http = async () => {
      throw new HttpFailure(reason, 'why')
    }
    const provider = await openEdgegap(edgegap, {}, { http })
    const [target] = provider.targets
    if (!target) throw new Error('no target')
    const attempt = { tag: 'a', webhook: undefined }
    expect(await provider.create(target, attempt, call())).toMatchObject(expected)
  })
})

describe('the advice after a create that an account may not allow', () => {
  const HINT = 'replace: before-deploy stops the older ones of this'

  it.each<[Record<string, string>, string | undefined]>([
    [{}, undefined],
    [{ group: 'pr-1' }, `${HINT} group first.`],
    [{ group: 'pr-1', replace: 'after-ready' }, `${HINT} group first.`],
    [{ replace: 'after-ready', scope: 'application' }, `${HINT} application first.`],
    [{ group: 'pr-1', replace: 'before-deploy' }, undefined],
    [{ replace: 'before-deploy', scope: 'application' }, undefined],
    [{ version: '1.1' }, 'In YAML, 1.10 without quotes is 1.1: quote a version'],
  ])('with the inputs %j', async (inputs, hint) => {
    edgegap.faults.order({ method: 'POST', kind: 'status', status: 400, body: { message: 'no' } })
    const provider = await openEdgegap(edgegap, inputs)
    const [target] = provider.targets
    if (!target) throw new Error('no target')
    const result = await provider.create(target, { tag: 'a', webhook: undefined }, call())
    const next = 'error' in result ? (result.error.next ?? '') : ''
    if (hint === undefined) expect(next).not.toMatch(/replace|YAML/)
    else expect(next).toContain(hint)
  })
})

describe('preparing', () => {
  it('sends nothing where neither version nor place has to be looked up', async () => {
    const provider = await openEdgegap(edgegap)
    expect(await provider.prepare(call())).toEqual({ version: 'v1', versionAction: 'unmanaged' })
    expect(edgegap.requests).toEqual([])
  })

  it('reads the version where there is one to make', async () => {
    const provider = await openEdgegap(edgegap, { image: 'ghcr.io/my-org/game:v7' })
    expect(await provider.prepare(call())).toEqual({ version: 'v7' })
    expect(edgegap.requestsTo('GET', /version/)).not.toEqual([])
    expect(edgegap.writes()).toEqual([])
  })

  it('looks up the cities, and gives their places', async () => {
    const provider = await openEdgegap(edgegap, { locations: 'tokyo\nhere 48.85,2.35' })
    expect(provider.targets.map(({ where }) => where)).toEqual(["in Edgegap's list", '48.85,2.35'])
    await provider.prepare(call())
    expect(provider.targets).toMatchObject([
      { name: 'tokyo', where: 'Tokyo, Japan', location: { kind: 'coordinates', latitude: 35.68 } },
      { name: 'here', where: '48.85,2.35' },
    ])
  })
})

describe('a plan', () => {
  it('has a server for each place, with where it is unless its name says so', async () => {
    const locations = 'tokyo\nhere 48.85,2.35\n40.71,-74.01'
    const provider = await openEdgegap(edgegap, { locations })
    expect(await provider.plan(call())).toMatchObject({
      version: 'v1',
      versionAction: 'unmanaged',
      deploying: [
        { kind: 'create', what: 'server at tokyo', detail: 'Tokyo, Japan' },
        { kind: 'create', what: 'server at here', detail: '48.85,2.35' },
        { kind: 'create', what: 'server at 40.71,-74.01', detail: '' },
      ],
    })
    expect(edgegap.writes()).toEqual([])
  })
})

describe('versions', () => {
  it.each<[Record<string, string>, boolean]>([
    [{}, false],
    [{ image: 'ghcr.io/my-org/game:v7' }, true],
    [{ promote: 'prod' }, true],
    [{ 'keep-versions': '3' }, true],
  ])('are managed where the inputs %j ask for it: %s', async (inputs, isManaged) => {
    const { versions } = await openEdgegap(edgegap, inputs)
    expect(versions !== undefined).toBe(isManaged)
  })

  it('are made, promoted and pruned by one account of what was read', async () => {
    const [v1] = edgegap.catalogue.versions('my-game')
    const image = 'registry.edgegap.com/my-org/my-game:v7'
    const login = { 'registry-username': 'u', 'registry-password': 'p' }
    const inputs = { image, ...login, promote: 'prod', 'keep-versions': '2' }
    const provider = await openEdgegap(edgegap, inputs)
    await provider.prepare(call())
    const { versions } = provider
    expect(await versions?.ensure(call())).toMatchObject({ version: 'v7', action: 'created' })
    const moved: unknown[] = []
    await versions?.promote((one) => moved.push(one), call())
    expect(moved).toMatchObject([{ version: 'prod', to: image }])
    await versions?.prune(call())
    const names = edgegap.catalogue.versions('my-game').map(({ name }) => name)
    expect(names).toHaveLength(2)
    expect(names).not.toContain(v1?.name)
  })
})

it('versions that are too many are deleted in the end, where none was made', async () => {
  const provider = await openEdgegap(edgegap, { 'keep-versions': '1' })
  await provider.prepare(call())
  await provider.versions?.prune(call())
  expect(edgegap.catalogue.versions('my-game').map(({ name }) => name)).toEqual(['v1'])
})

it('a group is what its tag is on, of this application', async () => {
  const { id } = edgegap.addDeployment({ tags: ['pr-1'] })
  edgegap.addDeployment({ tags: ['pr-2'] })
  const { groups } = await openEdgegap(edgegap)
  const scope = { application: 'my-game', group: 'pr-1' }
  expect(await groups.members(scope, call())).toEqual({
    members: [{ id, tags: ['pr-1'] }],
    unclear: [],
  })
})

describe('a provider that was opened only to find and to stop', () => {
  const open = () => {
    const { url, settings } = edgegap
    return new Edgegap({ apiUrl: new URL(url), token: settings.token }, contextOf())
  }

  it('has no places and manages no versions', async () => {
    const { targets, versions } = open()
    expect([targets, versions]).toEqual([[], undefined])
  })

  it('finds, reads and stops', async () => {
    const { id } = edgegap.addDeployment({ tags: ['m1'] })
    const provider = open()
    expect(await provider.findByTags(['m1'], call())).toEqual(new Map([[id, 'm1']]))
    expect((await provider.observe([id], call())).get(id)).toMatchObject({ state: 'succeeded' })
    expect(await provider.readLog(id, call())).toMatchObject({ isCut: false })
    expect(await provider.stop(id, call())).toBe('accepted')
  })

  it('makes nothing', async () => {
    const target = { name: 'x', where: '1,2', location: await place() }
    const attempt = { tag: 'a', webhook: undefined }
    await expect(open().create(target, attempt, call())).rejects.toThrow('not a deploy')
    await expect(open().plan(call())).rejects.toThrow('nothing to deploy or to make')
    await expect(open().prepare(call())).rejects.toThrow('nothing to deploy or to make')
    expect(edgegap.requests).toEqual([])
  })

  async function place() {
    const [target] = (await openEdgegap(edgegap)).targets
    if (!target) throw new Error('no target')
    return target.location
  }
})

describe('the poll schedule', () => {
  const NEVER_SHORTER = () => 1

  it('of one or two deployments is as close as the run likes', async () => {
    const { intervalMs } = (await openEdgegap(edgegap)).pollSchedule(NEVER_SHORTER)
    expect(intervalMs(0)).toBeLessThan(500)
  })

  it('of many keeps below the rate limit', async () => {
    const locations = Array.from({ length: 300 }, () => 'paris 48.85,2.35').join('\n')
    const { intervalMs } = (await openEdgegap(edgegap, { locations })).pollSchedule(NEVER_SHORTER)
    expect(intervalMs(0)).toBeGreaterThan(1_500)
  })
})

it('a webhook is about the id in it', async () => {
  const provider = await openEdgegap(edgegap)
  const body = Buffer.from('{"request_id":"a69f8e3e0555","current_status":"Status.READY"}')
  expect(await provider.webhooks.read({ headers: {}, body })).toEqual({
    kind: 'notification',
    id: 'a69f8e3e0555',
  })
})
