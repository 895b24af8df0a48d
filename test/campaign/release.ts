import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import {
  CREATE,
  deploy,
  type Edgegap,
  imageOf,
  LIST,
  LOGS,
  STATUS,
  STOP,
  startEdgegap,
} from '../action/deploy.ts'
import { ready } from '../emulator/edgegap/script.ts'
import { type GameServer, startGameServer } from '../emulator/game/game-server.ts'
import { type GitHubEmulator, startGitHub } from '../emulator/github/emulator.ts'
import { environmentOf, SHA } from '../github/stage.ts'
import type { JobResult } from '../harness/job.ts'
import type { RunningStep } from '../harness/step.ts'
import { seededRandom } from '../wait/random.ts'
import { type Endpoint, type FaultCell, faultOf, gridOf } from './grid.ts'
import { judgeRelease } from './judge-release.ts'

/**
 * A release with everything in it: make room, create the version, deploy, settle, probe, replace the
 * older server of the group, promote; and GitHub's record and comment beside it.
 */
export interface ReleaseWorld extends AsyncDisposable {
  readonly edgegap: Edgegap
  readonly github: GitHubEmulator
  readonly game: GameServer
  /** Id of the older server. */
  readonly older: string
}

export const APP = 'my-game'
const PASSWORD = 'r0bot-pull-token'
const GROUP = 'pr-12'

async function openWorld(): Promise<ReleaseWorld> {
  const game = await startGameServer()
  const ports = [{ name: 'gameport', port: game.port, protocol: 'UDP', to_check: false }]
  const edgegap = await startEdgegap({
    reachableAt: '127.0.0.1',
    catalogue: { [APP]: { old: {}, prod: { docker_tag: 'v1', ports } } },
    maxVersions: 2,
    script: ready(300),
    stopPendingAtOnce: true,
    terminateAfterMs: 200,
  })
  const github = await startGitHub()
  github.state.pulls.push({ number: 12, state: 'open', branch: 'feature', sha: SHA })
  const { id } = edgegap.addDeployment({ application: APP, version: 'prod', tags: [GROUP] })
  return {
    ...{ edgegap, github, game, older: id },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([edgegap.close(), github.close(), game.close()])
    },
  }
}

async function release(
  { edgegap, github }: ReleaseWorld,
  mainControl?: (step: RunningStep) => Promise<void>,
): Promise<JobResult> {
  const env = Object.entries(environmentOf(github, { run: 7 }))
  return await deploy(
    edgegap,
    {
      version: '',
      image: imageOf('v2'),
      'version-from': 'prod',
      'registry-username': 'robot$my-org+pull',
      'registry-password': PASSWORD,
      'keep-versions': '2',
      'settle-time': '1s',
      probe: 'gameport a2s',
      'probe-timeout': '5s',
      promote: 'prod',
      group: GROUP,
      replace: 'after-ready',
      environment: GROUP,
      comment: 'true',
      'github-token': github.token,
      timeout: '6s',
      'poll-interval': '1s',
    },
    {
      secrets: [PASSWORD, github.token],
      env: Object.fromEntries(env.map(([name, value]) => [name, value ?? ''])),
      ...(mainControl && { mainControl }),
      // What hides a server for ever cannot be cleaned up behind it.
      beforePost: async () => {
        edgegap.faults.clear()
        github.faults.clear()
      },
    },
  )
}

/** A release to which nothing happens. @returns what it came to */
export async function runRelease(): Promise<string> {
  await using world = await openWorld()
  const job = await release(world)
  return judgeRelease(world, job, { isGitHubFaulty: false })
}

/** Whose request it is. */
interface ReleaseEndpoint extends Endpoint {
  readonly at: 'edgegap' | 'github'
}

const VERSION = /\/version\/[^/]+$/

