import { describe, expect, test } from 'vitest'
import { error, never, ready } from '../emulator/edgegap/script.ts'
import {
  annotations,
  CREATE,
  cancelAt,
  deploy,
  expectNothingLeft,
  killAt,
  onlyError,
  STATUS,
  STOP,
  startEdgegap,
} from './deploy.ts'

/** Post steps with patience: what is not known at once may be a server all the same. */
const LONG_MS = 120_000

describe.concurrent('an id that the provider does not know yet', () => {
  test.each([3_000, 8_000, 12_000])(
    'for %i ms is stopped after a cancel',
    async (readLagMs) => {
      await using edgegap = await startEdgegap({ script: ready(500), readLagMs })
      const job = await deploy(edgegap, {}, { mainControl: cancelAt(edgegap, 'GET', STATUS, 2) })
      expect(job.main.outputs).toMatchObject({ outcome: 'cancelled' })
      expectNothingLeft(edgegap)
      const said = `${job.main.rawStdout}${job.post?.rawStdout}`
      const [made] = edgegap.deployments
      expect(said).toContain(`Stopped ${made?.id}`)
      expect(job.post?.exitCode ?? 0).toBe(0)
    },
    LONG_MS,
  )

  test.each([400, 404] as const)(
    '(%i) is stopped after a kill',
    async (unknownIdStatus) => {
      await using edgegap = await startEdgegap({
        script: ready(500),
        readLagMs: 9_000,
        unknownIdStatus,
      })
      const { post } = await deploy(edgegap, {}, { mainControl: killAt(edgegap, 'GET', STATUS) })
      expect(post?.exitCode).toBe(0)
      expectNothingLeft(edgegap)
    },
    LONG_MS,
  )
})

describe.concurrent('a gateway that answers 404 on every route for a while', () => {
  const everywhere = { kind: 'status', status: 404, body: { message: 'no route' } } as const

  test(
    'during a cancel hides no server',
    async () => {
      await using edgegap = await startEdgegap({ script: never(), stopPendingAtOnce: true })
      const { main } = await deploy(
        edgegap,
        {},
        {
          mainControl: async (step) => {
            await edgegap.whenRequested('GET', STATUS, { timeoutMs: 20_000 })
            edgegap.faults.order(everywhere)
            setTimeout(() => edgegap.faults.clear(), 4_000)
            await step.cancel()
          },
        },
      )
      expect(main.outputs.outcome).toBe('cancelled')
      expectNothingLeft(edgegap)
    },
    LONG_MS,
  )

  test(
    'after a failed deploy hides no server',
    async () => {
      await using edgegap = await startEdgegap({ script: error(0) })
      const { main } = await deploy(
        edgegap,
        {},
        {
          mainControl: async (step) => {
            await edgegap.whenRequested('GET', /container-logs$/, { timeoutMs: 20_000 })
            edgegap.faults.order(everywhere)
            setTimeout(() => edgegap.faults.clear(), 4_000)
            await step.done
          },
        },
      )
      expect(main.outputs.outcome).toBe('failed')
      expectNothingLeft(edgegap)
    },
    LONG_MS,
  )
})

describe.concurrent('a stop that is accepted for ever and ends nothing', () => {
  test(
    'is never called stopped, and the post step fails and names the server',
    async () => {
      await using edgegap = await startEdgegap({ script: error(0), stopEndsNothing: true })
      const { main, post } = await deploy(edgegap)
      const id = edgegap.deployments[0]?.id
      expect(main.outputs).toMatchObject({ outcome: 'failed', 'stopped-ids': '[]' })
      expect(annotations(main, 'warning').join()).toContain(`${id} may still run`)
      expect(`${main.rawStdout}${post?.rawStdout}`).not.toContain(`Stopped ${id}`)
      expect(post?.exitCode).toBe(1)
      expect(post && onlyError(post)).toContain(`${id} may still run`)
    },
    LONG_MS,
  )

  test(
    'with stop-after-job leaves main green and the post step red',
    async () => {
      await using edgegap = await startEdgegap({ stopEndsNothing: true })
      const { main, post } = await deploy(edgegap, { 'stop-after-job': 'true' })
      expect(main.exitCode).toBe(0)
      expect(post?.exitCode).toBe(1)
    },
    LONG_MS,
  )
})

describe.concurrent('a create', () => {
  test.each([5_000, 9_000])(
    'that got lost and is carried out %i ms later is found by the post step',
    async (delayMs) => {
      await using edgegap = await startEdgegap({ script: ready(0) })
      edgegap.faults.order({ kind: 'delay', delayMs, method: 'POST', path: CREATE })
      const { post } = await deploy(edgegap, {}, { mainControl: killAt(edgegap, 'POST', CREATE) })
      expect(post?.exitCode).toBe(0)
      expect(edgegap.created).toBe(1)
      expectNothingLeft(edgegap)
    },
    LONG_MS,
  )

  test(
    'whose reply names another id than the list is stopped by its tag',
    async () => {
      await using edgegap = await startEdgegap({ script: ready(0), replyWithOtherId: true })
      const { main, post } = await deploy(edgegap, { timeout: '2s' })
      expect(main).toMatchObject({ exitCode: 1, outputs: { outcome: 'timed-out' } })
      expect(post?.exitCode ?? 0).toBe(0)
      expectNothingLeft(edgegap)
    },
    LONG_MS,
  )
})

describe.concurrent('one refusal of a token that has just worked', () => {
  test.each([
    [401, { message: 'unauthorized' }],
    [403, '<html>blocked</html>'],
  ])('(%i) stops no healthy server', async (status, body) => {
    await using edgegap = await startEdgegap({ script: ready(1_500) })
    edgegap.faults.order({ kind: 'status', status, body, method: 'GET', path: STATUS, times: 1 })
    const { main } = await deploy(edgegap)
    expect(main).toMatchObject({ exitCode: 0, outputs: { outcome: 'succeeded' } })
    expect(edgegap.requestsTo('DELETE', STOP)).toEqual([])
    expect(main.rawStdout).not.toContain('<html>')
  })
})

describe.concurrent('a rate limit on the create', () => {
  test.each(['90', '3600', '1e9', '1000000000'])(
    'that asks for more time (%s) than timeout allows ends the step soon',
    async (seconds) => {
      await using edgegap = await startEdgegap()
      const headers = { 'retry-after': seconds }
      edgegap.faults.order({ kind: 'status', status: 429, headers, method: 'POST', path: CREATE })
      const { main } = await deploy(edgegap, { timeout: '10s' })
      expect(main).toMatchObject({ exitCode: 1, outputs: { outcome: 'rejected' } })
      expect(Number(main.durationMs)).toBeLessThan(30_000)
      expectNothingLeft(edgegap)
    },
    LONG_MS,
  )
})
