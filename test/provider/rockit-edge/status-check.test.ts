import { describe, expect, it } from 'vitest'
import { RockitEdgeApi } from '../../../src/provider/rockit-edge/api.ts'
import { createRockitEdgeClient } from '../../../src/provider/rockit-edge/client.ts'
import { ImportRecord } from '../../../src/provider/rockit-edge/import-record.ts'
import { Reader } from '../../../src/provider/rockit-edge/reader.ts'
import type { RockitEdgeSettings } from '../../../src/provider/rockit-edge/settings.ts'
import { type Answer, type Answers, APP, newCall, openEdge, row, tasks } from './instance.ts'

/** A reader of the scripted instance, and the record of one import there. */
function openReader(answers: Answers = {}) {
  const { context, asked, lines, clock, script } = openEdge(answers)
  const access = {
    apiUrl: new URL('https://edge.example'),
    token: '',
    organization: '',
    username: '',
  }
  const send = createRockitEdgeClient(context.http, access as RockitEdgeSettings, undefined)
  const reader = new Reader(new RockitEdgeApi(send, 'a'), clock, context.log)
  const record = new ImportRecord({ app: undefined, tasks: [] })
  return {
    reader,
    record,
    asked,
    lines,
    clock,
    script,
    check: () => reader.read(record, newCall()),
  }
}

const failure = { error: { deployment: { failedDeployments: ['akamai'] } } }

