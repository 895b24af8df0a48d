import { describe, expect, it } from 'vitest'
import { type Answer, newCall, openEdge, row, tasks } from './instance.ts'

const ACCEPTED = [200, { taskName: 'dltar_1', buildName: '0007' }] as const
const ASKED = 'POST /builds {"appName":"a","url":"https://builds.example/b.tar?k=1"}'
const ASKED_OTHERWISE =
  'POST /builds {"appName":"a","url":{"url":"https://builds.example/b.tar?k=1"}}'

describe('an import that ROCKIT Edge accepts', () => {
  it.each<[string, object, string | RegExp]>([
    ['its build', { taskName: 'dltar_1', buildName: '0007' }, 'a/0007'],
    ['its task, where no build is named', { taskId: 'dltar_1' }, 'a/dltar_1'],
    ['the build within an envelope', { data: { build: { buildName: 7 } } }, 'a/7'],
    [
      'the name of a build that is an object',
      { task: 't', build: { name: '7' }, taskId: 1 },
      'a/7',
    ],
    ['something of its own, where nothing is named', {}, /^a\/[0-9a-f]{12}$/],
  ])('is known by %s', async (_name, reply, id) => {
    const { create, changes } = openEdge({ 'POST /builds': [[202, reply]] })
    const created = await create()
    expect(created).toMatchObject({ kind: 'created', id: expect.stringMatching(id) })
    expect(changes()).toEqual([ASKED])
  })

  it('is asked for with the size that is given', async () => {
    const url = new URL('https://x.example/b.tar')
    const { create, changes } = openEdge(
      { 'POST /builds': [ACCEPTED] },
      { source: { kind: 'url', url, sizeBytes: 7 } },
    )
    await create()
    expect(changes()).toEqual([
      'POST /builds {"appName":"a","url":"https://x.example/b.tar","size":7}',
    ])
  })

  it('is not asked for while what was there before cannot be read', async () => {
    const { create, changes } = openEdge({ 'GET /tasks': [[500]], 'POST /builds': [ACCEPTED] })
    expect(await create()).toMatchObject({ kind: 'try-again', error: { kind: 'server-fault' } })
    expect(changes()).toEqual([])
  })

  it.each([400, 422])('only in its other form is asked for in that (%i)', async (status) => {
    const { create, changes } = openEdge({ 'POST /builds': [[status, {}], ACCEPTED] })
    expect(await create()).toEqual({ kind: 'created', id: 'a/0007' })
    expect(changes()).toEqual([ASKED, ASKED_OTHERWISE])
  })
})

describe('an import that ROCKIT Edge refuses', () => {
  it('in both forms is refused for the reason that the best one was given', async () => {
    const { create, changes } = openEdge({
      'POST /builds': [
        [422, { message: 'no room' }],
        [400, { message: 'url?' }],
      ],
    })
    expect(await create()).toMatchObject({
      kind: 'refused',
      error: {
        kind: 'refused',
        message: 'ROCKIT Edge refused the import (HTTP 422): no room',
        next: expect.stringMatching(/^Check the inputs/),
      },
    })
    expect(changes()).toEqual([ASKED, ASKED_OTHERWISE])
  })

  it.each(['failed', 'ERROR'])(
    'with a good HTTP status and the word %s is refused',
    async (word) => {
      const { create } = openEdge({ 'POST /builds': [[200, { status: word, message: 'locked' }]] })
      expect(await create()).toMatchObject({
        kind: 'refused',
        error: { kind: 'refused', message: 'ROCKIT Edge refused the import (HTTP 200): locked' },
      })
    },
  )

  it.each<[number, string, RegExp]>([
    [403, 'forbidden', /apps 6/],
    [404, 'not-found', /Check application and api-url/],
    [401, 'unauthorized', /Check organization, username and api-token/],
  ])('with %i is not asked for again, and says what to do', async (status, kind, next) => {
    const { create, asked } = openEdge({ 'POST /builds': [[status, {}]] })
    expect(await create()).toMatchObject({
      kind: 'refused',
      error: { kind, next: expect.stringMatching(next) },
    })
    expect(asked).toEqual(['GET /apps/a', 'GET /tasks', ASKED])
  })

  it.each<[string, object[], RegExp]>([
    [
      'an open upload',
      [row('upload', 'started'), row('mkraw', 'begin')],
      /upload task upload_1 is open/,
    ],
    [
      'a failed publish',
      [row('mkraw', 'begin'), row('deploy', 'failed')],
      /deploy_1 failed, which locks/,
    ],
    [
      'work under way',
      [row('deploy', 'ended'), row('mkraw', 'begin')],
      /mkraw_1 \(mkraw\) is under way/,
    ],
    [
      'what nobody knows',
      [row('mkraw', 'odd'), row('dltar', 'failed')],
      /Check the inputs\. The app may/,
    ],
  ])('because the app is locked by %s says so', async (_name, rows, next) => {
    const { create } = openEdge({ 'GET /tasks': [tasks(...rows)], 'POST /builds': [[409, {}]] })
    expect(await create()).toMatchObject({
      kind: 'refused',
      error: { next: expect.stringMatching(next) },
    })
  })
})

