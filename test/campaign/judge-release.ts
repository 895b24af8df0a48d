import { expect } from 'vitest'
import { annotations, expectAllOutputs, imageOf } from '../action/deploy.ts'
import type { Deployment } from '../emulator/edgegap/deployment.ts'
import type { JobResult } from '../harness/job.ts'
import type { StepResult } from '../harness/step-result.ts'
import { expectTrueWords, isDone, namedIn } from './judge-words.ts'
import { APP, type ReleaseWorld } from './release.ts'

/**
 * What must hold after every release over an older server, whatever happened in it: there is always a
 * server, each one is known to somebody, and nothing that is said of servers, versions or GitHub is
 * untrue.
 *
 * @returns what it came to
 */
export function judgeRelease(
  world: ReleaseWorld,
  job: JobResult,
  { isGitHubFaulty }: { isGitHubFaulty: boolean },
): string {
  const { edgegap, older } = world
  const { main, post } = job
  const live = edgegap.live().map(({ id }) => id)
  const fresh = live.filter((id) => id !== older)
  expect(live, 'never none').not.toEqual([])
  expect(fresh.length, 'never two new ones').toBeLessThanOrEqual(1)
  const known = namedIn(job)
  for (const id of fresh) expect(known, 'a server that nobody knows of').toContain(id)
  if (post) expect(post).toMatchObject({ signal: null, exitCode: 0 })
  expectProvenFirst(world)
  expectTrueWords(edgegap, job)
  if (isDone(main)) expectWhole(main)
  // Whatever GitHub does, the deploy does not depend on it.
  if (isGitHubFaulty) expect(main.outputs.error).toBe('')
  if (main.exitCode === 0) expectSuccess(world, main, live)
  expectVersions(world, main, fresh)
  expectOneOfEach(world)
  if (!isGitHubFaulty) expectOnGitHub(world, main, fresh)
  const servers = describeServers(live.includes(older), fresh.length)
  return `${main.exitCode === 0 ? 'succeeded' : 'failed'}, ${servers}`
}

function describeServers(isOlderUp: boolean, fresh: number): string {
  if (!isOlderUp) return 'the new server'
  return fresh === 0 ? 'the older server' : 'both servers'
}

/** The older one is stopped only once a new one was ready and the game in it has answered. */
function expectProvenFirst({ edgegap, game, older }: ReleaseWorld): void {
  const stopAt = edgegap.deployments.find(({ id }) => id === older)?.stopRequestedAt
  if (stopAt === undefined) return
  const readyAt = ({ history }: Deployment) => history.find(({ status }) => status === 'READY')?.at
  const ready = edgegap.live().flatMap((one) => (one.id === older ? [] : (readyAt(one) ?? [])))
  expect(ready, 'no new server was ready').toHaveLength(1)
  expect(ready[0]).toBeLessThan(stopAt)
  expect(game.questions()).toBeGreaterThan(0)
}

/**
 * A step that came to its own end tells all of it, and only one cause. A cancel may come after the
 * outputs were written.
 */
function expectWhole(main: StepResult): void {
  expectAllOutputs(main)
  const { outcome, error } = main.outputs
  if (main.conclusion !== 'cancelled') expect(main.exitCode === 0).toBe(outcome === 'succeeded')
  expect(error === '').toBe(outcome === 'succeeded')
  if (outcome !== 'cancelled') {
    expect(annotations(main, 'error')).toHaveLength(outcome === 'succeeded' ? 0 : 1)
  }
}

function expectSuccess({ edgegap, older }: ReleaseWorld, main: StepResult, live: string[]): void {
  const id = main.outputs['deployment-id']
  expect(live).toContain(id)
  const server = edgegap.deployments.find((one) => one.id === id)
  expect(server).toMatchObject({ application: APP, version: 'v2' })
  expect(main.outputs.ip).toBe('127.0.0.1')
  if (live.includes(older)) expect(annotations(main, 'warning').join('\n')).toContain(older)
  expect(JSON.parse(main.outputs.promoted ?? '[]')).toHaveLength(1)
}

/**
 * `promoted` is what was moved; where that is not known, the step says so. A version is moved only for
 * a server that stays, and no version is lost that anything rests on.
 */
function expectVersions({ edgegap }: ReleaseWorld, main: StepResult, fresh: string[]): void {
  const tagOf = (version: string) => edgegap.catalogue.version(APP, version)?.fields.docker_tag
  expect(['v1', 'v2']).toContain(tagOf('prod'))
  if (main.outputs['version-action']) expect(tagOf('v2')).toBe('v2')
  if (fresh.length > 0) expect(tagOf('v2')).toBe('v2')
  const isMoved = tagOf('prod') === 'v2'
  if (isMoved) expect(fresh, 'promoted without a server').not.toEqual([])
  if (main.outputs.promoted === undefined) return
  const moved = [{ version: 'prod', from: imageOf('v1'), to: imageOf('v2') }]
  const said = JSON.parse(main.outputs.promoted || '[]')
  if (!isMoved) expect(said).toEqual([])
  else if (said.length === 0) expect(main.outputs.error).toMatch(/prod/)
  else expect(said).toEqual(moved)
}

/** However often GitHub's answer was lost: one record at most claims success, and one comment is there. */
function expectOneOfEach({ github }: ReleaseWorld): void {
  const states = github.state.deployments.map(({ id }) => github.stateOf(id))
  expect(states.filter((state) => state === 'success').length).toBeLessThanOrEqual(1)
  expect(github.state.comments.length).toBeLessThanOrEqual(1)
}

/**
 * A record of success, or a comment with an address, only while that server is up; and then always.
 * Nothing is left that looks as if it went on.
 */
function expectOnGitHub({ github }: ReleaseWorld, main: StepResult, fresh: string[]): void {
  expect(github.state.deployments.length).toBeLessThanOrEqual(1)
  const state = github.state.deployments.map(({ id }) => github.stateOf(id)).at(-1)
  const comment = github.state.comments.at(-1)?.body ?? ''
  expect(comment).not.toMatch(/is being deployed/)
  if (fresh.length === 0) {
    expect(comment).not.toMatch(/is up/)
    if (state !== undefined) expect(state).toMatch(/inactive|failure|error/)
  } else if (main.outputs.outcome === 'failed') {
    // The step failed after its server was in place.
    if (state !== undefined) expect(state).toMatch(/success|failure/)
  } else if (state !== undefined) {
    expect(state).toBe('success')
    if (comment !== '') expect(comment).toMatch(/is up/)
  }
}
