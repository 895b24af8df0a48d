import { describe, expect, it } from 'vitest'
import { RockitEdgeApi } from '../../../src/provider/rockit-edge/api.ts'
import { createRockitEdgeClient } from '../../../src/provider/rockit-edge/client.ts'
import type { RockitEdgeSettings } from '../../../src/provider/rockit-edge/settings.ts'
import { type Answer, type Answers, newCall, openEdge, row, tasks } from './instance.ts'

function openApi(answers: Answers = {}) {
  const { context, changes, asked } = openEdge(answers)
  const shapes: string[] = []
  const seen: { headers: object; deadlineMs: number; query: string }[] = []
  const http: typeof context.http = async (request) => {
    const { headers = {}, deadlineMs, url } = request
    seen.push({ headers, deadlineMs, query: url.search })
    return await context.http(request)
  }
  const access = {
    apiUrl: new URL('https://edge.example'),
    token: 'k',
    organization: 'o',
    username: 'u',
  }
  const send = createRockitEdgeClient(http, access as RockitEdgeSettings, (line) =>
    shapes.push(line),
  )
  return { api: new RockitEdgeApi(send, 'a'), send, changes, asked, shapes, seen }
}

describe('a request', () => {
  it('carries the three headers of a machine account, and waits no longer than the gateway', async () => {
    const { api, seen, shapes } = openApi()
    await api.readApp({ ...newCall(), deadlineMs: 100_000 })
    expect(seen).toMatchObject([
      {
        headers: {
          'x-rockit-orgname': 'o',
          'x-rockit-username': 'u',
          'x-rockit-api-key': 'k',
          accept: 'application/json',
        },
        deadlineMs: 60_000,
      },
    ])
    expect(shapes).toEqual([expect.stringMatching(/^GET \/be\/v1\/apps\/a → 200: \{name: string/)])
  })

  it('that is answered without JSON shows that', async () => {
    const { send, shapes } = openApi({ 'GET /x': [[299, 'text']] })
    expect(await send({ method: 'GET', path: '/x' }, newCall())).toMatchObject({
      isGood: true,
      json: undefined,
    })
    expect(shapes).toEqual(['GET /be/v1/x → 299: no JSON'])
  })

  it.each([
    [199, false],
    [200, true],
    [299, true],
    [300, false],
  ])('with %i is good: %s', async (status, isGood) => {
    const { send } = openApi({ 'GET /x': [[status, {}]] })
    expect(await send({ method: 'GET', path: '/x' }, newCall())).toMatchObject({ isGood })
  })

  it.each<[Answer, string, RegExp]>([
    [[401, {}], 'unauthorized', /organization, username and api-token/],
    [[403, {}], 'forbidden', /apps 6/],
    [[404, {}], 'not-found', /app must exist/],
    [[429, {}], 'rate-limited', /all callers of the instance/],
    [[500, {}], 'server-fault', /under maintenance/],
    [[200, []], 'malformed-reply', /reply formats that it shows/],
  ])('for the app that is answered with %j says what to do', async (answer, kind, next) => {
    const { api } = openApi({ 'GET /apps/a': [answer] })
    await expect(api.readApp(newCall())).rejects.toMatchObject({
      kind,
      next: expect.stringMatching(next),
    })
  })
})

describe('a list', () => {
  const names = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, index) =>
      row('mkraw', 'end', { name: `t${from + index}` }),
    )

  it('is read to its end, page by page', async () => {
    const pages: Answer[] = [
      [200, { tasks: names(0, 100), total: 150 }],
      [200, { tasks: names(100, 150), total: 150 }],
    ]
    const { api, seen } = openApi({ 'GET /tasks': pages })
    expect(await api.listTasks(newCall())).toHaveLength(150)
    expect(seen.map(({ query }) => query)).toEqual([
      '?appName=a&offset=0&limit=100',
      '?appName=a&offset=100&limit=100',
    ])
  })

  it('without a number of rows is read until a page brings nothing new', async () => {
    const page = { tasks: names(0, 2) }
    const { api, asked } = openApi({
      'GET /tasks': [
        [200, page],
        [200, { tasks: names(2, 3) }],
        [200, page],
      ],
    })
    expect(await api.listTasks(newCall())).toHaveLength(3)
    expect(asked).toHaveLength(3)
  })

  it('that counts the rows of each page is read to its end too', async () => {
    const pages: Answer[] = [
      [200, { tasks: names(0, 2), count: 2 }],
      [200, { tasks: names(2, 3), count: 1 }],
      [200, { tasks: [], count: 0 }],
    ]
    const { api } = openApi({ 'GET /tasks': pages })
    expect(await api.listTasks(newCall())).toHaveLength(3)
  })

  it.each([400, 422])(
    'of which fewer rows may be asked for is read as it comes (%i)',
    async (status) => {
      const rows = names(0, 3)
      const { api, seen } = openApi({
        'GET /tasks': [
          [status, {}],
          [200, { tasks: rows, total: 3 }],
          [200, { tasks: rows, total: 3 }],
        ],
      })
      await api.listTasks(newCall())
      expect(await api.listTasks(newCall())).toHaveLength(3)
      expect(seen.map(({ query }) => query.includes('limit'))).toEqual([true, false, false])
    },
  )

  it('that names no app at all is none, for any of it may be ours', async () => {
    const rows = [row('mkraw', 'end', { appName: undefined })]
    const { api } = openApi({ 'GET /tasks': [tasks(...rows)] })
    await expect(api.listTasks(newCall())).rejects.toMatchObject({
      kind: 'malformed-reply',
      message: expect.stringMatching(/name no app/),
    })
  })

  it('that is empty is one page, and one without end has an end', async () => {
    const empty = openApi({ 'GET /tasks': [[200, { tasks: [] }]] })
    expect(await empty.api.listTasks(newCall())).toEqual([])
    expect(empty.asked).toHaveLength(1)
    let count = 0
    const endless = openApi({ 'GET /tasks': () => [200, { tasks: names(count, ++count) }] })
    expect(await endless.api.listTasks(newCall())).toHaveLength(50)
  })

  it('has the tasks of exactly this app', async () => {
    const rows = [row('mkraw', 'end'), row('mkraw', 'end', { appName: 'ab' }), { appName: 'a' }]
    const { api } = openApi({ 'GET /tasks': [tasks(...rows)] })
    expect((await api.listTasks(newCall())).map(({ name }) => name)).toEqual(['mkraw_1'])
  })

  it.each<[Answer, object]>([
    [
      [403, {}],
      {
        kind: 'forbidden',
        message: expect.stringMatching(/^Could not read the tasks/),
        next: expect.stringMatching(/tasks 2 \(read\)/),
      },
    ],
    [
      [200, {}],
      { kind: 'malformed-reply', message: expect.stringMatching(/about the tasks is no list/) },
    ],
  ])('that is answered with %j is none', async (answer, error) => {
    const { api } = openApi({ 'GET /tasks': [answer] })
    await expect(api.listTasks(newCall())).rejects.toMatchObject(error)
  })
})