describe('an import that was certainly not taken', () => {
  it.each<[string, Answer]>([
    ['no connection came up', 'unreachable'],
    ['the rate is limited', [429, {}]],
    ['the gateway is under maintenance', [503, { error: 'maintenance', retryAfter: '9' }]],
  ])('may be tried again, and is not searched for: %s', async (_name, answer) => {
    const { create, asked } = openEdge({ 'POST /builds': [answer] })
    expect(await create()).toMatchObject({ kind: 'try-again' })
    expect(asked).toEqual(['GET /apps/a', 'GET /tasks', ASKED])
  })
})

describe('an import without a clear reply', () => {
  const unclear: [string, Answer][] = [
    ['it broke off', 'broken'],
    ['it came too late', 'deadline'],
    ['a 500', [500, {}]],
    ['a 503 of something else', [503, { error: 'busy' }]],
  ]

  it.each(unclear)('is searched for and then followed (%s)', async (_name, answer) => {
    const { create, changes, lines } = openEdge({
      'GET /tasks': [tasks(), tasks(), tasks(row('dltar', 'begin'))],
      'POST /builds': [answer],
    })
    expect(await create()).toEqual({ kind: 'created', id: 'a/0007' })
    expect(changes()).toEqual([ASKED])
    expect(lines.join('\n')).toMatch(/No clear reply to the import(?:.|\n)*its task is dltar_1/)
  })

  it.each(unclear)(
    'may be tried again where nothing began within seconds (%s)',
    async (_, answer) => {
      const { create, changes, clock } = openEdge({ 'POST /builds': [answer] })
      expect(await create()).toMatchObject({ kind: 'try-again' })
      expect(changes()).toEqual([ASKED])
      expect(clock.pausesMs).toEqual([0, 500, 1_000, 2_000])
    },
  )

  it('is known by its task where that names no build', async () => {
    const task = row('mkraw', 'begin', { buildName: undefined })
    const { create } = openEdge({
      'GET /tasks': [tasks(), tasks(task)],
      'POST /builds': ['broken'],
    })
    expect(await create()).toEqual({ kind: 'created', id: 'a/mkraw_1' })
  })

  it('is found by the two tasks of one build', async () => {
    const both = tasks(row('dltar', 'end'), row('mkraw', 'begin'))
    const { create } = openEdge({ 'GET /tasks': [tasks(), both], 'POST /builds': ['broken'] })
    expect(await create()).toEqual({ kind: 'created', id: 'a/0007' })
  })

  it.each<[string, object[]]>([
    ['was there before', [row('dltar', 'begin')]],
    ['is of a training', [row('deploy', 'begin'), row('mkdxf', 'begin')]],
    ['is an upload', [row('upload', 'begin')]],
    ['is of another app', [row('dltar', 'begin', { appName: 'a_2' })]],
  ])('is not taken for what %s', async (name, rows) => {
    const before = name.includes('before') ? tasks(...rows) : tasks()
    const { create } = openEdge({
      'GET /tasks': [before, tasks(...rows)],
      'POST /builds': ['broken'],
    })
    expect(await create()).toMatchObject({ kind: 'try-again', error: { kind: 'connection-lost' } })
  })

  it.each<[string, Answer]>([
    [
      'two imports were begun',
      tasks(row('dltar', 'begin'), row('mkraw', 'begin', { buildName: '8' })),
    ],
    [
      'two imports without a build',
      tasks(...['x', 'y'].map((name) => row('dltar', 'begin', { name, buildName: undefined }))),
    ],
    ['the tasks cannot be read', [500, {}]],
  ])('is never repeated while it is open whose it is: %s', async (_name, answer) => {
    const { create, changes } = openEdge({
      'GET /tasks': [tasks(), answer],
      'POST /builds': ['broken'],
    })
    expect(await create()).toMatchObject({
      kind: 'broken-off',
      error: {
        kind: 'unresolved-create',
        message: expect.stringMatching(/^An import may have begun, and checking failed: /),
        cause: { kind: expect.stringMatching(/refused|server-fault/) },
      },
    })
    expect(changes()).toEqual([ASKED])
  })

  it('is not searched for once the run is over, and may go on then', async () => {
    const over = new AbortController()
    const { create, asked } = openEdge({
      'POST /builds': () => {
        over.abort()
        return 'aborted'
      },
    })
    expect(await create(newCall(over.signal))).toMatchObject({
      kind: 'broken-off',
      error: {
        kind: 'unresolved-create',
        message: expect.stringMatching(/asked for when the run was cancelled/),
      },
    })
    expect(asked).toEqual(['GET /apps/a', 'GET /tasks', ASKED])
  })
})
