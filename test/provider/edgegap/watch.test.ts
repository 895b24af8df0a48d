import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ActionError } from '../../../src/base/errors.ts'
import { createHttpClient } from '../../../src/net/request.ts'
import type { Call } from '../../../src/provider/call.ts'
import { createEdgegapClient } from '../../../src/provider/edgegap/client.ts'
import { Deployments } from '../../../src/provider/edgegap/deployments.ts'
import { Watch } from '../../../src/provider/edgegap/watch.ts'
import type { Observation } from '../../../src/provider/provider.ts'
import { type EdgegapEmulator, startEdgegapEmulator } from '../../emulator/edgegap/emulator.ts'

const RUN_TAG = 'run-1'
const PENDING = [{ afterMs: 0, status: 'DEPLOYING' }]
const call: Call = { deadlineMs: 5_000, signal: new AbortController().signal }

let edgegap: EdgegapEmulator
let watch: Watch
let nowMs = 0

beforeEach(async () => {
  nowMs = 0
  edgegap = await startEdgegapEmulator({
    rateLimits: { listPerSecond: 1_000, statusPerSecond: 1_000, deployPerSecond: 1_000 },
  })
  const send = createEdgegapClient(
    createHttpClient({}),
    new URL(edgegap.url),
    edgegap.settings.token,
  )
  // Time passes only by hand, and nothing is paced.
  const clock = { nowMs: () => nowMs, sleep: async () => {} }
  watch = new Watch(new Deployments(send, clock), clock, RUN_TAG)
})
afterEach(() => edgegap.close())

function add(count: number): string[] {
  return Array.from({ length: count }, () => {
    const { id } = edgegap.addDeployment({ tags: [RUN_TAG] }, PENDING)
    watch.created(id)
    return id
  })
}

function makeReady(ids: readonly string[]): void {
  for (const id of ids) edgegap.setStatus(id, { status: 'READY' })
}

/** One status check; gives its readings by id, and throws where one is an error. */
async function observe(ids: readonly string[]): Promise<Map<string, Observation>> {
  const read = new Map<string, Observation>()
  for (const [id, one] of await watch.observe(ids, call)) {
    if (one instanceof ActionError) throw one
    read.set(id, one)
  }
  return read
}

function idsOf(read: ReadonlyMap<string, Observation>, state: Observation['state']): string[] {
  return [...read].filter(([, one]) => one.state === state).map(([id]) => id)
}

const countOf = (path: RegExp) => edgegap.requestsTo('GET', path).length
const STATUS = /\/status\//
const LIST = /\/deployments$/

/** Their places are known: that was read ahead, soon after the creates. */
async function placed(count: number): Promise<string[]> {
  const ids = add(count)
  nowMs = 1_200
  await observe(ids)
  nowMs = 10_000
  return ids
}

describe('many deployments', () => {
  it('that are pending are read by one list, and each once soon after its create', async () => {
    const ids = add(20)
    await observe(ids)
    expect([countOf(LIST), countOf(STATUS)]).toEqual([1, 0])
    nowMs = 1_200
    await observe(ids)
    expect(countOf(STATUS)).toBe(20)
    nowMs = 10_000
    for (let count = 0; count < 10; count += 1) await observe(ids)
    // The lists of the failed ones are every second one, and one pending one is read in between.
    expect(countOf(LIST)).toBeLessThanOrEqual(18)
    expect(countOf(STATUS)).toBeLessThanOrEqual(25)
  })

  it('that become ready in one list are ready by it, with their places and addresses', async () => {
    const ids = await placed(20)
    const before = countOf(STATUS)
    makeReady(ids)
    const read = await observe(ids)
    expect(idsOf(read, 'succeeded')).toEqual(ids)
    expect(countOf(STATUS)).toBe(before)
    for (const one of read.values()) {
      expect(one).toMatchObject({
        status: 'Status.READY',
        facts: {
          location: expect.stringMatching(/./),
          ip: expect.stringMatching(/./),
          ports: [{ name: 'gameport', address: expect.stringMatching(/:\d+$/) }],
        },
      })
    }
  })

  it('that become ready before their places are known are read, some with each check', async () => {
    const ids = add(50)
    makeReady(ids)
    const first = idsOf(await observe(ids), 'succeeded')
    expect(countOf(STATUS)).toBe(first.length)
    expect(first.length).toBeLessThan(30)
    const rest = ids.filter((id) => !first.includes(id))
    const second = idsOf(await observe(rest), 'succeeded')
    const last = await observe(rest.filter((id) => !second.includes(id)))
    expect([...first, ...second, ...idsOf(last, 'succeeded')].toSorted()).toEqual(ids.toSorted())
    for (const one of last.values()) expect(one.facts.location).toBeDefined()
  })

  it('that a row calls ready without an address are read, and not believed', async () => {
    const ids = await placed(20)
    const data = ids.map((request_id) => ({ request_id, ready: true, tags: [RUN_TAG] }))
    edgegap.faults.order({ path: LIST, kind: 'status', status: 200, body: { data } })
    expect(idsOf(await observe(ids), 'pending')).toEqual(ids)
  })

  it('of which few become ready are each read by themselves', async () => {
    const ids = await placed(20)
    const before = countOf(STATUS)
    makeReady(ids.slice(0, 2))
    expect(idsOf(await observe(ids), 'succeeded')).toEqual(ids.slice(0, 2))
    expect(countOf(STATUS) - before).toBeGreaterThanOrEqual(2)
  })

  it('are handed out before the last status is read', async () => {
    const ids = await placed(20)
    makeReady(ids.slice(0, 1))
    const arrived: string[] = []
    edgegap.faults.order({ path: STATUS, kind: 'hang' })
    const cancel = new AbortController()
    const reading = watch.observe(ids, { ...call, signal: cancel.signal }, (id) => arrived.push(id))
    await expect.poll(() => arrived.length).toBeGreaterThan(10)
    expect(arrived).not.toContain(ids[0])
    cancel.abort()
    await reading
  })
})

