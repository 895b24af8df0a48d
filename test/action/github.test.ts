import { afterAll, describe, expect, test } from 'vitest'
import { error, never, ready } from '../emulator/edgegap/script.ts'
import { jobAccount } from '../emulator/github/account.ts'
import type { GitHubEmulator, GitHubOptions } from '../emulator/github/emulator.ts'
import { environmentOf, removeEventFiles, SHA, startWithPull } from '../github/stage.ts'
import {
  annotations,
  CREATE,
  cancelAt,
  deploy,
  expectNothingLeft,
  killAt,
  run,
  STATUS,
  STOP,
  startEdgegap,
  stop,
  type With,
} from './deploy.ts'

afterAll(removeEventFiles)

type GitHub = GitHubEmulator & AsyncDisposable

async function openGitHub(options?: GitHubOptions): Promise<GitHub> {
  const github = await startWithPull(options)
  return Object.assign(github, { [Symbol.asyncDispose]: () => github.close() })
}

/** A run for pull request 12. */
function environment(github: GitHub, run = 7): Record<string, string> {
  const given = environmentOf(github, { run })
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, value ?? '']))
}

const inputsFor = ({ token }: GitHub, more: With = {}): With => {
  return { 'github-token': token, environment: 'pr-12', comment: 'true', group: 'pr-12', ...more }
}

const bodies = ({ state }: GitHub) => state.comments.map(({ body }) => body)
const states = (github: GitHub) => github.state.deployments.map(({ id }) => github.stateOf(id))

