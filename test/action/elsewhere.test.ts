import { describe, expect, test } from 'vitest'
import { deploy, expectNothingLeft, onlyError, startEdgegap } from './deploy.ts'

/** A machine that is no runner: no `GITHUB_…` variable and no command file. */
const nowhere = {
  GITHUB_ACTIONS: '',
  GITHUB_OUTPUT: '',
  GITHUB_STATE: '',
  GITHUB_STEP_SUMMARY: '',
}

describe('elsewhere than on a runner', () => {
  test('no mask prints the secret that it hides, and outputs are plain lines', async () => {
    await using edgegap = await startEdgegap()
    const secret = 'hunter2-is-long-enough'
    const { main } = await deploy(edgegap, { 'secret-env': `KEY=${secret}` }, { env: nowhere })
    expect(main.exitCode).toBe(0)
    expect(main.rawStdout).not.toContain(edgegap.settings.token)
    expect(main.rawStdout).not.toContain(secret)
    expect(main.rawStdout).not.toContain('::')
    expect(main.rawStdout).toMatch(/^outcome=succeeded$/m)
    expect(main.rawStdout).toMatch(/^notice: .* is ready at /m)
  })

  test('nothing is promised that a post step would have to keep', async () => {
    await using edgegap = await startEdgegap()
    const inputs = { 'stop-after-job': 'true' }
    const { main } = await deploy(edgegap, inputs, { env: nowhere, runnerLost: true })
    expect(main.exitCode).toBe(0)
    expect(main.rawStdout).toMatch(/^warning: stop-after-job has no effect here: no post step/m)
    expect(main.rawStdout).toMatch(/^stop-after-job: false$/m)
  })

  test('an error is a plain line', async () => {
    await using edgegap = await startEdgegap()
    const { main } = await deploy(edgegap, { timeout: '10' }, { env: nowhere })
    expect(main.exitCode).toBe(1)
    expect(main.rawStdout).toMatch(
      /^error: Input: timeout is "10": write a duration.*did you mean 10s/m,
    )
  })
})

describe('a full disk', () => {
  test('under the state file creates nothing, and says what to do', async () => {
    await using edgegap = await startEdgegap()
    const { main } = await deploy(edgegap, {}, { env: { GITHUB_STATE: '/dev/full' } })
    expect(main.exitCode).toBe(1)
    expect(edgegap.created).toBe(0)
    expect(onlyError(main)).toMatch(/GITHUB_STATE cannot be written: ENOSPC.*disk of this runner/)
    expect(main.rawStdout).not.toContain('fault of this action')
  })

  test('under the output file keeps no server that nobody was told of', async () => {
    await using edgegap = await startEdgegap()
    const { main } = await deploy(edgegap, {}, { env: { GITHUB_OUTPUT: '/dev/full' } })
    expect(main.exitCode).toBe(1)
    expect(onlyError(main)).toMatch(/GITHUB_OUTPUT cannot be written: ENOSPC/)
    expectNothingLeft(edgegap)
  })
})
