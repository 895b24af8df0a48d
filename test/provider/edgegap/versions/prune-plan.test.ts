import { describe, expect, it } from 'vitest'
import { ActionError } from '../../../../src/base/errors.ts'
import { NO_VERSIONS } from '../../../../src/provider/edgegap/version-inputs.ts'
import {
  findPrunable,
  planPruning,
  pruneVersions,
} from '../../../../src/provider/edgegap/versions/prune.ts'
import { type Answer, callWithin, type Sent, scripted, versionJson, versionOf } from './scripted.ts'

const lost = new ActionError({ kind: 'connection-lost', what: 'The connection broke' })
const settings = { ...NO_VERSIONS, version: 'new', keepVersions: 2 }

/** Versions by their names, each made at the given minute; undefined: it does not say when. */
function made(minutes: Readonly<Record<string, number | undefined>>) {
  return Object.entries(minutes).map(([name, minute]) =>
    versionJson('v1', {
      name,
      ...(minute !== undefined && { create_time: `2026-04-22 20:0${minute}:00.000000` }),
    }),
  )
}

const listed = (minutes: Readonly<Record<string, number | undefined>>) =>
  made(minutes).map((json) => versionOf('v1', json))

describe('which versions are too many', () => {
  it('is not asked without keep-versions', () => {
    const more = { ...settings, keepVersions: undefined }
    expect(planPruning(more, listed({ a: 1, b: 2, c: 3 }), true)).toBeUndefined()
  })

  it.each([
    [1, false, undefined],
    [2, false, undefined],
    [3, false, 1],
    [1, true, undefined],
    [2, true, 1],
    [4, true, 3],
  ])('of %i, one more to come: %j', (count, isCreating, tooMany) => {
    const names = Object.fromEntries(Array.from({ length: count }, (_, at) => [`v${at}`, at]))
    expect(planPruning(settings, listed(names), isCreating)?.count).toBe(tooMany)
  })

  it('goes from the oldest to the newest, and by name where two are equally old', () => {
    const versions = listed({ d: 3, b: 1, c: 1, a: 2, e: 1 })
    expect(planPruning(settings, versions, false)?.candidates).toEqual(['b', 'c', 'e', 'a', 'd'])
    const reversed = versions.toReversed()
    expect(planPruning(settings, reversed, false)?.candidates).toEqual(['b', 'c', 'e', 'a', 'd'])
  })

  it('is never the deployed one, version-from, or one in promote', () => {
    const spared = { ...settings, versionFrom: 'template', promote: ['prod', 'staging'] }
    const versions = listed({ new: 1, template: 2, prod: 3, staging: 4, old: 5, Prod: 6 })
    const pruning = planPruning(spared, versions, false)
    expect(pruning).toEqual({ candidates: ['old', 'Prod'], count: 4 })
  })

  it('is never one that does not tell its age: it may be the newest', () => {
    const versions = listed({ a: undefined, b: 2, c: 1 })
    expect(planPruning(settings, versions, false)).toEqual({ candidates: ['c', 'b'], count: 1 })
  })

  it.each(['.', '..', 'a\nb', 'x'.repeat(65)])(
    'is never one whose name no path can hold: %j',
    (name) => {
      const versions = listed({ [name]: 1, b: 2, c: 3 })
      expect(planPruning(settings, versions, false)?.candidates).toEqual(['b', 'c'])
    },
  )
})

/** Edgegap with versions `a` to `e`, the oldest first; `answer` may answer otherwise. */
function edgegap(answer: (request: Sent) => Answer | undefined) {
  return scripted((request) => {
    const own = answer(request)
    if (own) return own
    if (request.path.endsWith('/versions')) {
      return { body: { versions: made({ a: 1, b: 2, c: 3, d: 4, e: 5 }) } }
    }
    return { body: request.path === '/v1/deployments' ? { data: [] } : {} }
  })
}

const prune = (api: ReturnType<typeof edgegap>, deadlineMs = 600_000, signal?: AbortSignal) =>
  pruneVersions(api, settings, false, callWithin(deadlineMs, signal))
const deletesIn = (api: ReturnType<typeof edgegap>) =>
  api.sent.filter(({ method }) => method === 'DELETE').map(({ path }) => path.slice(-1))