describe('deployments of other runs', () => {
  it('are read a few at a time, however many they are', async () => {
    const open = { now: 0, most: 0 }
    const send = async () => {
      open.now += 1
      open.most = Math.max(open.most, open.now)
      await new Promise((resolve) => setTimeout(resolve, 2))
      open.now -= 1
      const text = JSON.stringify({ current_status: 'Status.READY', public_ip: '192.0.2.1' })
      return { status: 200, headers: {}, text, request: 'GET' }
    }
    const clock = { nowMs: () => nowMs, sleep: async () => {} }
    const stranger = new Watch(new Deployments(send, clock), clock, undefined)
    const ids = Array.from({ length: 40 }, (_, index) => `id${index}`)
    expect((await stranger.observe(ids, call)).size).toBe(40)
    expect(open.most).toBe(10)
  })
})

describe('one that failed among many', () => {
  /** Checks until it is seen. */
  async function checksUntilFailed(ids: readonly string[], failed: string): Promise<number> {
    for (let checks = 1; checks <= 100; checks += 1) {
      if ((await observe(ids)).get(failed)?.state === 'failed') return checks
    }
    throw new Error('never seen')
  }

  it('is seen within two checks, by the list of the failed ones', async () => {
    const ids = await placed(40)
    const [, failed = ''] = ids
    edgegap.setStatus(failed, { status: 'ERROR', errorDetail: 'Pull image timeout exceeded' })
    expect(await checksUntilFailed(ids, failed)).toBeLessThanOrEqual(2)
  })

  it('is seen by the next check where it is listed no more', async () => {
    const ids = await placed(40)
    const [, failed = ''] = ids
    await observe(ids)
    edgegap.setStatus(failed, { status: 'TERMINATED' })
    expect(await checksUntilFailed(ids, failed)).toBe(1)
  })

  it.each([
    ['refuses', { kind: 'status', status: 400, body: { message: 'unknown value' } }],
    ['fails at', { kind: 'status', status: 500 }],
  ] as const)('is seen in its turn where the API %s that list', async (_, effect) => {
    const ids = await placed(12)
    const [, failed = ''] = ids
    edgegap.faults.order({
      ...effect,
      path: LIST,
      matches: ({ query }) => query.query?.includes('status') === true,
    })
    edgegap.setStatus(failed, { status: 'ERROR' })
    expect(await checksUntilFailed(ids, failed)).toBeLessThanOrEqual(2 * ids.length)
  })

  it('is seen in its turn where the API lists all as failed, and that list is given up', async () => {
    edgegap.settings.ignoreFilters = ['status']
    const ids = await placed(12)
    const [, failed = ''] = ids
    edgegap.setStatus(failed, { status: 'ERROR' })
    await checksUntilFailed(ids, failed)
    const before = countOf(LIST)
    for (let count = 0; count < 4; count += 1) await observe(ids)
    expect(countOf(LIST) - before).toBe(4)
  })
})

describe('the list', () => {
  it('that shows nothing yet ends nothing: absent ones are read by themselves', async () => {
    edgegap.settings.listLagMs = 60_000
    const ids = add(12)
    makeReady(ids)
    const ready = new Set<string>()
    for (let checks = 0; checks < 5 && ready.size < ids.length; checks += 1) {
      const read = await observe(ids.filter((id) => !ready.has(id)))
      expect(idsOf(read, 'failed')).toEqual([])
      for (const id of idsOf(read, 'succeeded')) ready.add(id)
    }
    expect(ready.size).toBe(ids.length)
  })

  it('is asked so seldom that a run stays below two requests a second', () => {
    expect(watch.shortestIntervalMs(2)).toBe(0)
    expect(watch.shortestIntervalMs(100)).toBeGreaterThanOrEqual(1_000)
    expect(watch.shortestIntervalMs(200)).toBeGreaterThanOrEqual(1_250)
  })

  it('is asked more often while one after the other comes to its end', async () => {
    const ids = await placed(20)
    const quietMs = watch.shortestIntervalMs(200)
    makeReady(ids.slice(0, 1))
    await observe(ids)
    expect(watch.shortestIntervalMs(200)).toBeLessThan(0.6 * quietMs)
    nowMs += 6_000
    expect(watch.shortestIntervalMs(200)).toBe(quietMs)
  })
})
