import { expect } from 'vitest'
import { annotations } from '../action/deploy.ts'
import type { JobResult } from '../harness/job.ts'
import type { StepResult } from '../harness/step-result.ts'
import { APP, imageOf, type ReleaseWorld } from './release.ts'

/**
 * What must hold after every release over an older server, whatever happened in it: there is always a
 * server, each one is known to somebody, and nothing that is said of servers, versions or GitHub is
 * untrue.
 *
 * @returns what it came to
 */
export function judgeRelease(
  world: ReleaseWorld,
  { main, post }: JobResult,
  { isGitHubFaulty }: { isGitHubFaulty: boolean },
): string {
  const { edgegap, older } = world
  const live = edgegap.live().map(({ id }) => id)
  const fresh = live.filter((id) => id !== older)
  expect(live, 'never none').not.toEqual([])
  const known = namedIn(main, post)
  for (const id of fresh) expect(known, 'a server that nobody knows of').toContain(id)
  if (post) expect(post.signal).toBe(null)
  // Whatever GitHub does, the deploy does not depend on it.
  if (isGitHubFaulty) expect(main.outputs.error).toBe('')
  if (main.exitCode === 0) expectSuccess(world, main, live)
  expectPromotion(world, main)
  if (!isGitHubFaulty) expectOnGitHub(world, main, fresh)
  const servers = describeServers(live.includes(older), fresh.length)
  return `${main.exitCode === 0 ? 'succeeded' : 'failed'}, ${servers}`
}

function describeServers(isOlderUp: boolean, fresh: number): string {
  if (!isOlderUp) return 'the new server'
  return fresh === 0 ? 'the older server' : 'both servers'
}

/** Ids that a step said are up, and stay up. */
function namedIn(main: StepResult, post: StepResult | undefined): string[] {
  const deployments = JSON.parse(main.outputs.deployments ?? '[]') as {
    id: string
    outcome: string
  }[]
  const up = deployments.filter(({ outcome }) => outcome === 'succeeded').map(({ id }) => id)
  const stays = post ? annotations(post, 'notice').join('\n') : ''
  return [...up, ...[...stays.matchAll(/(\S+) stays up:/g)].map(([, id = '']) => id)]
}

function expectSuccess({ edgegap, older }: ReleaseWorld, main: StepResult, live: string[]): void {
  expect(main.outputs.outcome).toBe('succeeded')
  expect(live).toContain(main.outputs['deployment-id'])
  if (live.includes(older)) expect(annotations(main, 'warning').join('\n')).toContain(older)
  expect(edgegap.catalogue.version(APP, 'v2')).toBeDefined()
  expect(JSON.parse(main.outputs.promoted ?? '[]')).toHaveLength(1)
}

/** `promoted` is what was moved; where that is not known, the step says so. */
function expectPromotion({ edgegap }: ReleaseWorld, main: StepResult): void {
  if (main.outputs.promoted === undefined) return
  const isMoved = edgegap.catalogue.version(APP, 'prod')?.fields.docker_tag === 'v2'
  const moved = [{ version: 'prod', from: imageOf('v1'), to: imageOf('v2') }]
  const said = JSON.parse(main.outputs.promoted)
  if (!isMoved) expect(said).toEqual([])
  else if (said.length === 0) expect(main.outputs.error).toMatch(/prod/)
  else expect(said).toEqual(moved)
}

/** A record of success, or a comment with an address, only while that server is up; and then always. */
function expectOnGitHub({ github }: ReleaseWorld, main: StepResult, fresh: string[]): void {
  const state = github.state.deployments.map(({ id }) => github.stateOf(id)).at(-1)
  const comment = github.state.comments.at(-1)?.body ?? ''
  expect(github.state.comments.length).toBeLessThanOrEqual(1)
  if (fresh.length === 0) {
    expect(state).not.toBe('success')
    expect(comment).not.toMatch(/is up/)
    if (state !== undefined) expect(state).toMatch(/inactive|failure|error/)
  } else if (main.outputs.outcome !== 'failed' && state !== undefined) {
    expect(state).toBe('success')
    if (comment !== '') expect(comment).toMatch(/is up/)
  }
}
