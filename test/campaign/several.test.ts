import { afterAll, describe, expect, test } from 'vitest'
import {
  CREATE,
  deploy,
  type Edgegap,
  LIST,
  LOGS,
  run,
  STATUS,
  STOP,
  startEdgegap,
} from '../action/deploy.ts'
import { ready } from '../emulator/edgegap/script.ts'
import type { FaultOrder } from '../emulator/faults.ts'
import { type Endpoint, type FaultCell, faultOf, gridOf, isFull, tryCells } from './grid.ts'
import { judgeSeveral, judgeStop } from './judge-several.ts'
import { Table } from './table.ts'

/**
 * Every fault on every request of a deploy of three servers that replaces two, and of a stop of three.
 * `npm test` runs a share of it.
 */
/** An even one takes only faults that come once, which are over sooner. */
const SHARE = 38
const GROUP = 'pr-12'

const list: Endpoint = { name: 'list', method: 'GET', path: LIST }
const status: Endpoint = { name: 'status', method: 'GET', path: STATUS }
const log: Endpoint = { name: 'log', method: 'GET', path: LOGS }
const stop: Endpoint = { name: 'stop', method: 'DELETE', path: STOP }
const create: Endpoint = { name: 'create', method: 'POST', path: CREATE }

function expectUsed(ordered: FaultOrder | undefined): void {
  if (ordered) expect(ordered.used, 'the fault never came').toBeGreaterThan(0)
}

function open(): Promise<Edgegap> {
  return startEdgegap({ stopPendingAtOnce: true, terminateAfterMs: 200 })
}

/** Of another group, and of another application. */
function addStrangers(edgegap: Edgegap): string[] {
  const orders = [{ tags: ['pr-1'] }, { application: 'other-game', tags: [GROUP] }]
  return orders.map((one) => edgegap.addDeployment(one).id)
}

const add = (edgegap: Edgegap, count: number) =>
  Array.from({ length: count }, () => edgegap.addDeployment({ tags: [GROUP] }).id)

async function deploySeveral(cell?: FaultCell): Promise<string> {
  await using edgegap = await open()
  const strangers = addStrangers(edgegap)
  const older = add(edgegap, 2)
  edgegap.nextScript(ready(200), ready(600), ready(400))
  const ordered = cell && edgegap.faults.order(faultOf(cell))
  const job = await deploy(
    edgegap,
    {
      locations: 'a 1,1\nb 2,2\nc 3,3',
      group: GROUP,
      replace: 'after-ready',
      timeout: '8s',
      'poll-interval': '1s',
    },
    // What hides a server for ever cannot be cleaned up behind it.
    { beforePost: async () => edgegap.faults.clear() },
  )
  expectUsed(ordered)
  return judgeSeveral(edgegap, job, { older, strangers })
}

async function stopSeveral(cell?: FaultCell): Promise<string> {
  await using edgegap = await open()
  const strangers = addStrangers(edgegap)
  const group = add(edgegap, 3)
  const ordered = cell && edgegap.faults.order(faultOf(cell))
  const inputs = { operation: 'stop', application: 'my-game', group: GROUP, timeout: '8s' }
  const job = await run(edgegap, inputs)
  expectUsed(ordered)
  return judgeStop(edgegap, job, { group, strangers })
}

const faults = new Table('Request of a deploy of three servers, and how often the fault comes')
const stopFaults = new Table('Request of a stop of three servers, and how often the fault comes')
afterAll(() => {
  if (isFull) console.log([faults, stopFaults].join('\n\n'))
})

describe.concurrent('every fault on every request of a deploy of three that replaces two', () => {
  test('none of which comes', async () => {
    expect(await deploySeveral()).toBe('succeeded, the new servers')
  })

  tryCells(gridOf([create, list, status, log, stop]), SHARE, faults, deploySeveral)
})

describe.concurrent('every fault on every request of a stop of three', () => {
  test('none of which comes', async () => {
    expect(await stopSeveral()).toBe('succeeded, all are gone')
  })

  tryCells(gridOf([list, status, log, stop]), SHARE, stopFaults, stopSeveral)
})
