import { describe, expect, it } from 'vitest'
import { readApp } from '../../../src/provider/rockit-edge/wire/app.ts'
import {
  isFailure,
  mergeFailures,
  readFailure,
} from '../../../src/provider/rockit-edge/wire/failure.ts'
import {
  isMaintenance,
  readImport,
  readProblem,
  readSecret,
  readSubscriptionName,
} from '../../../src/provider/rockit-edge/wire/replies.ts'
import { readRows, readTask, readTaskReply } from '../../../src/provider/rockit-edge/wire/task.ts'

describe('a task', () => {
  it.each<[keyof NonNullable<ReturnType<typeof readTask>>, object, unknown]>([
    ['name', { taskName: 'a', name: 'b' }, 'a'],
    ['name', { taskId: 7 }, '7'],
    ['name', { id: ' x ' }, 'x'],
    ['name', { taskName: ' ', id: 'x' }, 'x'],
    ['name', { taskName: Number.POSITIVE_INFINITY, id: 'x' }, 'x'],
    ['app', { appName: 'a' }, 'a'],
    ['app', { app: { name: 'a' } }, 'a'],
    ['app', { application: { id: 7 } }, '7'],
    ['app', { applicationName: 'a' }, 'a'],
    ['app', { app: { name: { name: 'a' } } }, ''],
    ['app', { app: ' ' }, ''],
    ['app', { app: Number.NaN }, ''],
    ['type', { taskType: 'deploy' }, 'deploy'],
    ['type', { kind: 'deploy' }, 'deploy'],
    ['status', { state: 'x' }, 'x'],
    ['status', { taskStatus: 'x' }, 'x'],
    ['createdMs', { createdAt: '2026-11-25T00:00:00Z' }, Date.UTC(2026, 10, 25)],
    ['createdMs', { creationDate: 1_800_000_000 }, 1_800_000_000_000],
    ['createdMs', { timeCreated: 1_800_000_000_000 }, 1_800_000_000_000],
    ['createdMs', { submitted: '1800000000' }, 1_800_000_000_000],
    ['build', { build: { name: '7' } }, '7'],
    ['build', { buildId: 7 }, '7'],
    ['build', { buildNumber: 7 }, '7'],
    ['dxfName', { dxfName: 'd' }, 'd'],
  ])('has its %s, however it is called: %j', (field, more, value) => {
    expect(
      readTask({ name: 't', ...(field === 'name' ? { name: undefined } : {}), ...more })?.[field],
    ).toBe(value)
  })

  it.each([
    ['dltar', 'dltar'],
    ['MK_RAW', 'mkraw'],
    ['Client Upload', 'upload'],
    ['ultar', 'upload'],
    ['put-tar', 'upload'],
    ['xultar', 'other'],
    ['ultars', 'other'],
    ['redeploy', 'other'],
    ['', 'other'],
  ])('of the type %j is of the kind %s', (type, kind) => {
    expect(readTask({ name: 't', type })?.kind).toBe(kind)
  })

  it.each([
    [
      'submit',
      ['submit', 'Submitted', 'queued', 'pending', 'waiting', 'created', 'new', 'scheduled'],
    ],
    [
      'begin',
      [
        'begin',
        'began',
        'started',
        'RUNNING',
        'processing',
        'IN_PROGRESS',
        'in-progress',
        'active',
        'ongoing',
      ],
    ],
    [
      'end',
      ['end', 'ended', 'done', 'finished', 'completed', 'complete', 'success', 'succeeded', 'OK'],
    ],
    ['error', ['error', 'failed', 'failure', 'exception', 'faulty']],
    ['expired', ['expired', 'expire', 'cancelled', 'canceled', 'aborted']],
    [undefined, ['', 'odd', 'sequencing']],
  ])('is at %s in these words', (stage, words) => {
    for (const status of words) expect(readTask({ name: 't', status })?.stage).toBe(stage)
  })

  it.each([
    ['mkraw', 'end', true],
    ['deploy', 'end', true],
    ['mkdxf', 'end', true],
    ['dltar', 'end', undefined],
    ['upload', 'end', undefined],
    ['mkraw', 'begin', undefined],
    ['mkraw', 'error', undefined],
  ])('of type %s at %s knows whether the build changed: %s', (type, status, known) => {
    expect(readTask({ name: 't', type, status, buildChanged: 'true' })?.buildChanged).toBe(known)
  })

  it('failed on some deployments while it says that it goes on goes on', () => {
    const error = { deployment: { failedDeployments: ['a'] } }
    expect(readTask({ name: 't', type: 'deploy', status: 'running', error })?.stage).toBe('begin')
  })

  it.each([
    [{ result: { taskId: 't' } }, 't'],
    [{ name: 't', task: { name: 'x' } }, 't'],
  ])('is found in the reply %j', (reply, name) => {
    expect(readTaskReply(reply)?.name).toBe(name)
  })
})

