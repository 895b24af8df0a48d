import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Body, createCaller } from './caller.ts'
import { type RockitEdgeEmulator, startRockitEdgeEmulator } from './emulator.ts'
import * as script from './script.ts'
import { taskStatusWords } from './spelling.ts'

let edge: RockitEdgeEmulator
let api: ReturnType<typeof createCaller>

const pace = { stepMs: 8 }
const url = 'https://builds.example/native-build.tar'

beforeEach(async () => {
  const scripts = { script: script.success(pace), retryScript: script.success(pace) }
  edge = await startRockitEdgeEmulator(scripts)
  api = createCaller(edge)
})

afterEach(() => edge.close())

describe('pipeline', () => {
  it.each([
    [
      'downloadFailed',
      script.downloadFailed(undefined, pace),
      { exception: { httpDownloadFailed: { url, httpStatus: 404, exitCode: 22, sizeBytes: 0 } } },
    ],
    [
      'sizeMismatch',
      script.sizeMismatch({ actualBytes: 5 }, pace),
      { exception: { httpDownloadFailed: { sizeBytesActual: 5, sizeBytesExpected: 9 } } },
    ],
    [
      'unreadableFile',
      script.unreadableFile(undefined, pace),
      { exception: { fileReadFailed: { filename: 'bin/game.exe' } } },
    ],
    ['buildFailed', script.buildFailed(pace), {}],
  ])('reports %s and frees the app', async (_, steps, detail) => {
    edge.nextScript(steps)
    await api.publish({ url, size: 9 })
    await edge.whenEvent({ event: 'error' })
    expect((await api.listTasks()).at(-1)).toMatchObject({
      status: 'failed',
      appName: 'my_game',
      ...detail,
    })
    expect([edge.builds[0]?.outcome, (await api.publish({ url })).status]).toEqual(['failed', 200])
  })

  it('locks the app when publishing fails, until the task is retried', async () => {
    edge.nextScript(script.deployFailed(undefined, pace))
    await api.publish({ url })
    const { taskName } = await edge.whenEvent({ type: 'deploy', event: 'error' })
    expect(await api.readApp()).toMatchObject({ error: expect.any(String), exporting: false })
    expect((await api.call('GET', `/tasks/${taskName}`)).body.error.deployment).toEqual({
      failedDeployments: ['akamai'],
      succeededDeployments: ['gcore'],
    })
    expect((await api.publish({ url })).status).toBe(409)
    expect((await api.call('POST', '/trigger', { taskName })).status).toBe(200)
    await edge.whenEvent({ type: 'deploy', event: 'end' })
    expect(await api.readApp()).not.toHaveProperty('error')
    expect((await api.publish({ url })).status).toBe(200)
  })

  it('ends after mkraw when nothing has changed, and need not end at all', async () => {
    edge.nextScript(script.unchanged(pace), script.never(pace))
    await api.publish({ url })
    expect(await edge.whenEvent({ type: 'mkraw', event: 'end' })).toMatchObject({
      buildChanged: false,
    })
    expect(edge.builds[0]).toMatchObject({
      outcome: 'succeeded',
      dxfName: (await api.readApp()).dxfName,
    })
    expect((await api.readApp()).iCurBuild).toBe(6)
    const { body } = await api.publish({ url })
    await edge.whenEvent({ type: 'mkraw', event: 'begin', buildName: body.buildName })
    await sleep(40)
    expect([edge.builds[1]?.outcome, (await api.readApp()).processing]).toEqual([undefined, true])
  })

  it('publishes for trace training and for apps whose name holds ours', async () => {
    edge.addApp('my_game_2')
    edge.nextScript(script.never(pace))
    await api.publish({ url })
    edge.train('my_game', pace)
    edge.train('my_game_2', pace)
    // Either may end first.
    for (const appName of ['my_game', 'my_game_2']) {
      await edge.whenEvent({ type: 'deploy', event: 'end', appName })
    }
    expect(
      edge.builds.map(({ origin, outcome, name }) => [origin, outcome, name].join(' ')),
    ).toEqual(['import  0007', 'training succeeded 0006', 'training succeeded 0006'])
    const both = (await api.call('GET', '/tasks?appName=my_game&type=deploy')).body
    const names = both.tasks.map((task: Body) => String(task.appName)) as string[]
    expect(names.toSorted()).toEqual(['my_game', 'my_game_2'])
    expect((await api.call('GET', '/tasks?appName=game_2&limit=1&offset=1')).body).toMatchObject({
      total: 2,
      tasks: [{ type: 'deploy' }],
    })
  })

  it('words everything otherwise when asked to', async () => {
    Object.assign(edge.settings.spelling, {
      listEnvelope: 'bare',
      envelope: 'data',
      taskStatusWords: taskStatusWords.upper,
      numbers: 'string',
      uploadUrlField: 'putUrl',
      importAnswers: [],
      taskNameField: 'taskId',
      taskFailureForm: 'flat',
      appErrorForm: 'status',
    })
    expect((await api.publish()).body.data).toEqual({ putUrl: expect.any(String) })
    expect((await api.call('GET', '/tasks')).body).toMatchObject([
      { taskId: expect.any(String), status: 'STARTED' },
    ])
    expect(await api.readApp()).toMatchObject({ data: { iCurBuild: '6', status: 'ok' } })
    edge.settings.forgetEndedTasksAfterMs = 0
    await api.put(edge.builds[0]?.uploadUrl ?? '', 'x')
    await edge.whenEvent({ type: 'deploy', event: 'end' })
    expect((await api.call('GET', '/tasks')).body).toEqual([])
    edge.settings.spelling.errorForm = 'text'
    expect((await api.publish({ appName: 'other' })).body).toBe('notFound: no app other')
  })
})
