import type { Clock } from '../../base/clock.ts'
import type { Call } from '../call.ts'

/**
 * The same call with what is left of its time at each of several requests.
 *
 * @param longestMs that one of them may take: one that hangs must not use up all the time
 */
export function budget(
  clock: Clock,
  call: Call,
  longestMs: number = Number.POSITIVE_INFINITY,
): () => Call {
  const untilMs = clock.nowMs() + call.deadlineMs
  return () => {
    const leftMs = Math.max(1, untilMs - clock.nowMs())
    return { ...call, deadlineMs: Math.min(longestMs, leftMs) }
  }
}