describe('whether a version is in use', () => {
  /** A list with these rows, and the status of each. */
  const inUse = (rows: readonly unknown[], status: (id: string) => Answer = () => ({})) =>
    edgegap(({ path }) => {
      if (path === '/v1/deployments') return { body: { data: rows } }
      const id = /^\/v1\/status\/(.*)$/.exec(path)?.[1]
      return id === undefined ? undefined : status(id)
    })
  const row = { request_id: 'f00' }
  const of = (app_name: unknown, app_version: unknown) => () => ({
    body: { app_name, app_version },
  })

  it('is asked by application and version, right before its delete', async () => {
    const api = edgegap(() => undefined)
    expect((await prune(api)).deleted).toEqual(['a', 'b', 'c'])
    const asked = api.sent.slice(1)
    expect(asked.map(({ method, path }) => `${method} ${path}`)).toEqual(
      ['a', 'b', 'c'].flatMap((name) => [
        'GET /v1/deployments',
        `DELETE /v1/app/my-game/version/${name}`,
      ]),
    )
    expect(JSON.parse(asked[0]?.query?.query ?? '')).toEqual({
      filters: [
        { field: 'application', operator: 'eq', value: 'my-game' },
        { field: 'version', operator: 'eq', value: 'a' },
      ],
    })
  })

  it.each<[string, unknown[], ((id: string) => Answer) | undefined]>([
    ['has one', [row], of('my-game', 'a')],
    [
      'has one behind others',
      [row, row, { request_id: 'last' }],
      (id) => (id === 'last' ? of('my-game', 'a')() : of('other', 'a')()),
    ],
    ['has a row without an id', [{}], undefined],
    ['has a row that is none', [null], undefined],
    ['has an id that is no text', [{ request_id: 7 }], of('other', 'a')],
    ['has an id that leads elsewhere', [{ request_id: '../x' }], of('other', 'a')],
    ['has an empty id', [{ request_id: '' }], of('other', 'a')],
    ['has an id that is too long', [{ request_id: 'x'.repeat(65) }], of('other', 'a')],
    ['has an id of two lines', [{ request_id: 'x\n' }], of('other', 'a')],
    ['has a status that is unknown', [row], () => ({ status: 404, body: { message: 'x' } })],
    ['has a status that is refused', [row], () => ({ status: 400, body: { message: 'x' } })],
    ['has a status of a fault', [row], () => ({ ...of('other', 'a')(), status: 404 })],
    ['has a status that is a page', [row], () => ({ status: 410, body: '<html>' })],
    ['has a status that is no object', [row], () => ({ body: [] })],
    ['has a status without a version', [row], of('other', undefined)],
    ['has a status without an application', [row], of(undefined, 'z')],
    ['has a status with empty names', [row], of('', 'z')],
    ['has a status that does not come', [row], () => ({ fault: lost })],
    ['has more rows than can be its own', Array.from({ length: 101 }, () => row), of('other', 'a')],
  ])('counts as yes where it %s', async (_, rows, status) => {
    const api = inUse(rows, status)
    const found = await findPrunable(
      api,
      { candidates: ['a'], count: 1 },
      callWithin(60_000),
    ).catch(() => [])
    expect(found).toEqual([])
  })

  it.each<[string, unknown[], ((id: string) => Answer) | undefined]>([
    ['has no rows', [], undefined],
    ['has rows of another version', [row], of('my-game', 'b')],
    ['has rows of another application', [row], of('other', 'a')],
    ['has one that has ended', [row], () => ({ status: 410, body: { message: 'gone' } })],
    ['has 100 rows of others', Array.from({ length: 100 }, () => row), of('other', 'a')],
    ['has rows with long ids', [{ request_id: `a_-Z9${'x'.repeat(59)}` }], of('other', 'a')],
  ])('counts as no where it %s', async (_, rows, status) => {
    const api = inUse(rows, status)
    const pruning = { candidates: ['a'], count: 1 }
    expect(await findPrunable(api, pruning, callWithin(60_000))).toEqual(['a'])
  })

  it('is not asked of the status of an application by a row that leads there', async () => {
    const api = inUse([{ request_id: '../app/my-game' }])
    await prune(api)
    expect(api.sent.map(({ path }) => path).filter((path) => path.includes('status'))).toEqual([])
  })

  it('that cannot be found out is a warning, and the version stays', async () => {
    const api = inUse([row], () => ({ fault: lost }))
    const { deleted, warnings } = await prune(api)
    expect(deleted).toEqual([])
    expect(warnings[0]).toBe('keep-versions could not delete the version a: The connection broke')
    expect(deletesIn(api)).toEqual([])
  })

  it('ends a dry run’s search with the last that is needed', async () => {
    const api = edgegap(() => undefined)
    const pruning = { candidates: ['a', 'b', 'c'], count: 2 }
    expect(await findPrunable(api, pruning, callWithin(60_000))).toEqual(['a', 'b'])
    expect(api.sent).toHaveLength(2)
  })
})

