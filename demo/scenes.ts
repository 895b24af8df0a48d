import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type EdgegapEmulator, startEdgegapEmulator } from '../test/emulator/edgegap/emulator.ts'
import { error, ready } from '../test/emulator/edgegap/script.ts'
import { startGameServer } from '../test/emulator/game/game-server.ts'
import {
  type RockitEdgeEmulator,
  startRockitEdgeEmulator,
} from '../test/emulator/rockit-edge/emulator.ts'
import { deployFailed, success } from '../test/emulator/rockit-edge/script.ts'
import { freePort } from '../test/emulator/tunnel/loopback-server.ts'
import { type JobResult, runJob } from '../test/harness/job.ts'

/** A step as a workflow would have it, and how it ends. */
export interface Scene {
  readonly title: string
  /** The output `outcome`. */
  readonly ends: string
  readonly run: () => Promise<JobResult>
}

export interface Stage extends AsyncDisposable {
  readonly scenes: readonly Scene[]
}

type With = Readonly<Record<string, string>>

const LOG = 'loading map dm1\nlistening for players\n'
const LOG_OF_FAILURE = 'loading map dm1\nERROR: no session: HTTP 401 from the master server\nbye\n'
const PASSWORD = 'demo-registry-password'
const IMAGE = 'registry.edgegap.com/my-org/my-game'

/** Starts the emulators and a small game, and tells the scenes that are played against them. */
export async function setStage(): Promise<Stage> {
  const game = await startGameServer({ name: 'demo server', map: 'dm1', loadingMs: 5_000 })
  const edgegap = await startEdgegapEmulator({
    reachableAt: '127.0.0.1',
    terminateAfterMs: 300,
    logs: LOG,
    images: { [IMAGE]: ['v1.4.1', 'v1.4.2'] },
    catalogue: {
      'my-game': {
        prod: {
          docker_tag: 'v1.4.1',
          ports: [{ name: 'gameport', port: game.port, protocol: 'UDP', to_check: false }],
        },
      },
    },
  })
  const rockitEdge = await startRockitEdgeEmulator()
  const build = makeBuild()
  return {
    scenes: [...edgegapScenes(edgegap), ...rockitEdgeScenes(rockitEdge, build)],
    async [Symbol.asyncDispose]() {
      await Promise.all([edgegap.close(), rockitEdge.close(), game.close()])
      rmSync(build, { recursive: true })
    },
  }
}

function edgegapScenes(edgegap: EdgegapEmulator): Scene[] {
  const release = {
    image: `${IMAGE}:v1.4.2`,
    'version-from': 'prod',
    'registry-username': 'robot$my-org',
    'registry-password': PASSWORD,
    group: 'staging',
  }
  return [
    {
      title: 'A dry run first: what would happen, and nothing does',
      ends: 'planned',
      run: () => deploy(edgegap, { ...release, promote: 'prod', 'dry-run': 'true' }),
    },
    {
      title: 'A release: version from an image, ready, settled, asked by a probe, promoted',
      ends: 'succeeded',
      async run() {
        edgegap.nextScript(ready(900))
        const checks = { 'settle-time': '2s', probe: 'gameport a2s' }
        return await deploy(edgegap, { ...release, ...checks, promote: 'prod' })
      },
    },
    {
      title: 'The next deploy of the group, by its webhook: the older server is replaced',
      ends: 'succeeded',
      async run() {
        edgegap.nextScript(ready(1_500))
        const replacing = { version: 'prod', group: 'staging', replace: 'after-ready' }
        return await deploy(edgegap, { ...replacing, ...(await ownIngress()) })
      },
    },
    {
      title: 'A server that fails: its log says why, and it is stopped',
      ends: 'failed',
      async run() {
        edgegap.nextScript([
          ...error(900, 'Container exited during start-up'),
          { afterMs: 900, logs: LOG_OF_FAILURE },
        ])
        return await deploy(edgegap, { version: 'prod', 'log-lines': '5' })
      },
    },
    {
      title: 'A server for one job: the post step stops it and shows its log',
      ends: 'succeeded',
      async run() {
        edgegap.nextScript(ready(500))
        return await deploy(edgegap, { version: 'prod', 'stop-after-job': 'true' })
      },
    },
    {
      title: 'The pull request is closed: everything of its group is stopped',
      ends: 'stopped',
      run: () => deploy(edgegap, { operation: 'stop', group: 'staging' }),
    },
  ]
}

function rockitEdgeScenes(edge: RockitEdgeEmulator, build: string): Scene[] {
  const pace = { stepMs: 350 }
  return [
    {
      title: 'ROCKIT Edge: a build is uploaded, imported and published',
      ends: 'succeeded',
      async run() {
        edge.nextScript(success(pace))
        return await publish(edge, { build })
      },
    },
    {
      title: 'ROCKIT Edge: a build that it downloads, and publishing that fails on one origin',
      ends: 'failed',
      async run() {
        edge.nextScript(deployFailed(undefined, pace))
        return await publish(edge, { 'build-url': 'https://builds.example.com/my_game.tar' })
      },
    },
  ]
}

function deploy({ settings, url }: EdgegapEmulator, inputs: With): Promise<JobResult> {
  return runJob({
    // On a runner of GitHub's, a tunnel would be opened where none is configured.
    env: { RUNNER_ENVIRONMENT: 'self-hosted' },
    inputs: { 'api-token': settings.token, 'api-url': url, application: 'my-game', ...inputs },
    secrets: [settings.token, PASSWORD],
  })
}

async function publish(edge: RockitEdgeEmulator, inputs: With): Promise<JobResult> {
  const { organization, username, apiKey } = edge.settings
  return runJob({
    inputs: {
      provider: 'rockit-edge',
      'api-token': apiKey,
      'api-url': edge.url,
      organization,
      username,
      application: 'my_game',
      ...(await ownIngress()),
      ...inputs,
    },
    secrets: [apiKey],
  })
}

async function ownIngress(): Promise<With> {
  const port = String(await freePort())
  return { tunnel: 'public', 'public-url': `http://127.0.0.1:${port}`, 'listen-port': port }
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
