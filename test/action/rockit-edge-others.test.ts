import { describe, expect, test } from 'vitest'
import * as script from '../emulator/rockit-edge/script.ts'
import { onlyError } from './deploy.ts'
import {
  expectCleanEdge,
  expectOwnEnd,
  publishUrl,
  startEdge,
  whenEvent,
  withWebhook,
} from './rockit-edge.ts'

const slow = script.success({ stepMs: 300 })

describe.concurrent('what is not our build', () => {
  test.each([
    ['named by tasks', {}],
    ['not named by tasks', { taskBuildField: undefined }],
    [
      'not named by tasks, and its steps are not shown',
      { taskBuildField: undefined, imageTaskType: undefined },
    ],
  ])(
    'does not end the wait: training, before and meanwhile (builds are %s)',
    async (_name, spelling) => {
      for (const stepMs of [30, 250, 500]) {
        for (const inputs of [{}, await withWebhook()]) {
          await using edge = await startEdge({ script: slow, spelling, idleBetweenTasks: true })
          const { main } = await publishUrl(edge, inputs, {
            mainControl: async (step) => {
              await whenEvent(edge, 'mkraw', 'begin')
              edge.train('my_game', { stepMs })
              await step.done
              expectOwnEnd(edge)
            },
          })
          expect(main.outputs).toMatchObject({ outcome: 'succeeded', 'build-name': '0007' })
        }
      }
    },
    180_000,
  )

  test('does not fail us: training whose publishing fails', async () => {
    await using edge = await startEdge({ script: slow })
    const failure = { kind: 'deployment', failed: ['gcore'] } as const
    const { main } = await publishUrl(edge, await withWebhook(), {
      mainControl: async () => {
        await whenEvent(edge, 'mkraw', 'begin')
        edge.train('my_game', { stepMs: 50, failure })
      },
    })
    expect(main.outputs.outcome).toBe('succeeded')
  })

  test('does not end the wait: apps whose names hold ours', async () => {
    await using edge = await startEdge({
      apps: { my_game: {}, my_game_2: {} },
      script: script.never(),
    })
    const { main } = await publishUrl(
      edge,
      { ...(await withWebhook()), timeout: '4s' },
      {
        mainControl: async () => {
          await whenEvent(edge, 'mkraw', 'begin')
          edge.train('my_game_2', { buildName: '0007' })
        },
      },
    )
    expect(main.outputs.outcome).toBe('timed-out')
    expect(onlyError(main)).toMatch(/its last status was mkraw begin/)
    expect(main.rawStdout).toContain(
      'my_game/0007 cannot be taken back: ROCKIT Edge goes on with it.',
    )
    expectCleanEdge(edge)
  })

  test('does not end the wait: late event of the build before, where nothing else may be read', async () => {
    await using edge = await startEdge({ script: slow, permissions: { tasks: 0 } })
    const { main } = await publishUrl(edge, await withWebhook(), {
      mainControl: async (step) => {
        const body = {
          orgName: 'acme',
          appName: 'my_game',
          buildName: '0006',
          type: 'deploy',
          event: 'end',
        }
        await whenEvent(edge, 'dltar', 'begin')
        await edge.sendWebhook(body)
        await edge.sendWebhook({ ...body, type: 'mkraw' })
        await step.done
        expectOwnEnd(edge)
      },
    })
    expect(main.outputs).toMatchObject({ outcome: 'succeeded', signal: 'webhook' })
  })
})
