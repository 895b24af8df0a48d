import { describe, expect, it } from 'vitest'
import { REST_MS } from '../../../src/provider/rockit-edge/evaluate.ts'
import type { Task } from '../../../src/provider/rockit-edge/wire/task.ts'
import { appOf, fresh, noticeOf, scene, taskOf } from './build-scene.ts'

const unnamed = (type: string, status: string, more: object = {}) =>
  taskOf(type, status, { buildName: undefined, ...more })
const imported = taskOf('mkraw', 'end')
const published = taskOf('deploy', 'end')

describe('a failure', () => {
  it('is the first on the way, with what to do about it', () => {
    const { check } = scene()
    const failed = [taskOf('deploy', 'failed'), taskOf('mkraw', 'failed'), taskOf('dltar', 'end')]
    expect(check(failed)).toMatchObject({
      state: 'failed',
      status: 'deploy error',
      reason: 'ROCKIT Edge gives no reason',
      next: 'Check the details of the task mkraw_1 in ROCKIT Edge, then publish again.',
    })
  })

  it('of one of several tasks of a kind decides, and else the one that is open', () => {
    const check = (tasks: Task[]) => scene().check(tasks)
    const deploys = (...states: string[]) =>
      states.map((state, index) => taskOf('deploy', state, { name: `d${index}` }))
    expect(check([imported, ...deploys('end', 'queued', 'failed')]).status).toBe('deploy error')
    expect(check([imported, ...deploys('end', 'queued')]).status).toBe('deploy submit')
    expect(check([imported, ...deploys('end', 'end')]).state).toBe('succeeded')
  })

  it.each<[string, Task[], string]>([
    ['before the build was read', [taskOf('mkraw', 'failed')], ''],
    ['after it was read', [imported, taskOf('mkdxf', 'failed')], 'new'],
    ['of a publish alone', [taskOf('deploy', 'failed')], 'new'],
  ])('%s names the new image of the app: %s', (_name, tasks, dxfName) => {
    const { record, check } = scene()
    record.identify(undefined, '7')
    expect(check(tasks, appOf(fresh))).toMatchObject({
      state: 'failed',
      facts: { outputs: { 'dxf-name': dxfName } },
    })
  })

  it('is an upload that expired', () => {
    expect(scene().check([taskOf('upload', 'expired')])).toMatchObject({
      state: 'failed',
      status: 'upload expired',
      reason: 'its upload task expired before the build was there',
    })
  })

  it('gives what is known of the build, and names of its deployments', () => {
    const error = { deployment: { failedDeployments: ['akamai'] } }
    const tasks = [
      taskOf('mkraw', 'end', { buildChanged: true }),
      taskOf('deploy', 'failed', { error }),
    ]
    expect(scene().check(tasks).facts.outputs).toEqual({
      'build-name': '0007',
      'build-changed': 'true',
      'dxf-name': '',
      'failed-deployments': '["akamai"]',
      'succeeded-deployments': '[]',
    })
  })
})

describe('the status', () => {
  it.each<[string, Task[], object]>([
    ['of nothing', [], { status: 'accepted', known: true }],
    ['of a kind, whatever its spelling', [taskOf('MKRAW', 'begin')], { status: 'mkraw begin' }],
    [
      'of a step between, by its name',
      [taskOf('mkDxf', 'end')],
      { status: 'mkDxf end', known: true },
    ],
    ['of the furthest kind', [taskOf('dltar', 'running'), imported], { status: 'mkraw end' }],
    [
      'that is not known, as it is',
      [taskOf('DePloy', 'Odd')],
      { status: 'DePloy Odd', known: false },
    ],
  ])('is that of the last step: %s', (_name, tasks, status) => {
    const { record, check } = scene()
    record.identify(undefined, '7')
    expect(check(tasks)).toMatchObject({ state: 'pending', ...status })
  })

  it('of a task that is lost is the last one that was read', () => {
    const { check } = scene()
    check([taskOf('mkraw', 'running')])
    expect(check([])).toMatchObject({ status: 'mkraw begin', known: true, state: 'pending' })
  })
})

