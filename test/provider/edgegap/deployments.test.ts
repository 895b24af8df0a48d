import { beforeEach, describe, expect, it } from 'vitest'
import { ActionError } from '../../../src/base/errors.ts'
import {
  Deployments,
  STATUS_AT_ONCE,
  STATUS_SPACING_MS,
} from '../../../src/provider/edgegap/deployments.ts'
import { VirtualClock } from '../../wait/virtual-clock.ts'
import { type Answer, type Asked, call, type FakeApi, fakeApi, filtersOf } from './fake-api.ts'

let clock: VirtualClock
let api: FakeApi
let deployments: Deployments
let answer: (asked: Asked) => Answer | ActionError

beforeEach(() => {
  clock = new VirtualClock()
  answer = () => ({})
  api = fakeApi(clock, (asked) => answer(asked))
  deployments = new Deployments(api.send, clock)
})

const READY = { current_status: 'Status.READY', fqdn: 'h', ports: { game: { external: 31_500 } } }
const isList = ({ path }: Asked) => path === '/v1/deployments'
const numbered = (count: number) => Array.from({ length: count }, (_, index) => `id${index}`)

describe('several statuses', () => {
  const statuses = (ids: readonly string[], isPaced: boolean, arrived: string[] = []) =>
    clock.run(deployments.statuses(ids, call(), isPaced, (id) => arrived.push(id)))

  it('are there by their ids, and each is handed out as it comes', async () => {
    answer = ({ path }) =>
      path.endsWith('slow') ? { body: READY, afterMs: 500 } : { body: READY, afterMs: 100 }
    const arrived: string[] = []
    const read = await statuses(['slow', 'b', 'c'], false, arrived)
    expect(arrived).toEqual(['b', 'c', 'slow'])
    expect([...read.keys()].toSorted()).toEqual(['b', 'c', 'slow'])
    expect([...read.values()]).toMatchObject([
      { state: 'succeeded' },
      { state: 'succeeded' },
      { state: 'succeeded' },
    ])
  })

  it('that fail are there as their errors, and spoil no other', async () => {
    answer = ({ path }) => (path.endsWith('b') ? { status: 503 } : { body: READY })
    const arrived: string[] = []
    const read = await statuses(['a', 'b'], false, arrived)
    expect(read.get('a')).toMatchObject({ state: 'succeeded' })
    expect(read.get('b')).toBeInstanceOf(ActionError)
    expect(read.get('b')).toMatchObject({ kind: 'server-fault' })
    expect(arrived).toEqual(['a', 'b'])
  })

  it('hide no fault of our own', async () => {
    answer = () => {
      throw new TypeError('a bug')
    }
    await expect(statuses(['a'], false)).rejects.toThrow(TypeError)
  })

  it('are sent a few at a time, at once where they are few', async () => {
    answer = () => ({ body: READY, afterMs: 1_000 })
    await statuses(numbered(STATUS_AT_ONCE + 1), false)
    expect(api.asked.filter(({ atMs }) => atMs === 0)).toHaveLength(STATUS_AT_ONCE)
    expect(clock.elapsedMs).toBe(2_000)
  })

  it('stay below the rate limit where they are many', async () => {
    answer = () => ({ body: READY })
    await statuses(numbered(30), true)
    const perSecond = 1_000 / STATUS_SPACING_MS
    expect(api.asked.length / (clock.elapsedMs / 1_000)).toBeLessThan(20)
    expect(clock.elapsedMs).toBeGreaterThan((25 * 1_000) / perSecond)
  })
})

