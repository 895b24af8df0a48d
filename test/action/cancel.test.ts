import { describe, expect, test } from 'vitest'
import { error, never, ready } from '../emulator/edgegap/script.ts'
import type { JobResult } from '../harness/job.ts'
import {
  annotations,
  CREATE,
  cancelAt,
  cancelAtLine,
  deploy,
  type Edgegap,
  expectAllOutputs,
  expectNothingLeft,
  killAt,
  LIST,
  LOGS,
  STATUS,
  STOP,
  signalAt,
  startEdgegap,
  stop,
  tagOf,
  wireLog,
} from './deploy.ts'

/** The runner's SIGKILL comes 10 s after its SIGINT: a step that is still there loses its outputs. */
const LIMIT_MS = 10_000

/** What holds wherever a cancel strikes. */
function expectCancelled({ main, post }: JobResult, edgegap: Edgegap): void {
  expect(main.conclusion).toBe('cancelled')
  expect(main.exitCode).toBe(1)
  const [sigint] = main.signalsSent
  expect(main.durationMs - (sigint?.atMs ?? 0)).toBeLessThan(LIMIT_MS)
  expectAllOutputs(main)
  expect(main.outputs.outcome).toBe('cancelled')
  expect(main.outputs.error).not.toBe('')
  const outcomes = JSON.parse(main.outputs.deployments ?? '').map(
    ({ outcome }: { outcome: string }) => outcome,
  )
  expect(new Set(outcomes)).toEqual(new Set(['cancelled']))
  // Somebody wanted this: it is no error.
  expect(annotations(main, 'error')).toEqual([])
  expect(annotations(main, 'warning').join('\n')).toMatch(/Cancelled\./)
  expect(main.summary).toContain('was cancelled')
  expect(post?.exitCode).toBe(0)
  expectNothingLeft(edgegap)
}

