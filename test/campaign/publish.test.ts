import { afterAll, describe, expect, test } from 'vitest'
import {
  APP,
  buildFolder,
  type Edge,
  IMPORT,
  publish,
  SUBSCRIPTIONS,
  startEdge,
  TASKS,
  withWebhook,
} from '../action/rockit-edge.ts'
import * as script from '../emulator/rockit-edge/script.ts'
import type { UploadEffect } from '../emulator/rockit-edge/upload-fault.ts'
import { type Cell, faultOf, gridOf, isFull, tryCells } from './grid.ts'
import { judgePublish } from './judge-publish.ts'
import { Table } from './table.ts'

/** Every fault on every request of a publish to ROCKIT Edge. `npm test` runs a share of it. */
/** An even one takes only faults that come once, which are over sooner. */
const SHARE = 32

const ENDPOINTS = [
  { name: 'app', method: 'GET', path: APP },
  { name: 'import', method: 'POST', path: IMPORT },
  { name: 'task list', method: 'GET', path: TASKS },
  { name: 'subscribe', method: 'POST', path: SUBSCRIPTIONS },
  { name: 'unsubscribe', method: 'DELETE', path: SUBSCRIPTIONS },
  // Asked for only where the upload did not arrive.
  { name: 'expire', method: 'PATCH', path: TASKS },
] as const

const UPLOAD_FAULTS: readonly (readonly [name: string, effect: UploadEffect])[] = [
  ['400', { kind: 'status', status: 400 }],
  ['403', { kind: 'status', status: 403 }],
  ['403 in the middle', { kind: 'status', status: 403, atBytes: 1_000 }],
  ['429', { kind: 'status', status: 429, headers: { 'retry-after': '1' } }],
  ['500', { kind: 'status', status: 500, body: '<html>storage</html>' }],
  ['503', { kind: 'status', status: 503 }],
  ['redirect', { kind: 'status', status: 302, headers: { location: 'http://127.0.0.1:1/' } }],
  ['reset', { kind: 'reset' }],
  ['reset in the middle', { kind: 'reset', atBytes: 1_000 }],
  ['stalls', { kind: 'stall', atBytes: 1_000 }],
  ['never answers', { kind: 'hang' }],
  ['lost answer', { kind: 'lost-answer' }],
]

interface PublishCell extends Cell {
  readonly arrange: (edge: Edge) => unknown
}

function apiCells(): PublishCell[] {
  return gridOf(ENDPOINTS).map((cell) => ({
    ...cell,
    arrange: ({ faults, storage }: Edge) => {
      if (cell.name === 'expire') storage.faults.order({ kind: 'status', status: 403 })
      faults.order(faultOf(cell))
    },
  }))
}

function uploadCells(): PublishCell[] {
  return UPLOAD_FAULTS.flatMap(([fault, effect]) =>
    [false, true].map((isAlways) => ({
      ...{ name: 'upload', fault, isAlways },
      arrange: ({ storage }: Edge) =>
        storage.faults.order({ ...effect, ...(!isAlways && { times: 1 }) }),
    })),
  )
}

async function run(cell: PublishCell): Promise<string> {
  await using edge = await startEdge({ script: script.success({ stepMs: 100 }) })
  cell.arrange(edge)
  const build = buildFolder({ 'bin/game': 'run', 'game.pak': 'x'.repeat(50_000) })
  const inputs = { ...(await withWebhook()), wait: 'auto', 'poll-interval': '1s', timeout: '10s' }
  const job = await publish(
    edge,
    { ...inputs, build },
    // What is refused for ever cannot be taken back.
    { beforePost: async () => edge.faults.clear() },
  )
  return await judgePublish(edge, job)
}

const table = new Table('Request of a publish (ROCKIT Edge), and how often the fault comes')
afterAll(() => {
  if (isFull) console.log(String(table))
})

describe.concurrent('every fault on every request of a publish', () => {
  test('none of which comes', async () => {
    const none = { name: '', fault: '', isAlways: false, arrange: () => {} }
    expect(await run(none)).toBe('succeeded, published')
  })

  tryCells([...apiCells(), ...uploadCells()], SHARE, table, run)
})
