import { type Clock, systemClock } from '../../src/base/clock.ts'

/** Longer ones are limits, which real requests need. */
const LONGEST_SKIPPED_MS = 2_500

/** A clock on which a pause is over at once, and its time has passed; `pausesMs` says which there were. */
export function impatientClock(): Clock & { pausesMs: number[] } {
  let skippedMs = 0
  const pausesMs: number[] = []
  return {
    pausesMs,
    nowMs: () => systemClock.nowMs() + skippedMs,
    sleep: async (durationMs, signal) => {
      if (durationMs > LONGEST_SKIPPED_MS) return await systemClock.sleep(durationMs, signal)
      if (signal?.aborted) return
      pausesMs.push(durationMs)
      skippedMs += durationMs
      await systemClock.sleep(0)
    },
  }
}
