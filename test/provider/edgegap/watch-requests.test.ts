import { beforeEach, describe, expect, it } from 'vitest'
import { ActionError } from '../../../src/base/errors.ts'
import { Deployments } from '../../../src/provider/edgegap/deployments.ts'
import { Watch } from '../../../src/provider/edgegap/watch.ts'
import type { StatusReading } from '../../../src/provider/edgegap/wire.ts'
import { VirtualClock } from '../../wait/virtual-clock.ts'
import { type Answer, type Asked, call, type FakeApi, fakeApi, filtersOf } from './fake-api.ts'

const RUN_TAG = 'run-1'
const LOCATION = { city: 'Paris', country: 'France' }
const ADDRESS = {
  fqdn: 'h.test',
  ports: { game: { internal: 1, external: 31_000, protocol: 'UDP' } },
}

/** A deployment: its status, what the list shows of it, and whether its place is known. */
interface Server {
  status: string
  isListed: boolean
  isPlaced: boolean
}

let clock: VirtualClock
let api: FakeApi
let watch: Watch
let servers: Map<string, Server>
/** In place of the usual answer, where it gives one. */
let trouble: (asked: Asked) => Answer | ActionError | undefined

beforeEach(() => {
  clock = new VirtualClock()
  servers = new Map()
  trouble = () => undefined
  api = fakeApi(clock, (asked) => trouble(asked) ?? usual(asked))
  watch = new Watch(new Deployments(api.send, clock), clock, RUN_TAG)
})

const isList = ({ path }: Asked) => path === '/v1/deployments'
const isFailedList = (asked: Asked) => JSON.stringify(filtersOf(asked)).includes('"error"')

function usual(asked: Asked): Answer {
  if (isList(asked)) return { body: { data: rowsOf(isFailedList(asked) ? 'ERROR' : undefined) } }
  const server = servers.get(asked.path.split('/').at(-1) ?? '')
  if (!server) return { status: 404, body: { message: 'no' } }
  const { status, isPlaced } = server
  const body = { ...ADDRESS, current_status: status, ...(isPlaced && { location: LOCATION }) }
  return { body }
}

function rowsOf(status: string | undefined): object[] {
  const listed = [...servers].filter(([, one]) => one.isListed)
  const found = listed.filter(([, one]) => status === undefined || one.status === status)
  return found.map(([request_id, one]) => ({
    request_id,
    ready: one.status === 'READY',
    ...ADDRESS,
    tags: [RUN_TAG],
  }))
}

/** New deployments that are pending and whose places Edgegap knows. */
function add(count: number): string[] {
  return Array.from({ length: count }, () => {
    const id = `id${servers.size}`
    servers.set(id, { status: 'DEPLOYING', isListed: true, isPlaced: true })
    watch.created(id)
    return id
  })
}

function change(ids: readonly string[], to: Partial<Server>): void {
  for (const id of ids) servers.set(id, { ...(servers.get(id) as Server), ...to })
}

interface Check {
  /** Ids whose status was asked for, in this order. */
  statuses: string[]
  lists: number
  failedLists: number
  read: Map<string, StatusReading | ActionError>
  /** What was handed out, in this order. */
  arrived: string[]
}

async function check(ids: readonly string[], bounds = call()): Promise<Check> {
  const before = api.asked.length
  const arrived: string[] = []
  const read = await clock.run(watch.observe(ids, bounds, (id) => arrived.push(id)))
  const asked = api.asked.slice(before)
  const lists = asked.filter(isList)
  const failedLists = lists.filter(isFailedList).length
  return {
    statuses: asked.flatMap((one) => (isList(one) ? [] : (one.path.split('/').at(-1) ?? ''))),
    lists: lists.length - failedLists,
    failedLists,
    read,
    arrived,
  }
}

const statesOf = ({ read }: Check) =>
  [...read].map(([id, one]) => [id, one instanceof ActionError ? one.kind : one.state])

