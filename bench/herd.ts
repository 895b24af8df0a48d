/**
 * What becomes of many jobs of one organization that all start within seconds and share its limits?
 *
 * Simulated on a virtual clock: this action's own create, provider and wait, by polling, beside loops
 * with a fixed interval. A job counts as failed when it ends red although its server came up. Each figure
 * is the mean of several herds, which are the same for all lines.
 *
 * Usage: node bench/herd.ts [jobs …]
 */
import { seededRandom } from '../test/wait/random.ts'
import { VirtualClock } from '../test/wait/virtual-clock.ts'
// Loaded before any time is made up: real reading of files takes no virtual time.
import '../src/provider/edgegap/edgegap.ts'
import '../src/provider/edgegap/wire.ts'
import { fixedLoop, type Job, ours } from './herd/jobs.ts'
import { Organization } from './herd/organization.ts'

const counts = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [1, 20, 200, 1_000]
/** All jobs start within this time: some hundreds a second are too many for the limit of creates. */
const START_WITHIN_MS = 10_000
/** How long a server takes to be ready. */
const [READY_FROM_MS, READY_TO_MS] = [10_000, 60_000]
const HERDS = 6
/** Few jobs say little: in each herd so many are played, if need be one group after the other. */
const FEWEST_JOBS = 60

const contenders: Readonly<Record<string, Job>> = {
  'this action': ours,
  'fixed 2 s': fixedLoop(2_000),
  'fixed 5 s': fixedLoop(5_000),
}

interface Result {
  readonly lagsMs: number[]
  readonly totalsMs: number[]
  failures: number
  duplicates: number
  requests: number
  refused: number
}

/** One herd from its start to the end of its last job. */
async function play(job: Job, count: number, seed: number, result: Result): Promise<void> {
  const random = seededRandom(seed)
  const clock = new VirtualClock()
  const readyAfterMs = () => READY_FROM_MS + (READY_TO_MS - READY_FROM_MS) * random()
  const organization = new Organization(clock, random, readyAfterMs)
  const jobs = Array.from({ length: count }, async (_, number) => {
    await clock.sleep(START_WITHIN_MS * random())
    const startedAtMs = clock.nowMs()
    try {
      const id = await job({ clock, organization, random }, number)
      result.lagsMs.push(clock.nowMs() - organization.readyAtMs(id))
      result.totalsMs.push(clock.nowMs() - startedAtMs)
    } catch (thrown) {
      if (process.env.HERD_DEBUG) console.error(thrown)
      result.failures += 1
    }
  })
  await clock.run(Promise.all(jobs))
  result.duplicates += organization.servers - count
  result.requests += organization.requests
  result.refused += organization.refused
}

function part(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN
}

const seconds = (ms: number) => `${(ms / 1_000).toFixed(2)} s`

/** One line of the table for one herd, in milliseconds and numbers a job. */
async function figuresOf(job: Job, count: number, seed: number): Promise<number[]> {
  const groups = Math.ceil(FEWEST_JOBS / count)
  const result: Result = {
    lagsMs: [],
    totalsMs: [],
    failures: 0,
    duplicates: 0,
    requests: 0,
    refused: 0,
  }
  for (let group = 0; group < groups; group++) {
    await play(job, count, seed * groups + group, result)
  }
  const { lagsMs, totalsMs, failures, duplicates, requests, refused } = result
  const perJob = (total: number) => total / count / groups
  const times = [part(lagsMs, 0.5), part(lagsMs, 0.95), part(totalsMs, 0.5)]
  return [failures, duplicates, ...times, perJob(requests), perJob(refused)]
}

for (const count of counts) {
  const rows: Record<string, Record<string, string | number>> = {}
  for (const [name, job] of Object.entries(contenders)) {
    const herds: number[][] = []
    for (let seed = 1; seed <= HERDS; seed++) herds.push(await figuresOf(job, count, seed))
    const sum = (column: number) => herds.reduce((all, one) => all + (one[column] ?? 0), 0)
    const mean = (column: number) => sum(column) / HERDS
    rows[name] = {
      'false failures': sum(0),
      duplicates: sum(1),
      'lag, median': seconds(mean(2)),
      'lag, p95': seconds(mean(3)),
      'job, median': seconds(mean(4)),
      'requests a job': mean(5).toFixed(1),
      '429s a job': mean(6).toFixed(1),
    }
  }
  console.log(`\n${count} ${count === 1 ? 'job' : 'jobs'}`)
  console.table(rows)
}
