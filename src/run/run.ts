import type { Clock } from '../base/clock.ts'
import type { Call } from '../provider/provider.ts'
import type { Cancellation } from '../runner/cancellation.ts'
import type { Printer } from '../runner/printer.ts'
import type { ChannelOptions, WebhookChannel } from '../webhook/channel.ts'
import type { Ledger } from './ledger.ts'

/** What every part of a run works with. */
export interface RunContext {
  clock: Clock
  cancellation: Cancellation
  ledger: Ledger
  printer: Printer
  /** From 0 to 1. */
  random: () => number
  /** A tag that no other attempt has. */
  newAttemptTag: () => string
  /** Opens the channel; its code is loaded only then. */
  openChannel: (
    options: Pick<ChannelOptions, 'settings' | 'opensWithinMs' | 'readNotification'>,
  ) => Promise<WebhookChannel>
}

/** A call that a cancel does not end: for cleaning up. It ends when the time for that is over. */
export function cleanUpCall({ cancellation }: RunContext, deadlineMs: number): Call {
  return { deadlineMs, signal: cancellation.over }
}

/** A call that ends with the run. */
export function runCall({ cancellation }: RunContext, deadlineMs: number): Call {
  return { deadlineMs, signal: cancellation.signal }
}