describe('while it waits', () => {
  it('the advice is to raise timeout, or to look at an app in an error state', () => {
    const { check } = scene()
    expect(check([]).next).toMatch(/^Raise timeout/)
    expect(check([], appOf({ error: 'disk full' })).next).toMatch(/error state \(disk full\)/)
    expect(check([], 'unread').next).toMatch(/^Raise timeout/)
  })

  it('the advice is to expire an upload that is open though all was taken', () => {
    const { next } = scene().check([taskOf('upload', 'running')])
    expect(next).toMatch(/upload_1 is still open.*expire it/)
  })
})

describe('a publish that ended', () => {
  it('is a success where nothing says that the app is busy', () => {
    expect(scene().check([imported, published], 'unread').state).toBe('succeeded')
    expect(
      scene().check([imported, published], appOf({ processing: undefined, exporting: undefined }))
        .state,
    ).toBe('succeeded')
  })

  it('is one after exactly a minute while the app is busy with something', () => {
    const { check } = scene()
    const busy = appOf({ processing: true })
    check([imported, published], busy)
    expect(check([imported, published], busy, 59_999).state).toBe('pending')
    expect(check([imported, published], busy, 1).state).toBe('succeeded')
  })

  it.each<[string, [task: object, app: object], object]>([
    ['by a task', [{ buildChanged: true }, {}], { 'build-changed': 'true' }],
    ['by the app', [{}, fresh], { 'build-changed': 'true', 'dxf-name': 'new' }],
    ['by its number alone', [{}, { iCurBuild: 7, dxfName: 'old' }], { 'build-changed': 'true' }],
    ['not at all', [{}, {}], { 'build-changed': 'false', 'dxf-name': 'old' }],
  ])('shows %s whether the build changed', (_name, [task, app], outputs) => {
    const tasks = [taskOf('mkraw', 'end', task), published]
    expect(scene().check(tasks, appOf(app))).toMatchObject({
      state: 'succeeded',
      facts: { outputs },
    })
  })

  it('shows nothing of that where the app was or is not to be read', () => {
    const outputs = { 'build-changed': '', 'dxf-name': '' }
    const tasks = [imported, published]
    expect(scene({ app: undefined, tasks: [] }).check(tasks, 'unread').facts).toMatchObject({
      outputs,
    })
    const { facts, reason } = scene().check(tasks, 'unread')
    expect(facts).toMatchObject({ outputs })
    expect(reason).toBeUndefined()
    const before = scene({ app: undefined, tasks: [] }).check(tasks, appOf(fresh))
    expect(before.facts.outputs).toMatchObject({ 'build-changed': '', 'dxf-name': 'new' })
  })

  it('shows nothing of that where the app names neither build nor image', () => {
    const silent = appOf({ iCurBuild: undefined, dxfName: undefined })
    const { facts } = scene().check([imported, published], silent)
    expect(facts.outputs).toMatchObject({ 'build-changed': '', 'dxf-name': '' })
  })

  it('says of an app that is in an error state all the same that it is', () => {
    const { reason } = scene().check([imported, published], appOf({ ...fresh, error: 'no room' }))
    expect(reason).toMatch(/error state \(no room\)/)
  })

  it('is none while another of our build is lost, or still open', () => {
    const second = (status: string) => taskOf('deploy', status, { name: 'd2' })
    const { check } = scene()
    expect(check([imported, published, second('running')], appOf(fresh)).state).toBe('pending')
    expect(check([imported, published]).state).toBe('pending')
    expect(check([imported, published], appOf(fresh)).state).toBe('succeeded')
  })

  it('is none while one that names no build is open too', () => {
    const other = unnamed('deploy', 'running', { name: 'd2' })
    expect(scene().check([imported, published, other], appOf(fresh)).state).toBe('pending')
  })

  it('names the image that its own task names, and not the one from before', () => {
    const named = (dxfName: string) => [imported, taskOf('deploy', 'end', { dxfName })]
    const outputs = (name: string, app = appOf(fresh)) =>
      scene().check(named(name), app).facts.outputs?.['dxf-name']
    expect(outputs('mine')).toBe('mine')
    expect(outputs('old')).toBe('new')
  })
})

