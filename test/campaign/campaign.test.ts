import { afterAll, describe, expect, test } from 'vitest'
import { CREATE, deploy, LIST, LOGS, STATUS, STOP, startEdgegap } from '../action/deploy.ts'
import { error, ready } from '../emulator/edgegap/script.ts'
import { removeEventFiles } from '../github/stage.ts'
import { killDeploy } from './edgegap-kill.ts'
import { CELL_MS, type FaultCell, faultOf, gridOf, isFull, tryCells } from './grid.ts'
import { judgeDeploy } from './judge.ts'
import { endOfRelease, endRelease, releaseCells, runRelease, runReleaseCell } from './release.ts'
import { Table } from './table.ts'
import { killUpload } from './upload-kill.ts'

/**
 * The bundle against every fault on every request, and killed at many moments. `npm test` runs a
 * fixed share; `npm run test:campaign` runs all of it and prints the tables, which
 * `docs/reliability.md` keeps. `CAMPAIGN_KILLS` asks for more kills, or fewer.
 */
const CELL_SHARE = 17
/** An even one takes only faults that come once: one that stays may hold a promotion for minutes. */
const RELEASE_SHARE = 46
/** Releases that are cancelled or killed. */
const RELEASE_ENDS = isFull ? 180 : 6
const KILLS = Number(process.env.CAMPAIGN_KILLS || (isFull ? 300 : 12))
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

/** Every request that a deploy sends. */
const ENDPOINTS = [
  { name: 'create', method: 'POST', path: CREATE },
  { name: 'status', method: 'GET', path: STATUS },
  { name: 'list', method: 'GET', path: LIST },
  { name: 'stop', method: 'DELETE', path: STOP },
  { name: 'log', method: 'GET', path: LOGS },
]

async function runCell(cell: FaultCell): Promise<string> {
  // One that fails has its log read and is stopped.
  const comesUp = cell.name === 'create' || cell.name === 'status'
  await using edgegap = await startEdgegap({
    script: comesUp ? ready(300) : error(300),
    stopPendingAtOnce: true,
  })
  // The list is asked only for a create whose reply got lost.
  if (cell.name === 'list') {
    edgegap.faults.order({ kind: 'reset', when: 'after', method: 'POST', times: 1 })
  }
  edgegap.faults.order(faultOf(cell))
  const job = await deploy(
    edgegap,
    { timeout: '6s', 'poll-interval': '1s' },
    // What hides a server for ever cannot be cleaned up behind it.
    { beforePost: async () => edgegap.faults.clear() },
  )
  return judgeDeploy(edgegap, job)
}

describe.concurrent('every fault on every request', () => {
  tryCells(gridOf(ENDPOINTS), CELL_SHARE, faults, runCell)
})

describe.concurrent('every fault on every request of a release', () => {
  test('none of which comes', async () => {
    expect(await runRelease()).toBe('succeeded, the new server')
  })

  tryCells(releaseCells(), RELEASE_SHARE, releaseFaults, runReleaseCell)
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
