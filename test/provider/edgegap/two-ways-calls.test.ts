import { beforeEach, describe, expect, it } from 'vitest'
import { ActionError } from '../../../src/base/errors.ts'
import type { Call } from '../../../src/provider/call.ts'
import { Deployments } from '../../../src/provider/edgegap/deployments.ts'
import { TwoWays } from '../../../src/provider/edgegap/two-ways.ts'
import type { StatusReading } from '../../../src/provider/edgegap/wire.ts'
import { VirtualClock } from '../../wait/virtual-clock.ts'
import { type Answer, type Asked, call, type FakeApi, fakeApi, filtersOf } from './fake-api.ts'

const TAG = 'attempt-1'
const PENDING: StatusReading = {
  state: 'pending',
  status: 'DEPLOYING',
  known: true,
  facts: { location: 'Paris, France' },
}
const STATUS = { current_status: 'DEPLOYING', location: { city: 'Paris' } }

let clock: VirtualClock
let api: FakeApi
let ways: TwoWays
let answer: (asked: Asked) => Answer | ActionError
let last: Map<string, StatusReading>

const isList = ({ path }: Asked) => path === '/v1/deployments'

beforeEach(() => {
  clock = new VirtualClock()
  answer = () => ({ body: STATUS })
  api = fakeApi(clock, (asked) => answer(asked))
  ways = new TwoWays(new Deployments(api.send, clock), clock)
  last = new Map([['a', PENDING]])
})

async function check(ids: readonly string[] = ['a'], bounds: Call = call()) {
  const before = api.asked.length
  const arrived: string[] = []
  const read = await clock.run(ways.read(ids, bounds, last, (id) => arrived.push(id)))
  const asked = api.asked.slice(before)
  return { read, arrived, asked, ways: asked.map((one) => (isList(one) ? 'list' : 'status')) }
}

/** The next status is refused with HTTP 429, and all after it are answered again. */
async function refuseOnce(): Promise<void> {
  answer = () => ({ status: 429 })
  expect((await check()).read.get('a')).toMatchObject({ kind: 'rate-limited' })
  answer = (asked) => (isList(asked) ? { body: { data: [] } } : { body: STATUS })
}

describe('two deployments', () => {
  it('are read side by side, each handed out as it comes', async () => {
    answer = ({ path }) => ({ body: STATUS, afterMs: path.endsWith('/a') ? 500 : 100 })
    const { read, arrived } = await check(['a', 'b'])
    expect(clock.elapsedMs).toBe(500)
    expect(arrived).toEqual(['b', 'a'])
    expect([...read.values()]).toMatchObject([{ state: 'pending' }, { state: 'pending' }])
  })

  it('have their own errors', async () => {
    answer = ({ path }) => (path.endsWith('/a') ? { status: 404, body: {} } : { body: STATUS })
    const { read } = await check(['a', 'b'])
    expect(read.get('a')).toMatchObject({ kind: 'not-found' })
    expect(read.get('b')).toMatchObject({ state: 'pending' })
  })

  it('have an error each where there is a fault of our own', async () => {
    answer = () => {
      throw new TypeError('a bug')
    }
    expect((await check()).read.get('a')).toMatchObject({ kind: 'internal' })
  })
})

describe('after a refused status', () => {
  it('one list is asked for this deployment alone, for half of the time', async () => {
    ways.created('a', TAG)
    await refuseOnce()
    const { asked } = await check(['a'], call(1_000))
    expect(asked.map(({ deadlineMs }) => deadlineMs)).toEqual([500, 1_000])
    expect(filtersOf(asked[0] as Asked)).toEqual([{ field: 'tags', operator: 'eq', value: TAG }])
  })

  it('the status that follows has what the list left of the time', async () => {
    ways.created('a', TAG)
    await refuseOnce()
    answer = (asked) => (isList(asked) ? { body: { data: [] }, afterMs: 300 } : { body: STATUS })
    const { asked } = await check(['a'], call(1_000))
    expect(asked.map(({ deadlineMs }) => Math.round(deadlineMs))).toEqual([500, 700])
  })

  it('a row that is not ready is the last reading again', async () => {
    ways.created('a', TAG)
    await refuseOnce()
    const data = [
      { request_id: 'b', ready: true },
      { request_id: 'a', tags: [TAG] },
    ]
    answer = () => ({ body: { data } })
    const { read, ways: asked } = await check()
    expect(read.get('a')).toEqual(PENDING)
    expect(asked).toEqual(['list'])
  })

  it('a row of another deployment says nothing', async () => {
    ways.created('a', TAG)
    await refuseOnce()
    answer = (asked) =>
      isList(asked) ? { body: { data: [{ request_id: 'b', tags: [TAG] }] } } : { body: STATUS }
    expect((await check()).ways).toEqual(['list', 'status'])
  })

  it.each<[string, StatusReading | undefined]>([
    ['was never read', undefined],
    ['has no place yet', { ...PENDING, facts: {} }],
    ['was ready', { ...PENDING, state: 'succeeded' }],
  ])('one that %s is asked for by its status again', async (_, reading) => {
    ways.created('a', TAG)
    if (reading) last.set('a', reading)
    else last.clear()
    await refuseOnce()
    expect((await check()).ways).toEqual(['status'])
  })

  it('one whose own tag is not known is asked for by its status again', async () => {
    await refuseOnce()
    expect((await check()).ways).toEqual(['status'])
  })
})

describe('after another failure', () => {
  it.each<[string, Answer | ActionError]>([
    ['a fault', { status: 503 }],
    ['an unknown id', { status: 404, body: {} }],
    ['no reply', new ActionError({ kind: 'connection-lost', what: 'lost' })],
  ])('such as %s the status is asked for again', async (_, trouble) => {
    ways.created('a', TAG)
    answer = () => trouble
    await check()
    answer = () => ({ body: STATUS })
    expect((await check()).ways).toEqual(['status'])
  })
})
