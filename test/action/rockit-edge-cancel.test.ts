import { truncateSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import * as script from '../emulator/rockit-edge/script.ts'
import type { RunningStep } from '../harness/step.ts'
import { annotations, expectAllOutputs } from './deploy.ts'
import {
  APP,
  buildFolder,
  type Edge,
  expectCleanEdge,
  IMPORT,
  publish,
  SUBSCRIPTIONS,
  startEdge,
  whenEvent,
  withWebhook,
} from './rockit-edge.ts'

interface Stage {
  name: string
  /** Makes the stage last, and resolves when it is reached. */
  reach: (edge: Edge, step: RunningStep) => Promise<unknown>
  arrange?: (edge: Edge) => unknown
}

const isUploading = async (edge: Edge, step: RunningStep) => {
  await step.waitForLine(/^Uploading 1 file/)
  while (!edge.storage.uploads.some(({ bytes }) => bytes > 0)) {
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

const stages: Stage[] = [
  {
    name: 'while it prepares',
    arrange: (edge) => edge.faults.order({ kind: 'hang', method: 'GET', path: APP }),
    reach: (edge) => edge.whenRequested('GET', APP, { timeoutMs: 20_000 }),
  },
  {
    name: 'while it subscribes',
    arrange: (edge) => {
      edge.faults.order({ kind: 'hang', when: 'after', method: 'POST', path: SUBSCRIPTIONS })
      edge.storage.faults.order({ kind: 'stall', atBytes: 1000 })
    },
    reach: (edge) => edge.whenRequested('POST', SUBSCRIPTIONS, { timeoutMs: 20_000 }),
  },
  {
    name: 'while it asks for the import',
    arrange: (edge) =>
      edge.faults.order({ kind: 'hang', when: 'after', method: 'POST', path: IMPORT }),
    reach: (edge) => edge.whenRequested('POST', IMPORT, { timeoutMs: 20_000 }),
  },
  {
    name: 'while it uploads',
    arrange: (edge) => edge.storage.faults.order({ kind: 'stall', atBytes: 1000 }),
    reach: isUploading,
  },
  {
    name: 'while it waits',
    reach: async (edge, step) => {
      await whenEvent(edge, 'mkraw', 'begin')
      await step.waitForLine(/mkraw/)
    },
  },
]

function bigFolder(): string {
  const folder = buildFolder({ 'game.pak': '' })
  truncateSync(join(folder, 'game.pak'), 30 * 1024 * 1024)
  return folder
}

async function start(
  edge: Edge,
  stage: Stage,
  act: (step: RunningStep) => Promise<void> | void,
  beforePost?: () => void,
) {
  stage.arrange?.(edge)
  return await publish(
    edge,
    { ...(await withWebhook()), wait: 'auto', build: bigFolder() },
    {
      mainControl: async (step) => {
        await stage.reach(edge, step)
        await act(step)
      },
      beforePost: async () => {
        edge.faults.clear()
        beforePost?.()
      },
    },
  )
}

describe.concurrent('a run that is cancelled', () => {
  test.each(stages)('$name leaves no subscription and no open upload', async (stage) => {
    await using edge = await startEdge({ script: script.never() })
    const { main, post } = await start(edge, stage, (step) => step.cancel())
    expect(main.conclusion).toBe('cancelled')
    expectAllOutputs(main)
    expect(main.outputs.outcome).toBe('cancelled')
    expect(annotations(main, 'error')).toEqual([])
    // It ended in time: the runner sent nothing more than the first signal.
    expect(main.signalsSent.map(({ signal }) => signal)).toEqual(['SIGINT'])
    expect(post?.exitCode).toBe(0)
    expectCleanEdge(edge)
    const text = annotations(main, 'warning').join()
    if (stage.name === 'while it waits')
      expect(text).toMatch(/my_game\/0007 cannot be taken back and goes on/)
  })

  test('while it uploads has cleaned up before its post step', async () => {
    await using edge = await startEdge()
    const stage = stages.find(({ name }) => name === 'while it uploads') as Stage
    const { main, post } = await start(edge, stage, (step) => step.cancel())
    expect(main.rawStdout).toMatch(/Expired the upload task upload_/)
    expect(post?.log).toEqual([])
    expect(edge.builds[0]?.outcome).toBe('expired')
  })
})

describe.concurrent('a run that is killed', () => {
  test.each(stages)('$name has its post step clean up', async (stage) => {
    await using edge = await startEdge({ script: script.never() })
    const { main, post } = await start(edge, stage, (step) => step.kill())
    expect(main.conclusion).toBe('failure')
    expect(post?.exitCode).toBe(0)
    expectCleanEdge(edge)
  })

  test('before its import is carried out has its post step wait for it', async () => {
    await using edge = await startEdge({ script: script.never() })
    const stage: Stage = {
      name: 'before the import is carried out',
      arrange: ({ faults, storage }) => {
        faults.order({ kind: 'delay', delayMs: 6_000, method: 'POST', path: IMPORT })
        storage.faults.order({ kind: 'stall' })
      },
      reach: (one) => one.whenRequested('POST', IMPORT, { timeoutMs: 20_000 }),
    }
    const { post } = await start(edge, stage, (step) => step.kill())
    expect(edge.builds.map(({ outcome }) => outcome)).toEqual(['expired'])
    expect(post?.rawStdout).toMatch(/Expired the upload task upload_/)
    expect(post?.annotations).toEqual([])
    expectCleanEdge(edge)
  }, 80_000)

  test('while it uploads leaves the uploads of others alone', async () => {
    await using edge = await startEdge({
      script: script.never(),
      apps: { my_game: {}, my_game_2: {} },
    })
    const [, , , stage] = stages
    await fetch(`${edge.url}/be/v1/builds`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        'x-rockit-orgname': 'acme',
        'x-rockit-username': 'ci_publisher',
        'x-rockit-api-key': edge.settings.apiKey,
      },
      body: JSON.stringify({ appName: 'my_game_2' }),
    })
    await start(edge, stage as Stage, (step) => step.kill())
    expect(edge.builds.map(({ outcome }) => outcome)).toEqual([undefined, 'expired'])
  })
})
