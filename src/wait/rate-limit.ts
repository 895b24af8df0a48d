/**
 * How far apart a job's status checks are kept because of a rate limit, milliseconds; 0: no limit felt.
 *
 * All jobs of an organization share its limits and know nothing of each other. Each one has only its
 * own refusals to find its fair share by:
 *
 * - One refusal says little: it costs no more than that check.
 * - The next ones multiply the distance, or most requests of a herd would be turned away.
 * - Each answer takes a third off it. So a long distance, which few answers follow, shrinks as fast as
 *   the herd does, and jobs that happened to be refused more often than others soon are where they are.
 * - A refused check comes again much sooner than one that was answered, so that whoever has waited
 *   longest for an answer goes first; and at a random moment, since others were refused with it.
 *
 * The figures are the best of many tried, with limits that slide, start anew each second or fill up
 * slowly, and with 20 to 1,000 jobs (`bench/herd.ts`).
 */
export type DistanceMs = number

const GROWTH = 4
const KEPT_BY_ANSWER = 2 / 3
const LONGEST_MS = 10_000
/** Below this share of the normal interval earlier refusals are forgotten. */
const FORGOTTEN_SHARE = 0.3
const AGAIN_SHARE = 0.3

/** @param normalMs the interval without a limit */
export function afterRefusal(distanceMs: DistanceMs, normalMs: number): DistanceMs {
  if (distanceMs < FORGOTTEN_SHARE * normalMs) return normalMs
  return Math.min(LONGEST_MS, GROWTH * Math.max(distanceMs, normalMs))
}

export function afterAnswer(distanceMs: DistanceMs): DistanceMs {
  return distanceMs * KEPT_BY_ANSWER
}

/**
 * When to come again after a refusal, milliseconds from it; never sooner than the normal interval.
 *
 * @param random a number from 0 to 1
 */
export function comeAgainMs(distanceMs: DistanceMs, normalMs: number, random: number): number {
  return Math.max(normalMs, distanceMs * AGAIN_SHARE * (0.5 + random))
}
