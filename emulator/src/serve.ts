import { isLive } from '../../test/emulator/edgegap/deployment.ts'
import { type EdgegapEmulator, startEdgegapEmulator } from '../../test/emulator/edgegap/emulator.ts'
import { type EmulatorServer, startServer } from '../../test/emulator/server.ts'
import { type Answer, LIVE_ON, type Order } from './messages.ts'
import { MOST_REQUESTS, type Report } from './report.ts'

/** No job on a runner of GitHub's lasts longer: should everything else fail, this ends the process. */
const LONGEST_LIFE_MS = 6 * 3_600_000
/** The answer to a stop has to get out before the process ends. */
const FAREWELL_MS = 50

/**
 * The emulator's own process: waits for its order, answers where it listens, and ends when it is
 * stopped. Until it is allowed to live on alone it ends with the step that started it.
 */
export async function serve(): Promise<void> {
  process.on('disconnect', () => process.exit(1))
  process.on('message', (message: Order | typeof LIVE_ON) => {
    if (message === LIVE_ON) {
      process.removeAllListeners('disconnect')
      process.disconnect()
    } else void obey(message).then(answer, failed)
  })
  setTimeout(() => process.exit(0), LONGEST_LIFE_MS)
}

async function obey({ plan, token, controlKey }: Order): Promise<Answer> {
  const startedMs = performance.now()
  const edgegap = await startEdgegapEmulator({ ...plan.options, token })
  edgegap.nextScript(...plan.scripts)
  if (plan.refusedCreates > 0) edgegap.refuseCreates(plan.refusedCreates)
  for (const fault of plan.faults) edgegap.faults.order(fault)
  const control = await startServer()
  addControl(control, controlKey, () => reportOn(edgegap, startedMs))
  return { kind: 'ready', url: edgegap.url, controlUrl: control.url }
}

function addControl(control: EmulatorServer, key: string, report: () => Report): void {
  control.guard(({ headers }) =>
    headers.authorization === `Bearer ${key}` ? undefined : { status: 401 },
  )
  control.route('GET', '/report', () => ({ status: 200, body: report() }))
  control.route('POST', '/stop', () => {
    setTimeout(() => process.exit(0), FAREWELL_MS)
    return { status: 202 }
  })
}

function reportOn({ requests, deployments }: EdgegapEmulator, startedMs: number): Report {
  return {
    requestCount: requests.length,
    requests: requests.slice(-MOST_REQUESTS).map((request) => ({
      method: request.method,
      path: request.path,
      query: new URLSearchParams(request.query).toString(),
      status: request.status ?? null,
      fault: request.fault ?? null,
      seconds: Math.round(request.at - startedMs) / 1000,
    })),
    deployments: deployments.map((deployment) => ({
      id: deployment.id,
      application: deployment.application,
      version: deployment.version,
      tags: deployment.tags,
      status: deployment.status,
      running: isLive(deployment),
    })),
  }
}

function answer(message: Answer): void {
  process.send?.(message)
}

function failed(thrown: unknown): void {
  const { code = '', message = String(thrown) } = (thrown ?? {}) as NodeJS.ErrnoException
  process.send?.({ kind: 'failed', code, message } satisfies Answer, () => process.exit(1))
}
