import { describe, expect, test } from 'vitest'
import * as script from '../emulator/rockit-edge/script.ts'
import { expectAllOutputs, onlyError } from './deploy.ts'
import { type Edge, expectCleanEdge, publishUrl, startEdge, withWebhook } from './rockit-edge.ts'

describe.concurrent('a build that fails', () => {
  const failures: [string, script.Script, RegExp, object][] = [
    [
      'in its download',
      script.downloadFailed(),
      /dltar error: the download of https:\/\/builds\.example\.com\/game\.tar failed: HTTP 404, exit code 22, 0 bytes.*Check that ROCKIT Edge reaches build-url/,
      {},
    ],
    [
      'in its download, without details',
      script.downloadFailed({}),
      /dltar error: the download.* failed: /,
      {},
    ],
    [
      'by its size',
      script.sizeMismatch({ actualBytes: 5 }),
      /is 5 bytes long, not 9 as build-size says.*Correct build-size/,
      {},
    ],
    [
      'at a file',
      script.unreadableFile(),
      /mkraw error: the file bin\/game\.exe could not be read: expected application\/x-dosexec, found text\/plain.*Fix this file/,
      {},
    ],
    ['without a reason', script.buildFailed(), /mkraw error: ROCKIT Edge gives no reason/, {}],
    [
      'in publishing',
      script.deployFailed(),
      /deploy error: publishing failed on akamai, succeeded on gcore; the app my_game is locked until this is resolved.*Fix akamai.*PATCH \/be\/v1\/deployments.*POST \/be\/v1\/trigger.*PATCH \/be\/v1\/apps/,
      { 'failed-deployments': '["akamai"]', 'succeeded-deployments': '["gcore"]' },
    ],
    [
      'in publishing, with some details',
      script.deployFailed({ failed: ['akamai'] }),
      /publishing failed on akamai; the app/,
      { 'failed-deployments': '["akamai"]', 'succeeded-deployments': '[]' },
    ],
    [
      'in publishing, without details',
      script.deployFailed({}),
      /publishing failed on at least one deployment; the app/,
      { 'failed-deployments': '[]' },
    ],
  ]

  async function expectFailure(
    edge: Edge,
    inputs: Record<string, string>,
    text: RegExp,
    outputs: object,
  ) {
    const { main } = await publishUrl(edge, { 'build-size': '9', ...inputs })
    expect(main.exitCode).toBe(1)
    expect(onlyError(main)).toMatch(text)
    expectAllOutputs(main)
    expect(main.outputs).toMatchObject({ outcome: 'failed', 'stopped-ids': '[]', ...outputs })
    expectCleanEdge(edge)
    return main
  }

  test.each(failures)('%s is reported by polling', async (_name, steps, text, outputs) => {
    await using edge = await startEdge({ script: steps })
    await expectFailure(edge, {}, text, outputs)
  })

  test.each(failures)('%s is reported by webhook', async (_name, steps, text, outputs) => {
    await using edge = await startEdge({ script: steps })
    await expectFailure(edge, await withWebhook(), text, outputs)
  })

  test.each(failures)('%s is reported by webhook alone', async (_name, steps, text, outputs) => {
    await using edge = await startEdge({ script: steps, permissions: { tasks: 0 } })
    const main = await expectFailure(edge, await withWebhook(), text, outputs)
    expect(main.rawStdout.match(/relying on signed webhooks alone/g)).toHaveLength(1)
  })

  test.each(['nested', 'container', 'flat'] as const)(
    'is understood whichever way its details hang on the task (%s)',
    async (taskFailureForm) => {
      for (const [, steps, text, outputs] of failures) {
        await using edge = await startEdge({ script: steps, spelling: { taskFailureForm } })
        await expectFailure(edge, {}, text, outputs)
      }
    },
  )

  test.each(failures)(
    '%s is reported though only the task itself says why, which is read once',
    async (_name, steps, text, outputs) => {
      await using edge = await startEdge({ script: steps, spelling: { taskRows: 'short' } })
      await expectFailure(edge, {}, text, outputs)
      const failed = edge.tasks.find(({ status }) => status === 'failed')
      expect(edge.requestsTo('GET', new RegExp(`/tasks/${failed?.name}$`))).toHaveLength(1)
    },
  )

  test('is reported though its details cannot be read', async () => {
    await using edge = await startEdge({ script: script.deployFailed() })
    edge.faults.order({ kind: 'status', status: 500, method: 'GET', path: /\/tasks\/deploy_/ })
    await expectFailure(edge, {}, /publishing failed on akamai/, {})
  })

  test.each([
    ['download', script.downloadFailed()],
    ['import', script.unreadableFile()],
  ])('in its %s names no image', async (_name, steps) => {
    await using edge = await startEdge({ script: steps })
    await expectFailure(edge, {}, /error: /, { 'dxf-name': '' })
  })

  test('shows its details in the summary', async () => {
    await using edge = await startEdge({ script: script.unreadableFile() })
    const { main } = await publishUrl(edge)
    for (const part of ['bin/game', 'text/plain', 'Type&nbsp;detected', 'mkraw']) {
      expect(main.summary).toContain(part)
    }
  })
})