describe('a delete', () => {
  const answering = (status: number) =>
    edgegap(({ method, path }) =>
      method === 'DELETE' && path.endsWith('a') ? { status, body: { message: 'no' } } : undefined,
    )

  it.each([400, 401, 403, 409])(
    'that is refused with %i is not done, and the next one goes',
    async (status) => {
      const api = answering(status)
      const { deleted, warnings } = await prune(api)
      expect(deleted).toEqual(['b', 'c', 'd'])
      expect(warnings).toEqual([
        expect.stringMatching(
          `could not delete the version a: Edgegap refused.*HTTP ${status}.*no`,
        ),
      ])
      expect(deletesIn(api)).toEqual(['a', 'b', 'c', 'd'])
    },
  )

  it('of what is gone already is done', async () => {
    expect(await prune(answering(404))).toEqual({ deleted: ['a', 'b', 'c'], warnings: [] })
  })

  it('of all that may go leaves nothing to warn of', async () => {
    const api = edgegap(() => undefined)
    const spared = { ...settings, promote: ['c', 'd', 'e'], keepVersions: 3 }
    const result = await pruneVersions(api, spared, false, callWithin(60_000))
    expect(result).toEqual({ deleted: ['a', 'b'], warnings: [] })
  })
})

describe('the time for it', () => {
  it('is 45 s at most, and what is too late is not begun', async () => {
    const api = edgegap(({ path }) =>
      path === '/v1/deployments' ? { body: { data: [] }, takesMs: 14_700 } : undefined,
    )
    const { deleted, warnings } = await prune(api)
    expect(deleted).toEqual(['a', 'b', 'c'])
    expect(warnings).toEqual([])
    const late = edgegap(({ path }) =>
      path === '/v1/deployments' ? { body: { data: [] }, takesMs: 22_001 } : undefined,
    )
    expect(await prune(late)).toEqual({
      deleted: ['a', 'b'],
      warnings: ['keep-versions took too long and was ended: the next run goes on with it.'],
    })
  })

  it('is what the run has left, where that is less', async () => {
    const api = edgegap(() => undefined)
    expect(await prune(api, 1_000)).toMatchObject({ deleted: ['a', 'b', 'c'] })
    expect(
      await prune(
        edgegap(() => undefined),
        999,
      ),
    ).toEqual({
      deleted: [],
      warnings: ['keep-versions took too long and was ended: the next run goes on with it.'],
    })
  })

  it('of each try of a delete is 10 s', async () => {
    const api = edgegap(({ method }) =>
      method === 'DELETE' ? { fault: lost, takesMs: 4_000 } : undefined,
    )
    const { warnings } = await prune(api)
    const deletes = api.sent.filter(({ method }) => method === 'DELETE')
    expect(deletes.slice(0, 2).map(({ deadlineMs }) => deadlineMs)).toEqual([10_000, 10_000])
    expect(warnings).toHaveLength(3)
  })
})

describe('a cancel', () => {
  it('deletes nothing, and says nothing', async () => {
    const controller = new AbortController()
    controller.abort()
    const api = edgegap(() => ({ fault: lost }))
    expect(await prune(api, 60_000, controller.signal)).toEqual({ deleted: [], warnings: [] })
    const ready = edgegap(() => undefined)
    expect(await prune(ready, 60_000, controller.signal)).toEqual({ deleted: [], warnings: [] })
    expect(deletesIn(ready)).toEqual([])
  })

  it('in the middle deletes no further one', async () => {
    const controller = new AbortController()
    const api = edgegap(({ method }) => {
      if (method === 'DELETE') controller.abort()
      return undefined
    })
    expect(await prune(api, 60_000, controller.signal)).toEqual({ deleted: ['a'], warnings: [] })
    expect(deletesIn(api)).toEqual(['a'])
  })
})
