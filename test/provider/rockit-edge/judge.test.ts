import { describe, expect, it } from 'vitest'
import { judge, QUIET_MS } from '../../../src/provider/rockit-edge/judge.ts'
import { isSameBuild, Tracked } from '../../../src/provider/rockit-edge/tracked.ts'
import type { TaskType } from '../../../src/provider/rockit-edge/wire/names.ts'
import { readApp, readTask, type Task } from '../../../src/provider/rockit-edge/wire/replies.ts'
import { type News, readNews } from '../../../src/provider/rockit-edge/wire/webhook.ts'

const aim = { app: 'my_game', waitUntil: 'deployed', expectedBytes: undefined } as const
const appOf = (more: object = {}) =>
  readApp({
    name: 'my_game',
    iCurBuild: 6,
    dxfName: 'old',
    processing: false,
    exporting: false,
    ...more,
  })

function taskOf(type: string, status: string, more: object = {}): Task {
  const task = readTask({
    name: `${type}_1`,
    appName: 'my_game',
    type,
    status,
    buildName: '0007',
    ...more,
  })
  if (!task) throw new Error('not a task')
  return task
}

function newsOf(type: TaskType, event: string, more: object = {}): News {
  const body = { type, event, orgName: 'acme', appName: 'my_game', buildName: '0007', ...more }
  const read = readNews(JSON.stringify(body), 'acme', 'my_game')
  if (read.kind !== 'news') throw new Error(read.kind)
  return read.news
}

/** A deployment that is looked at again and again, on a clock of its own. */
function scene(baseline = { app: appOf(), tasks: [] as Task[] }) {
  const tracked = new Tracked(baseline)
  let nowMs = 0
  return {
    tracked,
    look(tasks: Task[] | undefined, app = appOf(), afterMs = 12_000) {
      nowMs += afterMs
      if (tasks) for (const name of tracked.see(tasks)) tracked.vanished.add(name)
      return judge(tracked, { tasks, app, nowMs }, aim)
    },
  }
}

const fresh = { iCurBuild: 7, dxfName: 'new' }

describe('tasks', () => {
  it('decide by our build, the deploy last', () => {
    const { look } = scene()
    expect(look([])).toMatchObject({ state: 'pending', status: 'accepted' })
    expect(look([taskOf('dltar', 'ended'), taskOf('mkraw', 'started')])).toMatchObject({
      status: 'mkraw begin',
    })
    expect(look([taskOf('mkraw', 'ended'), taskOf('mkdxf', 'running')])).toMatchObject({
      status: 'mkdxf begin',
    })
    expect(look([taskOf('mkraw', 'ended'), taskOf('deploy', 'QUEUED')])).toMatchObject({
      status: 'deploy submit',
    })
    expect(look([taskOf('mkraw', 'ended'), taskOf('deploy', 'Completed')])).toMatchObject({
      state: 'succeeded',
      status: 'deploy end',
    })
  })

  it('of two deploys of our build both have to end', () => {
    const { look } = scene()
    const deploys = (status: string) => [
      taskOf('mkraw', 'end'),
      taskOf('deploy', 'end'),
      taskOf('deploy', status, { name: 'deploy_2' }),
    ]
    expect(look(deploys('running')).state).toBe('pending')
    expect(look(deploys('end')).state).toBe('succeeded')
  })

  it('that were there before, and of other builds, count for nothing', () => {
    const old = taskOf('deploy', 'end', { name: 'deploy_0', buildName: '0007' })
    const { look } = scene({ app: appOf(), tasks: [old] })
    const others = [
      taskOf('deploy', 'end', { name: 'x', buildName: '6' }),
      taskOf('deploy', 'failed', { name: 'y', buildName: '6' }),
    ]
    expect(look([old, taskOf('mkraw', 'end'), ...others], appOf(fresh)).state).toBe('pending')
  })

  it('that ended while the app is busy are believed after a minute', () => {
    const { look } = scene()
    const tasks = [taskOf('mkraw', 'end'), taskOf('deploy', 'end')]
    const busy = appOf({ exporting: true })
    expect(look(tasks, busy).state).toBe('pending')
    expect(look(tasks, busy, 30_000).state).toBe('pending')
    expect(look(tasks, busy, 31_000).state).toBe('succeeded')
  })

  it('that vanish have ended, unless the app is in an error state', () => {
    const { look } = scene()
    look([taskOf('mkraw', 'end'), taskOf('deploy', 'running')])
    expect(look([], appOf({ error: 'publishing failed' }))).toMatchObject({ state: 'pending' })
    expect(look([], appOf(fresh)).state).toBe('succeeded')
  })
})

