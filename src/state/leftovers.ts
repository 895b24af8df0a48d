import type { RunState } from './state.ts'

type Follows = Pick<RunState, 'hasNoPostStep'>

/** What becomes of what a run has left behind, or may have. */
export function whatBecomesOfLeftovers({ hasNoPostStep }: Follows): string {
  return hasNoPostStep
    ? 'What was created may still run: stop it in the dashboard, you pay for it until then.'
    : 'The post step stops what was created or may have been.'
}

/** Who goes on where the main step gives up. */
export function whoTriesAgain({ hasNoPostStep }: Follows, byHand: string): string {
  return hasNoPostStep ? byHand : 'The post step of this job tries again.'
}
