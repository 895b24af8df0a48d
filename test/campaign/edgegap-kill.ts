import { setTimeout as sleep } from 'node:timers/promises'
import { CREATE, deploy, type Edgegap, STATUS, startEdgegap, type With } from '../action/deploy.ts'
import { ready } from '../emulator/edgegap/script.ts'
import { freePort } from '../emulator/tunnel/loopback-server.ts'
import { seededRandom } from '../wait/random.ts'
import { judgeDeploy } from './judge.ts'
import type { Table } from './table.ts'

/** From the start of the process to its end, on a machine at rest. */
const LONGEST_MS = 900

/** Kills a deploy at a moment by chance, and has its post step clean up. */
export async function killDeploy(
  wait: 'poll' | 'webhook',
  index: number,
  table: Table,
): Promise<void> {
  const random = seededRandom(index + 1)
  await using edgegap = await startEdgegap({ script: ready(400), listLagMs: 300 })
  const killAfterMs = random() * LONGEST_MS
  const inputs: With = wait === 'webhook' ? await publicTunnel() : { wait }
  let stage = 'after its end'
  const attempt = async () => {
    const job = await deploy(edgegap, inputs, {
      mainControl: async (step) => {
        const isOver = await Promise.race([sleep(killAfterMs, false), step.done.then(() => true)])
        if (!isOver) stage = stageOf(edgegap)
        step.kill()
        await step.done
      },
    })
    return judgeDeploy(edgegap, job)
  }
  await table.measure(() => `Edgegap, ${wait}: ${stage}`, attempt)
}

async function publicTunnel(): Promise<With> {
  const port = String(await freePort())
  return { 'public-url': `http://127.0.0.1:${port}`, 'listen-port': port }
}

function stageOf(edgegap: Edgegap): string {
  if (edgegap.requestsTo('GET', STATUS).length > 0) return 'with the server known'
  if (edgegap.requestsTo('POST', CREATE).length > 0) return 'around the create'
  return 'before the create'
}