describe('a status check', () => {
  it('reads the app and the tasks', async () => {
    const { check, record, asked, clock } = openReader({
      'GET /tasks': [tasks(row('mkraw', 'begin'))],
    })
    expect(await check()).toMatchObject({
      app: { currentBuild: 6 },
      tasks: [{ name: 'mkraw_1' }],
      nowMs: clock.nowMs(),
    })
    expect(record.own().map(({ name }) => name)).toEqual(['mkraw_1'])
    expect(asked).toEqual(['GET /apps/a', 'GET /tasks'])
  })

  it('that only lacks the app is one all the same', async () => {
    const { check } = openReader({ 'GET /apps/a': [[500, {}]] })
    expect(await check()).toMatchObject({ app: undefined, tasks: [] })
  })

  it('that lacks the app is none where tasks may not be read', async () => {
    const { check } = openReader({
      'GET /apps/a': [
        [200, APP],
        [500, {}],
      ],
      'GET /tasks': [[403, {}]],
    })
    await check()
    await expect(check()).rejects.toMatchObject({ kind: 'server-fault' })
  })

  it('without tasks, for whatever other reason, is none', async () => {
    const { check, reader } = openReader({ 'GET /tasks': [[500, {}]] })
    await expect(check()).rejects.toMatchObject({ kind: 'server-fault' })
    expect(reader.mayReadTasks).toBe(true)
  })

  it('does not ask again for an app that may not be read, which is logged once', async () => {
    const { check, asked, lines, reader } = openReader({ 'GET /apps/a': [[403, {}]] })
    for (const _ of [1, 2]) expect(await check()).toMatchObject({ app: undefined, tasks: [] })
    expect(asked.filter((one) => one === 'GET /apps/a')).toHaveLength(1)
    expect(lines).toEqual([
      expect.stringMatching(/^The app may not be read \(Could not read the app a/),
    ])
    expect(reader.mayReadTasks).toBe(true)
  })

  it('says once what may not be read, also of two at the same time', async () => {
    const { reader, lines } = openReader({ 'GET /tasks': [[403, {}]] })
    const lists = await Promise.all([reader.listTasks(newCall()), reader.listTasks(newCall())])
    expect(lists).toEqual([undefined, undefined])
    expect(lines).toHaveLength(1)
  })
})

describe('a task that is listed no more', () => {
  const begun = row('mkraw', 'begin')

  async function leave(answer: Answer) {
    const scene = openReader({
      'GET /tasks': [tasks(begun), tasks()],
      'GET /tasks/mkraw_1': [answer],
    })
    await scene.check()
    return scene
  }

  it('is read by its name', async () => {
    const { check, record } = await leave([200, row('mkraw', 'end')])
    await check()
    expect(record.own()).toMatchObject([{ stage: 'end' }])
  })

  it.each([400, 403, 404])(
    'and may not be read by its name (%i) is lost, and not asked for again',
    async (status) => {
      const { check, record, asked } = await leave([status, {}])
      await check()
      await check()
      expect(record.own().map((task) => record.isLost(task))).toEqual([true])
      expect(asked.filter((one) => one === 'GET /tasks/mkraw_1')).toHaveLength(1)
    },
  )

  it('is not lost by a fault, which the next status check may not have', async () => {
    const { check, record } = await leave([500, {}])
    await expect(check()).rejects.toMatchObject({ kind: 'server-fault' })
    expect(record.own().map((task) => record.isLost(task))).toEqual([false])
  })

  it('is not asked for where it was over already', async () => {
    const { check, asked } = openReader({ 'GET /tasks': [tasks(row('deploy', 'end')), tasks()] })
    await check()
    await check()
    expect(asked.filter((one) => one.startsWith('GET /tasks/'))).toEqual([])
  })
})

describe('the details of a task', () => {
  it('are read of what failed and of the import that ended, for what its row does not say', async () => {
    const rows = [row('mkraw', 'end'), row('deploy', 'failed'), row('mkdxf', 'end')]
    const { check, record, asked } = openReader({
      'GET /tasks': [tasks(...rows)],
      'GET /tasks/mkraw_1': [[200, row('mkraw', 'end', { buildChanged: true, dxfName: 'new' })]],
      'GET /tasks/deploy_1': [[200, row('deploy', 'failed', failure)]],
    })
    await check()
    await check()
    expect(record.own('mkraw')).toMatchObject([{ buildChanged: true, dxfName: 'new' }])
    expect(record.own('deploy')).toMatchObject([
      { stage: 'error', failure: { failed: ['akamai'] } },
    ])
    const detailed = asked.filter((one) => one.startsWith('GET /tasks/'))
    expect(detailed.sort()).toEqual(['GET /tasks/deploy_1', 'GET /tasks/mkraw_1'])
  })

  it('are read of a failed publish that names no build, and of nobody else’s', async () => {
    const rows = [
      row('mkraw', 'end', { name: 'm' }),
      row('deploy', 'failed', { name: 'ours', buildName: undefined }),
      row('deploy', 'failed', { name: 'theirs', buildName: '0006' }),
    ]
    const { check, asked } = openReader({ 'GET /tasks': [tasks(...rows)] })
    await check()
    const detailed = asked.filter((one) => one.startsWith('GET /tasks/'))
    expect(detailed).toEqual(['GET /tasks/m', 'GET /tasks/ours'])
  })

  it.each([
    [404, 1],
    [403, 2],
  ])(
    'that are answered with %i are asked for %i times, and decide nothing',
    async (status, times) => {
      const { check, asked, record } = openReader({
        'GET /tasks': [tasks(row('mkraw', 'failed'))],
        'GET /tasks/mkraw_1': [[status, {}]],
      })
      for (const _ of [1, 2, 3]) await check()
      expect(asked.filter((one) => one === 'GET /tasks/mkraw_1')).toHaveLength(times)
      expect(record.own()).toMatchObject([{ stage: 'error' }])
    },
  )

  it.each<Answer>([[500, {}], [429, {}], 'broken'])(
    'are asked for twice after %j',
    async (answer) => {
      const { check, asked } = openReader({
        'GET /tasks': [tasks(row('mkraw', 'failed'))],
        'GET /tasks/mkraw_1': [answer],
      })
      await expect(check()).rejects.toMatchObject({ name: 'ActionError' })
      for (const _ of [1, 2]) await check()
      expect(asked.filter((one) => one === 'GET /tasks/mkraw_1')).toHaveLength(2)
    },
  )

  it('are read of five at once at most', async () => {
    const rows = [1, 2, 3, 4, 5, 6, 7].map((count) =>
      row('deploy', 'failed', { name: `d${count}` }),
    )
    const { check, asked } = openReader({ 'GET /tasks': [tasks(row('mkraw', 'begin'), ...rows)] })
    const detailed = () => asked.filter((one) => one.startsWith('GET /tasks/')).length
    await check()
    expect(detailed()).toBe(5)
    await check()
    expect(detailed()).toBe(7)
  })
})

describe('reading before anything is sent', () => {
  const call = (deadlineMs = 60_000) => ({ ...newCall(), deadlineMs })
  const repeated = (answers: readonly Answer[], deadlineMs?: number) => {
    const scene = openReader({ 'GET /apps/a': answers })
    return {
      ...scene,
      app: () => scene.reader.repeat((one) => scene.reader.readApp(one), call(deadlineMs)),
    }
  }

  it.each<Answer>(['broken', 'deadline', [502, {}], [429, {}]])(
    'is repeated twice after %j',
    async (answer) => {
      const { app, clock, lines } = repeated([answer, answer, [200, APP]])
      expect(await app()).toMatchObject({ currentBuild: 6 })
      expect(clock.pausesMs).toEqual([1_000, 3_000])
      expect(lines).toEqual([])
    },
  )

  it('ends with the error that does not pass', async () => {
    const { app, clock } = repeated([[502, {}]])
    await expect(app()).rejects.toMatchObject({ kind: 'server-fault' })
    expect(clock.pausesMs).toEqual([1_000, 3_000])
  })

  it.each<Answer>([[401, {}], [404, {}], 'unreachable'])(
    'is not repeated after %j',
    async (answer) => {
      const { app, asked } = repeated([answer, [200, APP]])
      await expect(app()).rejects.toMatchObject({ name: 'ActionError' })
      expect(asked).toEqual(['GET /apps/a'])
    },
  )

  it('waits as long and as often as ROCKIT Edge asks for, and says so', async () => {
    const busy: Answer = [503, {}, { 'retry-after': '15' }]
    const { app, clock, lines } = repeated([busy, busy, busy, [200, APP]])
    await app()
    expect(clock.pausesMs).toEqual([15_000, 15_000, 15_000])
    expect(lines).toHaveLength(3)
    expect(lines[0]).toMatch(/HTTP 503.*\. Trying again in 15 s\.$/)
  })

  it('does not begin a wait that is longer than its time', async () => {
    const busy: Answer = [503, {}, { 'retry-after': '15' }]
    const { app, clock } = repeated([busy], 40_000)
    await expect(app()).rejects.toMatchObject({ kind: 'server-fault', retryAfterMs: 15_000 })
    expect(clock.pausesMs).toEqual([15_000, 15_000])
  })

  it('has less time for each further request', async () => {
    const { reader, clock } = openReader()
    const deadlines: number[] = []
    await reader
      .repeat(async ({ deadlineMs }) => {
        deadlines.push(deadlineMs)
        if (deadlines.length > 1) return
        await clock.sleep(500)
        throw Object.assign(new Error(), {})
      }, call(10_000))
      .catch(() => {})
    expect(deadlines).toEqual([10_000])
  })
})
