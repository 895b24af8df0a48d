import { describe, expect, it } from 'vitest'
import { ActionError } from '../../../../src/base/errors.ts'
import { checkTag } from '../../../../src/provider/edgegap/versions/registry-tags.ts'
import { type Answer, callWithin, imageOf, inTurn, scripted } from './scripted.ts'

const WANTED = imageOf('wanted')
const lost = new ActionError({ kind: 'connection-lost', what: 'The connection broke.' })
const rows = (...tags: string[]) => tags.map((tag) => ({ tag }))
const none: Answer = { status: 404, body: { message: 'Image not found' } }

async function check(answers: readonly Answer[], image = WANTED, deadlineMs = 60_000) {
  const api = scripted(inTurn(...answers))
  return { api, result: await checkTag(api, image, callWithin(deadlineMs)) }
}

describe('a tag', () => {
  it.each(['tag', 'name'])('is there where the list has it as %s', async (field) => {
    const row = { [field]: 'wanted', last_push_at: '2026-04-22 20:30:52.283949' }
    const { result } = await check([{ body: { data: [{ tag: 'a' }, row] } }])
    expect(result).toEqual({ kind: 'present', pushedAtMs: Date.UTC(2026, 3, 22, 20, 30, 52, 283) })
  })

  it('is there also where nobody knows since when', async () => {
    const { result } = await check([{ body: { data: rows('wanted') } }])
    expect(result).toEqual({ kind: 'present', pushedAtMs: 0 })
  })

  it('is there also beside rows that cannot be read', async () => {
    const { result } = await check([{ body: { data: [null, ...rows('wanted')] } }])
    expect(result).toMatchObject({ kind: 'present' })
  })

  it.each([
    ['nothing more comes', { data: rows('a'), pagination: { has_next: false } }],
    ['nothing more comes, as a text', { data: [], pagination: { has_next: 'false' } }],
    ['all were read', { data: rows('a', 'b'), count: 2 }],
    ['all were read, under another name', { data: rows('a', 'b'), total_count: '2', count: 9 }],
    ['there is none', { data: [], count: 0 }],
  ])('is missing where %s', async (_, body) => {
    const { result, api } = await check([{ body }])
    expect(result).toEqual({ kind: 'missing' })
    expect(api.sent).toHaveLength(1)
  })

  it.each([
    ['another case', { tag: 'WANTED' }],
    ['a deleted image', { tag: 'wanted', artifact: { artifact_deleted: true } }],
    ['a deleted image, as clients saw it', { tag: 'wanted', artifact: { deleted: 'true' } }],
  ])('is missing where the list has %s only', async (_, row) => {
    expect((await check([{ body: { data: [row], count: 1 } }])).result).toEqual({ kind: 'missing' })
  })

  it.each([
    { artifact: { artifact_deleted: false, deleted: false } },
    { artifact: null },
    { artifact: 'x' },
  ])('is there where its image is not deleted: %j', async (more) => {
    const { result } = await check([{ body: { data: [{ tag: 'wanted', ...more }] } }])
    expect(result).toMatchObject({ kind: 'present' })
  })

  it.each([
    ['has no rows', { pagination: { has_next: false } }],
    ['has no rows though it counts some', { count: 0, data: null }],
    ['has rows under another name', { rows: rows('wanted'), pagination: { has_next: false } }],
    ['has rows that cannot be read', { data: [...rows('a'), {}], pagination: { has_next: false } }],
  ])('may be there where the list %s', async (_, body) => {
    expect((await check([{ body }])).result).toEqual({ kind: 'unknown' })
  })
})

