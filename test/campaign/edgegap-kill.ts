import {
  CREATE,
  deploy,
  LIST,
  publicTunnel,
  STATUS,
  STOP,
  startEdgegap,
  type With,
} from '../action/deploy.ts'
import type { EdgegapEmulator } from '../emulator/edgegap/emulator.ts'
import { error, ready } from '../emulator/edgegap/script.ts'
import { seededRandom } from '../wait/random.ts'
import { judgeDeploy, restOf } from './judge.ts'
import { killIn, PATIENCE_MS, type Stage } from './stage.ts'
import type { Table } from './table.ts'

type EdgegapStage = Stage<EdgegapEmulator> & {
  /** Whether the server comes up; one that fails has its log read and is stopped. */
  readonly comesUp: boolean
}

const requested = (method: string, path: RegExp) => (edgegap: EdgegapEmulator) =>
  edgegap.whenRequested(method, path, { timeoutMs: PATIENCE_MS })

const CREATING = { method: 'POST', path: CREATE, times: 1 } as const

const STAGES: readonly EdgegapStage[] = [
  { name: '1 before the create is sent', comesUp: true, begins: async () => {}, withinMs: 500 },
  {
    name: '2 before the reply to the create',
    comesUp: true,
    arrange: ({ faults }) => faults.order({ ...CREATING, kind: 'delay-reply', delayMs: 400 }),
    begins: requested('POST', CREATE),
    withinMs: 500,
  },
  {
    name: '3 before the create is carried out',
    comesUp: true,
    arrange: ({ faults }) => faults.order({ ...CREATING, kind: 'delay', delayMs: 6_000 }),
    begins: requested('POST', CREATE),
    withinMs: 500,
  },
  {
    name: '4 while a lost create is looked up',
    comesUp: true,
    arrange: ({ faults }) => faults.order({ ...CREATING, kind: 'reset', when: 'after' }),
    begins: requested('GET', LIST),
    withinMs: 600,
  },
  {
    name: '5 while the server starts',
    comesUp: true,
    begins: requested('GET', STATUS),
    withinMs: 600,
  },
  {
    name: '6 as the server becomes ready',
    comesUp: true,
    begins: (_, step) => step.waitForLine(/Status\.READY/, PATIENCE_MS),
    withinMs: 60,
  },
  {
    name: '7 while a server that failed is stopped',
    comesUp: false,
    arrange: ({ faults }) =>
      faults.order({ kind: 'delay-reply', delayMs: 400, method: 'DELETE', path: STOP, times: 1 }),
    begins: requested('DELETE', STOP),
    withinMs: 600,
  },
]

/** Kills a deploy at a moment by chance in each stage in turn, and has its post step clean up. */
export async function killDeploy(
  wait: 'poll' | 'webhook',
  index: number,
  table: Table,
): Promise<void> {
  const stage = STAGES[index % STAGES.length] as EdgegapStage
  const seed = 2 * index + (wait === 'webhook' ? 1 : 2)
  const killAfterMs = seededRandom(seed)() * stage.withinMs
  await using edgegap = await startEdgegap({
    script: stage.comesUp ? ready(600) : error(300),
    listLagMs: 300,
    stopPendingAtOnce: true,
  })
  stage.arrange?.(edgegap)
  const inputs: With = wait === 'webhook' ? await publicTunnel() : { wait }
  const attempt = async () => {
    const job = await deploy(edgegap, inputs, {
      mainControl: killIn(stage, edgegap, killAfterMs),
    })
    await restOf(edgegap)
    return judgeDeploy(edgegap, job)
  }
  await table.measure(`${stage.name}, ${wait}`, attempt)
}
