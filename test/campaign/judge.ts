import { expect } from 'vitest'
import type { Edgegap } from '../action/deploy.ts'
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
  if (!post || post.log.length === 0) return 'failed, nothing left'
  return 'failed, cleaned up by the post step'
}
