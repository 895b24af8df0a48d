import type { ActionError } from '../base/errors.ts'
import { inTurn } from '../base/in-turn.ts'
import type { CleanUpRun } from './run.ts'
import { type StopEnd, type StopOptions, stopDeployment } from './stop-deployment.ts'

/** Stops on the way at the same time: many more would run into rate limits. */
export const MAX_STOPS = 10

export interface ToStop {
  id: string
  /** By which the list is asked whether it still has it. */
  tag?: string | undefined
}

export interface StopManyOptions extends Required<Pick<StopOptions, 'until'>> {
  /** For all of them together, milliseconds. */
  limitMs: number
}

/** What could not be stopped for certain; with `isAccepted` the provider has taken its stop. */
export interface FailedStop {
  id: string
  isAccepted: boolean
  error: ActionError
}

export interface StopManyResult {
  stoppedIds: string[]
  /** Had ended before, or never existed. */
  goneIds: string[]
  failures: FailedStop[]
}

/**
 * Stops several deployments, each by its own id. All stops are sent before any end is waited for, so
 * that servers which take their time end side by side. Throws nothing.
 */
export async function stopMany(
  run: CleanUpRun,
  deployments: readonly ToStop[],
  { until, limitMs }: StopManyOptions,
): Promise<StopManyResult> {
  const untilMs = run.clock.nowMs() + limitMs
  const ends = new Map<string, StopEnd>()
  const stopEach = async (some: readonly ToStop[], options: StopOptions) => {
    await inTurn(some, MAX_STOPS, async ({ id, tag }) => {
      const restMs = Math.max(0, untilMs - run.clock.nowMs())
      ends.set(id, await stopDeployment(run, id, { ...options, tag, limitMs: restMs }))
    })
  }
  const isInTwoParts = deployments.length > 1 && until !== 'accepted'
  await stopEach(deployments, { until: isInTwoParts ? 'accepted' : until })
  if (isInTwoParts) {
    const accepted = deployments.filter(({ id }) => ends.get(id)?.kind === 'stopped')
    await stopEach(accepted, { until, isAccepted: true })
  }
  return sort(ends)
}

function sort(ends: ReadonlyMap<string, StopEnd>): StopManyResult {
  const result: StopManyResult = { stoppedIds: [], goneIds: [], failures: [] }
  for (const [id, end] of ends) {
    if (end.kind === 'stopped') result.stoppedIds.push(id)
    else if (end.kind === 'gone') result.goneIds.push(id)
    else result.failures.push({ id, isAccepted: end.isAccepted, error: end.error })
  }
  return result
}