/** So many of which each was read once, by when nothing is read ahead any more. */
async function placed(count: number): Promise<string[]> {
  const ids = add(count)
  await clock.advance(1_000)
  for (let round = 0; round < count / 20; round += 1) await check(ids)
  await clock.advance(10_000)
  return ids
}

describe('one or two deployments', () => {
  it.each([1, 2])('(%d) are only read by their own statuses', async (count) => {
    const ids = add(count)
    expect(await check(ids)).toMatchObject({ statuses: ids, lists: 0, failedLists: 0 })
    change(ids, { status: 'READY' })
    const next = await check(ids)
    expect(statesOf(next)).toEqual(ids.map((id) => [id, 'succeeded']))
    expect(next.arrived).toEqual(ids)
  })

  it('are asked for in the list by their own tags, where a limit refuses the status', async () => {
    const [id = ''] = add(1)
    watch.created(id, 'attempt-1')
    await check([id])
    trouble = (asked) => (isList(asked) ? undefined : { status: 429 })
    expect(statesOf(await check([id]))).toEqual([[id, 'rate-limited']])
    expect(await check([id])).toMatchObject({ statuses: [], lists: 1 })
    expect(filtersOf(api.asked.at(-1) as Asked)).toEqual([
      { field: 'tags', operator: 'eq', value: 'attempt-1' },
    ])
  })
})

describe('three deployments and more', () => {
  it('are read by one list of this run, and handed out each once', async () => {
    const ids = add(3)
    const first = await check(ids)
    expect(first).toMatchObject({ statuses: [], lists: 1, failedLists: 0, arrived: ids })
    expect([...first.read.values()]).toEqual(
      ids.map(() => ({ state: 'pending', status: '', known: true, facts: {} })),
    )
    expect(api.asked.map(filtersOf)).toEqual([[{ field: 'tags', operator: 'eq', value: RUN_TAG }]])
  })

  it('are read one by one where they carry no common tag', async () => {
    watch = new Watch(new Deployments(api.send, clock), clock, undefined)
    const ids = add(3)
    expect(await check(ids)).toMatchObject({ statuses: ids, lists: 0, arrived: ids })
  })

  it('have one request more with every check: a failed list, or the next pending one', async () => {
    const ids = await placed(3)
    const asked: unknown[] = []
    for (let count = 0; count < 6; count += 1) {
      const { statuses, lists, failedLists } = await check(ids)
      expect(lists).toBe(1)
      asked.push(failedLists === 1 ? 'failed' : statuses.join())
    }
    const pending = asked.filter((one) => one !== 'failed')
    expect(pending.toSorted()).toEqual(ids)
    expect(asked.slice(0, 2).filter((one) => one === 'failed')).toHaveLength(1)
  })

  it('of several pages have it so much more seldom', async () => {
    const ids = await placed(150)
    const checks: Check[] = []
    for (let count = 0; count < 8; count += 1) checks.push(await check(ids))
    expect(checks.map(({ failedLists }) => failedLists).toSorted()).toEqual([
      ...[0, 0, 0, 0, 0, 0, 1, 1],
    ])
    expect(checks.map(({ statuses }) => statuses.length).toSorted()).toEqual([
      ...[0, 0, 0, 0, 0, 0, 1, 1],
    ])
  })

  it('have only pending ones read in turn where the failed list is of no use', async () => {
    const ids = await placed(3)
    trouble = (asked) => (isList(asked) && isFailedList(asked) ? { status: 400 } : undefined)
    await check(ids)
    await check(ids)
    const next = [await check(ids), await check(ids), await check(ids)]
    expect(next.map(({ failedLists }) => failedLists)).toEqual([0, 0, 0])
    expect(next.flatMap(({ statuses }) => statuses).toSorted()).toEqual(ids)
  })

  it('keep what was read of them while the list says nothing new', async () => {
    const ids = await placed(12)
    const { read } = await check(ids)
    for (const one of read.values()) {
      expect(one).toMatchObject({ status: 'DEPLOYING', facts: { location: 'Paris, France' } })
    }
  })

  it('use no more than the time that the check has, half of it for the list', async () => {
    const ids = await placed(12)
    change(ids.slice(0, 1), { status: 'READY' })
    const from = api.asked.length
    trouble = (asked) => (isList(asked) ? { ...usual(asked), afterMs: 300 } : undefined)
    await check(ids, call(1_000))
    const deadlines = api.asked
      .slice(from)
      .map((asked) => [isList(asked), Math.round(asked.deadlineMs)])
    expect(deadlines).toContainEqual([true, 500])
    expect(deadlines).toContainEqual([false, 700])
  })
})

