import { describe, expect, test } from 'vitest'
import * as script from '../emulator/rockit-edge/script.ts'
import { onlyError } from './deploy.ts'
import {
  APP,
  expectOwnEnd,
  publishUrl,
  startEdge,
  TASKS,
  whenEvent,
  withWebhook,
} from './rockit-edge.ts'

const slow = script.success({ stepMs: 300 })

describe.concurrent('polling', () => {
  test('asks no more often than every ten seconds', async () => {
    await using edge = await startEdge({ script: script.success({ stepMs: 1_500 }) })
    await publishUrl(edge, { 'poll-interval': '' })
    const lists = edge.requestsTo('GET', APP).slice(2)
    expect(lists.length).toBeLessThanOrEqual(3)
    for (const [index, { at }] of lists.slice(1).entries()) {
      expect(at - (lists[index]?.at ?? 0)).toBeGreaterThanOrEqual(9_900)
    }
  })

  test('waits out maintenance', async () => {
    await using edge = await startEdge({ script: slow, maintenanceRetryAfterSeconds: 2 })
    const { main } = await publishUrl(
      edge,
      {},
      {
        mainControl: async () => {
          await whenEvent(edge, 'mkraw', 'begin')
          edge.settings.maintenance = true
          await whenEvent(edge, 'deploy', 'end')
          edge.settings.maintenance = false
        },
      },
    )
    expect(main.exitCode).toBe(0)
    expect(main.rawStdout).toMatch(/a status check failed: .*HTTP 503.*\(next one in 2\.0 s\)/)
  })

  test('is not put off by what goes wrong for a moment', async () => {
    await using edge = await startEdge({ script: slow })
    for (const kind of ['reset', 'truncate', 'malformed', 'status'] as const) {
      const path = kind === 'reset' ? APP : TASKS
      edge.faults.order({
        kind,
        status: 502,
        path,
        times: 1,
        afterRequests: 2,
        matches: () => edge.builds.length > 0,
      } as never)
    }
    const { main } = await publishUrl(edge)
    expect(main.outputs.outcome).toBe('succeeded')
  })

  test('gives up at once when the credentials are refused', async () => {
    await using edge = await startEdge({ script: script.never() })
    const { main } = await publishUrl(
      edge,
      {},
      {
        mainControl: async () => {
          await whenEvent(edge, 'mkraw', 'begin')
          edge.settings.apiKey = 'another'
        },
      },
    )
    edge.settings.apiKey = 'rk-3f6d0a9be21c48d5a7c0e4f19b83d26e'
    expect(onlyError(main)).toMatch(/HTTP 401/)
  })

  test.each([
    ['can be read by name', true],
    ['cannot be read any more', false],
  ])('sees the end of tasks that leave the list and %s', async (_name, forgottenTasksReadable) => {
    for (const taskBuildField of ['buildName', undefined]) {
      await using edge = await startEdge({
        script: script.success({ stepMs: 700 }),
        forgetEndedTasksAfterMs: 0,
        forgottenTasksReadable,
        spelling: { taskBuildField },
      })
      const { main } = await publishUrl(edge)
      expect(main.outputs.outcome).toBe('succeeded')
      expectOwnEnd(edge)
    }
  })

  test('learns of tasks that are listed for a moment only, by webhook', async () => {
    await using edge = await startEdge({
      script: slow,
      forgetEndedTasksAfterMs: 0,
      forgottenTasksReadable: false,
    })
    const { main } = await publishUrl(edge, await withWebhook())
    expect(main.outputs).toMatchObject({ outcome: 'succeeded', signal: 'webhook' })
    expectOwnEnd(edge)
  })

  test.each([
    ['with its old build', {}],
    ['with its old build and in a state of failure', { state: 'deployFailed' }],
    ['with the new build and in a state of failure', { iCurBuild: 7, state: 'deployFailed' }],
  ])(
    'does not take a deploy that is listed no more for a success: the app is there %s',
    async (_name, state) => {
      await using edge = await startEdge({ script: slow.slice(0, -1) })
      const app = edge.apps.get('my_game')
      const before = { iCurBuild: 6, dxfName: app?.dxfName, processing: false, exporting: false }
      const { main } = await publishUrl(
        edge,
        { timeout: '8s' },
        {
          mainControl: async (step) => {
            await step.waitForLine(/deploy begin/)
            if (app) app.wire = { ...before, ...state }
            edge.settings.isTaskHidden = (type) => type === 'deploy'
          },
        },
      )
      expect(main.outputs).toMatchObject({ outcome: 'timed-out', status: 'deploy begin' })
    },
  )

  test('does not take an import without a publish for a success', async () => {
    for (const forgetEndedTasksAfterMs of [0, 60_000]) {
      await using edge = await startEdge({
        script: script.neverDeployed(),
        forgetEndedTasksAfterMs,
      })
      const { main } = await publishUrl(edge, { timeout: '5s' })
      expect(main.outputs.outcome).toBe('timed-out')
    }
  })
})
