import { expect, vi } from 'vitest'
import { type Edge, expectCleanEdge, IMPORT } from '../action/rockit-edge.ts'
import type { Build } from '../emulator/rockit-edge/build.ts'
import type { JobResult } from '../harness/job.ts'

/** As long as a busy machine may need. */
const REST = { timeout: 60_000, interval: 50 }
const EXPIRED = /^Expired the upload task (\S+)\.$/gm

/**
 * What must hold after every publish of an upload, whatever happened in it: nothing is left open, and
 * nothing is said that the emulator does not confirm. @returns what it came to
 */
export async function judgeUpload(edge: Edge, job: JobResult): Promise<string> {
  await restOf(edge)
  expectTrue(edge, job)
  expectCleanEdge(edge)
  const build = edge.builds.at(-1)
  // Nothing locks the app against the next import: neither an open upload nor anything else.
  expect(build?.app.isLocked ?? false).toBe(false)
  if (job.main.outputs.outcome === 'succeeded') {
    expect(job.main.outputs).toMatchObject({
      'build-name': build?.name,
      'dxf-name': build?.dxfName,
    })
    expect(build?.outcome).toBe('succeeded')
    return 'succeeded, published'
  }
  expect(job.main.exitCode).not.toBe(0)
  if (!build) return 'failed, nothing was begun'
  // What arrived goes on by itself; what did not was expired.
  expect(build.outcome).toBe(isStored(edge, build) ? 'succeeded' : 'expired')
  return isStored(edge, build) ? 'failed, goes on by itself' : 'failed, its upload expired'
}

/** Every import that was asked for has been carried out, and everything that arrived is published. */
async function restOf(edge: Edge): Promise<void> {
  const asked = edge.requestsTo('POST', IMPORT).length
  await vi.waitFor(() => expect(edge.builds).toHaveLength(asked), REST)
  const isUnderWay = (build: Build) => isStored(edge, build) && build.outcome === undefined
  await vi.waitFor(() => expect(edge.builds.filter(isUnderWay)).toEqual([]), REST)
}

function expectTrue(edge: Edge, { main, post }: JobResult): void {
  const said = `${main.rawStdout}\n${post?.rawStdout ?? ''}`
  const expired = edge.tasks.filter(({ status }) => status === 'expired').map(({ name }) => name)
  expect([...said.matchAll(EXPIRED)].map(([, task]) => task)).toEqual(expired)
  // It ends by itself, and what it could not find was never begun.
  if (post) expect(post.exitCode).toBe(0)
  if (edge.builds.length > 0) expect(post?.annotations ?? []).toEqual([])
}

export function isStored({ storage }: Edge, build: Build): boolean {
  return storage.uploads.some((upload) => upload.build === build && upload.outcome === 'stored')
}
