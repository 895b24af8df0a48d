import { expect, vi } from 'vitest'
import { annotations, expectAllOutputs } from '../action/deploy.ts'
import { type Edge, expectCleanEdge } from '../action/rockit-edge.ts'
import type { Build } from '../emulator/rockit-edge/build.ts'
import type { JobResult } from '../harness/job.ts'
import type { StepResult } from '../harness/step-result.ts'
import { isStored } from './judge-upload.ts'

/** As long as a busy machine may need. */
const REST = { timeout: 60_000, interval: 50 }

/**
 * What must hold after every publish that came to its own end, whatever fault was in it: one build at
 * most goes on, nothing is left open, and nothing is said that the emulator does not confirm.
 *
 * @returns what it came to
 */
export async function judgePublish(edge: Edge, { main, post }: JobResult): Promise<string> {
  const isUnderWay = (build: Build) => isStored(edge, build) && build.outcome === undefined
  await vi.waitFor(() => expect(edge.builds.filter(isUnderWay)).toEqual([]), REST)
  expectCleanEdge(edge)
  if (post) expect(post).toMatchObject({ exitCode: 0, signal: null })
  const published = edge.builds.filter(({ outcome }) => outcome === 'succeeded')
  expect(published.length, 'published twice').toBeLessThanOrEqual(1)
  const rest = edge.builds.filter((build) => !published.includes(build))
  for (const { outcome } of rest) expect(outcome).toBe('expired')
  expect([...edge.apps.values()].filter(({ isLocked }) => isLocked)).toEqual([])
  expectTrue(edge, main, post)
  expectWhole(main)
  const [build] = published
  if (main.exitCode === 0) {
    expect(main.outputs['build-name']).toBe(build?.name)
    // Only the app tells the name of its image, and a publish does not depend on it.
    expect(['', build?.dxfName]).toContain(main.outputs['dxf-name'])
    return 'succeeded, published'
  }
  if (build) expectNamed(build, main)
  if (edge.builds.length === 0) return 'failed, nothing was begun'
  return build ? 'failed, goes on by itself' : 'failed, its upload expired'
}

/** What a step says that it expired is expired. */
function expectTrue(edge: Edge, main: StepResult, post: StepResult | undefined): void {
  const said = `${main.rawStdout}\n${post?.rawStdout ?? ''}`
  const names = [...said.matchAll(/^Expired the upload task (\S+)\.$/gm)].map(([, name]) => name)
  const expired = edge.tasks.filter(({ status }) => status === 'expired').map(({ name }) => name)
  expect(expired).toEqual(expect.arrayContaining(names))
}

/** All outputs are set, and a failure has one cause. */
function expectWhole(main: StepResult): void {
  expectAllOutputs(main)
  const isGood = main.exitCode === 0
  expect(main.outputs.outcome === 'succeeded').toBe(isGood)
  expect(main.outputs.error === '').toBe(isGood)
  expect(annotations(main, 'error')).toHaveLength(isGood ? 0 : 1)
}

/** A build that goes on after the step failed is named, or is said to be possible. */
function expectNamed({ name }: Build, main: StepResult): void {
  const said = [...annotations(main, 'error'), ...annotations(main, 'warning'), main.rawStdout]
  const isNamed = main.outputs['build-name'] === name
  if (!isNamed) expect(said.join('\n')).toMatch(/goes on|may have begun/)
}
