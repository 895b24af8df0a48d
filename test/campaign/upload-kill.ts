import { execFileSync } from 'node:child_process'
import { truncateSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  buildFolder,
  type Edge,
  IMPORT,
  publish,
  startEdge,
  withWebhook,
} from '../action/rockit-edge.ts'
import * as script from '../emulator/rockit-edge/script.ts'
import type { Upload } from '../emulator/rockit-edge/upload.ts'
import type { RunningStep } from '../harness/step.ts'
import { seededRandom } from '../wait/random.ts'
import { judgeUpload } from './judge-upload.ts'
import { killIn, PATIENCE_MS, type Stage } from './stage.ts'
import type { Table } from './table.ts'

const MIB = 1024 * 1024
const BUILD_BYTES = 4 * MIB
const importAsked = (edge: Edge) => edge.whenRequested('POST', IMPORT, { timeoutMs: PATIENCE_MS })

const event = (type: 'mkraw' | 'deploy', name: 'begin' | 'end') => (edge: Edge) =>
  edge.whenEvent({ type, event: name }, { timeoutMs: PATIENCE_MS })

const upload = (isReached: (one: Upload) => boolean) => async (edge: Edge, step: RunningStep) => {
  let isOver = false
  void step.done.then(() => {
    isOver = true
  })
  while (!isOver && !edge.storage.uploads.some(isReached)) await sleep(10)
}

const STAGES: readonly Stage<Edge>[] = [
  { name: '1 before the import is asked for', begins: async () => {}, withinMs: 500 },
  {
    name: '2 before the reply to the import',
    arrange: ({ faults }) =>
      faults.order({ kind: 'delay-reply', delayMs: 400, method: 'POST', path: IMPORT }),
    begins: importAsked,
    withinMs: 500,
  },
  {
    name: '3 before the import is carried out',
    arrange: ({ faults }) =>
      faults.order({ kind: 'delay', delayMs: 6_000, method: 'POST', path: IMPORT }),
    begins: importAsked,
    withinMs: 500,
  },
  {
    name: '4 during the upload',
    arrange: ({ storage }) => storage.faults.order({ kind: 'slow', bytesPerSecond: BUILD_BYTES }),
    begins: upload(({ bytes }) => bytes > 0),
    withinMs: 1_100,
  },
  {
    name: '5 before the reply to the upload',
    arrange: ({ storage }) => storage.faults.order({ kind: 'hang' }),
    begins: upload(({ outcome }) => outcome === 'stored'),
    withinMs: 1_500,
  },
  { name: '6 while it is imported', begins: event('mkraw', 'begin'), withinMs: 300 },
  { name: '7 while it is published', begins: event('deploy', 'begin'), withinMs: 150 },
  { name: '8 after it is published', begins: event('deploy', 'end'), withinMs: 1_500 },
]

/** Kills a publish at a moment by chance in each stage in turn, and has its post step clean up. */
export async function killUpload(index: number, table: Table): Promise<void> {
  const random = seededRandom(index + 1)
  const stage = STAGES[index % STAGES.length] as Stage<Edge>
  const round = Math.floor(index / STAGES.length)
  await using edge = await startEdge({
    script: script.success({ stepMs: 150 }),
    // Whether the reply to the import names anything is not known.
    ...(round % 3 === 1 && { spelling: { importAnswers: [] } }),
  })
  stage.arrange?.(edge)
  const killAfterMs = random() * stage.withinMs
  const build = round % 2 === 0 ? newBuild() : tarOf(newBuild())
  const inputs = { build, ...(index % 2 === 0 && { ...(await withWebhook()), wait: 'auto' }) }
  const attempt = async () => {
    const job = await publish(edge, inputs, {
      mainControl: killIn(stage, edge, killAfterMs),
    })
    return await judgeUpload(edge, job)
  }
  await table.measure(stage.name, attempt)
}

function newBuild(): string {
  const folder = buildFolder({ 'bin/game': 'run', 'game.pak': '' })
  truncateSync(join(folder, 'game.pak'), BUILD_BYTES)
  return folder
}

function tarOf(folder: string): string {
  const path = join(folder, 'build.tar')
  execFileSync('tar', ['-cf', path, '-C', folder, 'bin', 'game.pak'])
  return path
}