it('a publish that is open is no success, though the app has the new build already', () => {
  expect(scene().check([imported, taskOf('deploy', 'running')], appOf(fresh)).state).toBe('pending')
})

describe('where only the import is waited for', () => {
  it('a new build of the app alone is no evidence', () => {
    expect(scene(undefined, 'imported').check([], appOf(fresh)).state).toBe('pending')
  })

  const check = (tasks: Task[], app = appOf()) => scene(undefined, 'imported').check(tasks, app)

  it('a publish that began shows that it is over', () => {
    expect(check([taskOf('mkraw', 'running'), taskOf('deploy', 'queued')]).state).toBe('succeeded')
  })

  it.each<[string, object, string]>([
    ['new and at rest', fresh, 'succeeded'],
    ['new and busy', { ...fresh, processing: true }, 'pending'],
    ['new and in an error state', { ...fresh, error: 'x' }, 'pending'],
    ['as before', {}, 'pending'],
  ])('an import that is lost counts by an app that is %s', (_name, app, state) => {
    const { check: again } = scene(undefined, 'imported')
    again([taskOf('mkraw', 'running')])
    expect(again([], appOf(app)).state).toBe(state)
  })

  it('an import that fails is a failure', () => {
    expect(check([taskOf('mkraw', 'failed')]).state).toBe('failed')
  })
})

describe('a build that did not change', () => {
  const same = taskOf('mkraw', 'end', { buildChanged: false })

  it.each<[string, object | undefined, string]>([
    ['at rest', {}, 'succeeded'],
    ['busy', { exporting: true }, 'pending'],
    ['in an error state', { error: 'x' }, 'pending'],
    ['locked', { locked: true }, 'pending'],
  ])('is a success while the app is %s: %s', (_name, app, state) => {
    expect(scene().check([same], appOf(app)).state).toBe(state)
  })

  it('is one where the app may not be read', () => {
    expect(scene().check([same], 'unread').state).toBe('succeeded')
  })

  it('is none while a task of ours is open', () => {
    const { check } = scene()
    expect(check([same, taskOf('mkdxf', 'running')]).state).toBe('pending')
    expect(check([same, taskOf('mkdxf', 'end')]).state).toBe('succeeded')
  })

  it('is none before its import was seen, and one when that was seen and is lost', () => {
    const image = taskOf('mkdxf', 'end', { buildChanged: false })
    const { record, check } = scene()
    record.identify(undefined, '7')
    expect(check([image]).state).toBe('pending')
    expect(check([image, taskOf('mkraw', 'running')]).state).toBe('pending')
    expect(check([image]).state).toBe('succeeded')
  })

  it('is none where only the download says so', () => {
    const download = taskOf('dltar', 'end', { buildChanged: false })
    expect(scene().check([download, imported]).state).toBe('pending')
  })
})