describe('a list', () => {
  it.each<[object, unknown[], number | undefined]>([
    [[1, 2], [1, 2], undefined],
    [{ tasks: [1], total: '5' }, [1], 5],
    [{ items: [1], totalCount: 5 }, [1], 5],
    [{ results: [1], count: 5 }, [1], 5],
    [{ rows: [1] }, [1], undefined],
    [{ list: [1] }, [1], undefined],
    [{ data: [1], total: 1 }, [1], 1],
    [{ result: [1] }, [1], undefined],
    [{ status: 'ok', data: { tasks: [1], total: 3 } }, [1], 3],
    [{ result: { items: [] } }, [], undefined],
    [{ data: [2], tasks: [1] }, [1], undefined],
  ])('is read from %j', (reply, rows, total) => {
    expect(readRows(reply, 'tasks')).toEqual({ rows, total })
  })

  it.each([{ jobs: [1] }, { tasks: {} }, 'tasks', { error: 'x' }])('is none: %j', (reply) => {
    expect(readRows(reply, 'tasks')).toBeUndefined()
  })
})

describe('an app', () => {
  it.each<[object, object]>([
    [
      { name: 'a', iCurBuild: '6', dxfName: 'd' },
      { name: 'a', currentBuild: 6, dxfName: 'd' },
    ],
    [{ name: 'a', currentBuild: 6 }, { currentBuild: 6 }],
    [{ name: 'a', curBuild: 6 }, { currentBuild: 6 }],
    [{ app: { iCurBuild: 6 } }, { currentBuild: 6 }],
    ...['name', 'iCurBuild', 'dxfName', 'processing', 'exporting'].map((own): [object, object] => [
      { [own]: 6, data: { name: 'inner' } },
      { name: own === 'name' ? '6' : undefined },
    ]),
    [{ status: 'ok', data: { app: { processing: 1 } } }, { isBusy: true }],
    [{ result: { dxfName: 'd' } }, { dxfName: 'd' }],
    [{ data: { exporting: true } }, { isBusy: true }],
    [{ name: 'a' }, { isBusy: undefined, isLocked: false, error: undefined }],
    [{ name: 'a', processing: false }, { isBusy: false }],
    [{ name: 'a', exporting: 'no' }, { isBusy: false }],
    [{ name: 'a', processing: true, exporting: false }, { isBusy: true }],
    [{ name: 'a', processing: false, exporting: true }, { isBusy: true }],
    [{ name: 'a', locked: true }, { isLocked: true }],
    [{ name: 'a', isLocked: 'yes' }, { isLocked: true }],
    [{ name: 'a', state: 'LOCKED' }, { isLocked: true }],
    [{ name: 'a', status: 'unlocked' }, { isLocked: false }],
  ])('is read from %j', (reply, app) => {
    expect(readApp(reply)).toMatchObject(app)
  })

  it.each<[object, string | undefined]>([
    [{ errorMessage: 'broken' }, 'broken'],
    [{ error: null, errorMessage: 'broken' }, 'broken'],
    [{ error: '', errorMessage: 'broken' }, 'broken'],
    [{ error: { errorMessage: 'broken' } }, 'broken'],
    [{ error: 1, description: 'broken' }, 'broken'],
    [{ error: true }, 'ROCKIT Edge gives no reason'],
    [{ error: { code: 7 }, status: 'failed' }, 'its state is failed'],
    [{ status: 'exception' }, 'its state is exception'],
    [{ status: 'Faulty', message: 'broken' }, 'broken'],
    [{ error: 'None' }, undefined],
    [{ error: 'OK', message: 'fine' }, undefined],
    [{ error: 'ok then' }, 'ok then'],
    [{ error: 'not ok' }, 'not ok'],
    [{ error: null, message: 'fine' }, undefined],
    [{ error: {}, status: 'error', message: 'broken' }, 'broken'],
  ])('with %j has the error %j', (more, error) => {
    expect(readApp({ name: 'a', ...more }).error).toBe(error)
  })
})