describe.concurrent('a run that is cancelled', () => {
  test('before the create, while the host name is looked up, creates nothing', async () => {
    await using edgegap = await startEdgegap()
    const url = edgegap.url.replace('127.0.0.1', 'localhost')
    // Loaded before the bundle: name look-ups say so on stdout and take for ever.
    const slowDns = `import dns from 'node:dns'; dns.lookup = () => console.log('looking up')`
    const job = await deploy(
      edgegap,
      { 'api-url': url },
      {
        env: { NODE_OPTIONS: `--import "data:text/javascript,${encodeURIComponent(slowDns)}"` },
        mainControl: cancelAtLine(/looking up/),
        // It would look up the name for ever as well.
        postControl: async (step) => step.kill(),
      },
    )
    expect(job.main.outputs).toMatchObject({ outcome: 'cancelled', 'deployment-id': '' })
    expectAllOutputs(job.main)
    expect(edgegap.requests).toEqual([])
    expect(annotations(job.main, 'error')).toEqual([])
  })

  test('while the create is in flight waits for its reply and stops what it made', async () => {
    await using edgegap = await startEdgegap()
    edgegap.faults.order({ kind: 'delay-reply', delayMs: 1_200, method: 'POST', path: CREATE })
    const job = await deploy(edgegap, {}, { mainControl: cancelAt(edgegap, 'POST', CREATE) })
    expectCancelled(job, edgegap)
    const [made, ...more] = edgegap.deployments
    expect(more).toEqual([])
    expect(job.main.outputs['stopped-ids']).toBe(JSON.stringify([made?.id]))
    expect(job.post?.log).toEqual([])
  })

  test('while a create hangs for ever after it was handled finds it by its tag', async () => {
    await using edgegap = await startEdgegap()
    edgegap.faults.order({ kind: 'hang', when: 'after', method: 'POST', path: CREATE })
    const job = await deploy(edgegap, {}, { mainControl: cancelAt(edgegap, 'POST', CREATE) })
    expectCancelled(job, edgegap)
    expect(edgegap.stopped()).toHaveLength(1)
    expect(edgegap.requestsTo('POST', CREATE)).toHaveLength(1)
  })

  test('while a create hangs for ever and was never handled ends in time', async () => {
    await using edgegap = await startEdgegap()
    edgegap.faults.order({ kind: 'hang', method: 'POST', path: CREATE })
    const job = await deploy(edgegap, {}, { mainControl: cancelAt(edgegap, 'POST', CREATE) })
    expectCancelled(job, edgegap)
    expect(edgegap.created).toBe(0)
    expect(edgegap.requestsTo('POST', CREATE)).toHaveLength(1)
  })

  test('while a create is in flight that the provider carries out long after stops it', async () => {
    await using edgegap = await startEdgegap()
    // Later than the run waits for the reply: only the look-ups can find it.
    edgegap.faults.order({ kind: 'delay', delayMs: 6_000, method: 'POST', path: CREATE })
    const job = await deploy(edgegap, {}, { mainControl: cancelAt(edgegap, 'POST', CREATE) })
    expectCancelled(job, edgegap)
    expect(edgegap.stopped()).toHaveLength(1)
  })

  test('while everything hangs ends in time and never says that nothing was created', async () => {
    await using edgegap = await startEdgegap()
    edgegap.faults.order({ kind: 'hang', when: 'after' })
    const job = await deploy(
      edgegap,
      {},
      {
        mainControl: cancelAt(edgegap, 'POST', CREATE),
        beforePost: async () => edgegap.faults.clear(),
      },
    )
    expectCancelled(job, edgegap)
    expect(annotations(job.main, 'warning').join()).not.toContain('Nothing was created')
    expect(job.post?.rawStdout).toContain(`Stopped ${edgegap.deployments[0]?.id}`)
  })

  test('while a lost create is looked up stops it and creates no other', async () => {
    await using edgegap = await startEdgegap({ listLagMs: 1_500 })
    edgegap.faults.order({ kind: 'reset', when: 'after', method: 'POST', path: CREATE })
    const job = await deploy(edgegap, {}, { mainControl: cancelAt(edgegap, 'GET', LIST) })
    expectCancelled(job, edgegap)
    expect(edgegap.created).toBe(1)
  })

  test('while polling stops the server', async () => {
    await using edgegap = await startEdgegap({ script: never(), stopPendingAtOnce: true })
    const job = await deploy(
      edgegap,
      { 'on-failure': 'keep' },
      { mainControl: cancelAt(edgegap, 'GET', STATUS, 2) },
    )
    expectCancelled(job, edgegap)
    expect(job.main.outputs['deployment-id']).toBe(edgegap.deployments[0]?.id)
    expect(annotations(job.main, 'warning')).toEqual([
      `Cancelled. Stopped ${edgegap.deployments[0]?.id}.`,
    ])
    expect(job.post?.log).toEqual([])
  })

  test('while a check hangs does not wait for it', async () => {
    await using edgegap = await startEdgegap()
    edgegap.faults.order({ kind: 'hang', method: 'GET', path: STATUS })
    const job = await deploy(edgegap, {}, { mainControl: cancelAt(edgegap, 'GET', STATUS) })
    expectCancelled(job, edgegap)
    const [sigint] = job.main.signalsSent
    expect(job.main.durationMs - (sigint?.atMs ?? 0)).toBeLessThan(7_000)
  })

  test('between READY and the end of the step stops the server', async () => {
    await using edgegap = await startEdgegap()
    // A lost first attempt has the step look for it once more after the second one is ready. That is
    // its fifth check; it takes its time, so that the cancel comes within it.
    edgegap.faults.order({ kind: 'reset', method: 'POST', path: CREATE, times: 1 })
    edgegap.faults.order({ kind: 'delay', delayMs: 2_000, path: LIST, afterRequests: 4 })
    const job = await deploy(
      edgegap,
      {},
      {
        mainControl: cancelAtLine(/Status\.READY/),
      },
    )
    expectCancelled(job, edgegap)
    expect(edgegap.created).toBe(1)
  })

  test('while the log of a failed server is read stops it, with on-failure: keep too', async () => {
    await using edgegap = await startEdgegap({ script: error(0) })
    edgegap.faults.order({ kind: 'delay', delayMs: 500, path: LOGS })
    const job = await deploy(
      edgegap,
      { 'on-failure': 'keep' },
      { mainControl: cancelAt(edgegap, 'GET', LOGS) },
    )
    expect(job.main.outputs.outcome).toBe('cancelled')
    expect(job.post?.exitCode).toBe(0)
    expectNothingLeft(edgegap)
  })

  test('while the log of a failed server hangs gives it up, and stops the server', async () => {
    await using edgegap = await startEdgegap({ script: error(0) })
    edgegap.faults.order({ kind: 'hang', path: LOGS })
    const job = await deploy(edgegap, {}, { mainControl: cancelAt(edgegap, 'GET', LOGS) })
    expect(job.main.outputs).toMatchObject({
      outcome: 'cancelled',
      'stopped-ids': JSON.stringify([edgegap.deployments[0]?.id]),
    })
    expectNothingLeft(edgegap)
    expect(job.post?.log).toEqual([])
  })

  test('while stopping goes on stopping', async () => {
    await using edgegap = await startEdgegap({ script: error(0) })
    edgegap.faults.order({ kind: 'delay', delayMs: 800, method: 'DELETE', path: STOP })
    const job = await deploy(edgegap, {}, { mainControl: cancelAt(edgegap, 'DELETE', STOP) })
    expect(job.main.outputs).toMatchObject({
      outcome: 'cancelled',
      'stopped-ids': JSON.stringify([edgegap.deployments[0]?.id]),
    })
    expectAllOutputs(job.main)
    expectNothingLeft(edgegap)
    expect(job.post?.log).toEqual([])
  })

  test('while a stop hangs leaves it to the post step', async () => {
    await using edgegap = await startEdgegap({ script: never(), stopPendingAtOnce: true })
    edgegap.faults.order({ kind: 'hang', method: 'DELETE', path: STOP, times: 1 })
    const job = await deploy(edgegap, {}, { mainControl: cancelAt(edgegap, 'GET', STATUS) })
    expectCancelled(job, edgegap)
    expect(job.post?.rawStdout).toContain(`Stopped ${edgegap.deployments[0]?.id}`)
  })

  test('while stops fail tries again and again', async () => {
    await using edgegap = await startEdgegap({ script: never(), stopPendingAtOnce: true })
    const fault = { method: 'DELETE', path: STOP, times: 1 } as const
    edgegap.faults.order({ ...fault, kind: 'status', status: 500 })
    edgegap.faults.order({ ...fault, kind: 'reset' })
    edgegap.faults.order({ ...fault, kind: 'truncate' })
    const job = await deploy(edgegap, {}, { mainControl: cancelAt(edgegap, 'GET', STATUS) })
    expectCancelled(job, edgegap)
    expect(job.main.outputs['stopped-ids']).toBe(JSON.stringify([edgegap.deployments[0]?.id]))
    expect(job.post?.log).toEqual([])
  })

  test('twice ends sooner, and still loses nothing', async () => {
    await using edgegap = await startEdgegap({ script: never(), stopPendingAtOnce: true })
    edgegap.faults.order({ kind: 'hang', method: 'DELETE', path: STOP, times: 1 })
    let [secondAtMs, endedAtMs] = [0, 0]
    const job = await deploy(
      edgegap,
      {},
      {
        mainControl: async (step) => {
          await edgegap.whenRequested('GET', STATUS, { timeoutMs: 20_000 })
          step.signal('SIGINT')
          await edgegap.whenRequested('DELETE', STOP, { timeoutMs: 20_000 })
          step.signal('SIGTERM')
          secondAtMs = performance.now()
          await step.done
          endedAtMs = performance.now()
        },
      },
    )
    expect(endedAtMs - secondAtMs).toBeLessThan(6_000)
    expect(job.main).toMatchObject({ exitCode: 1, outputs: { outcome: 'cancelled' } })
    expectNothingLeft(edgegap)
  })

  test('by SIGTERM alone cleans up as well', async () => {
    await using edgegap = await startEdgegap({ script: never(), stopPendingAtOnce: true })
    const job = await deploy(
      edgegap,
      {},
      {
        mainControl: signalAt(edgegap, 'SIGTERM', 'GET', STATUS),
      },
    )
    expect(job.main).toMatchObject({ exitCode: 1, outputs: { outcome: 'cancelled' } })
    expectNothingLeft(edgegap)
  })
})

