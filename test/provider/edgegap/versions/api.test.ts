import { describe, expect, it } from 'vitest'
import { ActionError } from '../../../../src/base/errors.ts'
import {
  canPause,
  expectApplication,
  fetchVersion,
  listVersions,
  read,
  readPages,
} from '../../../../src/provider/edgegap/versions/api.ts'
import { failure } from './rig.ts'
import { type Answer, callWithin, inTurn, scripted, versionJson } from './scripted.ts'

const lost = new ActionError({ kind: 'connection-lost', what: 'The connection broke' })
const anything = { path: '/v1/anything' }

describe('a read', () => {
  const passing: [string, Answer][] = [
    ['a limit', { status: 429 }],
    ['a fault', { status: 500 }],
    ['a fault of a gateway', { status: 503, body: '<html>' }],
    ['a page', { status: 200, body: '<html>' }],
    ['a page that claims that nothing is there', { status: 404, body: '<html>' }],
    ['half a reply', { body: '{"name": "pro' }],
    ['a broken connection', { fault: lost }],
  ]

  it.each(passing)('is sent again after %s', async (_, fault) => {
    const api = scripted(inTurn(fault, fault, fault, { body: { name: 'x' } }))
    const reply = await read(api, anything, callWithin(60_000))
    expect(reply.text).toBe('{"name":"x"}')
    expect(api.pausesMs).toEqual([500, 1_000, 2_000])
  })

  it.each(passing)('ends with the fourth %s', async (_, fault) => {
    const api = scripted(inTurn(fault))
    await expect(read(api, anything, callWithin(60_000))).rejects.toBeInstanceOf(ActionError)
    expect(api.sent).toHaveLength(4)
  })

  it.each([200, 400, 401, 403, 404, 410, 422])(
    'takes the API’s own %i as its reply',
    async (status) => {
      const api = scripted(inTurn({ status, body: { message: 'x' } }))
      expect(await read(api, anything, callWithin(60_000))).toMatchObject({ status })
      expect(api.sent).toMatchObject([{ method: 'GET', path: '/v1/anything' }])
    },
  )

  it('names what could not be read', async () => {
    const api = scripted(inTurn({ status: 500 }))
    const error = await failure(read(api, anything, callWithin(60_000)))
    expect(error).toMatchObject({ kind: 'server-fault' })
    expect(error.message).toContain('Could not read /v1/anything')
  })

  it('waits as long as Edgegap asks for', async () => {
    const limit = { status: 429, headers: { 'retry-after': '7' } }
    const api = scripted(inTurn(limit, { body: {} }))
    await read(api, anything, callWithin(60_000))
    expect(api.pausesMs).toEqual([7_000])
  })

  it('may take 15 seconds once, and all together no longer than it was given', async () => {
    const api = scripted(inTurn({ fault: lost, takesMs: 15_000 }))
    await expect(read(api, anything, callWithin(40_000))).rejects.toBe(lost)
    // Two slow ones and their pauses leave 8.5 s.
    expect(api.sent.map(({ deadlineMs }) => deadlineMs)).toEqual([15_000, 15_000, 8_500])
  })

  it('is not sent again after a cancel', async () => {
    const controller = new AbortController()
    const api = scripted(inTurn({ fault: lost }))
    api.onPause(() => controller.abort())
    await expect(read(api, anything, callWithin(60_000, controller.signal))).rejects.toBe(lost)
    expect(api.sent).toHaveLength(1)
    expect(api.sent[0]?.signal).toBe(controller.signal)
  })
})

