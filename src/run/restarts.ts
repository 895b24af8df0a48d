import { describe } from '../base/errors.ts'
import { retry } from '../base/retry.ts'
import { type Run, runCall } from './run.ts'

/** A log may have 32 MB, and only the count of restarts in it is wanted. */
const LOG_MS = 5_000
const LOG_PAUSE_MS = 1_000

/**
 * How often the process of a server was started again.
 *
 * @returns undefined where it is not known: the log was cut, or could not be read twice
 */
export async function readRestarts(run: Run, id: string): Promise<number | undefined> {
  const { provider, printer, clock, cancellation } = run
  try {
    const log = await retry(async () => provider.readLog?.(id, runCall(run, LOG_MS)), {
      clock,
      signal: cancellation.signal,
      maxAttempts: 2,
      pauseMs: () => LOG_PAUSE_MS,
      longestPauseMs: LOG_PAUSE_MS,
      isFinal: () => false,
      onRetry: ({ thrown }) =>
        printer.line(`The log of ${id} could not be read: ${describe(thrown)}; reading it again`),
    })
    // The count may have been in the part that is missing: reading again does not bring it back.
    return log?.restarts ?? (log?.isCut ? undefined : 0)
  } catch {
    return undefined
  }
}