describe('reading ahead, for the places', () => {
  it('begins a second after the create, of each that has none yet', async () => {
    const ids = add(11)
    await clock.advance(999)
    expect((await check(ids)).statuses).toEqual([])
    await clock.advance(1)
    expect((await check(ids)).statuses.toSorted()).toEqual(ids.toSorted())
    expect((await check(ids)).statuses).toEqual([])
  })

  it('goes on with those whose place Edgegap does not know yet', async () => {
    const ids = add(11)
    change(ids.slice(0, 2), { isPlaced: false })
    await clock.advance(1_000)
    await check(ids)
    expect((await check(ids)).statuses.toSorted()).toEqual(ids.slice(0, 2))
  })

  it('counts from the first check of what others created, or was found by its tag', async () => {
    const ids = add(12)
    watch = new Watch(new Deployments(api.send, clock), clock, RUN_TAG)
    await clock.advance(5_000)
    expect((await check(ids)).statuses).toEqual([])
    await clock.advance(1_000)
    expect((await check(ids)).statuses.toSorted()).toEqual(ids.toSorted())
  })

  it('is not needed of ten: all of them can be read at once', async () => {
    const ids = add(10)
    await clock.advance(1_000)
    expect((await check(ids)).statuses).toEqual([])
  })

  it('reads at most 22 with a check, and those that had to wait come first', async () => {
    const ids = add(40)
    await clock.advance(1_000)
    const first = await check(ids)
    expect(first.statuses).toHaveLength(22)
    // The first ones took 1.1 of the 1.7 s that are left for it.
    const second = await check(ids)
    expect(second.statuses).toHaveLength(9)
    expect(new Set([...first.statuses, ...second.statuses]).size).toBe(31)
  })

  it('ends 2.7 s after the last create, and has no more than fit into that', async () => {
    const ids = add(10)
    await clock.advance(1_000)
    ids.push(...add(2))
    await clock.advance(2_580)
    expect((await check(ids)).statuses).toHaveLength(2)
    await clock.advance(1_000)
    expect((await check(ids)).statuses.length).toBeLessThanOrEqual(1)
  })

  it('is over at its very end: then it is one with every second check', async () => {
    const ids = add(12)
    await clock.advance(2_700)
    const checks = [await check(ids), await check(ids), await check(ids), await check(ids)]
    expect(checks.map(({ statuses }) => statuses.length).toSorted()).toEqual([0, 0, 1, 1])
  })
})

