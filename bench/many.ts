/**
 * How do many servers in one step do? The committed bundle deploys to 1, 10, 50 and 200 places of an
 * emulator on loopback that keeps Edgegap's rate limits, by polling; each server needs 8 to
 * 10 s more than it takes to create all of them. Usage: node bench/many.ts [servers …]
 */
import { readFileSync } from 'node:fs'
import { startEdgegapEmulator } from '../test/emulator/edgegap/emulator.ts'
import { ready } from '../test/emulator/edgegap/script.ts'
import { startStep } from '../test/harness/step.ts'

const counts = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [1, 10, 50, 200]
/** The wait proper: creates and first checks are over, and no server is ready yet. */
const [WAIT_FROM_MS, WAIT_TO_MS] = [3_000, 7_500]
const SAMPLE_MS = 50

async function measure(count: number) {
  const edgegap = await startEdgegapEmulator()
  edgegap.nextScript(
    ...Array.from({ length: count }, (_, index) =>
      ready((count - index) * 50 + 8_000 + 2_000 * Math.random()),
    ),
  )
  const places = Array.from({ length: count }, (_, index) => `p${index} ${index % 80},10`)
  const step = startStep({
    entry: 'main',
    env: { RUNNER_ENVIRONMENT: 'self-hosted' },
    inputs: {
      'api-token': edgegap.settings.token,
      'api-url': edgegap.url,
      application: 'my-game',
      version: 'v1',
      wait: 'poll',
      locations: places.join('\n'),
    },
  })
  let peakKb = 0
  const sampler = setInterval(() => {
    peakKb = Math.max(peakKb, peakMemoryKb(step.pid))
  }, SAMPLE_MS)
  const { exitCode, rawStdout } = await step.done
  const endedAtMs = performance.now()
  clearInterval(sampler)
  if (exitCode !== 0) throw new Error(rawStdout.slice(-2_000))
  const slowestAtMs = Math.max(...edgegap.deployments.map(({ newsAt }) => newsAt ?? 0))
  const acceptedAtMs = Math.max(...edgegap.deployments.map(({ createdAt }) => createdAt))
  const inWait = edgegap.requests.filter(
    ({ at }) => at > acceptedAtMs + WAIT_FROM_MS && at < acceptedAtMs + WAIT_TO_MS,
  )
  const result = {
    servers: count,
    'requests/s in the wait': ((inWait.length * 1000) / (WAIT_TO_MS - WAIT_FROM_MS)).toFixed(2),
    'requests in all': edgegap.requests.length,
    '429s': edgegap.requests.filter(({ status }) => status === 429).length,
    'beyond the slowest, s': ((endedAtMs - slowestAtMs) / 1000).toFixed(2),
    'peak memory, MiB': Math.round(peakKb / 1024),
  }
  await edgegap.close()
  return result
}

/** Linux only; 0 elsewhere, and when the process is gone. */
function peakMemoryKb(pid: number | undefined): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0)
  } catch {
    return 0
  }
}

const rows: Awaited<ReturnType<typeof measure>>[] = []
for (const count of counts) rows.push(await measure(count))
console.table(rows)
