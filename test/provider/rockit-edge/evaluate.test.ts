import { describe, expect, it } from 'vitest'
import { evaluate, REST_MS } from '../../../src/provider/rockit-edge/evaluate.ts'
import { isSameBuild } from '../../../src/provider/rockit-edge/same-build.ts'
import { appOf, fresh, goal, noticeOf, scene, taskOf } from './build-scene.ts'

describe('tasks', () => {
  it('decide by our build, the deploy last', () => {
    const { check } = scene()
    expect(check([])).toMatchObject({ state: 'pending', status: 'accepted' })
    expect(check([taskOf('dltar', 'ended'), taskOf('mkraw', 'started')])).toMatchObject({
      status: 'mkraw begin',
    })
    expect(check([taskOf('mkraw', 'ended'), taskOf('mkdxf', 'running')])).toMatchObject({
      status: 'mkdxf begin',
    })
    expect(check([taskOf('mkraw', 'ended'), taskOf('deploy', 'QUEUED')])).toMatchObject({
      status: 'deploy submit',
    })
    expect(check([taskOf('mkraw', 'ended'), taskOf('deploy', 'Completed')])).toMatchObject({
      state: 'succeeded',
      status: 'deploy end',
    })
  })

  it('of two deploys of our build both have to end', () => {
    const { check } = scene()
    const deploys = (status: string) => [
      taskOf('mkraw', 'end'),
      taskOf('deploy', 'end'),
      taskOf('deploy', status, { name: 'deploy_2' }),
    ]
    expect(check(deploys('running')).state).toBe('pending')
    expect(check(deploys('end')).state).toBe('succeeded')
  })

  it('that were there before, and of other builds, count for nothing', () => {
    const old = taskOf('deploy', 'end', { name: 'deploy_0', buildName: '0007' })
    const { check } = scene({ app: appOf(), tasks: [old] })
    const others = [
      taskOf('deploy', 'end', { name: 'x', buildName: '6' }),
      taskOf('deploy', 'failed', { name: 'y', buildName: '6' }),
    ]
    expect(check([old, taskOf('mkraw', 'end'), ...others], appOf(fresh)).state).toBe('pending')
  })

  it('that ended while the app is busy are believed after a minute', () => {
    const { check } = scene()
    const tasks = [taskOf('mkraw', 'end'), taskOf('deploy', 'end')]
    const busy = appOf({ exporting: true })
    expect(check(tasks, busy).state).toBe('pending')
    expect(check(tasks, busy, 30_000).state).toBe('pending')
    expect(check(tasks, busy, 31_000).state).toBe('succeeded')
  })
})

describe('a deploy that is lost before its end', () => {
  const lost = () => {
    const { check } = scene()
    check([taskOf('mkraw', 'end'), taskOf('deploy', 'running')], appOf({ exporting: true }))
    return check
  }

  it('is a success when the app has the new build and is at rest', () => {
    expect(lost()([], appOf(fresh)).state).toBe('succeeded')
    expect(lost()([], appOf({ iCurBuild: 7 })).state).toBe('succeeded')
  })

  it.each([
    ['with its old build', {}],
    ['with its old build and a state of failure', { state: 'deployFailed' }],
    ['with the new build and a state of failure', { ...fresh, state: 'deployFailed' }],
    ['in an error state', { ...fresh, error: 'publishing failed' }],
    ['locked', { ...fresh, locked: true }],
    ['at work', { ...fresh, exporting: true }],
  ])('is none while the app is there %s, however long that lasts', (_name, app) => {
    const check = lost()
    expect(check([], appOf(app)).state).toBe('pending')
    expect(check([], appOf(app), REST_MS * 2).state).toBe('pending')
  })

  it('counts again when it is listed again', () => {
    const check = lost()
    check([])
    const failed = taskOf('deploy', 'failed')
    expect(check([taskOf('mkraw', 'end'), failed]).state).toBe('failed')
  })

  it('is none where the app cannot be read', () => {
    const { record } = scene()
    record.update([taskOf('mkraw', 'end'), taskOf('deploy', 'running')])
    for (const name of record.update([])) record.lose(name)
    const reading = { app: undefined, tasks: [], nowMs: REST_MS * 2 }
    expect(evaluate(record, reading, goal)).toMatchObject({
      state: 'pending',
      status: 'deploy begin',
    })
  })
})