describe('the list', () => {
  const filter = { field: 'tags', operator: 'eq', value: 't' } as const
  const pageOf = ({ query }: Asked) => Number(query?.page)

  it('is asked with its filters as JSON, for the longest pages', async () => {
    answer = () => ({ body: { data: [] } })
    await deployments.list([filter], call())
    expect(api.asked).toMatchObject([
      {
        method: 'GET',
        path: '/v1/deployments',
        query: { query: JSON.stringify({ filters: [filter] }), page: '1', limit: '100' },
      },
    ])
  })

  /** What each reading of the list finds on its pages, the last one for all that come after it. */
  const readings = (...pagesOfEach: string[][][]) => {
    let reading = -1
    answer = (asked) => {
      if (pageOf(asked) === 1) reading += 1
      const pages = pagesOfEach[Math.min(reading, pagesOfEach.length - 1)] ?? []
      const data = (pages[pageOf(asked) - 1] ?? []).map((id) => ({ request_id: id }))
      return { body: { data, pagination: { has_next: pageOf(asked) < pages.length } } }
    }
  }
  const ids = async () => (await deployments.list([filter], call())).map(({ id }) => id)

  it('is read to its last page, and each page has what is left of the time', async () => {
    answer = (asked) => ({
      afterMs: 400,
      body: {
        data: [{ request_id: `id${pageOf(asked)}` }],
        pagination: { has_next: pageOf(asked) < 3 },
      },
    })
    const rows = await clock.run(deployments.listOnce([filter], call(1_000)))
    expect(rows.map(({ id }) => id)).toEqual(['id1', 'id2', 'id3'])
    expect(api.asked.map(({ deadlineMs }) => Math.round(deadlineMs))).toEqual([1_000, 600, 200])
  })

  it('of one page is read once', async () => {
    readings([['a', 'b']])
    expect(await ids()).toEqual(['a', 'b'])
    expect(api.asked).toHaveLength(1)
  })

  it('misses nothing that moves to a page which was read already', async () => {
    // While page 1 is read `a` ends, so `c` moves there and page 2 begins with `d`.
    readings([['a', 'b'], ['d']], [['b', 'c'], ['d']])
    expect(await ids()).toEqual(['a', 'b', 'd', 'c'])
    expect(api.asked).toHaveLength(6)
  })

  it('that never stands still is not read for ever', async () => {
    readings(...[1, 2, 3, 4, 5, 6].map((n) => [[`a${n}`], [`b${n}`]]))
    expect(await ids()).toEqual(['a1', 'b1', 'a2', 'b2', 'a3', 'b3', 'a4', 'b4'])
  })

  it('may have fifty pages, and what has more has no end', async () => {
    const pages = Array.from({ length: 51 }, (_, page) => [`id${page}`])
    readings(pages.slice(0, 50))
    expect(await ids()).toHaveLength(50)
    readings(pages)
    await expect(ids()).rejects.toMatchObject({ kind: 'malformed-reply' })
    expect(api.asked).toHaveLength(150)
  })

  it.each([
    ['the same page again and again', ['a', 'b']],
    ['nothing, and more to come', []],
  ])('has no end where it gives %s', async (_, page) => {
    answer = () => ({
      body: { data: page.map((id) => ({ request_id: id })), pagination: { has_next: true } },
    })
    await expect(ids()).rejects.toMatchObject({ kind: 'malformed-reply' })
    expect(api.asked.length).toBeLessThanOrEqual(2)
  })

  it('is read only at its beginning where that is enough', async () => {
    answer = () => ({ body: { data: [{ request_id: 'a' }], pagination: { has_next: true } } })
    expect(await deployments.listFirst([filter], call())).toMatchObject([{ id: 'a' }])
    expect(api.asked.map(pageOf)).toEqual([1])
  })
})

