/**
 * Runs the committed bundle as the runner would, against the embedded emulator, and shows what a
 * user would see: log, annotations, outputs and summary. Nothing leaves this machine.
 */
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type EdgegapEmulator, startEdgegapEmulator } from '../test/emulator/edgegap/emulator.ts'
import { error, ready } from '../test/emulator/edgegap/script.ts'
import {
  type RockitEdgeEmulator,
  startRockitEdgeEmulator,
} from '../test/emulator/rockit-edge/emulator.ts'
import { deployFailed, success } from '../test/emulator/rockit-edge/script.ts'
import { freePort } from '../test/emulator/tunnel/loopback-server.ts'
import { type JobResult, runJob } from '../test/harness/job.ts'
import { render } from '../test/harness/render.ts'

const colours = process.stdout.isTTY

function show(title: string, job: JobResult): void {
  const line = '═'.repeat(100)
  console.log(`${line}\n ${title}\n${line}\n`)
  console.log(render(job.main, { colours }))
  console.log(`Exit code of the step: ${job.main.exitCode}\n`)
  if (job.post && job.post.log.length > 0) {
    console.log(`Post step:\n${render(job.post, { colours })}\n`)
  }
}

function deploy(edgegap: EdgegapEmulator, inputs: Record<string, string>): Promise<JobResult> {
  return runJob({
    // On a runner of GitHub's, a tunnel would be opened where none is configured.
    env: { RUNNER_ENVIRONMENT: 'self-hosted' },
    inputs: {
      'api-token': edgegap.settings.token,
      'api-url': edgegap.url,
      application: 'my-game',
      version: 'v1.4.2',
      env: 'MODE=deathmatch',
      ...inputs,
    },
    secrets: [edgegap.settings.token],
  })
}

async function publish(
  edge: RockitEdgeEmulator,
  inputs: Record<string, string>,
): Promise<JobResult> {
  const { organization, username, apiKey } = edge.settings
  const port = String(await freePort())
  return runJob({
    inputs: {
      provider: 'rockit-edge',
      'api-token': apiKey,
      'api-url': edge.url,
      organization,
      username,
      application: 'my_game',
      tunnel: 'public',
      'public-url': `http://127.0.0.1:${port}`,
      'listen-port': port,
      ...inputs,
    },
    secrets: [apiKey],
  })
}

/** A game of some size, most of which are holes. */
function makeBuild(): string {
  const folder = mkdtempSync(join(tmpdir(), 'demo-build-'))
  mkdirSync(join(folder, 'data'))
  writeFileSync(join(folder, 'game.exe'), 'MZ')
  writeFileSync(join(folder, 'data/world.pak'), '')
  truncateSync(join(folder, 'data/world.pak'), 60 * 1024 * 1024)
  return folder
}

const edgegap = await startEdgegapEmulator()
const rockitEdge = await startRockitEdgeEmulator()
const build = makeBuild()
try {
  edgegap.nextScript(ready(1_500))
  const good = await deploy(edgegap, { tags: 'demo' })
  show('A server that comes up', good)

  edgegap.nextScript(ready(2_500))
  const port = await freePort()
  const heard = await deploy(edgegap, {
    tunnel: 'public',
    'public-url': `http://127.0.0.1:${port}`,
    'listen-port': String(port),
  })
  show('The same, heard by its webhook: two status checks instead of many', heard)

  edgegap.nextScript(error(1_200, 'Container exited during start-up'))
  const bad = await deploy(edgegap, { 'log-lines': '5' })
  show('A server that fails: its log is read, then it is stopped', bad)

  edgegap.nextScript(ready(800))
  const brief = await deploy(edgegap, { 'stop-after-job': 'true' })
  show('A server for one job: the post step stops it', brief)

  rockitEdge.nextScript(success({ stepMs: 350 }), deployFailed(undefined, { stepMs: 350 }))
  const published = await publish(rockitEdge, { build })
  show('ROCKIT Edge: a build is uploaded, imported and published', published)

  const url = 'https://builds.example.com/my_game.tar'
  const half = await publish(rockitEdge, { 'build-url': url })
  show('ROCKIT Edge: a build that it downloads, and publishing that fails on one origin', half)

  const expected = [0, 0, 1, 0, 0, 1]
  const actual = [good, heard, bad, brief, published, half].map(({ main }) => main.exitCode)
  if (actual.join() !== expected.join()) throw new Error(`exit codes ${actual} are not ${expected}`)
} finally {
  await Promise.all([edgegap.close(), rockitEdge.close()])
  rmSync(build, { recursive: true })
}