describe('the reply to an import', () => {
  const url = 'https://storage.example/x?k=1'

  it.each([
    ...['uploadUrl', 'url', 'putUrl', 'uploadURL', 'upload_url', 'signedUrl', 'href'].map(
      (name) => ({ [name]: url }),
    ),
    { whatever: url },
    { whatever: { url } },
    { whatever: { href: url }, taskName: 't' },
    { data: { url } },
    { result: { build: { putUrl: url } } },
    { url: 'not one', href: url },
    { docs: 'https://docs.example', url },
    { url: 'HTTPS://storage.example/x?k=1'.replace('HTTPS', 'https') },
  ])('has the upload URL of %j', (reply) => {
    expect(readImport(reply).uploadUrl).toBe(url)
  })

  it.each([
    { url: 'ftp://x.example' },
    { url: 'https:///x' },
    { url: 'see https://x.example' },
    { url: 7 },
    {},
  ])('has none: %j', (reply) => {
    expect(readImport(reply)).toMatchObject({ uploadUrl: undefined, uploadHeaders: {} })
  })

  it('takes an address that is not https as it is, for others to refuse', () => {
    expect(readImport({ url: 'http://x.example' }).uploadUrl).toBe('http://x.example')
  })

  it('takes an address in capitals', () => {
    expect(readImport({ url: 'HTTPS://X.example' }).uploadUrl).toBe('HTTPS://X.example')
  })

  it.each<[object, object]>([
    [
      { taskName: 't', buildName: '7' },
      { taskName: 't', buildName: '7' },
    ],
    [
      { taskId: 't', buildId: 7 },
      { taskName: 't', buildName: '7' },
    ],
    [
      { taskName: 't', build: { name: '7' } },
      { taskName: 't', buildName: '7' },
    ],
    [
      { buildId: 7, task: { id: 't' } },
      { taskName: 't', buildName: '7' },
    ],
    [{ data: { buildName: '7' } }, { taskName: undefined, buildName: '7' }],
  ])('names task and build: %j', (reply, names) => {
    expect(readImport(reply)).toMatchObject(names)
  })

  it('has the headers of the URL that is taken', () => {
    const reply = { url: { url, headers: { a: 'b', n: 1 } }, headers: { x: 'y' } }
    expect(readImport(reply).uploadHeaders).toEqual({ a: 'b', n: '1' })
  })
})

describe('the reply to a subscription', () => {
  it.each(['secret', 'webhookSecret', 'jwtSecret', 'signingSecret', 'key', 'token'])(
    'has its secret as %s',
    (name) => {
      expect(readSecret({ [name]: 's' })).toBe('s')
      expect(readSecret({ subscription: { name: 'n', [name]: 's' } })).toBe('s')
      expect(readSecret({ result: { data: { [name]: 's' } } })).toBe('s')
    },
  )

  it('in a list has its name', () => {
    expect([{ name: 'n' }, 'n', {}, null].map(readSubscriptionName)).toEqual([
      'n',
      'n',
      undefined,
      undefined,
    ])
  })
})

