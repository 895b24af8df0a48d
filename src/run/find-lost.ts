import {
  type ActionError,
  areCredentialsRefused,
  pauseAfter,
  toActionError,
} from '../base/errors.ts'
import type { Provider } from '../provider/provider.ts'
import { cleanUpCall, type RunContext } from './run.ts'

const LOOK_MS = 5_000
/** Pauses before the looks: a provider may list what a lost create made only some time after. */
const PAUSES_MS: readonly number[] = [0, 500, 1_000, 2_000]
/** For what was looked for in vain some time ago. */
export const ONE_CHECK: readonly number[] = [0]
/** So often a look may fail before looking is given up. */
const MAX_FAILED = 5

export interface FindResult {
  /** Id → tag. */
  found: ReadonlyMap<string, string>
  /** Why looking was given up; then `found` is not all. */
  error?: ActionError
}

/**
 * Looks for what attempts with these tags created, several times until each tag is found. Goes on
 * after a cancel, with fewer looks, because a lost create is what must not be left behind.
 *
 * @param pausesMs before each look
 */
export async function findLost(
  provider: Provider,
  tags: readonly string[],
  context: RunContext,
  pausesMs = PAUSES_MS,
): Promise<FindResult> {
  const { clock, cancellation } = context
  let found: ReadonlyMap<string, string> = new Map()
  let failed = 0
  for (let look = 0; look < pausesMs.length; ) {
    await clock.sleep(pausesMs[look] ?? 0, cancellation.over)
    try {
      found = await provider.findByTags(tags, cleanUpCall(context, LOOK_MS))
      if (new Set(found.values()).size === tags.length) return { found }
      // The post step looks again.
      if (cancellation.signal.aborted && look >= 1) return { found }
      look += 1
    } catch (thrown) {
      const error = toActionError(thrown)
      failed += 1
      const isFinal = areCredentialsRefused(error)
      if (isFinal || failed >= MAX_FAILED || cancellation.over.aborted) return { found, error }
      await clock.sleep(pauseAfter(error, 500 * failed), cancellation.over)
    }
  }
  return { found }
}