describe('a list of tags in several pages', () => {
  it('is read to its end, as far as Edgegap says where that is', async () => {
    const { result, api } = await check([
      { body: { data: rows('a'), pagination: { has_next: true } } },
      { body: { data: rows('b'), pagination: { has_next: null } } },
      { body: { data: rows('c'), pagination: { has_next: false } } },
    ])
    expect(result).toEqual({ kind: 'missing' })
    expect(api.sent.map(({ query }) => query)).toEqual(
      ['1', '2', '3'].map((page) => ({ page, limit: '100' })),
    )
  })

  it('is read until all that it counts were seen, whatever the size of its pages', async () => {
    const page = (...tags: string[]): Answer => ({ body: { data: rows(...tags), count: 3 } })
    expect((await check([page('a'), page('b'), page('c')])).result).toEqual({ kind: 'missing' })
    expect((await check([page('a'), page('b'), page('wanted')])).result).toMatchObject({
      kind: 'present',
    })
  })

  it('ends with an empty page, unless that is the first', async () => {
    const full: Answer = { body: { data: rows('a') } }
    const empty: Answer = { body: { data: [] } }
    expect((await check([full, empty])).result).toEqual({ kind: 'missing' })
    expect((await check([empty])).result).toEqual({ kind: 'unknown' })
  })

  it('that brings nothing new proves nothing', async () => {
    const { result, api } = await check([
      { body: { data: rows('a'), pagination: { has_next: true } } },
    ])
    expect(result).toEqual({ kind: 'unknown' })
    expect(api.sent).toHaveLength(2)
  })

  it('that is longer than 20 pages proves nothing', async () => {
    const api = scripted((_, index) => ({ body: { data: rows(`v${index}`) } }))
    expect(await checkTag(api, WANTED, callWithin(60_000))).toEqual({ kind: 'unknown' })
    expect(api.sent).toHaveLength(20)
  })
})

describe('an image', () => {
  const paths = (api: { sent: readonly { path: string }[] }) => api.sent.map(({ path }) => path)

  it('is asked for without its project, then with it', async () => {
    const { api, result } = await check([none, { body: { data: rows('wanted') } }])
    expect(result).toMatchObject({ kind: 'present' })
    expect(paths(api)).toEqual([
      '/v1/container-registry/images/my-game/tags',
      '/v1/container-registry/images/my-org/my-game/tags',
    ])
  })

  it.each([
    ['my-org/a/b', ['a/b', 'my-org/a/b']],
    ['alone', ['alone']],
    ['my-org/a b', ['a%20b', 'my-org/a%20b']],
  ])('called %s is asked for as %j', async (name, asked) => {
    const { api } = await check([none], { ...WANTED, name })
    expect(paths(api)).toEqual(asked.map((one) => `/v1/container-registry/images/${one}/tags`))
  })

  it('that the registry does not know may be there all the same', async () => {
    const { result } = await check([none])
    expect(result).toEqual({
      kind: 'unknown',
      warning:
        'The tag of registry.edgegap.com/my-org/my-game:wanted could not be checked in the registry: it knows no image of this name',
    })
  })

  it('of another registry is not asked for', async () => {
    const { api, result } = await check([none], { ...WANTED, registry: 'ghcr.io' })
    expect(result).toEqual({ kind: 'unknown' })
    expect(api.sent).toEqual([])
  })
})

describe('a registry that cannot be asked', () => {
  it.each<[Answer, string]>([
    [{ status: 500 }, 'Could not list the tags (HTTP 500)'],
    [{ status: 403, body: { message: 'no' } }, 'Could not list the tags (HTTP 403): no'],
    [{ status: 404, body: '<html>' }, 'A web page answered'],
    [{ body: '<html>' }, 'A web page answered'],
    [{ body: '[]' }, 'not the JSON it documents'],
    [{ fault: lost }, 'in the registry: The connection broke'],
  ])('is warned of: %j', async (answer, why) => {
    const { result, api } = await check([answer])
    expect(result).toMatchObject({ kind: 'unknown', warning: expect.stringContaining(why) })
    expect(api.sent).toHaveLength(1)
  })

  it.each([
    [60_000, [10_000, 6_000]],
    [7_000, [7_000, 3_000]],
  ])('does not hold up the run for long: of %i ms %j', async (deadlineMs, may) => {
    const { api } = await check([{ ...none, takesMs: 4_000 }], WANTED, deadlineMs)
    expect(api.sent.map((one) => one.deadlineMs)).toEqual(may)
  })
})