describe('a quiet app', () => {
  it('with the new build is a success after a long time, where finished tasks are not listed', () => {
    const { look } = scene()
    look([taskOf('mkraw', 'running')])
    expect(look([], appOf(fresh)).state).toBe('pending')
    expect(look([], appOf({ ...fresh, processing: true }), QUIET_MS).state).toBe('pending')
    expect(look([], appOf(fresh), 1_000).state).toBe('pending')
    expect(look([], appOf(fresh), QUIET_MS)).toMatchObject({
      state: 'succeeded',
      reason: expect.stringMatching(/its deploy task was never listed/),
    })
  })

  it('with the old build is a success that changed nothing, once the import is over', () => {
    const { look } = scene()
    expect(look([taskOf('mkraw', 'end')]).state).toBe('pending')
    expect(look([taskOf('mkraw', 'end')], appOf(), QUIET_MS)).toMatchObject({
      state: 'succeeded',
      facts: { outputs: { 'build-changed': 'false' } },
    })
  })

  it.each([
    ['in an error state', { ...fresh, error: { code: 'x' } }],
    ['locked', { ...fresh, status: 'locked' }],
    ['half new', { iCurBuild: 7 }],
  ])('that is %s is not', (_name, state) => {
    const { look } = scene()
    look([taskOf('mkraw', 'running')])
    look([], appOf(state))
    expect(look([], appOf(state), QUIET_MS * 2).state).toBe('pending')
  })

  it('whose publish never came is not, where finished tasks are listed', () => {
    const { look } = scene()
    const tasks = [taskOf('mkraw', 'end'), taskOf('mkdxf', 'end')]
    look(tasks, appOf(fresh))
    expect(look(tasks, appOf(fresh), QUIET_MS * 2).state).toBe('pending')
  })
})

describe('news', () => {
  it('counts for what is not listed, whatever its order', () => {
    const { tracked, look } = scene()
    tracked.hear(newsOf('mkraw', 'begin'))
    tracked.hear(newsOf('deploy', 'end', { buildChanged: true, dxfName: 'new' }))
    tracked.hear(newsOf('deploy', 'begin'))
    expect(look([])).toMatchObject({
      state: 'succeeded',
      facts: { outputs: { 'dxf-name': 'new' } },
    })
  })

  it('does not count against what is listed', () => {
    const { tracked, look } = scene()
    tracked.hear(newsOf('deploy', 'error'))
    expect(look([taskOf('mkraw', 'end'), taskOf('deploy', 'running')]).state).toBe('pending')
  })

  it('of a deploy that ended on some deployments only is of a failure', () => {
    const { tracked, look } = scene()
    tracked.hear(newsOf('mkraw', 'begin'))
    const error = { deployment: { failedDeployments: ['akamai'], succeededDeployments: ['gcore'] } }
    tracked.hear(newsOf('deploy', 'end', { error }))
    expect(look(undefined)).toMatchObject({
      state: 'failed',
      facts: { outputs: { 'failed-deployments': '["akamai"]' } },
    })
  })

  it('of a build that was there before is not of ours', () => {
    const { tracked, look } = scene()
    tracked.hear(newsOf('mkraw', 'end', { buildName: '0006' }))
    tracked.hear(newsOf('deploy', 'end', { buildName: '0006' }))
    expect(look(undefined).state).toBe('pending')
    tracked.hear(newsOf('deploy', 'end', { buildName: '0008' }))
    expect(look(undefined).state).toBe('pending')
    tracked.hear(newsOf('deploy', 'end'))
    expect(look(undefined).state).toBe('succeeded')
  })

  it('whose parts are the vendor’s empty example is of no failure', () => {
    const news = newsOf('mkraw', 'end', {
      exception: {
        httpDownloadFailed: { url: '', httpStatus: 200, exitCode: 0, sizeBytes: 0 },
        fileReadFailed: {},
      },
      error: { deployment: { failedDeployments: [], succeededDeployments: [] } },
    })
    expect(news).toMatchObject({ event: 'end', failure: {} })
  })
})

it('builds are the same with and without leading zeros', () => {
  expect(isSameBuild('7', '0007')).toBe(true)
  expect(isSameBuild('7', '8')).toBe(false)
  expect(isSameBuild('a7', 'a07')).toBe(false)
  expect(isSameBuild(undefined, undefined)).toBe(false)
})