describe.concurrent('environment and comment', () => {
  test('are not touched without the inputs: no request, whatever the token', async () => {
    await using github = await openGitHub()
    await using edgegap = await startEdgegap({ script: ready(0) })
    const { main } = await deploy(
      edgegap,
      { 'github-token': github.token },
      { env: environment(github) },
    )
    expect(main).toMatchObject({ exitCode: 0, outputs: { outcome: 'succeeded' } })
    expect(github.requests).toEqual([])
  })

  test('show a preview: one record on the head of the pull request and one comment', async () => {
    await using github = await openGitHub()
    await using edgegap = await startEdgegap({ script: ready(300) })
    const { main, post } = await deploy(edgegap, inputsFor(github), { env: environment(github) })
    expect(main).toMatchObject({ exitCode: 0, outputs: { outcome: 'succeeded' } })
    expect(annotations(main, 'warning')).toEqual([])
    expect(states(github)).toEqual(['success'])
    const [created] = github.requestsTo('POST', /\/deployments$/)
    expect(created?.body).toMatchObject({
      ref: SHA,
      environment: 'pr-12',
      auto_merge: false,
      required_contexts: [],
      transient_environment: true,
    })
    expect(bodies(github)).toEqual([expect.stringContaining(main.outputs.address ?? '-')])
    expect(post?.rawStdout).toBe('')
  })

  test('the create does not wait for GitHub, and nobody waits for a GitHub that hangs', async () => {
    await using github = await openGitHub()
    github.faults.order({ kind: 'hang', path: /./ })
    await using edgegap = await startEdgegap({ script: ready(0) })
    const begun = performance.now()
    const { main } = await deploy(edgegap, inputsFor(github), { env: environment(github) })
    expect(main).toMatchObject({ exitCode: 0, outputs: { outcome: 'succeeded' } })
    const [create] = edgegap.requestsTo('POST', CREATE)
    expect(github.requests.every(({ at }) => at > (create?.at ?? Number.POSITIVE_INFINITY))).toBe(
      true,
    )
    expect(annotations(main, 'warning')).toHaveLength(1)
    // The limit is 5 s; the rest is a slow machine.
    expect(performance.now() - begun).toBeLessThan(15_000)
  })

  test('a token without the permissions is one warning that names them', async () => {
    await using github = await openGitHub({ account: jobAccount({ contents: 'read' }) })
    await using edgegap = await startEdgegap({ script: ready(0) })
    const { main } = await deploy(edgegap, inputsFor(github), { env: environment(github) })
    expect(main).toMatchObject({ exitCode: 0, outputs: { outcome: 'succeeded' } })
    expect(annotations(main, 'warning')).toEqual([
      expect.stringMatching(/deployments: write.*pull-requests: write/),
    ])
  })

  test('a failed deploy is a failure there too', async () => {
    await using github = await openGitHub()
    await using edgegap = await startEdgegap({ script: error(100) })
    const { main } = await deploy(edgegap, inputsFor(github), { env: environment(github) })
    expect(main.outputs.outcome).toBe('failed')
    expect(states(github)).toEqual(['failure'])
    expect(bodies(github)).toHaveLength(1)
    expectNothingLeft(edgegap)
  })

  test('a second run updates the comment, and replaces the record', async () => {
    await using github = await openGitHub()
    await using edgegap = await startEdgegap({ script: ready(0) })
    await deploy(edgegap, inputsFor(github), { env: environment(github) })
    const second = await deploy(edgegap, inputsFor(github), { env: environment(github, 8) })
    expect(bodies(github)).toEqual([expect.stringContaining(second.main.outputs.address ?? '-')])
    expect(states(github)).toEqual(['inactive', 'success'])
  })

  test('a cancelled run says so, and leaves nothing', async () => {
    await using github = await openGitHub()
    await using edgegap = await startEdgegap({ script: never(), stopPendingAtOnce: true })
    const { main } = await deploy(edgegap, inputsFor(github), {
      env: environment(github),
      mainControl: async (step) => {
        await github.whenRequested('POST', /\/statuses$/, { timeoutMs: 20_000 })
        await github.whenRequested('POST', /\/comments$/, { timeoutMs: 20_000 })
        await step.cancel()
      },
    })
    expect(main.outputs.outcome).toBe('cancelled')
    expect(states(github)).toEqual(['inactive'])
    expect(bodies(github)).toEqual([expect.stringMatching(/cancelled/)])
    expectNothingLeft(edgegap)
  })

  test('a killed run is told by the post step', async () => {
    await using github = await openGitHub()
    await using edgegap = await startEdgegap({ script: never(), stopPendingAtOnce: true })
    const { post } = await deploy(edgegap, inputsFor(github), {
      env: environment(github),
      mainControl: async (step) => {
        await github.whenRequested('POST', /\/statuses$/, { timeoutMs: 20_000 })
        await github.whenRequested('POST', /\/comments$/, { timeoutMs: 20_000 })
        await killAt(edgegap, 'GET', STATUS)(step)
      },
    })
    expect(post?.exitCode).toBe(0)
    expect(states(github)).toEqual(['inactive'])
    expect(bodies(github)).toEqual([expect.stringMatching(/cancelled/)])
    expectNothingLeft(edgegap)
  })

  test('a run that is killed after its server took the place of an older one is a success', async () => {
    await using github = await openGitHub()
    await using edgegap = await startEdgegap({ script: ready(300) })
    const inputs = inputsFor(github, { replace: 'after-ready' })
    await deploy(edgegap, inputs, { env: environment(github) })
    edgegap.faults.order({ kind: 'delay', delayMs: 300, method: 'DELETE', path: STOP })
    const { post } = await deploy(edgegap, inputs, {
      env: environment(github, 8),
      mainControl: killAt(edgegap, 'DELETE', STOP),
    })
    // The older one may still be up: the kill may come before its stop has an effect.
    const newest = edgegap.deployments.at(-1)?.id ?? '-'
    expect(post?.exitCode).toBe(0)
    expect(states(github)).toEqual(['inactive', 'success'])
    expect(bodies(github)).toEqual([expect.stringContaining(newest)])
  })

  test('a server that is stopped after the job is told by the post step', async () => {
    await using github = await openGitHub()
    await using edgegap = await startEdgegap({ script: ready(0), terminateAfterMs: 0 })
    const inputs = inputsFor(github, { 'stop-after-job': 'true' })
    const { post } = await deploy(edgegap, inputs, { env: environment(github) })
    expect(post?.exitCode).toBe(0)
    expect(states(github)).toEqual(['inactive'])
    expect(bodies(github)).toEqual([expect.stringMatching(/stopped/)])
    expectNothingLeft(edgegap)
  })

  test('operation: stop makes no record, sets the active one inactive and edits the comment', async () => {
    await using github = await openGitHub()
    await using edgegap = await startEdgegap({ script: ready(0), terminateAfterMs: 0 })
    const { main } = await deploy(edgegap, inputsFor(github), { env: environment(github) })
    const id = main.outputs['deployment-id'] ?? ''
    const { group: _, ...inputs } = inputsFor(github)
    const stopped = await stop(edgegap, id, inputs, { env: environment(github, 8) })
    expect(stopped.main.outputs.outcome).toBe('stopped')
    expect(states(github)).toEqual(['inactive'])
    expect(github.state.deployments).toHaveLength(1)
  })

  test('no pull request is one line, not a warning', async () => {
    await using github = await openGitHub()
    github.state.pulls.length = 0
    await using edgegap = await startEdgegap({ script: ready(0) })
    const push = environmentOf(github, { event: 'push', payload: { ref: 'refs/heads/x' } })
    const env = Object.fromEntries(Object.entries(push).map(([name, value]) => [name, value ?? '']))
    const { main } = await deploy(edgegap, inputsFor(github), { env })
    expect(main).toMatchObject({ exitCode: 0 })
    expect(annotations(main, 'warning')).toEqual([])
    expect(main.rawStdout).toMatch(/no .*pull request/i)
    expect(bodies(github)).toEqual([])
  })

  test('a server of an enterprise is reached at its own path', async () => {
    await using github = await openGitHub({ root: '/api/v3' })
    await using edgegap = await startEdgegap({ script: ready(0) })
    const { main } = await deploy(edgegap, inputsFor(github), { env: environment(github) })
    expect(annotations(main, 'warning')).toEqual([])
    expect(states(github)).toEqual(['success'])
  })

  test('the token of GitHub shows up nowhere, and elsewhere than on GitHub nothing is sent', async () => {
    await using github = await openGitHub()
    await using edgegap = await startEdgegap({ script: ready(0) })
    const env = { ...environment(github), GITHUB_API_URL: '', GITHUB_REPOSITORY: '' }
    const secrets = [github.token]
    const { main } = await deploy(edgegap, inputsFor(github), { env, secrets })
    expect(main).toMatchObject({ exitCode: 0 })
    expect(github.requests).toEqual([])
  })

  test('a refused deploy is shown as an error', async () => {
    await using github = await openGitHub()
    await using edgegap = await startEdgegap({ script: ready(0) })
    const inputs = inputsFor(github, { application: 'unknown', version: 'v1' })
    const { main } = await run(edgegap, inputs, { env: environment(github) })
    expect(main.outputs.outcome).toBe('rejected')
    expect(states(github)).toEqual(['error'])
  })

  test('a cancel before anything was accepted leaves no comment behind', async () => {
    await using github = await openGitHub()
    await using edgegap = await startEdgegap({ script: ready(0) })
    edgegap.faults.order({ kind: 'hang', path: CREATE })
    const { main } = await deploy(edgegap, inputsFor(github), {
      env: environment(github),
      mainControl: cancelAt(edgegap, 'POST', CREATE),
      runnerLost: true,
    })
    expect(main.outputs.outcome).toBe('cancelled')
    expect(bodies(github)).toEqual([])
  })
})
