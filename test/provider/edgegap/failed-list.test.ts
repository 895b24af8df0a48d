import { beforeEach, describe, expect, it } from 'vitest'
import { ActionError } from '../../../src/base/errors.ts'
import { Deployments } from '../../../src/provider/edgegap/deployments.ts'
import { FailedList } from '../../../src/provider/edgegap/failed-list.ts'
import type { Observation } from '../../../src/provider/provider.ts'
import { VirtualClock } from '../../wait/virtual-clock.ts'
import { type Answer, call, type FakeApi, fakeApi, filtersOf } from './fake-api.ts'

let api: FakeApi
let list: FailedList
let answer: Answer | ActionError

beforeEach(() => {
  const clock = new VirtualClock()
  api = fakeApi(clock, () => answer)
  list = new FailedList(new Deployments(api.send, clock))
})

const rows = (...data: object[]) => {
  answer = { body: { data, pagination: { has_next: true } } }
}
const read = (deadlineMs?: number) => list.read('run-1', call(deadlineMs))

describe('the list of failed deployments', () => {
  it('gives the ids of this run that are in error, from its first page', async () => {
    rows({ request_id: 'a' }, { request_id: '../x' }, { request_id: 'b' })
    expect(await read()).toEqual(['a', 'b'])
    expect(api.asked.map(filtersOf)).toEqual([
      [
        { field: 'tags', operator: 'eq', value: 'run-1' },
        { field: 'status', operator: 'eq', value: 'error' },
      ],
    ])
  })

  it('never takes long', async () => {
    rows()
    await read(60_000)
    await read(400)
    expect(api.asked.map(({ deadlineMs }) => deadlineMs)).toEqual([1_000, 400])
  })

  it('is given up where it lists ready ones as well: the filter is ignored', async () => {
    rows({ request_id: 'a' }, { request_id: 'b', ready: true })
    expect(await read()).toEqual([])
    expect(list.isUseful).toBe(false)
    expect(await read()).toEqual([])
    expect(api.asked).toHaveLength(1)
  })

  it('is given up where Edgegap refuses its filter', async () => {
    answer = { status: 400, body: { message: 'unknown value' } }
    expect(await read()).toEqual([])
    expect(list.isUseful).toBe(false)
  })

  it.each<[string, Answer | ActionError]>([
    ['a fault', { status: 500 }],
    ['a rate limit', { status: 429 }],
    ['a reply that is none', { body: 'OK' }],
    ['no reply', new ActionError({ kind: 'connection-lost', what: 'lost' })],
  ])('is asked again after %s', async (_, trouble) => {
    answer = trouble
    expect(await read()).toEqual([])
    expect(list.isUseful).toBe(true)
    rows({ request_id: 'a' })
    expect(await read()).toEqual(['a'])
  })
})

describe('what the statuses say of those that it named', () => {
  const reading = (state: Observation['state']): Observation => {
    return { state, status: '', known: true, facts: {} }
  }
  const error = new ActionError({ kind: 'server-fault', what: 'no' })

  it.each<[string, Observation | ActionError | undefined, boolean]>([
    ['one that is pending ends it', reading('pending'), false],
    ['one that failed does not', reading('failed'), true],
    ['one that is ready by now does not', reading('succeeded'), true],
    ['one that could not be read does not', error, true],
    ['one that was not read does not', undefined, true],
  ])('%s', (_, one, isUseful) => {
    expect(list.isUseful).toBe(true)
    const read = new Map<string, Observation | ActionError>([['b', reading('pending')]])
    if (one) read.set('a', one)
    list.confirm(['a'], read)
    expect(list.isUseful).toBe(isUseful)
  })
})