describe('a search by tags', () => {
  const rows = (...data: unknown[]) => {
    answer = (asked) => (isList(asked) ? { body: { data } } : { status: 404 })
  }
  const find = (...tags: string[]) => clock.run(deployments.findByTags(tags, call()))

  it('asks for all of them in one list', async () => {
    rows({ request_id: 'a', tags: ['m2', 'x'] }, { request_id: 'b', tags: ['y'] })
    expect(await find('m1', 'm2')).toEqual(new Map([['a', 'm2']]))
    expect(api.asked.map(filtersOf)).toEqual([
      [{ field: 'tags', operator: 'in', value: ['m1', 'm2'] }],
    ])
  })

  it('fails where what carries a tag has an id that no request can name', async () => {
    rows({ request_id: '../x', tags: ['m1'] })
    await expect(find('m1')).rejects.toMatchObject({
      kind: 'malformed-reply',
      message: expect.stringContaining('m1'),
    })
  })

  it('passes over such an id of others, and of what shows no tags', async () => {
    rows({ request_id: '../x', tags: ['other'] }, { request_id: '../y' })
    expect(await find('m1')).toEqual(new Map())
    expect(api.asked).toHaveLength(1)
  })

  it('passes over a row without tags that has ended since', async () => {
    rows({ request_id: 'gone' }, { request_id: 'a', tags: ['m1'] })
    expect(await find('m1')).toEqual(new Map([['a', 'm1']]))
    expect(api.asked.map(({ path }) => path)).toEqual(['/v1/deployments', '/v1/status/gone'])
  })

  it('gives the reading of a status what the list left of the time', async () => {
    answer = (asked) =>
      isList(asked)
        ? { afterMs: 300, body: { data: [{ request_id: 'a' }] } }
        : { body: { tags: ['m1'] } }
    await clock.run(deployments.findByTags(['m1'], call(1_000)))
    expect(api.asked.map(({ deadlineMs }) => Math.round(deadlineMs))).toEqual([1_000, 700])
  })

  it('reads the statuses of a hundred rows without tags, and gives up with more', async () => {
    const untagged = numbered(101).map((request_id) => ({ request_id }))
    const tagged = numbered(50).map((id) => ({ request_id: `t${id}`, tags: [] }))
    rows(...untagged.slice(0, 50), ...tagged, ...untagged.slice(50, 100))
    expect(await find('m1')).toEqual(new Map())
    expect(api.asked).toHaveLength(101)
    rows(...untagged)
    await expect(find('m1')).rejects.toMatchObject({ kind: 'malformed-reply' })
  })
})

describe('whose a deployment is', () => {
  const membership = () => deployments.membership('a', call())

  it('is its tags and application, and whether it ends', async () => {
    const body = { app_name: 'game', tags: ['t'], current_status: 'Status.READY' }
    answer = () => ({ body })
    expect(await membership()).toEqual({ application: 'game', tags: ['t'] })
    answer = () => ({ body: { ...body, current_status: 'Status.TERMINATED' } })
    expect(await membership()).toEqual({ application: 'game', tags: ['t'], end: 'ended' })
  })

  it.each([400, 404])('is not known where the API answers %d', async (status) => {
    answer = () => ({ status, body: { message: 'Bad request id' } })
    expect(await membership()).toBeUndefined()
  })

  it.each([
    [400, '<html>', 'not-the-api'],
    [404, 'no json', 'malformed-reply'],
    [401, {}, 'unauthorized'],
    [500, {}, 'server-fault'],
    [204, '', 'malformed-reply'],
    [200, { request_id: 'another' }, 'malformed-reply'],
  ])('is no answer where the reply is %d %j', async (status, body, kind) => {
    answer = () => ({ status, body })
    await expect(membership()).rejects.toMatchObject({ kind })
  })
})

