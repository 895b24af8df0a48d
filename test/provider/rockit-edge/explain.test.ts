import { describe, expect, it } from 'vitest'
import { explainFailure } from '../../../src/provider/rockit-edge/explain.ts'
import { factsOf } from '../../../src/provider/rockit-edge/facts.ts'
import { taskOf } from './build-scene.ts'

/** Why a task failed that has these details. */
function explain(type: string, more: object, expectedBytes?: number, name = `${type}_1`) {
  const task = { ...taskOf(type, 'failed', more), name }
  return explainFailure(task, { app: 'my_game', expectedBytes })
}

const download = (details: object) => ({ exception: { httpDownloadFailed: details } })

describe('the reason of a failed download', () => {
  it.each<[object, string]>([
    [{}, 'the download failed: ROCKIT Edge gives no reason'],
    [
      { url: 'https://x.example/b.tar?key=1#f' },
      'the download of https://x.example/b.tar failed: ROCKIT Edge gives no reason',
    ],
    [
      { url: 'https://ci:password@x.example/b.tar' },
      'the download of https://x.example/b.tar failed: ROCKIT Edge gives no reason',
    ],
    [
      { url: 's3://bucket/b.tar?key=1' },
      'the download of s3://bucket/b.tar failed: ROCKIT Edge gives no reason',
    ],
    [{ url: 'b.tar?key=1\n#2' }, 'the download of b.tar failed: ROCKIT Edge gives no reason'],
    [{ url: 'b.tar?key=1' }, 'the download of b.tar failed: ROCKIT Edge gives no reason'],
    [{ url: 'b.tar#key=1' }, 'the download of b.tar failed: ROCKIT Edge gives no reason'],
    [
      { httpStatus: 404, exitCode: 22, sizeBytes: 0 },
      'the download failed: HTTP 404, exit code 22, 0 bytes',
    ],
    [{ exitCode: 0, message: 'no route' }, 'the download failed: exit code 0, no route'],
    [
      { sizeBytesActual: 5, sizeBytesExpected: 9 },
      'the download is 5 bytes long, not 9 as build-size says',
    ],
    [
      { httpStatus: 200, exitCode: 0, sizeBytes: 5, sizeBytesExpected: 9 },
      'the download is 5 bytes long, not 9 as build-size says',
    ],
    [
      { httpStatus: 399, sizeBytes: 5, sizeBytesExpected: 9 },
      'the download is 5 bytes long, not 9 as build-size says',
    ],
    [
      { httpStatus: 400, sizeBytes: 5, sizeBytesExpected: 9 },
      'the download failed: HTTP 400, 5 bytes, 9 expected',
    ],
    [
      { exitCode: 1, sizeBytes: 5, sizeBytesExpected: 9 },
      'the download failed: exit code 1, 5 bytes, 9 expected',
    ],
  ])('is made of what is known: %j', (details, reason) => {
    expect(explain('dltar', download(details)).reason).toBe(reason)
  })

  it('goes by build-size where only what came is known', () => {
    const { reason, next } = explain('dltar', download({ sizeBytes: 5 }), 9)
    expect(reason).toBe('the download is 5 bytes long, not 9 as build-size says')
    expect(next).toMatch(/^Correct build-size/)
    expect(explain('dltar', download({ sizeBytes: 9 }), 9)).toMatchObject({
      reason: 'the download failed: 9 bytes, 9 expected',
      next: expect.stringMatching(/^Check that ROCKIT Edge reaches build-url/),
    })
  })
})

describe('the reason of a failed import', () => {
  it.each<[object, string]>([
    [
      { filename: 'f', typeExpected: 'a', typeDetected: 'b' },
      'the file f could not be read: expected a, found b',
    ],
    [{ filename: 'f' }, 'the file f could not be read'],
    [{ typeExpected: 'a' }, 'the file (not named) could not be read: expected a'],
    [{ typeDetected: 'b' }, 'the file (not named) could not be read: found b'],
  ])('is the file that could not be read: %j', (fileReadFailed, reason) => {
    expect(explain('mkraw', { fileReadFailed })).toEqual({
      reason,
      next: 'Fix this file of the build and publish again.',
    })
  })

  it('is what ROCKIT Edge says, with the task to look at', () => {
    expect(explain('mkraw', { error: 'disk full' })).toEqual({
      reason: 'disk full',
      next: 'Check the details of the task mkraw_1 in ROCKIT Edge, then publish again.',
    })
    expect(explain('mkdxf', {}, undefined, '')).toEqual({
      reason: 'ROCKIT Edge gives no reason',
      next: 'Check the details in ROCKIT Edge, then publish again.',
    })
  })
})

describe('the reason of a failed publish', () => {
  it('names the deployments, and what unlocks the app', () => {
    const error = {
      deployment: { failedDeployments: ['a', 'b'], succeededDeployments: ['c', 'd'] },
      message: 'denied',
    }
    expect(explain('deploy', { error })).toEqual({
      reason:
        'publishing failed on a, b, succeeded on c, d (denied); the app my_game is locked until this is resolved',
      next: expect.stringMatching(/^Fix a, b \(credentials.* retry the task deploy_1 by POST/),
    })
    expect(explain('deploy', {}, undefined, '')).toEqual({
      reason:
        'publishing failed on at least one deployment; the app my_game is locked until this is resolved',
      next: expect.stringMatching(/^Fix the deployment \(credentials.* retry the task by POST/),
    })
  })
})

describe('what is shown of a build', () => {
  const nothing = { build: undefined, buildChanged: undefined, dxfName: undefined }

  it('is nothing where nothing is known', () => {
    expect(factsOf(nothing)).toEqual({
      outputs: {
        'build-name': '',
        'build-changed': '',
        'dxf-name': '',
        'failed-deployments': '[]',
        'succeeded-deployments': '[]',
      },
      details: [],
    })
  })

  it('is everything that is known, in outputs and in the summary', () => {
    const failure = {
      ...{ failed: ['a', 'b'], succeeded: ['c'], url: 'https://x.example/y?k=1', httpStatus: 404 },
      ...{ exitCode: 0, sizeBytes: 3, expectedBytes: 9, filename: 'f' },
      ...{ typeExpected: 'x', typeDetected: 'y' },
    }
    expect(factsOf({ build: '7', buildChanged: true, dxfName: 'd' }, failure)).toEqual({
      outputs: {
        'build-name': '7',
        'build-changed': 'true',
        'dxf-name': 'd',
        'failed-deployments': '["a","b"]',
        'succeeded-deployments': '["c"]',
      },
      details: [
        ['Build', '7'],
        ['Changed', 'yes'],
        ['Image (dxfName)', 'd'],
        ['Failed deployments', 'a, b'],
        ['Succeeded deployments', 'c'],
        ['Download', 'https://x.example/y'],
        ['HTTP status', '404'],
        ['Exit code', '0'],
        ['Bytes', '3'],
        ['Bytes expected', '9'],
        ['File', 'f'],
        ['Type expected', 'x'],
        ['Type detected', 'y'],
      ],
    })
  })

  it('prefers the size that was compared, and says no as well as yes', () => {
    const { details, outputs } = factsOf(
      { ...nothing, buildChanged: false },
      { sizeBytes: 3, actualBytes: 4 },
    )
    expect(details).toEqual([
      ['Changed', 'no'],
      ['Bytes', '4'],
    ])
    expect(outputs?.['build-changed']).toBe('false')
  })
})
