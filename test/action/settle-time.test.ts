import { describe, expect, test } from 'vitest'
import {
  error,
  largeLog,
  ready,
  readyThenEnds,
  readyThenError,
  readyThenRestarts,
} from '../emulator/edgegap/script.ts'
import {
  annotations,
  cancelAtLine,
  deploy,
  expectNothingLeft,
  LOGS,
  onlyError,
  STATUS,
  startEdgegap,
} from './deploy.ts'

const SETTLE = { 'settle-time': '3s' }

describe.concurrent('settle-time', () => {
  test('lets a server that stays ready succeed, and says so', async () => {
    await using edgegap = await startEdgegap({ script: ready(0) })
    const { main } = await deploy(edgegap, SETTLE)
    expect(main).toMatchObject({ exitCode: 0, outputs: { outcome: 'succeeded', error: '' } })
    expect(Number(main.outputs.seconds)).toBeGreaterThanOrEqual(3)
    expect(main.rawStdout).toMatch(/settling for 3\.0? ?s/)
    expect(annotations(main, 'warning')).toEqual([])
    expect(edgegap.live()).toHaveLength(1)
  })

  test.each([
    ['an error', readyThenError(250, 1_200, 'segfault in physics'), /segfault in physics/],
    ['its own end', readyThenEnds(250, 1_200), /Status\.TERMINATED/],
  ])('fails a server after %s, with its log, and stops it', async (_, script, said) => {
    await using edgegap = await startEdgegap({ script, logs: 'last words\n' })
    const { main } = await deploy(edgegap, { 'settle-time': '20s' })
    expect(main).toMatchObject({ exitCode: 1, outputs: { outcome: 'failed' } })
    expect(onlyError(main)).toMatch(/was ready but did not stay ready/)
    expect(main.outputs.error).toMatch(said)
    expect(main.outputs.error).not.toContain('before it was ready')
    // At once, and not at the end of the time.
    expect(Number(main.outputs.seconds)).toBeLessThan(15)
    expect(main.outputs.host).not.toBe('')
    expectNothingLeft(edgegap)
  })

  test('fails a server whose process restarted meanwhile, although it is ready again', async () => {
    await using edgegap = await startEdgegap({ script: readyThenRestarts(100, 2_000) })
    const { main } = await deploy(edgegap, { 'settle-time': '5s' })
    expect(main).toMatchObject({ exitCode: 1, outputs: { outcome: 'failed' } })
    expect(onlyError(main)).toMatch(/restarted once while it settled/)
    expect(main.rawStdout).toContain('| Segmentation fault')
    expectNothingLeft(edgegap)
  })

  test('sees a restart behind a log that is too long to be read whole', async () => {
    await using edgegap = await startEdgegap({
      script: readyThenRestarts(100, 2_000),
      logs: largeLog(34 * 1024 * 1024),
    })
    const { main } = await deploy(edgegap, { 'settle-time': '5s' })
    expect(main).toMatchObject({ exitCode: 1, outputs: { outcome: 'failed' } })
    expect(onlyError(main)).toMatch(/restarted once while it settled/)
  })

  test('warns where the log broke off before the count of restarts', async () => {
    await using edgegap = await startEdgegap({ script: readyThenRestarts(100, 2_000) })
    edgegap.faults.order({ kind: 'truncate', path: LOGS })
    const { main } = await deploy(edgegap, SETTLE)
    expect(main.exitCode).toBe(0)
    expect(annotations(main, 'warning').join()).toMatch(/restarted while it settled is not known/)
  })

  test('only warns of restarts before it was ready', async () => {
    await using edgegap = await startEdgegap({ script: readyThenRestarts(1_500, 0) })
    const { main } = await deploy(edgegap, SETTLE)
    expect(main).toMatchObject({ exitCode: 0, outputs: { outcome: 'succeeded' } })
    expect(annotations(main, 'warning')).toEqual([
      expect.stringMatching(/had restarted .* before it was ready, and not since/),
    ])
  })

  test('reads a log again that cannot be read, and then warns', async () => {
    await using edgegap = await startEdgegap({ script: ready(0) })
    edgegap.faults.order({ kind: 'status', status: 500, path: LOGS })
    const { main } = await deploy(edgegap, SETTLE)
    expect(main).toMatchObject({ exitCode: 0, outputs: { outcome: 'succeeded' } })
    expect(annotations(main, 'warning')).toEqual([
      expect.stringMatching(/restarted while it settled is not known/),
    ])
    expect(edgegap.requestsTo('GET', LOGS)).toHaveLength(4)
  })

  test('does not take one failed status check for a failure', async () => {
    await using edgegap = await startEdgegap({ script: ready(0) })
    const fault = { kind: 'status', status: 503, path: STATUS, times: 2 } as const
    const { main } = await deploy(edgegap, SETTLE, {
      mainControl: async (step) => {
        await step.waitForLine(/settling/, 20_000)
        edgegap.faults.order(fault)
        await step.done
      },
    })
    expect(main).toMatchObject({ exitCode: 0, outputs: { outcome: 'succeeded' } })
  })

  test('is not green where nobody can say whether it is still ready', async () => {
    await using edgegap = await startEdgegap({ script: ready(0) })
    // An outage is waited for as long as timeout allows.
    const { main } = await deploy(
      edgegap,
      { ...SETTLE, timeout: '5s' },
      {
        mainControl: async (step) => {
          await step.waitForLine(/settling/, 20_000)
          edgegap.faults.order({ kind: 'status', status: 503, path: STATUS })
          await step.done
        },
        beforePost: async () => edgegap.faults.clear(),
      },
    )
    expect(main).toMatchObject({ exitCode: 1, outputs: { outcome: 'failed' } })
    expect(onlyError(main)).toMatch(/its status could not be read/)
  })

  test('ends at once on a cancel, and leaves nothing', async () => {
    await using edgegap = await startEdgegap({ script: ready(0), terminateAfterMs: 0 })
    const { main } = await deploy(
      edgegap,
      { 'settle-time': '5m' },
      { mainControl: cancelAtLine(/settling/) },
    )
    expect(main.outputs.outcome).toBe('cancelled')
    expectNothingLeft(edgegap)
  })

  test('ends at once where another server of the step fails', async () => {
    await using edgegap = await startEdgegap({ script: ready(0) })
    edgegap.nextScript(ready(0), error(2_500))
    const locations = 'one 1,1\ntwo 2,2'
    const { main } = await deploy(edgegap, { 'settle-time': '5m', locations })
    expect(main).toMatchObject({ exitCode: 1, outputs: { outcome: 'failed' } })
    const ends = JSON.parse(main.outputs.deployments ?? '').map(
      (one: { outcome: string }) => one.outcome,
    )
    expect(ends.sort()).toEqual(['failed', 'stopped'])
    expectNothingLeft(edgegap)
  })

  test('is not counted into timeout', async () => {
    await using edgegap = await startEdgegap({ script: ready(0) })
    const { main } = await deploy(edgegap, { 'settle-time': '4s', timeout: '3s' })
    expect(main).toMatchObject({ exitCode: 0, outputs: { outcome: 'succeeded' } })
  })
})
