/**
 * How much does a whole step take beyond the provider's own time, from the start of its process to
 * its exit?
 *
 * The built bundle by polling, also with `image` and with `environment` and `comment`, by webhook, and
 * with the default inputs of a runner of GitHub's, beside bare loops with a fixed interval, in one run
 * against emulators on loopback. With the defaults cloudflared is downloaded each time, and no webhook
 * comes through, since the tunnel's name is in no public DNS: that is the worst case for them.
 * GitHub's answers take as long as they do from a runner. The loops have no process to start and
 * report nothing, which is to their advantage. A busy machine makes every line worse, so the figures
 * are to be read beside each other.
 *
 * Usage: node bench/step.ts [samples] [seconds …], such as 7 0.5 3 10 30 120
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { type EdgegapEmulator, startEdgegapEmulator } from '../test/emulator/edgegap/emulator.ts'
import { ready } from '../test/emulator/edgegap/script.ts'
import { freePort } from '../test/emulator/tunnel/loopback-server.ts'
import { startRelay } from '../test/emulator/tunnel/relay.ts'
import { environmentOf, removeEventFiles, startWithPull } from '../test/github/stage.ts'
import { startStep } from '../test/harness/step.ts'
import { startQuickTunnels } from './step/quick-tunnel.ts'

const samples = Number(process.argv[2] ?? 7)
const durationsS = process.argv.length > 3 ? process.argv.slice(3).map(Number) : [0.5, 3, 10, 30]
/** Longer waits overlap; their steps are started one after the other, so far apart. */
const STAGGER_MS = 600
/** Steps of shorter ones are alone: the start of one must not slow down the end of another. */
const LONGEST_ALONE_S = 3
const GITHUB_ANSWERS_MS = 150

interface Sample {
  /** Beyond what the provider took from the create to ready. */
  readonly beyondMs: number
  /** The part of it after ready: the lag of the news, and all that is done with it. */
  readonly afterMs: number
  readonly requests: number
}
type Contender = (edgegap: EdgegapEmulator, tag: string) => Promise<Sample>
type Texts = Readonly<Record<string, string>>
type Inputs = (tag: string) => Texts | Promise<Texts>

interface Setting {
  readonly env?: Texts | (() => Readonly<Record<string, string | undefined>>)
  readonly actionFile?: string
}

/** One step of this action; every step makes its own server, known by its tag. */
function ours(inputs: Inputs, { env = {}, actionFile }: Setting = {}): Contender {
  return async (edgegap, tag) => {
    const given = await inputs(tag)
    const startedAt = performance.now()
    const step = startStep({
      entry: 'main',
      ...(actionFile !== undefined && { actionFile }),
      env: { RUNNER_ENVIRONMENT: 'self-hosted', ...(typeof env === 'function' ? env() : env) },
      inputs: {
        'api-token': edgegap.settings.token,
        'api-url': edgegap.url,
        application: 'my-game',
        version: 'v1',
        tags: tag,
        ...given,
      },
    })
    const { exitCode, rawStdout } = await step.done
    if (exitCode !== 0) throw new Error(rawStdout)
    return sampleOf(edgegap, tag, startedAt)
  }
}

/** A loop as others write it: the status is read after each interval. */
function loop(intervalMs: number): Contender {
  return async (edgegap, tag) => {
    const startedAt = performance.now()
    const headers = { authorization: `token ${edgegap.settings.token}` }
    const users = [{ user_type: 'ip_address', user_data: { ip_address: '192.0.2.1' } }]
    const body = JSON.stringify({ application: 'my-game', version: 'v1', users, tags: [tag] })
    await fetch(`${edgegap.url}/v2/deployments`, { method: 'POST', headers, body })
    const [deployment] = edgegap.byTag(tag)
    for (;;) {
      await sleep(intervalMs)
      const reply = await fetch(`${edgegap.url}/v1/status/${deployment?.id}`, { headers })
      if ((await reply.text()).includes('Status.READY')) return sampleOf(edgegap, tag, startedAt)
    }
  }
}

function sampleOf(edgegap: EdgegapEmulator, tag: string, startedAt: number): Sample {
  const endedAt = performance.now()
  const [deployment] = edgegap.byTag(tag)
  if (deployment?.newsAt === undefined) throw new Error(`${tag} was never ready`)
  const providersMs = deployment.newsAt - deployment.createdAt
  const requests = edgegap.requests.filter(({ path }) => path.includes(deployment.id)).length + 1
  return {
    beyondMs: endedAt - startedAt - providersMs,
    afterMs: endedAt - deployment.newsAt,
    requests,
  }
}

/** The least that any step takes: Node's own start and end. */
async function nodeAloneMs(): Promise<number> {
  const startedAt = performance.now()
  await once(spawn(process.execPath, ['-e', '0']), 'exit')
  return performance.now() - startedAt
}

const edgegap = await startEdgegapEmulator({
  rateLimits: { deployPerSecond: 1e6, statusPerSecond: 1e6, listPerSecond: 1e6 },
})
const relay = await startRelay({ dialect: 'gosmee' })
const quick = await startQuickTunnels()
const github = await startWithPull()
github.faults.order({ kind: 'delay', delayMs: GITHUB_ANSWERS_MS, path: /./ })
let gitHubRun = 0
const onGitHub = () => environmentOf(github, { run: ++gitHubRun })

