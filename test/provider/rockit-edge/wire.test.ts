import { describe, expect, it } from 'vitest'
import { shapeOf } from '../../../src/provider/json.ts'
import { readApp } from '../../../src/provider/rockit-edge/wire/app.ts'
import { readFailure } from '../../../src/provider/rockit-edge/wire/failure.ts'
import {
  readImport,
  readProblem,
  readSecret,
} from '../../../src/provider/rockit-edge/wire/replies.ts'
import { readRows, readTask, readTaskReply } from '../../../src/provider/rockit-edge/wire/task.ts'
import { readNotice } from '../../../src/provider/rockit-edge/wire/webhook.ts'

const junk = [undefined, null, 0, '', 'text', [], [[]], {}, { data: null }, { data: [] }, true]

describe('whatever comes', () => {
  it.each(junk.map((value) => [value]))('is read without a fault: %j', (value) => {
    expect(readApp(value)).toMatchObject({
      currentBuild: undefined,
      error: undefined,
      isLocked: false,
    })
    expect(readTask(value)).toBeUndefined()
    expect(readImport(value).uploadUrl).toBeUndefined()
    expect(readSecret(value)).toBeUndefined()
    expect(() => [readRows(value, 'tasks'), readProblem('', value), shapeOf(value)]).not.toThrow()
    expect(readNotice(JSON.stringify(value) ?? '', 'a', 'b')).toMatchObject({
      ignored: expect.stringMatching(/unreadable|for another app/),
    })
  })

  it('and bears names of objects’ own parts is not taken for them', () => {
    const task = JSON.parse(
      '{"name": "constructor", "status": "__proto__", "__proto__": {"type": "deploy"}}',
    )
    expect(readTask(task)).toMatchObject({ name: 'constructor', type: '', stage: undefined })
  })
})

describe('an app', () => {
  it.each([
    [{ error: 'broken' }, 'broken'],
    [{ error: { message: 'broken' } }, 'broken'],
    [{ error: true, message: 'broken' }, 'broken'],
    [{ status: 'ERROR', message: 'broken' }, 'broken'],
    [{ error: { code: 7 } }, 'ROCKIT Edge gives no reason'],
    [{ error: '' }, undefined],
    [{ error: false, message: 'all is well' }, undefined],
    [{ error: {} }, undefined],
    [{ error: { code: 0, message: '' } }, undefined],
    [{ error: 'false' }, undefined],
    [{ status: 'success' }, undefined],
    [{ state: 'deployFailed' }, 'its state is deployFailed'],
  ])('with %j has the error %j', (app, error) => {
    expect(readApp({ name: 'x', ...app }).error).toBe(error)
  })
})

describe('the shape for the debug log', () => {
  it('names fields and types and holds no value', () => {
    const value = {
      tasks: [{ name: 'secret', size: 7, nested: { list: [], none: null } }],
      ok: true,
    }
    expect(shapeOf(value)).toBe(
      '{tasks: [{name: string, size: number, nested: {list: [], none: null}}] × 1, ok: boolean}',
    )
  })

  it('holds no field that is itself a value, and has an end', () => {
    const deep = JSON.parse(`${'{"a":'.repeat(50)}1${'}'.repeat(50)}`)
    expect(shapeOf({ 'https://x.example/key': 1 })).toBe('{?: number}')
    expect(shapeOf(deep).length).toBeLessThan(100)
    const wide = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`f${index}`, 1]))
    expect(shapeOf(wide).length).toBeLessThan(1000)
  })
})

describe('an envelope', () => {
  const task = { name: 'deploy_1', status: 'ended', type: 'deploy' }
  it.each<[string, object]>([
    ['nothing', task],
    ['a status', { ...task, state: 'success' }],
    ['its name', { task }],
    ['data', { data: task }],
    ['data and its name, among much else', { status: 'ok', a: 1, b: 2, c: 3, data: { task } }],
  ])('of %s is taken off by what is missing at the top', (_name, reply) => {
    expect(readTaskReply(reply)).toMatchObject({ name: 'deploy_1', stage: 'end', kind: 'deploy' })
  })

  it('may be nested without end', () => {
    const deep = JSON.parse(`${'{"data":'.repeat(5000)}1${'}'.repeat(5000)}`)
    expect(readTaskReply(deep)).toBeUndefined()
    expect(readRows(deep, 'tasks')).toBeUndefined()
  })
})

describe('a task', () => {
  it.each(['deploy', 'DEPLOY', 'Deploy', 'de-ploy'])('is of its kind as %s', (type) => {
    expect(readTask({ name: 'x', type })?.kind).toBe('deploy')
  })

  it('that ended on some deployments only has failed', () => {
    const error = { deployment: { failedDeployments: ['akamai'] } }
    expect(readTask({ name: 'x', type: 'deploy', status: 'ended', error })?.stage).toBe('error')
  })

  it.each([['a'], { a: 'why' }, 'a', [{ name: 'a' }]])(
    'names the deployments that failed however they are listed: %j',
    (failedDeployments) => {
      const error = { deployment: { failedDeployments } }
      const task = readTask({ name: 'x', type: 'deploy', status: 'ended', error })
      expect(task).toMatchObject({ stage: 'error', failure: { failed: ['a'] } })
    },
  )

  it('has failed where what failed has no name that is known', () => {
    const error = { deployment: { failedDeployments: [{ origin: 'a' }, null] } }
    const task = readTask({ name: 'x', type: 'deploy', status: 'ended', error })
    expect(task?.failure.failed).toEqual(['(not named)'])
  })

  it.each([[[]], [{}], [''], [null], [[null]], [0], [false]])(
    'has not failed where nothing is listed: %j',
    (failedDeployments) => {
      const error = { deployment: { failedDeployments } }
      expect(readTask({ name: 'x', type: 'deploy', status: 'ended', error })?.stage).toBe('end')
    },
  )

  it('has the details of its failure wherever they are', () => {
    const exception = { httpDownloadFailed: { httpStatus: '404', url: 'https://x.example/a' } }
    expect(readFailure({ exception })).toMatchObject({ httpStatus: 404 })
    expect(readFailure({ exception: { httpStatus: 404 } })).toMatchObject({ httpStatus: 404 })
    expect(readFailure({ httpStatus: 404 })).toMatchObject({ httpStatus: 404 })
    expect(readFailure({ error: 'disk full' })).toMatchObject({ message: 'disk full' })
  })
})
