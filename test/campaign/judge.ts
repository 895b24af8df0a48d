import { expect, vi } from 'vitest'
import { CREATE, type Edgegap } from '../action/deploy.ts'
import type { JobResult } from '../harness/job.ts'

/** What must hold after every deploy, whatever happened in it. @returns what it came to */
export function judgeDeploy(edgegap: Edgegap, { main, post }: JobResult): string {
  const live = edgegap.live().map(({ id }) => id)
  // A kill within the milliseconds that Node takes to end comes after all was said and released.
  const isReleased = main.state.ledger === '' && main.outputs.outcome === 'succeeded'
  if (main.exitCode === 0 || isReleased) {
    expect(live).toEqual([main.outputs['deployment-id']])
    return 'succeeded, its server lives'
  }
  expect(live).toEqual([])
  // It ends by itself, and what it says that it stopped was there.
  if (post) expect(post.signal).toBe(null)
  const stopped = [...(post?.rawStdout ?? '').matchAll(/^Stopped (\S+)\.$/gm)].map(([, id]) => id)
  expect(edgegap.deployments.map(({ id }) => id)).toEqual(expect.arrayContaining(stopped))
  if (stopped.length > 0) return 'failed, stopped by the post step'
  return edgegap.created > 0 ? 'failed, stopped by the main step' : 'failed, nothing was created'
}

/** Every create has been carried out, also one that took longer than the run. */
export async function restOf(edgegap: Edgegap): Promise<void> {
  const asked = edgegap.requestsTo('POST', CREATE).length
  const patience = { timeout: 60_000, interval: 50 }
  await vi.waitFor(() => expect(edgegap.created).toBe(asked), patience)
}