describe('an import after which no task is to be seen', () => {
  it('is no success while the app is as before, however long that lasts', () => {
    for (const more of [{}, { buildChanged: true }]) {
      const { check } = scene()
      const tasks = [taskOf('mkraw', 'end', more)]
      expect(check(tasks).state).toBe('pending')
      expect(check(tasks, appOf(), REST_MS * 2)).toMatchObject({
        state: 'pending',
        next: expect.stringMatching(/check the tasks of the app/),
      })
    }
  })

  it('is no success where only a task that is not over says that nothing changed', () => {
    const { check } = scene()
    const image = (status: string) => taskOf('mkdxf', status, { buildChanged: false })
    expect(check([taskOf('mkraw', 'end'), image('running')]).state).toBe('pending')
    expect(check([taskOf('mkraw', 'end')]).state).toBe('pending')
    expect(check([taskOf('mkraw', 'end', { buildChanged: true }), image('end')]).state).toBe(
      'pending',
    )
  })

  it('is a success that changed nothing where its task says so', () => {
    const { check } = scene()
    expect(check([taskOf('mkraw', 'end', { buildChanged: false })])).toMatchObject({
      state: 'succeeded',
      reason: 'the build equals the current one, so nothing changed',
      facts: { outputs: { 'build-changed': 'false', 'dxf-name': 'old' } },
    })
  })

  it('is enough where only the import is waited for', () => {
    const { check } = scene(undefined, 'imported')
    expect(check([taskOf('mkraw', 'running')]).state).toBe('pending')
    expect(check([]).state).toBe('pending')
    expect(check([], appOf(fresh)).state).toBe('succeeded')
    expect(scene(undefined, 'imported').check([taskOf('mkraw', 'end')]).state).toBe('succeeded')
  })
})

describe('an app that rests for long', () => {
  it('with the new build is a success, where finished tasks are not listed', () => {
    const { check } = scene()
    check([taskOf('mkraw', 'running')])
    expect(check([], appOf(fresh)).state).toBe('pending')
    expect(check([], appOf({ ...fresh, processing: true }), REST_MS).state).toBe('pending')
    expect(check([], appOf(fresh), 1_000).state).toBe('pending')
    expect(check([], appOf(fresh), REST_MS).state).toBe('succeeded')
  })

  it.each([
    ['in an error state', { ...fresh, error: { code: 'x' } }],
    ['locked', { ...fresh, status: 'locked' }],
    ['half new', { iCurBuild: 7 }],
  ])('but is %s is none', (_name, state) => {
    const { check } = scene()
    check([taskOf('mkraw', 'running')])
    check([], appOf(state))
    expect(check([], appOf(state), REST_MS * 2).state).toBe('pending')
  })

  it('and was never published is none, where finished tasks are listed', () => {
    const { check } = scene()
    const tasks = [taskOf('mkraw', 'end'), taskOf('mkdxf', 'end')]
    check(tasks, appOf(fresh))
    expect(check(tasks, appOf(fresh), REST_MS * 2).state).toBe('pending')
  })
})

describe('the image of the build before', () => {
  it.each(['dltar', 'mkraw'])('is not named after a failed %s', (type) => {
    const { check } = scene()
    const failed = taskOf(type, 'failed', { dxfName: 'old' })
    expect(check([failed])).toMatchObject({
      state: 'failed',
      facts: { outputs: { 'dxf-name': '' } },
    })
  })

  it('gives way to the new one when only publishing failed', () => {
    const { check } = scene()
    const tasks = [taskOf('mkraw', 'end'), taskOf('deploy', 'failed')]
    expect(check(tasks, appOf(fresh))).toMatchObject({
      state: 'failed',
      facts: { outputs: { 'dxf-name': 'new' } },
    })
  })
})