describe('a refusal', () => {
  it.each<[unknown, string]>([
    [{ message: 'why', error: 'code' }, 'why'],
    [{ error: 'why' }, 'why'],
    [{ detail: 'why' }, 'why'],
    [{ description: 'why' }, 'why'],
    [{ error: { message: 'why' }, message: 'else' }, 'why'],
    [{ error: { code: 7 }, message: 'why' }, 'why'],
    [{}, ''],
    ['why', 'why'],
  ])('says why in %j', (json, message) => {
    expect(readProblem(JSON.stringify(json), json).message).toBe(message)
  })

  it('that is no JSON is its own reason, unless it is a page', () => {
    expect(readProblem(' why \n', undefined)).toEqual({ message: 'why' })
    expect(readProblem(' <html>', undefined)).toEqual({ message: '' })
  })

  it.each([
    [503, { error: 'maintenance' }, true],
    [503, { error: 'busy' }, false],
    [503, undefined, false],
    [500, { error: 'maintenance' }, false],
  ])('with %i and %j is of a gateway under maintenance: %s', (status, json, isOne) => {
    expect(isMaintenance(status, json)).toBe(isOne)
  })

  it('may say in its body when to come again', () => {
    expect(readProblem('', { retryAfter: '900', error: 'maintenance' })).toEqual({
      message: 'maintenance',
      retryAfter: '900',
    })
  })
})

describe('a failure', () => {
  it('is read wherever its details are, the innermost first', () => {
    const inner = { url: 'u', httpStatus: '404', exitCode: 22, sizeBytes: 0 }
    const sizes = { sizeBytesActual: 1, sizeBytesExpected: '2' }
    expect(
      readFailure({ exitCode: 1, exception: { httpDownloadFailed: { ...inner, ...sizes } } }),
    ).toMatchObject({
      ...{
        url: 'u',
        httpStatus: 404,
        exitCode: 22,
        sizeBytes: 0,
        actualBytes: 1,
        expectedBytes: 2,
      },
    })
    const file = { filename: 'f', typeExpected: 'a', typeDetected: 'b' }
    expect(readFailure({ fileReadFailed: file })).toMatchObject(file)
    const lists = { failedDeployments: ['a', { name: 'b' }, ''], succeededDeployments: ['c'] }
    expect(readFailure({ error: { deployment: lists } })).toMatchObject({
      failed: ['a', 'b'],
      succeeded: ['c'],
    })
    expect(readFailure({ deployment: lists, message: 'm' })).toMatchObject({
      failed: ['a', 'b'],
      message: 'm',
    })
    expect(readFailure({ exception: 'why' }).message).toBe('why')
    expect(readFailure({ errorMessage: 'why' }).message).toBe('why')
    expect(readFailure({ reason: 'why' }).message).toBe('why')
  })

  it('is not looked for without end', () => {
    const deep = { exception: { error: { deployment: { exitCode: 5 } } } }
    expect(readFailure(deep).exitCode).toBeUndefined()
    expect(readFailure({ elsewhere: { exitCode: 5 } }).exitCode).toBeUndefined()
    expect(readFailure(7)).toEqual({})
  })

  it('of two readings keeps what the first says', () => {
    const both = mergeFailures({ exitCode: 1, message: undefined }, { exitCode: 2, message: 'm' })
    expect(both).toEqual({ exitCode: 1, message: 'm' })
  })

  it.each([
    [{ httpStatus: 400 }, true],
    [{ httpStatus: 399 }, false],
    [{ exitCode: 1 }, true],
    [{ exitCode: 0 }, false],
    [{ filename: 'f' }, true],
    [{ failed: ['a'] }, true],
    [{ actualBytes: 1, expectedBytes: 2 }, true],
    [{ actualBytes: 2, expectedBytes: 2 }, false],
    [{ actualBytes: 2 }, false],
    [{ expectedBytes: 2 }, false],
    [{ message: 'm', sizeBytes: 3, succeeded: ['a'] }, false],
    [{}, false],
  ])('is one by itself: %j %s', (failure, isOne) => {
    expect(isFailure(failure)).toBe(isOne)
  })
})
