import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { error, never, ready } from '../emulator/edgegap/script.ts'
import { startStep } from '../harness/step.ts'
import {
  deploy,
  expectNothingLeft,
  LIST,
  onlyError,
  STATUS,
  STOP,
  signalAt,
  startEdgegap,
} from './deploy.ts'

const dist = fileURLToPath(new URL('../../dist', import.meta.url))

describe.concurrent('the post step with nothing to do', () => {
  test('says and asks nothing', async () => {
    await using edgegap = await startEdgegap()
    let before = 0
    const { main, post } = await deploy(
      edgegap,
      {},
      {
        beforePost: async () => {
          before = edgegap.requests.length
        },
      },
    )
    expect(main.exitCode).toBe(0)
    expect(post).toMatchObject({ exitCode: 0, rawStdout: '', rawStderr: '', outputs: {} })
    expect(edgegap.requests).toHaveLength(before)
  })

  test('needs none of the chunks: it loads next to nothing', () => {
    const folder = mkdtempSync(join(tmpdir(), 'post-'))
    try {
      for (const file of ['index.js', 'post.js', 'package.json']) {
        copyFileSync(join(dist, file), join(folder, file))
      }
      const env = { PATH: process.env.PATH ?? '', GITHUB_ACTIONS: 'true' }
      const { status, stdout, stderr } = spawnSync(process.execPath, ['post.js'], {
        cwd: folder,
        env,
        encoding: 'utf8',
      })
      expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' })
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  test('never deploys, whatever the inputs and the state', async () => {
    await using edgegap = await startEdgegap()
    const inputs = {
      'api-token': edgegap.settings.token,
      'api-url': edgegap.url,
      application: 'my-game',
      version: 'v1',
    }
    for (const ledger of ['', 'rubbish', '{}', '[{"id":"a69f"}]']) {
      const { exitCode } = await startStep({ entry: 'post', inputs, state: { ledger } }).done
      expect(exitCode).toBe(ledger === '' ? 0 : 1)
    }
    expect(edgegap.requests).toEqual([])
  })
})

test('cleans up after a run whose id is no number', async () => {
  await using edgegap = await startEdgegap()
  const { post } = await deploy(
    edgegap,
    { 'stop-after-job': 'true' },
    { env: { GITHUB_RUN_ID: 'run.1' } },
  )
  expect(post?.exitCode).toBe(0)
  expectNothingLeft(edgegap)
})

describe.concurrent('stop-after-job', () => {
  test('stops a server that came up when the job ends, and not before', async () => {
    await using edgegap = await startEdgegap()
    const { main, post } = await deploy(
      edgegap,
      { 'stop-after-job': 'true' },
      {
        beforePost: async () => {
          expect(edgegap.live()).toHaveLength(1)
        },
      },
    )
    expect(main).toMatchObject({ exitCode: 0, outputs: { outcome: 'succeeded' } })
    expect(post).toMatchObject({ exitCode: 0 })
    expect(post?.rawStdout).toContain(`Stopped ${edgegap.deployments[0]?.id}`)
    // Once, before the entry is closed: a server with the tag is ours.
    expect(edgegap.requestsTo('GET', LIST)).toHaveLength(1)
    expectNothingLeft(edgegap)
  })

  test('stops one that was only started', async () => {
    await using edgegap = await startEdgegap({ script: never(), stopPendingAtOnce: true })
    const { main } = await deploy(edgegap, { wait: 'none', 'stop-after-job': 'true' })
    expect(main.outputs.outcome).toBe('started')
    expectNothingLeft(edgegap)
  })

  test('keeps a failed one with on-failure: keep only until the job ends', async () => {
    await using edgegap = await startEdgegap({ script: error(0) })
    await deploy(
      edgegap,
      { 'on-failure': 'keep', 'stop-after-job': 'true' },
      {
        beforePost: async () => {
          expect(edgegap.live()).toHaveLength(1)
        },
      },
    )
    expectNothingLeft(edgegap)
  })

  test('is content with a server that is gone already', async () => {
    await using edgegap = await startEdgegap({ forgetTerminatedAfterMs: 0 })
    const { post } = await deploy(
      edgegap,
      { 'stop-after-job': 'true' },
      {
        beforePost: async () => {
          edgegap.setStatus(edgegap.deployments[0]?.id ?? '', { status: 'TERMINATED' })
        },
      },
    )
    expect(post?.exitCode).toBe(0)
  })

  test('fails the post step, and says what is left, where the server cannot be stopped', async () => {
    await using edgegap = await startEdgegap()
    edgegap.faults.order({ kind: 'status', status: 403, method: 'DELETE', path: STOP })
    const { main, post, conclusion } = await deploy(edgegap, { 'stop-after-job': 'true' })
    expect(main.exitCode).toBe(0)
    expect(post?.exitCode).toBe(1)
    expect(conclusion).toBe('failure')
    expect(post && onlyError(post)).toContain(edgegap.deployments[0]?.id)
  })

  test('believes no 400 on stop while the status says that it runs', async () => {
    await using edgegap = await startEdgegap()
    edgegap.faults.order({ kind: 'status', status: 400, method: 'DELETE', path: STOP })
    const { post } = await deploy(edgegap, { 'stop-after-job': 'true' })
    expect(post?.exitCode).toBe(1)
    expect(edgegap.live()).toHaveLength(1)
  })
})

test('a post step that is cancelled itself says what it leaves behind', async () => {
  await using edgegap = await startEdgegap({ script: ready(0) })
  edgegap.faults.order({ kind: 'hang', method: 'DELETE', path: STOP })
  const { post } = await deploy(
    edgegap,
    { 'stop-after-job': 'true' },
    { postControl: signalAt(edgegap, 'SIGINT', 'DELETE', STOP) },
  )
  expect(post).toMatchObject({ exitCode: 1, signal: null })
  expect(post && onlyError(post)).toContain(edgegap.deployments[0]?.id)
  expect(edgegap.requestsTo('GET', STATUS).length).toBeGreaterThan(0)
})
