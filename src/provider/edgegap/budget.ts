import type { Clock } from '../../base/clock.ts'
import type { Call } from '../call.ts'

/** The same call with what is left of its time at each of several requests. */
export function budget(clock: Clock, call: Call): () => Call {
  const untilMs = clock.nowMs() + call.deadlineMs
  return () => ({ ...call, deadlineMs: Math.max(1, untilMs - clock.nowMs()) })
}