describe('a stop that is refused', () => {
  const stop = (refusal: Answer, status: Answer) => {
    answer = ({ method }) => (method === 'DELETE' ? refusal : status)
    return deployments.stop('a b', call())
  }
  const refusal = { status: 400, body: { message: 'no' } }

  it.each([
    ['is being terminated', 'TERMINATING'],
    ['runs', 'READY'],
  ])('is an error while the deployment %s, with the words of Edgegap', async (_, name) => {
    const stopping = stop(refusal, { body: { current_status: name } })
    await expect(stopping).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringContaining(': no'),
    })
    expect(api.asked.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'DELETE /v1/stop/a%20b',
      'GET /v1/status/a%20b',
    ])
  })

  it('is done where the deployment has ended', async () => {
    expect(await stop(refusal, { body: { current_status: 'TERMINATED' } })).toBe('gone')
  })

  it('is about nothing where its status is not known either', async () => {
    expect(await stop(refusal, { status: 404, body: { message: 'no' } })).toBe('unknown')
  })

  it('is not known where its status cannot be read', async () => {
    await expect(stop(refusal, { status: 503 })).rejects.toMatchObject({ kind: 'server-fault' })
  })

  it.each([403, 409, 500])('with %d is no question of what the id is', async (status) => {
    await expect(stop({ ...refusal, status }, {})).rejects.toThrow()
    expect(api.asked).toHaveLength(1)
  })

  it('with a fault may have no JSON, as a gateway sends it', async () => {
    const stopping = stop({ status: 502, body: '<html>' }, {})
    await expect(stopping).rejects.toMatchObject({ kind: 'server-fault' })
  })
})

describe('HTTP 400', () => {
  const read = () => deployments.status('a', call())

  it('to a status means that the id is not known, as the live API answers', async () => {
    answer = () => ({ status: 400, body: { message: 'Bad request id' } })
    await expect(read()).rejects.toMatchObject({ kind: 'not-found' })
  })

  it('without the JSON of the API says nothing about the id', async () => {
    answer = () => ({ status: 400, body: 'bad request' })
    await expect(read()).rejects.toMatchObject({ kind: 'refused' })
  })

  it('to a list is a refusal of the list', async () => {
    answer = () => ({ status: 400, body: { message: 'unknown field' } })
    await expect(deployments.list([], call())).rejects.toMatchObject({ kind: 'refused' })
  })

  it.each([401, 500])('is what it is, unlike %d with the same body', async (status) => {
    answer = () => ({ status, body: { message: 'no' } })
    await expect(read()).rejects.not.toMatchObject({ kind: 'not-found' })
  })
})

describe('a log', () => {
  const log = () => deployments.log('a/b', call())

  it('is read as a whole, and of one that is longer than anybody reads the end', async () => {
    answer = () => ({ body: { logs: 'one\n' } })
    expect(await log()).toEqual({ lines: ['one'], isCut: false })
    expect(api.asked).toMatchObject([
      {
        path: '/v1/deployment/a%2Fb/container-logs',
        maxReplyBytes: 32 * 1024 * 1024,
        keepsEnd: true,
      },
    ])
  })

  it('that was cut says so, with the restarts where the end of the reply is there', async () => {
    answer = () => ({ isCut: true, body: 'half\\nwhole\\n","crash_data":{"restart_count":2}}' })
    expect(await log()).toEqual({
      lines: ['whole'],
      isCut: true,
      crash: 'restarted 2 times',
      restarts: 2,
    })
    answer = () => ({ isCut: true, body: 'half\\nwhole\\n","crash_data":null}' })
    expect(await log()).toEqual({ lines: ['whole'], isCut: true, restarts: 0 })
    answer = () => ({ isCut: true, body: '{"logs":"one\\ntw' })
    expect(await log()).toEqual({ lines: ['one', 'tw'], isCut: true })
  })

  it('keeps blank lines within it, and has none behind the last line break', async () => {
    answer = () => ({ body: { logs: '\na\r\n\r\nb\rc', crash_logs: 'd\n\n' } })
    expect((await log())?.lines).toEqual(['', 'a', '', 'b', 'c', 'd', ''])
  })

  it('is there where nothing but a crash is known', async () => {
    answer = () => ({ body: { logs: '', crash_data: { exit_code: 1 } } })
    expect(await log()).toStrictEqual({ lines: [], isCut: false, crash: 'exit code 1' })
  })

  it('is none where all that is known is that nothing was restarted', async () => {
    answer = () => ({ body: { logs: null, crash_data: { restart_count: 0 } } })
    expect(await log()).toBeUndefined()
  })
})
