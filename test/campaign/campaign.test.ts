import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, test } from 'vitest'
import { deploy, type Edgegap, startEdgegap, type With } from '../action/deploy.ts'
import { error, ready } from '../emulator/edgegap/script.ts'
import { freePort } from '../emulator/tunnel/loopback-server.ts'
import type { JobResult } from '../harness/job.ts'
import { seededRandom } from '../wait/random.ts'
import { allCells, type Cell } from './cells.ts'

/**
 * The bundle against every fault on every request, and killed at many moments. `npm test` runs a
 * fixed share; `npm run test:campaign` runs all of it and prints the table.
 */
const isFull = process.env.CAMPAIGN === 'full'
const CELL_SHARE = 17
const KILLS = isFull ? 200 : 6
const CELL_MS = 240_000

const results: Record<string, Record<string, number>> = {}

function count(row: string, column: string): void {
  const line = results[row] ?? {}
  results[row] = line
  line[column] = (line[column] ?? 0) + 1
}

afterAll(() => {
  if (isFull) console.table(results)
})

/** What must hold after every run, whatever happened in it. */
function judge(edgegap: Edgegap, { main, post }: JobResult): string {
  const live = edgegap.live().map(({ id }) => id)
  // A kill within the milliseconds that Node takes to end comes after all was said and released.
  const isReleased = main.state.ledger === '' && main.outputs.outcome === 'succeeded'
  if (main.exitCode === 0 || isReleased) {
    expect(live).toEqual([main.outputs['deployment-id']])
    return 'green, its server lives'
  }
  expect(live).toEqual([])
  return post && post.log.length > 0 ? 'red, cleaned up with the post step' : 'red, cleaned up'
}

async function runCell({ endpoint, effect, isAlways, comesUp }: Cell): Promise<string> {
  await using edgegap = await startEdgegap({
    script: comesUp ? ready(300) : error(300),
    stopPendingAtOnce: true,
  })
  const { method, path } = endpoint
  // The list is asked only for a create whose reply got lost.
  if (endpoint.name === 'list') {
    edgegap.faults.order({ kind: 'reset', when: 'after', method: 'POST', times: 1 })
  }
  edgegap.faults.order({ ...effect, method, path, ...(!isAlways && { times: 1 }) })
  const job = await deploy(
    edgegap,
    { timeout: '6s', 'poll-interval': '1s' },
    // What hides a server for ever cannot be cleaned up behind it.
    { beforePost: async () => edgegap.faults.clear() },
  )
  return judge(edgegap, job)
}

async function runKill(index: number): Promise<string> {
  const random = seededRandom(index + 1)
  const withWebhook = index % 2 === 0
  await using edgegap = await startEdgegap({ script: ready(400), listLagMs: 300 })
  const killAfterMs = random() * 900
  const port = String(await freePort())
  const tunnel = { 'public-url': `http://127.0.0.1:${port}`, 'listen-port': port }
  const inputs: With = withWebhook ? tunnel : { wait: 'poll' }
  const job = await deploy(edgegap, inputs, {
    mainControl: async (step) => {
      await Promise.race([sleep(killAfterMs), step.done])
      step.kill()
      await step.done
    },
  })
  return judge(edgegap, job)
}

describe.concurrent('every fault on every request', () => {
  const cells = allCells().filter((_, index) => isFull || index % CELL_SHARE === 0)
  test.each(cells.map((cell) => [titleOf(cell), cell] as const))(
    '%s',
    async (_, cell) => {
      count(`${cell.endpoint.name}, ${cell.isAlways ? 'always' : 'once'}`, await runCell(cell))
    },
    CELL_MS,
  )
})

describe.concurrent('a kill', () => {
  test.each(Array.from({ length: KILLS }, (_, index) => index))(
    'at moment %i leaves no server that nobody knows of',
    async (index) => {
      count('killed', await runKill(index))
    },
    CELL_MS,
  )
})

function titleOf({ endpoint, fault, isAlways }: Cell): string {
  return `${endpoint.name}: ${fault}, ${isAlways ? 'always' : 'once'}`
}