const polling = () => ({ wait: 'poll' })
const withImage = (tag: string) => ({
  wait: 'poll',
  version: '',
  image: `registry.edgegap.com/my-org/my-game:${tag}`,
  'registry-username': 'robot$my-org+pull',
  'registry-password': 'bench-password',
})
const shown = (tag: string) => ({
  'github-token': github.token,
  environment: tag,
  comment: 'true',
  group: `group-${tag}`,
})

const POLLING = 'this action, polling'
const IMAGE = 'this action, polling, image'
const GITHUB = 'this action, polling, environment, comment'
const ALL = 'this action, polling, all three'
const DEFAULT = 'this action, defaults on GitHub'
const DEFAULT_ALL = 'this action, defaults, all three'
const contenders: Record<string, Contender> = {
  [POLLING]: ours(polling),
  [IMAGE]: ours(withImage),
  [GITHUB]: ours((tag) => ({ ...polling(), ...shown(tag) }), {
    env: onGitHub,
  }),
  [ALL]: ours((tag) => ({ ...withImage(tag), ...shown(tag) }), {
    env: onGitHub,
  }),
  'this action, webhook (public)': ours(async () => {
    const port = String(await freePort())
    return { 'public-url': `http://127.0.0.1:${port}`, 'listen-port': port }
  }),
  'this action, webhook (relay)': ours(() => ({ 'relay-url': relay.url })),
  ...(quick && {
    [DEFAULT]: ours(() => ({}), { env: quick.environment, actionFile: quick.actionFile }),
    [DEFAULT_ALL]: ours((tag) => ({ ...withImage(tag), wait: 'auto', ...shown(tag) }), {
      env: () => ({ ...onGitHub(), ...quick.environment }),
      actionFile: quick.actionFile,
    }),
  }),
  'fixed 2 s': loop(2_000),
  'fixed 5 s': loop(5_000),
}

const results = new Map<string, Sample[]>()
const floorsMs: number[] = []
const running: Promise<void>[] = []
let number = 0
for (let sample = 0; sample < samples; sample++) {
  for (const durationS of durationsS) {
    floorsMs.push(await nodeAloneMs())
    for (const [name, contender] of Object.entries(contenders)) {
      const tag = `bench-${number++}`
      // Real durations are not multiples of anybody's interval.
      edgegap.settings.script = ready(durationS * 1_000 * (0.9 + 0.2 * Math.random()))
      const created = edgegap.whenRequested('POST', /deployments$/, { count: number })
      const done = contender(edgegap, tag).then((result) => {
        const key = `${durationS}|${name}`
        results.set(key, [...(results.get(key) ?? []), result])
      })
      running.push(done)
      await created
      if (durationS <= LONGEST_ALONE_S) await done
      else await sleep(STAGGER_MS)
    }
  }
}
await Promise.all(running)
await Promise.all([edgegap.close(), relay.close(), quick?.close(), github.close()])
removeEventFiles()

const median = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN
const inS = (ms: number) => `${(ms / 1_000).toFixed(3)} s`

console.log(`Node alone: ${inS(median(floorsMs))}, median of ${floorsMs.length}`)
for (const durationS of durationsS) {
  const of = (name: string) => results.get(`${durationS}|${name}`) ?? []
  const middleMs = (name: string) => median(of(name).map(({ beyondMs }) => beyondMs))
  const afterMs = (name: string) => median(of(name).map(({ afterMs }) => afterMs))
  const rows = Object.keys(contenders).map((name) => ({
    name,
    'beyond, median': inS(middleMs(name)),
    'beyond, worst': inS(Math.max(...of(name).map(({ beyondMs }) => beyondMs))),
    'after ready, median': inS(afterMs(name)),
    'against fixed 2 s': `×${(middleMs(name) / middleMs('fixed 2 s')).toFixed(2)}`,
    requests: median(of(name).map(({ requests }) => requests)),
    aim: aimOf(name, middleMs, { afterMs: afterMs(name), waitMs: durationS * 1_000 }),
  }))
  console.log(`\nServers that are ready after about ${durationS} s, ${samples} each`)
  console.table(Object.fromEntries(rows.map(({ name, ...row }) => [name, row])))
}

/**
 * Start-up has a bench and a budget of its own, so what the wait may add counts from ready.
 *
 * @param beyondMs the median of a line, by its name
 */
function aimOf(
  name: string,
  beyondMs: (name: string) => number,
  { afterMs, waitMs }: { afterMs: number; waitMs: number },
): string {
  const says = (what: string, limitMs: number, ms: number) =>
    `${what} ≤ ${inS(limitMs)}: ${ms <= limitMs ? 'met' : 'MISSED'}`
  const after = (limitMs: number) => says('after', limitMs, afterMs)
  const cappedMs = waitMs <= 60_000 ? 1_000 : Number.POSITIVE_INFINITY
  const pollingMs = Math.min(cappedMs, 150 + 0.08 * waitMs)
  if (name === POLLING || name === IMAGE) return after(pollingMs)
  // What is shown in the end cannot be sent before it: a request each, and one that looks first.
  if (name === GITHUB || name === ALL) return after(pollingMs + 2 * GITHUB_ANSWERS_MS)
  if (name === DEFAULT) return says('beyond', beyondMs(POLLING) + 1_000, beyondMs(name))
  if (name === DEFAULT_ALL) return says('beyond', beyondMs(ALL) + 1_000, beyondMs(name))
  return name.startsWith('this action') ? after(120) : ''
}