describe('where finished tasks are not listed', () => {
  const rested = (app: Parameters<typeof appOf>[0], afterMs: number, baseline?: object) => {
    const { check } = scene(
      baseline === undefined ? undefined : { app: appOf(baseline), tasks: [] },
    )
    check([taskOf('mkraw', 'running')])
    check([], appOf(app))
    return check([], appOf(app), afterMs).state
  }

  it('a rest of three minutes with a new build is a success, and not a moment less', () => {
    expect(rested(fresh, REST_MS - 1)).toBe('pending')
    expect(rested(fresh, REST_MS)).toBe('succeeded')
  })

  it('a rest is none where the app does not say that it is at rest', () => {
    const silent = { ...fresh, processing: undefined, exporting: undefined }
    expect(rested(silent, REST_MS * 2)).toBe('pending')
  })

  it('what the app did not say before is not compared', () => {
    expect(rested({ iCurBuild: 7, dxfName: undefined }, REST_MS)).toBe('succeeded')
    expect(rested({ iCurBuild: 6, dxfName: undefined }, REST_MS)).toBe('pending')
    expect(rested({ iCurBuild: undefined, dxfName: undefined }, REST_MS)).toBe('pending')
  })

  it.each<[string, Task[], string]>([
    ['others are listed', [taskOf('deploy', 'end', { buildName: '6' })], 'succeeded'],
    ['one of ours is listed, when it was over', [taskOf('dltar', 'end')], 'pending'],
  ])('a rest counts only without our tasks: %s', (_name, listed, state) => {
    const { check } = scene()
    check([taskOf('dltar', 'end'), taskOf('mkraw', 'running')])
    check(listed, appOf(fresh))
    expect(check(listed, appOf(fresh), REST_MS).state).toBe(state)
  })

  it('a rest is none where tasks may not be read', () => {
    const { record, check } = scene()
    record.addNotice(noticeOf('mkraw', 'end'))
    check(undefined, appOf(fresh))
    expect(check(undefined, appOf(fresh), REST_MS * 2).state).toBe('pending')
  })
})

describe('publishing by tasks that name no build', () => {
  const own = unnamed('mkraw', 'end', { created: 1_800_000_000 })
  const deploy = (name: string, status: string, seconds: number) =>
    unnamed('deploy', status, { name, created: 1_800_000_000 + seconds })

  it('counts when nothing has been under way at two status checks in a row', () => {
    const { check } = scene()
    const tasks = [own, deploy('d1', 'end', 5)]
    expect(check(tasks)).toMatchObject({ state: 'pending', status: 'deploy begin' })
    expect(check(tasks, appOf({ exporting: true })).state).toBe('pending')
    expect(check(tasks).state).toBe('pending')
    expect(check(tasks).state).toBe('succeeded')
  })

  it('is judged by the newest one', () => {
    const outcome = (...tasks: Task[]) => {
      const { record, check } = scene()
      record.identify(undefined, '7')
      check([own, ...tasks])
      return check([own, ...tasks]).state
    }
    expect(outcome(deploy('d1', 'failed', 5), deploy('d2', 'end', 9))).toBe('succeeded')
    expect(outcome(deploy('d1', 'end', 5), deploy('d2', 'failed', 9))).toBe('failed')
    expect(outcome(deploy('d1', 'end', 9), deploy('d2', 'failed', 9))).toBe('failed')
    expect(outcome(unnamed('deploy', 'failed'), deploy('d2', 'end', 9))).toBe('succeeded')
    expect(outcome(deploy('d1', 'end', 9), taskOf('deploy', 'failed', { name: 'd9' }))).toBe(
      'failed',
    )
  })

  it('is not judged by what else names no build', () => {
    const { check } = scene()
    const image = unnamed('mkdxf', 'end', { created: 1_800_000_009 })
    const tasks = [own, deploy('d1', 'end', 5), image]
    check(tasks)
    expect(check(tasks).state).toBe('succeeded')
  })

  it('is none of ours before the import is over', () => {
    const { check } = scene()
    const tasks = [unnamed('mkraw', 'running'), deploy('d1', 'end', 5)]
    for (const _ of [1, 2, 3]) expect(check(tasks)).toMatchObject({ status: 'mkraw begin' })
  })

  it('is begun where only the import is waited for', () => {
    const { check } = scene(undefined, 'imported')
    expect(check([own, deploy('d1', 'queued', 5)]).state).toBe('succeeded')
  })
})