describe('deployments that the list shows to have changed', () => {
  it('are each read, up to three of many', async () => {
    const ids = await placed(12)
    change(ids.slice(0, 3), { status: 'READY' })
    const { statuses, read } = await check(ids)
    expect(statuses).toEqual(expect.arrayContaining(ids.slice(0, 3)))
    expect(read.get('id0')).toMatchObject({ state: 'succeeded' })
  })

  it('are ready by their rows where they are four of many', async () => {
    const ids = await placed(12)
    change(ids.slice(0, 4), { status: 'READY' })
    const next = await check(ids)
    for (const id of ids.slice(0, 4)) {
      expect(next.statuses).not.toContain(id)
      expect(next.read.get(id)).toMatchObject({
        state: 'succeeded',
        facts: { location: 'Paris, France', host: 'h.test' },
      })
    }
    expect(next.arrived.toSorted()).toEqual(ids.toSorted())
  })

  it('are each read where there are ten at most', async () => {
    const ids = add(10)
    change(ids, { status: 'READY' })
    const next = await check(ids)
    expect(next.statuses.toSorted()).toEqual(ids.toSorted())
    expect(statesOf(next).map(([, state]) => state)).toEqual(ids.map(() => 'succeeded'))
  })

  it('are left out where they have to wait, and read with the next check', async () => {
    const ids = add(30)
    change(ids, { status: 'READY' })
    const first = await check(ids)
    expect(first.statuses).toHaveLength(22)
    expect([...first.read.keys()].toSorted()).toEqual(first.statuses.toSorted())
    expect(first.arrived.toSorted()).toEqual(first.statuses.toSorted())
    const rest = ids.filter((id) => !first.read.has(id))
    expect((await check(rest)).statuses.toSorted()).toEqual(rest.toSorted())
  })

  it('are read as well where they were ready and are so no more', async () => {
    const ids = await placed(12)
    change(ids.slice(0, 1), { status: 'READY' })
    await check(ids)
    change(ids.slice(0, 1), { status: 'ERROR' })
    expect((await check(ids)).read.get('id0')).toMatchObject({ state: 'failed' })
  })

  it('leave room for few of those that were never listed', async () => {
    const ids = await placed(40)
    change(ids.slice(0, 20), { isListed: false, status: 'TERMINATED' })
    const late = add(10)
    change(late, { isListed: false })
    const { statuses } = await check([...ids, ...late])
    expect(statuses).toHaveLength(22)
    expect(statuses).toEqual(expect.arrayContaining(ids.slice(0, 20)))
  })

  it('are not read again once they are known to be ready', async () => {
    const ids = await placed(12)
    change(ids.slice(0, 1), { status: 'READY' })
    await check(ids)
    const next = [await check(ids), await check(ids)]
    expect(next.flatMap(({ statuses }) => statuses)).not.toContain('id0')
  })
})

describe('deployments that the list does not show', () => {
  it('are read, five with a check, where it has never shown them', async () => {
    const ids = add(12)
    change(ids, { isListed: false })
    const checks = [await check(ids), await check(ids), await check(ids)]
    expect(checks.map(({ statuses }) => statuses.length)).toEqual([5, 5, 5])
    expect(new Set(checks.flatMap(({ statuses }) => statuses)).size).toBe(12)
    // The others are waited on: the list may be late.
    expect(checks[0]?.read.size).toBe(12)
    expect(statesOf(checks[0] as Check).every(([, state]) => state === 'pending')).toBe(true)
  })

  it('are read at once, all of them, where it has shown them before', async () => {
    const ids = await placed(12)
    change(ids.slice(0, 8), { isListed: false, status: 'TERMINATED' })
    const { statuses, read } = await check(ids)
    expect(statuses).toEqual(expect.arrayContaining(ids.slice(0, 8)))
    for (const id of ids.slice(0, 8)) expect(read.get(id)).toMatchObject({ state: 'failed' })
  })
})

describe('deployments that the list of failed ones names', () => {
  it('are read before anything else', async () => {
    const ids = await placed(40)
    change(ids.slice(5, 6), { status: 'ERROR' })
    const checks = [await check(ids), await check(ids)]
    const named = checks.find(({ failedLists }) => failedLists === 1)
    expect(named?.statuses[0]).toBe('id5')
    expect(named?.read.get('id5')).toMatchObject({ state: 'failed' })
  })

  it('and which are pending show that this list is of no use', async () => {
    const ids = await placed(12)
    trouble = (asked) =>
      isList(asked) && isFailedList(asked) ? { body: { data: rowsOf(undefined) } } : undefined
    const checks: Check[] = []
    for (let count = 0; count < 6; count += 1) checks.push(await check(ids))
    expect(checks.filter(({ failedLists }) => failedLists > 0)).toHaveLength(1)
  })
})