describe('a version', () => {
  it('is read by its name, whatever characters are in it', async () => {
    const api = scripted(inTurn({ body: versionJson('v3') }))
    const version = await fetchVersion(api, 'a/../b?c#d %', callWithin(60_000))
    expect(version).toMatchObject({ name: 'prod', image: { tag: 'v3' } })
    expect(api.sent[0]?.path).toBe('/v1/app/my-game/version/a%2F..%2Fb%3Fc%23d%20%25')
  })

  it('is missing where Edgegap says so', async () => {
    const api = scripted(inTurn({ status: 404, body: { message: 'unknown' } }))
    expect(await fetchVersion(api, 'prod', callWithin(60_000))).toBeUndefined()
  })

  it.each([
    [401, 'unauthorized'],
    [403, 'forbidden'],
    [400, 'refused'],
  ])('is not missing where %i refuses to show it', async (status, kind) => {
    const api = scripted(inTurn({ status, body: { message: 'no' } }))
    const error = await failure(fetchVersion(api, 'prod', callWithin(60_000)))
    expect(error).toMatchObject({ kind })
    expect(error.message).toContain('Could not read the version prod')
    expect(error.message).toContain('no')
  })
})

describe('the application', () => {
  const odd = (answer: Answer) => ({ ...scripted(inTurn(answer)), application: 'my game/x' })

  it('is there where it can be read', async () => {
    const sent = scripted(inTurn({}))
    const api = { ...sent, application: 'my game/x' }
    await expectApplication(api, callWithin(60_000))
    expect(sent.sent[0]?.path).toBe('/v1/app/my%20game%2Fx')
  })

  it('is named where it is missing', async () => {
    const api = odd({ status: 404, body: { message: 'unknown' } })
    const error = await failure(expectApplication(api, callWithin(60_000)))
    expect(error).toMatchObject({ kind: 'not-found' })
    expect(error.message).toContain('Could not read the application my game/x')
    expect(error.next).toContain('this organization has no "my game/x"')
  })

  it('is not missing where the token is refused', async () => {
    const api = odd({ status: 401, body: { message: 'no' } })
    const error = await failure(expectApplication(api, callWithin(60_000)))
    expect(error).toMatchObject({ kind: 'unauthorized' })
  })
})

describe('the list of versions', () => {
  const rows = (...names: string[]) => names.map((name) => versionJson('v1', { name }))
  const list = (api: ReturnType<typeof scripted>) => listVersions(api, callWithin(60_000))
  const namesIn = (versions: readonly { name: string }[]) => versions.map(({ name }) => name)

  it.each(['versions', 'data'])('has its rows under %s', async (key) => {
    const api = scripted(inTurn({ body: { [key]: rows('a', 'b') } }))
    expect(namesIn(await list(api))).toEqual(['a', 'b'])
    const query = { page: '1', limit: '100' }
    expect(api.sent).toMatchObject([{ path: '/v1/app/my-game/versions', query }])
  })

  it('has every version once, also where a page comes twice', async () => {
    const first = { versions: rows('a', 'b'), pagination: { has_next: true } }
    const last = { versions: rows('b', 'c'), pagination: { has_next: false } }
    const api = scripted(inTurn({ body: first }, { body: last }))
    expect(namesIn(await list(api))).toEqual(['a', 'b', 'c'])
  })

  it('leaves out what is no version', async () => {
    const versions = [...rows('a'), null, 'x', {}, { name: 'b' }, { docker_image: 'c' }]
    const api = scripted(inTurn({ body: { versions } }))
    expect(namesIn(await list(api))).toEqual(['a'])
  })

  it('may be empty', async () => {
    expect(await list(scripted(inTurn({ body: { versions: [] } })))).toEqual([])
    expect(await list(scripted(inTurn({ body: { total_count: 0 } })))).toEqual([])
  })

  it.each([{}, { total_count: 3 }, { versions: null }, { versions: { a: 1 } }])(
    'is not empty where no rows come: %j',
    async (body) => {
      const error = await failure(list(scripted(inTurn({ body }))))
      expect(error).toMatchObject({ kind: 'malformed-reply' })
      expect(error.message).toContain('no rows could be found')
    },
  )

  it.each([[[]], ['null'], ['"x"']])('is no list where the reply is %j', async (body) => {
    const error = await failure(list(scripted(inTurn({ body }))))
    expect(error).toMatchObject({ kind: 'malformed-reply' })
  })

  it('that is refused is an error', async () => {
    const api = scripted(inTurn({ status: 403, body: { message: 'no' } }))
    const error = await failure(list(api))
    expect(error).toMatchObject({ kind: 'forbidden' })
    expect(error.message).toContain('Could not read /v1/app/my-game/versions')
  })
})

