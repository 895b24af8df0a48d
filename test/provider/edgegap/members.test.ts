import { beforeEach, describe, expect, it } from 'vitest'
import { Deployments, STATUS_AT_ONCE } from '../../../src/provider/edgegap/deployments.ts'
import { readMembers } from '../../../src/provider/edgegap/members.ts'
import { VirtualClock } from '../../wait/virtual-clock.ts'
import { type Answer, call, type FakeApi, fakeApi, filtersOf } from './fake-api.ts'

const APPLICATION = 'my-game'

let clock: VirtualClock
let api: FakeApi
let rows: object[]
/** By their ids; where there is none the API does not know the id. */
let statuses: Record<string, object>
let slowness: { listMs: number; statusMs: number }

beforeEach(() => {
  clock = new VirtualClock()
  rows = []
  statuses = {}
  slowness = { listMs: 0, statusMs: 0 }
  api = fakeApi(clock, ({ path }): Answer => {
    if (path === '/v1/deployments') return { body: { data: rows }, afterMs: slowness.listMs }
    const body = statuses[path.split('/').at(-1) ?? '']
    return body ? { body, afterMs: slowness.statusMs } : { status: 404, body: { message: 'no' } }
  })
})

/** One that the list shows, with its status. */
function add(request_id: string, row: object, status: object = {}): void {
  rows.push({ request_id, ...row })
  statuses[request_id] = { app_name: APPLICATION, current_status: 'Status.READY', ...status }
}

const members = (group: string | undefined, deadlineMs?: number) => {
  const deployments = new Deployments(api.send, clock)
  return clock.run(
    readMembers(deployments, clock, { application: APPLICATION, group }, call(deadlineMs)),
  )
}