describe('a list that fails', () => {
  it('leaves the statuses, 22 with a check, each in its turn', async () => {
    const ids = await placed(30)
    trouble = (asked) => (isList(asked) ? { status: 500 } : undefined)
    const first = await check(ids)
    const second = await check(ids)
    expect([first.statuses.length, second.statuses.length]).toEqual([22, 22])
    expect(new Set([...first.statuses, ...second.statuses]).size).toBe(30)
    expect(first.read.size).toBe(30)
    expect(first.arrived.toSorted()).toEqual(ids.toSorted())
    for (const one of first.read.values()) expect(one).toMatchObject({ status: 'DEPLOYING' })
  })

  it('leaves those that were never read as not ready', async () => {
    const ids = add(23)
    trouble = (asked) => (isList(asked) ? { status: 500 } : undefined)
    const { read, statuses } = await check(ids)
    const [rest = ''] = ids.filter((id) => !statuses.includes(id))
    expect(read.get(rest)).toEqual({ state: 'pending', status: '', known: true, facts: {} })
  })

  it('because of a rate limit ends the check: more requests would be no answer', async () => {
    const ids = await placed(12)
    trouble = (asked) => (isList(asked) ? { status: 429 } : undefined)
    await expect(check(ids)).rejects.toMatchObject({ kind: 'rate-limited' })
  })

  it('because of a cancel ends the check', async () => {
    const ids = await placed(12)
    trouble = () => new ActionError({ kind: 'connection-lost', what: 'aborted' })
    const bounds = { deadlineMs: 1_000, signal: AbortSignal.abort() }
    await expect(check(ids, bounds)).rejects.toMatchObject({ kind: 'connection-lost' })
  })
})

describe('a status that fails among many', () => {
  it('is its own error, and what was known of it stays', async () => {
    const ids = await placed(12)
    change(['id0'], { status: 'READY' })
    trouble = (asked) => (asked.path.endsWith('/id0') ? { status: 503 } : undefined)
    expect((await check(ids)).read.get('id0')).toMatchObject({ kind: 'server-fault' })
    trouble = () => undefined
    expect((await check(ids)).read.get('id0')).toMatchObject({ state: 'succeeded' })
  })
})

describe('how far apart checks are', () => {
  it.each([
    [1, 0],
    [2, 0],
    [3, 1_111],
    [100, 1_111],
    [101, 1_389],
    [200, 1_389],
    [201, 1_852],
  ])('of %d deployments', (count, intervalMs) => {
    expect(Math.round(watch.shortestIntervalMs(count))).toBe(intervalMs)
  })

  it.each([
    [1, 'READY'],
    [3, 'READY'],
    [3, 'ERROR'],
  ])('is half of it for five seconds after one of %d is %s', async (count, status) => {
    const ids = await placed(count)
    change(ids, { status })
    await check(ids)
    await check(ids)
    const intervalMs = () => Math.round(watch.shortestIntervalMs(100))
    expect(intervalMs()).toBe(556)
    await clock.advance(4_999)
    expect(intervalMs()).toBe(556)
    await clock.advance(1)
    expect(intervalMs()).toBe(1_111)
  })

  it('is half of it too where all became ready by their rows', async () => {
    const ids = await placed(12)
    change(ids, { status: 'READY' })
    expect((await check(ids)).statuses).toEqual([])
    expect(Math.round(watch.shortestIntervalMs(100))).toBe(556)
  })

  it('is not so while all that is read is pending', async () => {
    const ids = await placed(12)
    await check(ids)
    expect(Math.round(watch.shortestIntervalMs(100))).toBe(1_111)
  })
})
