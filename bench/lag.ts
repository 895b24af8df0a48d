/**
 * How long after the provider's news is the step done, and how many requests did it take?
 *
 * The committed bundle, by webhook and by polling, runs side by side with the fixed intervals that
 * others use, against one emulator on loopback. The others are bare loops without process, parsing or
 * reporting, which is to their advantage. Usage: node bench/lag.ts [samples] [seconds …]
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { type EdgegapEmulator, startEdgegapEmulator } from '../test/emulator/edgegap/emulator.ts'
import { ready } from '../test/emulator/edgegap/script.ts'
import { freePort } from '../test/emulator/tunnel/loopback-server.ts'
import { startStep } from '../test/harness/step.ts'

const samples = Number(process.argv[2] ?? 5)
const durationsS = process.argv.length > 3 ? process.argv.slice(3).map(Number) : [3, 10, 30, 120]
/** Starts are spread, so that start-up of one does not slow down the finish of another. */
const STAGGER_MS = 400

interface Sample {
  lagMs: number
  requests: number
}
type Contender = (edgegap: EdgegapEmulator, id: string) => Promise<Sample>

async function ours(edgegap: EdgegapEmulator, mark: string, webhook: boolean): Promise<Sample> {
  const port = String(await freePort())
  const tunnel = { 'public-url': `http://127.0.0.1:${port}`, 'listen-port': port }
  const step = startStep({
    entry: 'main',
    env: { RUNNER_ENVIRONMENT: 'self-hosted' },
    inputs: {
      'api-token': edgegap.settings.token,
      'api-url': edgegap.url,
      application: 'my-game',
      version: 'v1',
      tags: mark,
      ...(webhook ? tunnel : { wait: 'poll' }),
    },
  })
  const { exitCode, rawStdout } = await step.done
  const exitedAt = performance.now()
  const [deployment] = edgegap.byTag(mark)
  if (exitCode !== 0 || deployment?.newsAt === undefined) throw new Error(rawStdout)
  const requests = edgegap.requests.filter(({ path }) => path.includes(deployment.id)).length + 1
  return { lagMs: exitedAt - deployment.newsAt, requests }
}

/** A loop as others write it: the status is read after each interval, or at once and then so. */
async function loop(
  edgegap: EdgegapEmulator,
  mark: string,
  nextMs: (elapsedMs: number, count: number) => number,
): Promise<Sample> {
  const headers = { authorization: `token ${edgegap.settings.token}` }
  const users = [{ user_type: 'ip_address', user_data: { ip_address: '192.0.2.1' } }]
  const body = JSON.stringify({ application: 'my-game', version: 'v1', users, tags: [mark] })
  await fetch(`${edgegap.url}/v2/deployments`, { method: 'POST', headers, body })
  const [deployment] = edgegap.byTag(mark)
  if (!deployment) throw new Error('not created')
  const startedAt = performance.now()
  for (let count = 1; ; count++) {
    await sleep(nextMs(performance.now() - startedAt, count))
    const reply = await fetch(`${edgegap.url}/v1/status/${deployment.id}`, { headers })
    const { current_status } = (await reply.json()) as { current_status: string }
    if (current_status === 'Status.READY') {
      return { lagMs: performance.now() - (deployment.newsAt ?? 0), requests: count + 1 }
    }
  }
}

const contenders: Record<string, Contender> = {
  'this action, webhook': (edgegap, mark) => ours(edgegap, mark, true),
  'this action, polling': (edgegap, mark) => ours(edgegap, mark, false),
  'fixed 2 s': (edgegap, mark) => loop(edgegap, mark, () => 2_000),
  '2 s growing to 10 s': (edgegap, mark) =>
    loop(edgegap, mark, (_, count) => Math.min(10_000, 2_000 * 1.5 ** (count - 1))),
  'fixed 5 s': (edgegap, mark) => loop(edgegap, mark, () => 5_000),
  '15 s growing to 120 s': (edgegap, mark) =>
    loop(edgegap, mark, (_, count) => Math.min(120_000, 15_000 * 2 ** (count - 1))),
}

const edgegap = await startEdgegapEmulator({
  rateLimits: { deployPerSecond: 1e6, statusPerSecond: 1e6, listPerSecond: 1e6 },
})
const results = new Map<string, Sample[]>()
const running: Promise<void>[] = []
let number = 0
for (let sample = 0; sample < samples; sample++) {
  for (const durationS of durationsS) {
    for (const [name, contender] of Object.entries(contenders)) {
      const mark = `bench-${number++}`
      // Real durations are not multiples of anybody's interval.
      edgegap.settings.script = ready(durationS * 1000 * (0.9 + 0.2 * Math.random()))
      const created = edgegap.whenRequested('POST', /deployments$/, { count: number })
      running.push(
        contender(edgegap, mark).then((result) => {
          const key = `${durationS}|${name}`
          results.set(key, [...(results.get(key) ?? []), result])
        }),
      )
      await created
      await sleep(STAGGER_MS * Math.random())
    }
  }
}
await Promise.all(running)
await edgegap.close()

const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN
for (const durationS of durationsS) {
  console.log(`\nDeployments of about ${durationS} s, ${samples} each`)
  console.log('                           news → done, median      worst   requests, median')
  for (const name of Object.keys(contenders)) {
    const list = results.get(`${durationS}|${name}`) ?? []
    const lag = median(list.map(({ lagMs }) => lagMs))
    const worst = Math.max(...list.map(({ lagMs }) => lagMs))
    const requests = median(list.map((one) => one.requests))
    const seconds = (ms: number) => `${(ms / 1000).toFixed(3)} s`.padStart(11)
    console.log(
      `  ${name.padEnd(24)} ${seconds(lag)}      ${seconds(worst)}   ${String(requests).padStart(8)}`,
    )
  }
}
