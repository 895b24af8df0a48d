import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ActionError } from '../../../src/base/errors.ts'
import { createHttpClient } from '../../../src/net/request.ts'
import type { Call } from '../../../src/provider/call.ts'
import { createEdgegapClient } from '../../../src/provider/edgegap/client.ts'
import { Deployments } from '../../../src/provider/edgegap/deployments.ts'
import { TwoWays } from '../../../src/provider/edgegap/two-ways.ts'
import type { StatusReading } from '../../../src/provider/edgegap/wire.ts'
import { type EdgegapEmulator, startEdgegapEmulator } from '../../emulator/edgegap/emulator.ts'

const TAG = 'attempt-1'
const PENDING = [{ afterMs: 0, status: 'DEPLOYING' }]
const STATUS = /\/status\//
const LIST = /\/deployments$/
const call: Call = { deadlineMs: 5_000, signal: new AbortController().signal }

let edgegap: EdgegapEmulator
let ways: TwoWays
let nowMs = 0
let id = ''
const last = new Map<string, StatusReading>()

beforeEach(async () => {
  nowMs = 0
  last.clear()
  edgegap = await startEdgegapEmulator()
  const { url, settings } = edgegap
  const send = createEdgegapClient(createHttpClient({}), new URL(url), settings.token)
  const clock = { nowMs: () => nowMs, sleep: async () => {} }
  ways = new TwoWays(new Deployments(send, clock), clock)
  id = edgegap.addDeployment({ tags: [TAG] }, PENDING).id
  ways.created(id, TAG)
})
afterEach(() => edgegap.close())

/** One check: its state or the kind of its error, and which requests it took. */
async function check(): Promise<{ end: string; asked: string[] }> {
  const before = edgegap.requests.length
  const read = await ways.read([id], call, last, () => {})
  const one = read.get(id) as StatusReading | ActionError
  if ('state' in one) last.set(id, one)
  const asked = edgegap.requests
    .slice(before)
    .map(({ path }) => (LIST.test(path) ? 'list' : 'status'))
  return { end: 'state' in one ? one.state : one.kind, asked }
}

const refuse = (path: RegExp) =>
  edgegap.faults.order({ path, kind: 'status', status: 429, times: 1 })

/** Pending and read once, then turned away: the next check goes by the list. */
async function turnedAway(): Promise<void> {
  await check()
  refuse(STATUS)
  expect(await check()).toEqual({ end: 'rate-limited', asked: ['status'] })
}

describe('a deployment whose status a rate limit refuses', () => {
  it('is asked for in the list once, since a row does not tell a failure', async () => {
    await turnedAway()
    expect(await check()).toEqual({ end: 'pending', asked: ['list'] })
    edgegap.setStatus(id, { status: 'ERROR' })
    expect(await check()).toEqual({ end: 'failed', asked: ['status'] })
  })

  it('is asked for by its status again where the list refuses as well', async () => {
    await turnedAway()
    refuse(LIST)
    expect(await check()).toEqual({ end: 'rate-limited', asked: ['list'] })
    expect(await check()).toEqual({ end: 'pending', asked: ['status'] })
  })

  it('is ready by its row, with the location that was read before and the address', async () => {
    await turnedAway()
    edgegap.setStatus(id, { status: 'READY' })
    expect(await check()).toEqual({ end: 'succeeded', asked: ['list'] })
    expect(last.get(id)).toMatchObject({
      status: 'Status.READY',
      facts: {
        location: expect.stringMatching(/./),
        ip: expect.stringMatching(/./),
        ports: [{ address: expect.stringMatching(/:\d+$/) }],
      },
    })
  })

  it('is never asked for in the list before its location is known', async () => {
    refuse(STATUS)
    await check()
    expect((await check()).asked).toEqual(['status'])
  })

  it.each([
    [
      'ended, and is listed no more',
      () => edgegap.setStatus(id, { status: 'TERMINATED' }),
      'failed',
    ],
    [
      'is not in the list',
      () => edgegap.faults.order({ path: LIST, kind: 'status', status: 200, body: { data: [] } }),
      'pending',
    ],
    [
      'is ready in the list without an address',
      () => {
        const data = [{ request_id: id, ready: true, tags: [TAG] }]
        edgegap.faults.order({ path: LIST, kind: 'status', status: 200, body: { data } })
      },
      'pending',
    ],
    [
      'cannot be listed',
      () => edgegap.faults.order({ path: LIST, kind: 'status', status: 500 }),
      'pending',
    ],
  ])('is read by its status at once where it %s', async (_, happen, end) => {
    await turnedAway()
    happen()
    expect(await check()).toEqual({ end, asked: ['list', 'status'] })
  })
})

describe('a deployment that nothing refuses', () => {
  it('is only ever read by its status', async () => {
    for (let count = 0; count < 5; count += 1) {
      expect((await check()).asked).toEqual(['status'])
    }
  })
})