describe('webhooks, where tasks may not be read', () => {
  it('count whatever their order', () => {
    const { record, check } = scene()
    record.addNotice(noticeOf('mkraw', 'begin'))
    record.addNotice(noticeOf('deploy', 'end', { buildChanged: true, dxfName: 'new' }))
    record.addNotice(noticeOf('deploy', 'begin'))
    expect(check(undefined)).toMatchObject({
      state: 'succeeded',
      facts: { outputs: { 'dxf-name': 'new' } },
    })
  })

  it('count for nothing where tasks are read', () => {
    const { record, check } = scene()
    record.addNotice(noticeOf('mkraw', 'end', { buildChanged: false }))
    record.addNotice(noticeOf('deploy', 'error'))
    expect(check([taskOf('mkraw', 'end')]).state).toBe('pending')
    record.addNotice(noticeOf('deploy', 'end'))
    expect(check([taskOf('mkraw', 'end'), taskOf('deploy', 'running')]).state).toBe('pending')
  })

  it('of a deploy that ended on some deployments only are of a failure', () => {
    const { record, check } = scene()
    record.addNotice(noticeOf('mkraw', 'begin'))
    const error = { deployment: { failedDeployments: ['akamai'], succeededDeployments: ['gcore'] } }
    record.addNotice(noticeOf('deploy', 'end', { error }))
    expect(check(undefined)).toMatchObject({
      state: 'failed',
      facts: { outputs: { 'failed-deployments': '["akamai"]' } },
    })
  })

  it('of a build that was there before are not of ours', () => {
    const { record, check } = scene()
    record.addNotice(noticeOf('mkraw', 'end', { buildName: '0006' }))
    record.addNotice(noticeOf('deploy', 'end', { buildName: '0006' }))
    expect(check(undefined).state).toBe('pending')
    record.addNotice(noticeOf('deploy', 'end', { buildName: '0008' }))
    expect(check(undefined).state).toBe('pending')
    record.addNotice(noticeOf('deploy', 'end'))
    expect(check(undefined).state).toBe('succeeded')
  })

  it('whose parts are the vendor’s empty example are of no failure', () => {
    const notice = noticeOf('mkraw', 'end', {
      exception: {
        httpDownloadFailed: { url: '', httpStatus: 200, exitCode: 0, sizeBytes: 0 },
        fileReadFailed: {},
      },
      error: { deployment: { failedDeployments: [], succeededDeployments: [] } },
    })
    expect(notice).toMatchObject({ stage: 'end', failure: {} })
  })

  it('are kept in a bounded number', () => {
    const { record } = scene()
    for (let count = 0; count < 20_000; count += 1) {
      record.addNotice(noticeOf('mkraw', 'begin'))
      record.addNotice(noticeOf('deploy', 'begin', { buildName: `other_${count}` }))
    }
    expect(record.notices.size).toBeLessThanOrEqual(100)
    expect(record.ownNotices()).toHaveLength(1)
  })
})

it('builds are the same with and without leading zeros', () => {
  expect(isSameBuild('7', '0007')).toBe(true)
  expect(isSameBuild('7', '8')).toBe(false)
  expect(isSameBuild('17', '0017')).toBe(true)
  expect(isSameBuild('a7', 'a07')).toBe(false)
  expect(isSameBuild('7a', '07a')).toBe(false)
  expect(isSameBuild('0', '000')).toBe(true)
  expect(isSameBuild('7', undefined)).toBe(false)
  expect(isSameBuild(undefined, '7')).toBe(false)
  expect(isSameBuild(undefined, undefined)).toBe(false)
})
