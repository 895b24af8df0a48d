import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import * as script from '../emulator/rockit-edge/script.ts'
import { annotations, expectAllOutputs, onlyError } from './deploy.ts'
import {
  BUILD_URL,
  buildFolder,
  type Edge,
  expectCleanEdge,
  IMPORT,
  publish,
  publishUrl,
  startEdge,
  withWebhook,
} from './rockit-edge.ts'

describe.concurrent('a build', () => {
  test('is packed from a folder, sent with its exact length, and followed by webhook', async () => {
    await using edge = await startEdge({ script: script.success({ stepMs: 600 }) })
    const build = buildFolder({ 'bin/game': 'run', 'data/größe.txt': 'x'.repeat(1000) })
    const { main, post } = await publish(edge, { ...(await withWebhook()), wait: 'auto', build })
    expect(main).toMatchObject({ exitCode: 0, conclusion: 'success' })
    const [upload, ...more] = edge.storage.uploads
    expect(more).toEqual([])
    expect(upload).toMatchObject({ method: 'PUT', outcome: 'stored', isTar: true })
    expect(upload?.declaredBytes).toBe(upload?.bytes)
    const archive = join(buildFolder(), 'seen.tar')
    writeFileSync(archive, upload?.content ?? '')
    const listed = execFileSync('tar', ['-tf', archive, '--quoting-style=literal'], {
      encoding: 'utf8',
    })
    expect(listed.split('\n')).toEqual([
      './',
      './bin/',
      './bin/game',
      './data/',
      './data/größe.txt',
      '',
    ])
    expect(edge.requestsTo('POST', IMPORT).map(({ body }) => body)).toEqual([
      { appName: 'my_game' },
    ])
    expectAllOutputs(main)
    expect(main.outputs).toMatchObject({
      outcome: 'succeeded',
      'deployment-id': 'my_game/0007',
      'build-name': '0007',
      'build-changed': 'true',
      'dxf-name': edge.apps.get('my_game')?.dxfName,
      'failed-deployments': '[]',
      status: 'deploy end',
      signal: 'webhook',
      tunnel: 'public',
      version: '',
      error: '',
    })
    expect(annotations(main, 'notice')).toEqual([
      expect.stringMatching(/^my_game\/0007 is ready after/),
    ])
    expect(post?.log).toEqual([])
    expectCleanEdge(edge)
  })

  test('is a tar file, sent as it is', async () => {
    await using edge = await startEdge()
    const folder = buildFolder()
    const build = join(folder, 'game.tar')
    execFileSync('tar', ['-cf', build, '-C', folder, 'bin'])
    const { main } = await publish(edge, { build })
    expect(main.exitCode).toBe(0)
    expect(edge.storage.uploads[0]?.content).toEqual(execFileSync('cat', [build]))
  })

  test('is downloaded by ROCKIT Edge, whose URL is shown without its query', async () => {
    await using edge = await startEdge()
    const { main } = await publishUrl(edge, { 'build-size': '1234' })
    expect(main.outputs).toMatchObject({ outcome: 'succeeded', signal: 'poll' })
    expect(edge.requestsTo('POST', IMPORT)[0]?.body).toEqual({
      appName: 'my_game',
      url: BUILD_URL,
      size: 1234,
    })
    expect(main.rawStdout).toContain('build-url: https://builds.example.com/game.tar\n')
    expect(edge.storage.uploads).toEqual([])
  })

  test('may be waited for until it is imported only', async () => {
    await using edge = await startEdge({ script: script.neverDeployed() })
    const { main } = await publishUrl(edge, { 'wait-until': 'imported' })
    expect(main.exitCode).toBe(0)
  })

  test('need not be waited for', async () => {
    await using edge = await startEdge({ script: script.never(), permissions: { tasks: 0 } })
    const { main } = await publishUrl(edge, { wait: 'none' })
    expect(main.outputs).toMatchObject({ outcome: 'started' })
    expect(main.exitCode).toBe(0)
  })

  test.each([
    ['without a deploy', false],
    ['with a deploy all the same', true],
  ])('that equals the current one is a success that says so (%s)', async (_name, deploys) => {
    await using edge = await startEdge({ script: script.unchanged({ deploys, stepMs: 100 }) })
    const { main } = await publishUrl(edge, await withWebhook())
    expect(main.exitCode).toBe(0)
    expect(main.outputs).toMatchObject({ 'build-changed': 'false', outcome: 'succeeded' })
    expect(annotations(main, 'notice')[0]).toMatch(/equals the current one, so nothing changed/)
  })
})

