import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { error, ready } from '../emulator/edgegap/script.ts'
import type { Effect } from '../emulator/faults.ts'
import type { RunningStep } from '../harness/step.ts'
import type { StepResult } from '../harness/step-result.ts'
import {
  type ActionOptions,
  annotations,
  CREATE,
  deploy,
  type Edgegap,
  expectNothingLeft,
  onlyError,
  startEdgegap,
  stop,
  type With,
} from './deploy.ts'

/** Runs this code in the step's process before the bundle is loaded. */
function preload(code: string): ActionOptions {
  const url = `data:text/javascript,${encodeURIComponent(code)}`
  return { env: { NODE_OPTIONS: `--import "${url}"` } }
}

/** Connections never come up, and nothing keeps the process alive: its promise never settles. */
const NEVER_SETTLES = `
  import net from 'node:net'
  net.connect = net.createConnection = () => new net.Socket()
  const start = setTimeout
  globalThis.setTimeout = (...given) => start(...given).unref()`

describe.concurrent('the step is red', () => {
  test('where a promise never settles: the process runs dry', async () => {
    await using edgegap = await startEdgegap()
    const { id } = edgegap.addDeployment()
    const { main } = await stop(edgegap, id, {}, preload(NEVER_SETTLES))
    expect(main).toMatchObject({ exitCode: 1, signal: null, conclusion: 'failure' })
    expect(onlyError(main)).toContain('ended without an outcome')
    expect(edgegap.requests).toEqual([])
  })

  test('where something throws that nobody awaits', async () => {
    await using edgegap = await startEdgegap()
    const code = `setTimeout(() => { throw new TypeError('out of nowhere') }, 150)`
    const job = await stopNever(edgegap, preload(code))
    expect(job.main).toMatchObject({ exitCode: 1, signal: null })
    expect(onlyError(job.main)).toMatch(/Unexpected TypeError: out of nowhere\..*report it/)
  })

  test('where a promise is rejected that nobody awaits', async () => {
    await using edgegap = await startEdgegap()
    const code = `setTimeout(() => Promise.reject('no error at all'), 150)`
    const job = await stopNever(edgegap, preload(code))
    expect(job.main).toMatchObject({ exitCode: 1, signal: null })
    expect(onlyError(job.main)).toContain('no error at all')
  })

  test('where the state cannot be saved: then nothing is created either', async () => {
    await using edgegap = await startEdgegap()
    const { main } = await deploy(edgegap, {}, { env: { GITHUB_STATE: '/dev/full' } })
    expect(main.exitCode).toBe(1)
    onlyError(main)
    expect(edgegap.requestsTo('POST', CREATE)).toEqual([])
  })

  test('where the outputs cannot be set, and then the post step stops the server that nobody was told of', async () => {
    await using edgegap = await startEdgegap({ script: ready(200) })
    const { main, post } = await deploy(edgegap, {}, { env: { GITHUB_OUTPUT: '/dev/full' } })
    expect(main.exitCode).toBe(1)
    expect(post?.exitCode).toBe(0)
    expect(edgegap.created).toBe(1)
    expectNothingLeft(edgegap)
  })

  test('where the outputs cannot be set, and tells of the failure before all the same', async () => {
    await using edgegap = await startEdgegap({ script: error(200, 'Out of memory') })
    const { main } = await deploy(edgegap, {}, { env: { GITHUB_OUTPUT: '/dev/full' } })
    expect(annotations(main, 'error')).toEqual([
      expect.stringContaining('GITHUB_OUTPUT'),
      expect.stringContaining('Out of memory'),
    ])
    expect(main.rawStdout).toContain(edgegap.settings.logs.split('\n')[0])
    expect(main.summary).toContain('Out of memory')
    expectNothingLeft(edgegap)
  })

  test('where the outputs cannot be set, and names what took the place of an older server', async () => {
    await using edgegap = await startEdgegap({ script: ready(200) })
    edgegap.addDeployment({ tags: ['staging'] })
    const { main, post } = await deploy(
      edgegap,
      { group: 'staging', replace: 'after-ready' },
      { env: { GITHUB_OUTPUT: '/dev/full' } },
    )
    expect(main.exitCode).toBe(1)
    const [stays, ...more] = edgegap.live()
    expect(more).toEqual([])
    expect(annotations(main, 'notice').join()).toContain(`${stays?.id} is ready`)
    expect(annotations(post ?? main, 'notice').join()).not.toContain('killed')
  })

  test('but not a post step that did its work and cannot save that', async () => {
    await using edgegap = await startEdgegap({ script: ready(200) })
    const { post } = await deploy(
      edgegap,
      { 'stop-after-job': 'true' },
      { postControl: async (step) => makeUnwritable(step, 'state') },
    )
    expect(post?.exitCode).toBe(0)
    expect(annotations(post as StepResult, 'error')).toEqual([])
    expectNothingLeft(edgegap)
  })

  test('but not where only the summary cannot be written: that is a warning', async () => {
    await using edgegap = await startEdgegap()
    const { main } = await deploy(edgegap, {}, { env: { GITHUB_STEP_SUMMARY: '/dev/full' } })
    expect(main).toMatchObject({ exitCode: 0, outputs: { outcome: 'succeeded' } })
    expect(annotations(main, 'warning')).toEqual([expect.stringContaining('summary')])
  })
})

/** A folder in place of the runner's file. */
function makeUnwritable({ folders }: RunningStep, file: string): void {
  const folder = join(folders.temp, '_runner_file_commands')
  for (const name of readdirSync(folder).filter((one) => one.startsWith(`${file}_`))) {
    rmSync(join(folder, name))
    mkdirSync(join(folder, name))
  }
}

/** A reply from which no success may be concluded, whatever request it answers. */
const useless: [string, Effect][] = [
  ['is cut', { kind: 'truncate' }],
  ['says READY in a page', { kind: 'status', status: 200, body: '<p>Status.READY</p>' }],
  ['says READY with a 203', { kind: 'status', status: 203, body: { current_status: 'READY' } }],
]

describe.concurrent('a run to which every reply', () => {
  test.each(useless)(
    '%s is red, in time, and owes what it created to the post step',
    async (_name, effect) => {
      await using edgegap = await startEdgegap()
      edgegap.faults.order(effect)
      const { main, post } = await deploy(
        edgegap,
        { timeout: '1s' },
        { beforePost: async () => edgegap.faults.clear() },
      )
      expect(main.exitCode).toBe(1)
      expect(main.outputs.outcome).toMatch(/^(failed|rejected|timed-out)$/)
      onlyError(main)
      expect(post?.exitCode).toBe(0)
      expectNothingLeft(edgegap)
    },
  )
})

test('the entry is red before its first statement that may fail', () => {
  const entry = readFileSync(new URL('../../src/entry.ts', import.meta.url), 'utf8')
  const statements = entry.split('\n').filter((line) => /^(?!import|\/\/)\S/.test(line))
  expect(statements[0]).toBe('process.exitCode = 1')
})

function stopNever(edgegap: Edgegap, options: ActionOptions, inputs: With = {}) {
  const { id } = edgegap.addDeployment({}, [{ afterMs: 0, status: 'DEPLOYING' }])
  return stop(edgegap, id, inputs, options)
}