describe.concurrent('an operation: stop that is cancelled', () => {
  test('while it waits ends at once, and the stop stays asked for', async () => {
    await using edgegap = await startEdgegap()
    const { id } = edgegap.addDeployment({}, never())
    const job = await stop(edgegap, id, {}, { mainControl: cancelAt(edgegap, 'DELETE', STOP, 2) })
    // It was not seen to stop.
    expect(job.main.outputs).toMatchObject({ outcome: 'cancelled', 'stopped-ids': '[]' })
    expect(edgegap.live()).toEqual([])
    expect(job.main.exitCode).toBe(1)
    expectAllOutputs(job.main)
    expect(job.post?.log).toEqual([])
  })

  test('while the stop hangs ends in time', async () => {
    await using edgegap = await startEdgegap()
    const { id } = edgegap.addDeployment()
    edgegap.faults.order({ kind: 'hang', method: 'DELETE', path: STOP })
    const job = await stop(edgegap, id, {}, { mainControl: cancelAt(edgegap, 'DELETE', STOP) })
    expect(job.main.outputs).toMatchObject({ outcome: 'cancelled', 'stopped-ids': '[]' })
    expect(job.main.signal).toBeNull()
  })
})

describe.concurrent('a main step that is killed', () => {
  test('with the create in flight: the post step finds it by its tag and stops it', async () => {
    await using edgegap = await startEdgegap()
    edgegap.faults.order({ kind: 'delay-reply', delayMs: 2_000, method: 'POST', path: CREATE })
    const { main, post } = await deploy(
      edgegap,
      {},
      { mainControl: killAt(edgegap, 'POST', CREATE) },
    )
    expect(main.signal).toBe('SIGKILL')
    expect(post).toMatchObject({ exitCode: 0 })
    expect(edgegap.created).toBe(1)
    expectNothingLeft(edgegap)
    const [create] = edgegap.requestsTo('POST', CREATE)
    expect(main.state.ledger).toContain(create && tagOf(create))
  })

  test('with a create that the provider carries out only after the kill', async () => {
    await using edgegap = await startEdgegap()
    edgegap.faults.order({ kind: 'delay', delayMs: 1_500, method: 'POST', path: CREATE })
    const { post } = await deploy(edgegap, {}, { mainControl: killAt(edgegap, 'POST', CREATE) })
    expect(post).toMatchObject({ exitCode: 0 })
    expect(edgegap.created).toBe(1)
    expectNothingLeft(edgegap)
  })

  test('while polling: the post step stops it by its id, and looks for others only then', async () => {
    await using edgegap = await startEdgegap({ script: never(), stopPendingAtOnce: true })
    const { main, post } = await deploy(
      edgegap,
      { 'on-failure': 'keep' },
      { mainControl: killAt(edgegap, 'GET', STATUS) },
    )
    expect(main.signal).toBe('SIGKILL')
    expect(post).toMatchObject({ exitCode: 0 })
    expect(wireLog(edgegap).slice(-3)).toEqual([
      'DELETE /v1/stop/ID',
      'GET /v1/status/ID',
      'GET /v1/deployments',
    ])
    expectNothingLeft(edgegap)
  })

  test('while stopping: the post step stops it', async () => {
    await using edgegap = await startEdgegap({ script: error(0) })
    edgegap.faults.order({ kind: 'hang', method: 'DELETE', path: STOP, times: 1 })
    const { post } = await deploy(edgegap, {}, { mainControl: killAt(edgegap, 'DELETE', STOP) })
    expect(post).toMatchObject({ exitCode: 0 })
    expectNothingLeft(edgegap)
  })

  test('in its last milliseconds is never green without its server, nor red with one that nobody was told of', async () => {
    await using edgegap = await startEdgegap({ script: ready(0) })
    const { main, post } = await deploy(
      edgegap,
      {},
      {
        // The notice is the last thing but the summary.
        mainControl: async (step) => {
          await step.waitForLine(/is ready at/, 20_000)
          step.kill()
        },
      },
    )
    const live = edgegap.live().map(({ id }) => id)
    // The server is let go of in the last statement. Node then takes some milliseconds to end, and a
    // kill within them leaves a red step whose outputs name the server.
    const isReleased = main.state.ledger === '' && main.outputs.outcome === 'succeeded'
    if (main.conclusion === 'success' || isReleased) {
      expect(live).toEqual([main.outputs['deployment-id']])
    } else expect(live).toEqual([])
    expect(post?.conclusion).toBe('success')
  })
})
