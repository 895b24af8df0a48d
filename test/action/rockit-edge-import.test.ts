import { execFileSync } from 'node:child_process'
import { appendFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Effect } from '../emulator/faults.ts'
import * as script from '../emulator/rockit-edge/script.ts'
import { onlyError } from './deploy.ts'
import {
  BIG_BYTES,
  bigFolder,
  buildFolder,
  type Edge,
  expectCleanEdge,
  IMPORT,
  publish,
  publishUrl,
  startEdge,
  TASKS,
} from './rockit-edge.ts'

describe.concurrent('an import whose answer is lost', () => {
  const lost: [string, Effect][] = [
    ['reset', { kind: 'reset', when: 'after' }],
    ['cut in the middle', { kind: 'truncate' }],
    ['a 502', { kind: 'status', status: 502, body: '<h1>Bad Gateway</h1>', when: 'after' }],
  ]

  test.each(lost)(
    '(%s) is found and not repeated where ROCKIT Edge downloads',
    async (_name, effect) => {
      await using edge = await startEdge({ script: script.success({ stepMs: 200 }) })
      edge.faults.order({ ...effect, method: 'POST', path: IMPORT, times: 1 })
      const { main } = await publishUrl(edge)
      expect(main.outputs.outcome).toBe('succeeded')
      expect(edge.builds).toHaveLength(1)
      expect(edge.requestsTo('POST', IMPORT)).toHaveLength(1)
    },
  )

  test.each(lost)('(%s) is expired before an upload is asked for again', async (_name, effect) => {
    await using edge = await startEdge()
    edge.faults.order({ ...effect, method: 'POST', path: IMPORT, times: 1 })
    const { main } = await publish(edge, { build: bigFolder() })
    expect(main.outputs.outcome).toBe('succeeded')
    expect(edge.builds.map(({ outcome }) => outcome)).toEqual(['expired', 'succeeded'])
    expectCleanEdge(edge)
  })

  test.each<[string, Effect]>([
    ['a reset', { kind: 'reset' }],
    ['a 500', { kind: 'status', status: 500 }],
    ['a 429', { kind: 'status', status: 429 }],
    [
      'maintenance',
      {
        kind: 'status',
        status: 503,
        body: { status: 'failed', error: 'maintenance' },
        headers: { 'retry-after': '1' },
      },
    ],
  ])('but which was never taken (%s) is asked for again', async (_name, effect) => {
    await using edge = await startEdge()
    edge.faults.order({ ...effect, method: 'POST', path: IMPORT, times: 1 })
    const { main } = await publish(edge, { build: bigFolder() })
    expect(main.outputs.outcome).toBe('succeeded')
    expect(edge.builds).toHaveLength(1)
  })

  test('and cannot be searched for is not repeated', async () => {
    await using edge = await startEdge()
    edge.faults.order({ kind: 'reset', when: 'after', method: 'POST', path: IMPORT, times: 1 })
    edge.faults.order({
      kind: 'status',
      status: 500,
      path: TASKS,
      method: 'GET',
      matches: () => edge.builds.length > 0,
    })
    const { main } = await publishUrl(edge)
    expect(onlyError(main)).toMatch(/An import may have begun, and checking failed/)
    expect(main.outputs.outcome).toBe('failed')
    expect(edge.requestsTo('POST', IMPORT)).toHaveLength(1)
  })
})

describe.concurrent('a folder', () => {
  async function expectUnusable(edge: Edge, build: string, text: RegExp): Promise<void> {
    const { main } = await publish(edge, { build })
    expect(onlyError(main)).toMatch(text)
    expect(edge.requestsTo('POST', IMPORT)).toEqual([])
  }

  test('with links that leave it, lead nowhere or are absolute is refused before anything is sent', async () => {
    await using edge = await startEdge()
    const build = buildFolder({ 'a/b': 'x' })
    symlinkSync('b', join(build, 'a/good'))
    symlinkSync('../../elsewhere', join(build, 'a/lost'))
    symlinkSync('../../..', join(build, 'a/out'))
    symlinkSync('/etc/hosts', join(build, 'a/absolute'))
    await expectUnusable(
      edge,
      build,
      /a\/absolute is a link with an absolute target.*a\/lost is a link that leads nowhere.*a\/out is a link that leaves the folder/,
    )
  })

  test('with a socket is refused', async () => {
    await using edge = await startEdge()
    const build = buildFolder()
    const server = createServer().listen(join(build, 'socket'))
    await new Promise((resolve) => server.once('listening', resolve))
    await expectUnusable(edge, build, /socket is neither file, folder nor link/)
    server.close()
  })

  test.each<[string, (file: string) => void]>([
    ['grows', (file) => appendFileSync(file, 'more')],
    ['shrinks', (file) => truncateSync(file, 10)],
    ['is written to', (file) => writeFileSync(file, 'y'.repeat(1000))],
    ['is emptied', (file) => truncateSync(file, 0)],
    [
      'is replaced by a pipe',
      (file) => {
        rmSync(file)
        execFileSync('mkfifo', [file])
      },
    ],
  ])(
    'with a file that %s while it is uploaded fails, and its task is expired',
    async (_name, change) => {
      await using edge = await startEdge()
      edge.storage.faults.order({ kind: 'slow', bytesPerSecond: 2 * BIG_BYTES })
      const build = bigFolder(2 * BIG_BYTES)
      const last = join(build, 'z.pak')
      writeFileSync(last, 'x'.repeat(1000))
      const { main } = await publish(
        edge,
        { build },
        {
          mainControl: async (step) => {
            await step.waitForLine(/^Uploading 2 files/)
            change(last)
          },
        },
      )
      expect(onlyError(main)).toMatch(/z\.pak changed while it was uploaded.*Let nothing write/)
      expectCleanEdge(edge)
    },
  )

  test('whose file is removed while it is uploaded fails with its name, and is no fault of ours', async () => {
    await using edge = await startEdge()
    edge.storage.faults.order({ kind: 'slow', bytesPerSecond: 2 * BIG_BYTES })
    const build = bigFolder(2 * BIG_BYTES)
    writeFileSync(join(build, 'z.pak'), 'x'.repeat(1000))
    const { main } = await publish(
      edge,
      { build },
      {
        mainControl: async (step) => {
          await step.waitForLine(/^Uploading 2 files/)
          rmSync(join(build, 'z.pak'))
        },
      },
    )
    expect(onlyError(main)).toMatch(/z\.pak was removed or replaced.*\(ENOENT\)/)
    expect(onlyError(main)).not.toMatch(/fault of this action/)
    expect(main.outputs.outcome).toBe('failed')
    expectCleanEdge(edge)
  })
})