describe('the members', () => {
  it('of an application are all of it, with their tags', async () => {
    add('a', { tags: ['pr-1'] }, { tags: ['pr-1'] })
    add('b', { tags: [] })
    add('c', {})
    expect(await members(undefined)).toEqual({
      members: [
        { id: 'a', tags: ['pr-1'] },
        { id: 'b', tags: [] },
        { id: 'c', tags: [] },
      ],
      unclear: [],
    })
    expect(api.asked.slice(0, 1).map(filtersOf)).toEqual([
      [{ field: 'application', operator: 'eq', value: APPLICATION }],
    ])
  })

  it('of a group are those with exactly its tag', async () => {
    add('a', { tags: ['x', 'pr-1'] }, { tags: ['x', 'pr-1'] })
    add('b', { tags: ['pr-12'] }, { tags: ['pr-12'] })
    expect((await members('pr-1')).members).toEqual([{ id: 'a', tags: ['x', 'pr-1'] }])
    expect(api.asked.slice(0, 1).map(filtersOf)).toEqual([
      [
        { field: 'application', operator: 'eq', value: APPLICATION },
        { field: 'tags', operator: 'eq', value: 'pr-1' },
      ],
    ])
  })

  it('are not asked for where the list shows other tags', async () => {
    add('b', { tags: ['pr-12'] })
    expect(await members('pr-1')).toEqual({ members: [], unclear: [] })
    expect(api.asked).toHaveLength(1)
  })

  it('are by their status whose they are, whatever the list says', async () => {
    add('other', { tags: ['pr-1'] }, { app_name: 'another-game', tags: ['pr-1'] })
    add('left', { tags: ['pr-1'] }, { tags: ['pr-2'] })
    add('untagged', { tags: ['pr-1'] }, { tags: [] })
    add('hidden', {}, { tags: ['pr-1'] })
    expect(await members('pr-1')).toEqual({
      members: [{ id: 'hidden', tags: ['pr-1'] }],
      unclear: [],
    })
  })

  it('have the tags of the list where the status shows none', async () => {
    add('a', { tags: ['pr-1'] })
    expect((await members('pr-1')).members).toEqual([{ id: 'a', tags: ['pr-1'] }])
  })

  it('are none that has ended, and those that are ending say so', async () => {
    add('a', { tags: ['pr-1'] }, { current_status: 'Status.TERMINATED' })
    add('b', { tags: ['pr-1'] }, { current_status: 'Status.TERMINATING' })
    expect(await members('pr-1')).toEqual({
      members: [{ id: 'b', tags: ['pr-1'], isEnding: true }],
      unclear: [],
    })
  })

  it('are not known where neither list nor status tells', async () => {
    rows.push({ request_id: 'vanished', tags: ['pr-1'] })
    add('nobodys', { tags: ['pr-1'] }, { app_name: null })
    add('untagged', {})
    expect(await members('pr-1')).toEqual({
      members: [],
      unclear: ['vanished', 'nobodys', 'untagged'],
    })
  })

  it('do not need tags where every deployment of the application is meant', async () => {
    rows.push({ request_id: 'vanished' })
    add('a', {})
    expect(await members(undefined)).toEqual({
      members: [{ id: 'a', tags: [] }],
      unclear: ['vanished'],
    })
  })

  it.each([
    { request_id: '../x', tags: ['pr-1'] },
    { id: 'renamed', tags: ['pr-1'] },
    { request_id: {} },
  ])('are not known where a row that may be one cannot be named: %j', async (row) => {
    rows.push(row)
    await expect(members('pr-1')).rejects.toThrow(/its id is missing or cannot be used/)
    await expect(members(undefined)).rejects.toThrow(/its id is missing or cannot be used/)
  })

  it('are none of the rows that cannot be named and have other tags', async () => {
    rows.push({ request_id: '../x', tags: ['pr-2'] })
    expect(await members('pr-1')).toEqual({ members: [], unclear: [] })
  })

  /** The status of each one, by its place in the list. */
  const withStatuses = (...answers: readonly number[]) => {
    for (const [index] of answers.entries()) add(`id${index}`, { tags: ['pr-1'] })
    const failing = fakeApi(clock, ({ path }): Answer => {
      if (path === '/v1/deployments') return { body: { data: rows } }
      const id = path.split('/').at(-1) ?? ''
      const status = answers[Number(id.slice(2))] ?? 200
      return status === 200 ? { body: statuses[id] } : { status, body: { message: 'no' } }
    })
    const scope = { application: APPLICATION, group: 'pr-1' }
    const found = readMembers(new Deployments(failing.send, clock), clock, scope, call())
    return { failing, found: clock.run(found) }
  }

  it.each([500, 403])(
    'are known beside one whose status cannot be read (%s): that one is unclear',
    async (status) => {
      const { members: known, unclear } = await withStatuses(200, status, 200).found
      expect(known.map(({ id }) => id)).toEqual(['id0', 'id2'])
      expect(unclear).toEqual(['id1'])
    },
  )

  it.each([
    ['several after an answer', [200, 500, 500, 500, 200], ['id0', 'id4']],
    ['two before an answer', [500, 500, 200], ['id2']],
  ])('are known beside some that cannot be read: %s', async (_, answers, ids) => {
    const { members: known, unclear } = await withStatuses(...answers).found
    expect(known.map(({ id }) => id)).toEqual(ids)
    expect(unclear).toHaveLength(answers.length - ids.length)
  })

  it.each([
    ['no status can be read', [500], 'server-fault'],
    ['the first statuses cannot be read', [500, 500, 500, 200], 'server-fault'],
    ['a rate limit turns one away', [200, 429], 'rate-limited'],
    ['the token is refused', [200, 401], 'unauthorized'],
  ] as const)('are not known at all where %s', async (_, answers, kind) => {
    await expect(withStatuses(...answers).found).rejects.toMatchObject({ kind })
  })
})

describe('the time that each request has', () => {
  it('is what is left, and never all of a long one', async () => {
    add('a', {})
    slowness.listMs = 2_000
    await members(undefined, 60_000)
    await members(undefined, 5_000)
    expect(api.asked.map(({ deadlineMs }) => Math.round(deadlineMs))).toEqual([
      ...[6_000, 6_000],
      ...[5_000, 3_000],
    ])
  })
})

describe('the statuses', () => {
  it('are read at once where they are few', async () => {
    for (let count = 0; count < STATUS_AT_ONCE; count += 1) add(`id${count}`, {})
    await members(undefined)
    expect(clock.elapsedMs).toBe(0)
  })

  it('keep below the rate limit where they are many', async () => {
    for (let count = 0; count < 30; count += 1) add(`id${count}`, {})
    expect((await members(undefined)).members).toHaveLength(30)
    expect(clock.elapsedMs).toBeGreaterThan(1_500)
  })
})
