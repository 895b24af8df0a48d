import { describe, expect, test } from 'vitest'
import * as script from '../emulator/rockit-edge/script.ts'
import type { UploadEffect } from '../emulator/rockit-edge/upload-fault.ts'
import { onlyError } from './deploy.ts'
import {
  BIG_BYTES,
  bigFolder,
  expectCleanEdge,
  IMPORT,
  publish,
  startEdge,
  withWebhook,
} from './rockit-edge.ts'

describe.concurrent('an upload that breaks', () => {
  const passing: [string, UploadEffect][] = [
    ['by a reset at once', { kind: 'reset' }],
    ['by a reset in the middle', { kind: 'reset', atBytes: BIG_BYTES / 2 }],
    ['with a 500 at once', { kind: 'status', status: 500 }],
    ['with a 503 in the middle', { kind: 'status', status: 503, atBytes: BIG_BYTES / 2 }],
    ['with a 429 at its end', { kind: 'status', status: 429, atBytes: BIG_BYTES * 2 }],
    ['with a 500 at its end', { kind: 'status', status: 500, atBytes: BIG_BYTES * 2 }],
  ]

  test.each(passing)('%s is sent again to the same URL', async (_name, effect) => {
    await using edge = await startEdge()
    edge.storage.faults.order({ ...effect, times: 1 })
    const { main } = await publish(edge, { build: bigFolder() })
    expect(main.outputs.outcome).toBe('succeeded')
    expect(edge.builds).toHaveLength(1)
    expect(edge.storage.uploads.map(({ outcome }) => outcome).at(-1)).toBe('stored')
    expect(edge.storage.uploads).toHaveLength(2)
    expectCleanEdge(edge)
  })

  test.each<[string, UploadEffect]>([
    ['is lost', { kind: 'lost-answer' }],
    ['does not come', { kind: 'hang' }],
  ])('only in its answer, which %s, is not sent twice', async (_name, effect) => {
    await using edge = await startEdge()
    edge.storage.faults.order(effect)
    const { main } = await publish(edge, { build: bigFolder() })
    expect(main.outputs.outcome).toBe('succeeded')
    expect(edge.storage.uploads).toHaveLength(1)
    expectCleanEdge(edge)
  })

  test('only in its answer is not sent twice where tasks may not be read', async () => {
    await using edge = await startEdge({
      script: script.success({ stepMs: 300 }),
      permissions: { tasks: 0 },
    })
    edge.storage.faults.order({ kind: 'lost-answer' })
    const { main } = await publish(edge, { ...(await withWebhook()), build: bigFolder() })
    expect(main.outputs.outcome).toBe('succeeded')
    expect(edge.storage.uploads).toHaveLength(1)
    expect(main.rawStdout).toMatch(/All of it was sent, so it counts as arrived/)
  })

  test.each([403, 404, 401])(
    'because its URL has expired (%i) is sent to a new one',
    async (status) => {
      await using edge = await startEdge()
      edge.storage.faults.order({ kind: 'status', status, times: 1 })
      const { main } = await publish(edge, { build: bigFolder() })
      expect(main.outputs).toMatchObject({ outcome: 'succeeded' })
      expect(edge.builds.map(({ outcome }) => outcome)).toEqual(['expired', 'succeeded'])
      expect(new Set(edge.storage.uploads.map(({ path }) => path)).size).toBe(2)
      expectCleanEdge(edge)
    },
  )

  test.each<[string, UploadEffect, RegExp, number]>([
    [
      'with a refusal',
      { kind: 'status', status: 413 },
      /storage host answered the upload with HTTP 413/,
      1,
    ],
    [
      'again and again',
      { kind: 'reset', atBytes: 1000 },
      /The upload broke off after .*connection/,
      4,
    ],
    ['by its URL each time', { kind: 'status', status: 403 }, /HTTP 403/, 3],
  ])('%s for good fails and expires its task', async (_name, effect, text, uploads) => {
    await using edge = await startEdge()
    edge.storage.faults.order(effect)
    const { main, post } = await publish(edge, { build: bigFolder() })
    expect(main.exitCode).toBe(1)
    expect(main.outputs.outcome).toBe('failed')
    expect(onlyError(main)).toMatch(text)
    expect(edge.storage.uploads).toHaveLength(uploads)
    expect(edge.builds.every(({ outcome }) => outcome === 'expired')).toBe(true)
    expectCleanEdge(edge)
    expect(post?.log).toEqual([])
  })

  test.each(['expire', 'status'] as const)(
    'for good expires its task whichever way that is asked for (%s)',
    async (form) => {
      const spelling = { expireForms: [form], taskRequestFields: ['taskName'], importAnswers: [] }
      await using edge = await startEdge({ spelling })
      edge.storage.faults.order({ kind: 'status', status: 413 })
      await publish(edge, { build: bigFolder() })
      expect(edge.builds[0]?.outcome).toBe('expired')
      expectCleanEdge(edge)
    },
  )

  test('for good expires its task whatever that is called', async () => {
    const taskName = (type: string, _build: unknown, random: string) =>
      `${type}/my_game 2026-11-25T08:00:00.000Z#${random}`
    await using edge = await startEdge({ taskName })
    edge.storage.faults.order({ kind: 'status', status: 413 })
    const { post } = await publish(edge, { build: bigFolder() })
    expect(edge.builds[0]?.outcome).toBe('expired')
    expect(post?.log).toEqual([])
    expectCleanEdge(edge)
  })

  test('for good, without the right to expire its task, says what to ask for', async () => {
    await using edge = await startEdge({ permissions: { tasks: 2 } })
    edge.storage.faults.order({ kind: 'status', status: 413 })
    const { main, post } = await publish(edge, { build: bigFolder() })
    expect(main.rawStdout).toMatch(/upload task upload_\w+ did not expire \(HTTP 403\)/)
    expect(post?.exitCode).toBe(1)
    expect(post && onlyError(post)).toMatch(/tasks 6 \(read 2 and update 4\)/)
  })

  test('on a host that is not there fails and expires its task', async () => {
    await using edge = await startEdge()
    // Nobody listens there, and no server of another test is ever given that port.
    const url = 'http://127.0.0.1:1/x'
    edge.faults.order({
      kind: 'status',
      status: 200,
      body: { url },
      when: 'after',
      path: IMPORT,
    })
    const { main } = await publish(edge, { build: bigFolder() })
    expect(onlyError(main)).toMatch(/no connection to 127\.0\.0\.1/)
    expectCleanEdge(edge)
  })

  test.each([
    ['none', {}],
    ['one that is not https', { url: 'http://storage.example.com/x' }],
    ['none that is a URL', { url: 'http://' }],
  ])('before it begins, because the answer has no usable URL (%s)', async (_name, body) => {
    await using edge = await startEdge()
    edge.faults.order({ kind: 'status', status: 200, body, when: 'after', path: IMPORT })
    const { main } = await publish(edge, { build: bigFolder() })
    expect(onlyError(main)).toMatch(/upload URL/)
    expectCleanEdge(edge)
  })
})

test('progress is logged with percentage and rate, at most every five seconds', async () => {
  await using edge = await startEdge()
  edge.storage.faults.order({ kind: 'slow', bytesPerSecond: 3 * 1024 * 1024 })
  const { main } = await publish(edge, { build: bigFolder(24 * 1024 * 1024), timeout: '60s' })
  expect(main.exitCode).toBe(0)
  const lines = main.rawStdout.match(/^Uploading: .*$/gm) ?? []
  expect(lines.length).toBeGreaterThanOrEqual(1)
  expect(lines.length).toBeLessThanOrEqual(2)
  expect(lines[0]).toMatch(/^Uploading: \d+ % of 24\.0 MiB \(\d+\.\d MiB\/s\)\.$/)
  expect(main.rawStdout).toMatch(/^Uploaded 24\.0 MiB in [\d.]+ s \([\d.]+ MiB\/s\)\.$/m)
})