describe('one task', () => {
  it.each([400, 404])('that is answered with %i is not there', async (status) => {
    const { api } = openApi({ 'GET /tasks/t%2F1': [[status, {}]] })
    expect(await api.readTask('t/1', newCall())).toBeUndefined()
  })

  it.each<[Answer, string, RegExp]>([
    [[500, {}], 'server-fault', /^Could not read the task t \(HTTP 500\)/],
    [[200, {}], 'malformed-reply', /^The reply about the task t is no task/],
  ])('that is answered with %j is not known', async (answer, kind, message) => {
    const { api } = openApi({ 'GET /tasks/t': [answer] })
    await expect(api.readTask('t', newCall())).rejects.toMatchObject({
      kind,
      message: expect.stringMatching(message),
    })
  })
})

describe('expiring an upload', () => {
  const open: Answer = [200, row('upload', 'started', { name: 'u' })]
  const over: Answer = [200, row('upload', 'expired', { name: 'u' })]
  const BEST = 'PATCH /tasks {"taskName":"u","expire":true}'
  const ALTERNATIVE = 'PATCH /tasks {"taskName":"u","status":"expired"}'

  it.each<[string, Answer[], Answer[]]>([
    [
      'is refused',
      [
        [400, {}],
        [200, {}],
      ],
      [open, over],
    ],
    [
      'is not known',
      [
        [404, {}],
        [200, {}],
      ],
      [open, over],
    ],
    [
      'makes no sense',
      [
        [422, {}],
        [200, {}],
      ],
      [open, over],
    ],
    ['changes nothing', [[200, {}]], [open, open, over]],
  ])('is asked for otherwise where the best form %s', async (_name, patches, reads) => {
    const { api, changes } = openApi({ 'PATCH /tasks': patches, 'GET /tasks/u': reads })
    expect(await api.expireUpload('u', newCall())).toBe('accepted')
    expect(changes()).toEqual([BEST, ALTERNATIVE])
  })

  it.each<[string, Answer[]]>([
    ['both forms are refused', [[400, { message: 'no' }]]],
    ['neither changes anything', [[200, {}]]],
  ])('fails, and says what to do by hand, where %s', async (_name, patches) => {
    const { api, changes } = openApi({ 'PATCH /tasks': patches, 'GET /tasks/u': [open] })
    await expect(api.expireUpload('u', newCall())).rejects.toMatchObject({
      message: expect.stringMatching(/^The upload task u did not expire/),
    })
    expect(changes()).toEqual([BEST, ALTERNATIVE])
  })

  it.each<[number, RegExp]>([
    [403, /tasks 6 \(read 2 and update 4\)/],
    [409, /^Expire it by hand: the app may be locked until then/],
    [500, /./],
  ])('is not asked for otherwise after %i', async (status, next) => {
    const { api, changes } = openApi({ 'PATCH /tasks': [[status, {}]], 'GET /tasks/u': [open] })
    await expect(api.expireUpload('u', newCall())).rejects.toMatchObject({
      next: expect.stringMatching(next),
    })
    expect(changes()).toEqual([BEST])
  })

  it('is asked for where tasks may not be read, and then believed', async () => {
    const { api, changes } = openApi({ 'PATCH /tasks': [[200, {}]], 'GET /tasks/u': [[403, {}]] })
    expect(await api.expireUpload('u', newCall())).toBe('accepted')
    expect(changes()).toEqual([BEST])
  })

  it('is not asked for what is over, nor where it cannot be told', async () => {
    const ended = openApi({ 'GET /tasks/u': [over] })
    expect(await ended.api.expireUpload('u', newCall())).toBe('gone')
    const faulty = openApi({ 'GET /tasks/u': [[500, {}]] })
    await expect(faulty.api.expireUpload('u', newCall())).rejects.toMatchObject({
      kind: 'server-fault',
    })
    expect([...ended.changes(), ...faulty.changes()]).toEqual([])
  })

  it('goes by the list where the task is not known by its name', async () => {
    const listedOpen = tasks(
      row('upload', 'started', { name: 'x' }),
      row('upload', 'started', { name: 'u' }),
    )
    const { api, changes } = openApi({
      'GET /tasks': [listedOpen, tasks(row('upload', 'started', { name: 'x' }))],
      'PATCH /tasks': [[200, {}]],
    })
    expect(await api.expireUpload('u', newCall())).toBe('accepted')
    expect(changes()).toEqual([BEST])
  })
})
