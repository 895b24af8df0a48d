import { afterAll, describe, expect, test } from 'vitest'
import { deploy, startEdgegap } from '../action/deploy.ts'
import { error, ready } from '../emulator/edgegap/script.ts'
import { removeEventFiles } from '../github/stage.ts'
import { allCells, type Cell } from './cells.ts'
import { killDeploy } from './edgegap-kill.ts'
import { judgeDeploy } from './judge.ts'
import {
  endOfRelease,
  endRelease,
  type ReleaseCell,
  releaseCells,
  runRelease,
  runReleaseCell,
} from './release.ts'
import { Table } from './table.ts'
import { killUpload } from './upload-kill.ts'

/**
 * The bundle against every fault on every request, and killed at many moments. `npm test` runs a
 * fixed share; `npm run test:campaign` runs all of it and prints the tables, which
 * `docs/reliability.md` keeps. `CAMPAIGN_KILLS` asks for more kills, or fewer.
 */
const isFull = process.env.CAMPAIGN === 'full'
const CELL_SHARE = 17
/** An even one takes only faults that come once: one that stays may hold a promotion for minutes. */
const RELEASE_SHARE = 46
/** Releases that are cancelled or killed. */
const RELEASE_ENDS = isFull ? 180 : 6
const KILLS = Number(process.env.CAMPAIGN_KILLS || (isFull ? 300 : 12))
const CELL_MS = 400_000
/** Each third kill is one of its kind. */
const KINDS = ['poll', 'webhook', 'upload'] as const

const faults = new Table('Request, and how often the fault comes')
const deployKills = new Table('Killed (Edgegap)')
const releaseFaults = new Table('Request of a release, and how often the fault comes')
const releaseEnds = new Table('Ended (a release)')
const uploadKills = new Table('Killed (an upload to ROCKIT Edge)')

afterAll(() => {
  removeEventFiles()
  const tables = [faults, releaseFaults, deployKills, releaseEnds, uploadKills]
  if (isFull) console.log(tables.join('\n\n'))
})

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
  return judgeDeploy(edgegap, job)
}

describe.concurrent('every fault on every request', () => {
  const cells = allCells().filter((_, index) => isFull || index % CELL_SHARE === 0)
  test.each(cells.map((cell) => [titleOf(cell), cell] as const))(
    '%s',
    async (_, cell) => {
      const row = `${cell.endpoint.name}, ${cell.isAlways ? 'always' : 'once'}`
      await faults.measure(row, () => runCell(cell))
    },
    CELL_MS,
  )
})

describe.concurrent('every fault on every request of a release', () => {
  test('none of which comes', async () => {
    expect(await runRelease()).toBe('succeeded, the new server')
  })

  const cells = releaseCells().filter((_, index) => isFull || index % RELEASE_SHARE === 0)
  test.each(cells.map((cell) => [titleOf(cell), cell] as const))(
    '%s',
    async (_, cell) => {
      const row = `${cell.endpoint.name}, ${cell.isAlways ? 'always' : 'once'}`
      await releaseFaults.measure(row, () => runReleaseCell(cell))
    },
    CELL_MS,
  )
})

describe.concurrent('a release that is ended', () => {
  test.each(Array.from({ length: RELEASE_ENDS }, (_, index) => index))(
    'at moment %i leaves a server, and nothing that is untrue',
    async (index) => {
      await releaseEnds.measure(endOfRelease(index), () => endRelease(index))
    },
    CELL_MS,
  )
})

describe.concurrent('a kill', () => {
  const moments = Array.from({ length: KILLS }, (_, index) => index)
  test.each(moments.map((index) => [index, KINDS[index % KINDS.length]] as const))(
    'at moment %i (%s) leaves nothing that nobody knows of',
    async (index, kind = 'poll') => {
      const nth = Math.floor(index / KINDS.length)
      if (kind === 'upload') await killUpload(nth, uploadKills)
      else await killDeploy(kind, nth, deployKills)
    },
    CELL_MS,
  )
})

function titleOf({ endpoint, fault, isAlways }: Cell | ReleaseCell): string {
  return `${endpoint.name}: ${fault}, ${isAlways ? 'always' : 'once'}`
}