/** Every kind of request that a release sends. */
const ENDPOINTS: readonly ReleaseEndpoint[] = [
  { name: 'version read', at: 'edgegap', method: 'GET', path: VERSION },
  { name: 'version create', at: 'edgegap', method: 'POST', path: /\/version$/ },
  { name: 'version list', at: 'edgegap', method: 'GET', path: /\/versions$/ },
  { name: 'version delete', at: 'edgegap', method: 'DELETE', path: VERSION },
  { name: 'promotion', at: 'edgegap', method: 'PATCH', path: VERSION },
  { name: 'list', at: 'edgegap', method: 'GET', path: LIST },
  { name: 'create', at: 'edgegap', method: 'POST', path: CREATE },
  { name: 'status', at: 'edgegap', method: 'GET', path: STATUS },
  { name: 'log', at: 'edgegap', method: 'GET', path: LOGS },
  { name: 'stop', at: 'edgegap', method: 'DELETE', path: STOP },
  { name: "GitHub's records", at: 'github', method: 'POST', path: /\/deployments$/ },
  { name: "GitHub's statuses", at: 'github', method: 'POST', path: /\/statuses$/ },
  { name: "GitHub's comments", at: 'github', method: 'POST', path: /\/comments$/ },
  { name: "GitHub's edits", at: 'github', method: 'PATCH', path: /\/comments\// },
  { name: "GitHub's reads", at: 'github', method: 'GET', path: /./ },
]

type ReleaseCell = FaultCell<ReleaseEndpoint>

export function releaseCells(): ReleaseCell[] {
  return gridOf(ENDPOINTS)
}

/** @returns what the release came to */
export async function runReleaseCell(cell: ReleaseCell): Promise<string> {
  await using world = await openWorld()
  const { at } = cell.endpoint
  const order = world[at].faults.order(faultOf(cell))
  const job = await release(world)
  expect(order.used, 'the fault never came').toBeGreaterThan(0)
  return judgeRelease(world, job, { isGitHubFaulty: at === 'github' })
}

/** How a release is ended, and after which kind of request. */
const STAGES: readonly (ReleaseEndpoint & { readonly count: number })[] = [
  { name: '1 the plan is read', at: 'edgegap', method: 'GET', path: VERSION, count: 1 },
  { name: '2 the version is created', at: 'edgegap', method: 'POST', path: /\/version$/, count: 1 },
  { name: '3 the server is created', at: 'edgegap', method: 'POST', path: CREATE, count: 1 },
  { name: '4 the server starts', at: 'edgegap', method: 'GET', path: STATUS, count: 2 },
  { name: '5 GitHub hears of it', at: 'github', method: 'POST', path: /\/statuses$/, count: 1 },
  { name: '6 the older log is read', at: 'edgegap', method: 'GET', path: LOGS, count: 1 },
  { name: '7 the older server is stopped', at: 'edgegap', method: 'DELETE', path: STOP, count: 1 },
  { name: '8 the version is promoted', at: 'edgegap', method: 'PATCH', path: VERSION, count: 1 },
  {
    name: '9 GitHub hears of the end',
    at: 'github',
    method: 'POST',
    path: /\/statuses$/,
    count: 2,
  },
]
const PATIENCE_MS = 60_000
const WITHIN_MS = 700

const stageOf = (index: number) => STAGES[index % STAGES.length] as (typeof STAGES)[number]
const isKill = (index: number) => index % 2 === 0

/** The name of the row that this moment belongs to. */
export function endOfRelease(index: number): string {
  return `${stageOf(index).name}, ${isKill(index) ? 'kill' : 'cancel'}`
}

/** Cancels or kills a release at a moment by chance in each stage in turn. @returns what it came to */
export async function endRelease(index: number): Promise<string> {
  const { at, method, path, count } = stageOf(index)
  const random = seededRandom(index + 1)
  await using world = await openWorld()
  // Before or after it has its effect.
  const kind = random() < 0.5 ? 'delay' : 'delay-reply'
  const order = { kind, delayMs: 400, method, path, afterRequests: count - 1, times: 1 } as const
  world[at].faults.order(order)
  const endAfterMs = random() * WITHIN_MS
  const job = await release(world, async (step) => {
    const asked = world[at].whenRequested(method, path, { count, timeoutMs: PATIENCE_MS })
    await Promise.race([asked.then(() => sleep(endAfterMs)), step.done])
    if (isKill(index)) step.kill()
    else await step.cancel()
    await step.done
  })
  return judgeRelease(world, job, { isGitHubFaulty: false })
}