describe.concurrent('before anything is sent', () => {
  async function expectRefusal(edge: Edge, inputs: Record<string, string>, text: RegExp) {
    const { main, post } = await publish(edge, inputs)
    expect(main.exitCode).toBe(1)
    expect(onlyError(main)).toMatch(text)
    expectAllOutputs(main)
    expect(edge.builds).toEqual([])
    expect(edge.storage.uploads).toEqual([])
    expect(post?.log).toEqual([])
    expectCleanEdge(edge)
  }

  test.each<[string, () => string, RegExp]>([
    ['nothing', () => '/nowhere/at/all', /There is no \/nowhere\/at\/all/],
    ['an empty folder', () => buildFolder({}), /holds no files/],
    ['a pipe', () => pipe(), /is neither a folder nor a file/],
    ['a folder with a pipe', () => dirname(pipe()), /pipe is neither file, folder nor link/],
    ['a compressed tar', () => tarball(), /not an uncompressed tar file, but a compressed one/],
    ['an empty file', () => empty(), /is empty/],
    ['no tar', () => join(buildFolder(), 'bin/game'), /is not an uncompressed tar file/],
  ])('a build that is %s is refused', async (_name, build, text) => {
    await using edge = await startEdge()
    await expectRefusal(edge, { build: build() }, text)
    expect(edge.requests).toEqual([])
  })

  test('maintenance that ends in time is waited out', async () => {
    await using edge = await startEdge({ maintenance: true, maintenanceRetryAfterSeconds: 2 })
    const { main } = await publishUrl(
      edge,
      {},
      {
        mainControl: async (step) => {
          for (let count = 0; count < 3; count += 1) {
            await step.waitForLine(/HTTP 503.*Trying again in 2 s/)
            await new Promise((resolve) => setTimeout(resolve, 1_500))
          }
          edge.settings.maintenance = false
        },
      },
    )
    expect(main.outputs.outcome).toBe('succeeded')
  })

  test('an app that does not exist is refused', async () => {
    await using edge = await startEdge()
    await expectRefusal(
      edge,
      { application: 'other', 'build-url': BUILD_URL },
      /HTTP 404.*the app must exist/,
    )
  })

  test.each(['text', 'object', 'flag', 'status'] as const)(
    'an app in an error state is refused, with what unlocks it (%s)',
    async (appErrorForm) => {
      await using edge = await startEdge({
        script: script.deployFailed(),
        spelling: { appErrorForm },
      })
      await publishUrl(edge)
      const before = edge.builds.length
      const { main } = await publishUrl(edge)
      expect(onlyError(main)).toMatch(
        /is in an error state.*failed, which locks the app.*\/be\/v1\/trigger/,
      )
      expect(edge.builds).toHaveLength(before)
    },
  )

  test.each([409, 423, 400] as const)(
    'an app that is locked is refused (%i)',
    async (lockedStatus) => {
      await using edge = await startEdge({ lockedStatus, script: script.never() })
      await publishUrl(edge, { wait: 'none' })
      const { main } = await publishUrl(edge)
      expect(onlyError(main)).toMatch(
        /refused the import \(HTTP 4\d\d\): my_game is locked.*is under way: publish again/,
      )
      expect(main.outputs.outcome).toBe('rejected')
      expect(edge.builds).toHaveLength(1)
    },
  )

  test('without the right to read and without a webhook the permission to ask for is named', async () => {
    await using edge = await startEdge({ permissions: { tasks: 0 } })
    await expectRefusal(edge, { 'build-url': BUILD_URL }, /may not read tasks.*tasks 2 \(read\)/)
  })

  test('one lost answer is no reason to fail', async () => {
    await using edge = await startEdge()
    edge.faults.order({ kind: 'status', status: 502, method: 'GET', path: /\/apps\//, times: 1 })
    edge.faults.order({ kind: 'reset', method: 'GET', path: /\/tasks$/, times: 2 })
    const { main } = await publishUrl(edge)
    expect(main.outputs.outcome).toBe('succeeded')
  })

  test('maintenance that is longer than the preparation is reported at once', async () => {
    await using edge = await startEdge({ maintenance: true })
    await expectRefusal(edge, { 'build-url': BUILD_URL }, /HTTP 503.*under maintenance/)
  })

  test('wrong credentials are refused', async () => {
    await using edge = await startEdge()
    await expectRefusal(
      edge,
      { username: 'someone', 'build-url': BUILD_URL },
      /HTTP 401.*organization, username and api-token/,
    )
  })
})

function pipe(): string {
  const path = join(buildFolder(), 'pipe')
  execFileSync('mkfifo', [path])
  return path
}

function tarball(): string {
  const folder = buildFolder()
  execFileSync('tar', ['-czf', join(folder, 'game.tar'), '-C', folder, 'bin'])
  return join(folder, 'game.tar')
}

function empty(): string {
  return join(buildFolder({ 'game.tar': '' }), 'game.tar')
}

describe.concurrent('inputs', () => {
  test('are all checked at once, before any request', async () => {
    await using edge = await startEdge()
    const { main } = await publish(edge, {
      operation: 'stop',
      organization: 'a b',
      username: '',
      application: 'my-game',
      build: 'x',
      'build-url': 'ftp://x',
      'build-size': '0',
      'wait-until': 'done',
      'api-url': '',
    })
    const problems = annotations(main, 'error').map((problem) => problem.replace(/[: ].*/s, ''))
    expect(problems.sort()).toEqual(
      [
        'api-url',
        'application',
        'build-size',
        'build-url',
        'build-url',
        'operation',
        'organization',
        'username',
        'wait-until',
      ].sort(),
    )
    expect(edge.requests).toEqual([])
  })

  test('that change nothing here are warned of', async () => {
    await using edge = await startEdge()
    const { main } = await publishUrl(edge, {
      version: 'v1',
      tags: 'x',
      'on-failure': 'keep',
      'stop-after-job': 'true',
    })
    const warned = annotations(main, 'warning')
    expect(warned).toEqual([
      'version has no effect with provider: rockit-edge.',
      'tags has no effect with provider: rockit-edge.',
      expect.stringMatching(/^on-failure has no effect.*cannot be taken back/),
      expect.stringMatching(/^stop-after-job has no effect/),
    ])
  })
})