describe('a list of several pages', () => {
  const pages = (api: ReturnType<typeof scripted>, deadlineMs = 60_000) =>
    readPages(
      api,
      { path: '/v1/list', keys: ['data'], query: { query: 'q' } },
      callWithin(deadlineMs),
    )

  it.each([
    { has_next: true },
    { has_next: 'true' },
    { has_next: null, next_page_number: 2 },
    { next_page_number: 2 },
    { next_page_number: '2' },
  ])('goes on where Edgegap says so: %j', async (pagination) => {
    const api = scripted(inTurn({ body: { data: [1], pagination } }, { body: { data: [2] } }))
    expect(await pages(api)).toEqual([1, 2])
    expect(api.sent.map(({ query }) => query)).toEqual([
      { query: 'q', page: '1', limit: '100' },
      { query: 'q', page: '2', limit: '100' },
    ])
  })

  it.each([
    undefined,
    null,
    {},
    [],
    'x',
    { has_next: false },
    { has_next: false, next_page_number: 2 },
    { has_next: 'false' },
    { has_next: null, next_page_number: null },
    { next_page_number: null },
  ])('ends where Edgegap says so, or says nothing: %j', async (pagination) => {
    const api = scripted(inTurn({ body: { data: [1], pagination } }))
    expect(await pages(api)).toEqual([1])
    expect(api.sent).toHaveLength(1)
  })

  it('is empty where Edgegap counts nothing and sends no rows', async () => {
    expect(await pages(scripted(inTurn({ body: { total_count: 0 } })))).toEqual([])
  })

  it('that never ends is no list', async () => {
    const api = scripted(inTurn({ body: { data: [1], pagination: { has_next: true } } }))
    const error = await failure(pages(api))
    expect(error).toMatchObject({ kind: 'malformed-reply', request: 'GET /v1/list' })
    expect(error.message).toContain('more than 100 pages')
    expect(api.sent).toHaveLength(100)
  })

  it('is read within the time of one call', async () => {
    const page = { body: { data: [1], pagination: { has_next: true } }, takesMs: 6_000 }
    const api = scripted(inTurn(page, page, { body: { data: [] } }))
    await pages(api, 20_000)
    expect(api.sent.map(({ deadlineMs }) => deadlineMs)).toEqual([15_000, 14_000, 8_000])
  })
})

describe('a pause before a further attempt', () => {
  const limit = new ActionError({ kind: 'rate-limited', what: 'x', retryAfterMs: 3_000 })

  it('is as long as Edgegap asks for, else as the caller says', async () => {
    const api = scripted(inTurn({}))
    expect(await canPause(api, lost, 500, callWithin(10_000))).toBe(true)
    expect(await canPause(api, limit, 500, callWithin(10_000))).toBe(true)
    expect(api.pausesMs).toEqual([500, 3_000])
  })

  it.each([499, 500])('is not begun with only %i ms left for 500', async (deadlineMs) => {
    const api = scripted(inTurn({}))
    expect(await canPause(api, lost, 500, callWithin(deadlineMs))).toBe(false)
    expect(api.pausesMs).toEqual([])
  })

  it('is begun where a millisecond is left after it', async () => {
    expect(await canPause(scripted(inTurn({})), lost, 500, callWithin(501))).toBe(true)
  })

  it('is not begun after a cancel, and leads to nothing when a cancel comes during it', async () => {
    const controller = new AbortController()
    const api = scripted(inTurn({}))
    api.onPause(() => controller.abort())
    expect(await canPause(api, lost, 500, callWithin(10_000, controller.signal))).toBe(false)
    expect(await canPause(api, lost, 500, callWithin(10_000, controller.signal))).toBe(false)
    expect(api.pausesMs).toEqual([500])
  })
})
