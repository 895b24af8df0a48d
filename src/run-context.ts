import type { Cancellation } from './cancellation.ts'
import type { Clock } from './clock.ts'
import type { Doorbell, DoorbellOptions } from './doorbell/doorbell.ts'
import type { Ledger } from './ledger.ts'
import type { Call } from './provider/provider.ts'
import type { Printer } from './report/printer.ts'

/** What every part of a run works with. */
export interface RunContext {
  clock: Clock
  cancellation: Cancellation
  ledger: Ledger
  printer: Printer
  /** From 0 to 1. */
  random: () => number
  /** A tag that no other attempt has. */
  newMark: () => string
  /** Opens the doorbell; its code is loaded only then. */
  openDoorbell: (
    options: Pick<DoorbellOptions, 'settings' | 'opensWithinMs' | 'readRing'>,
  ) => Promise<Doorbell>
}

/** A call that a cancel does not end: for cleaning up. It ends when the time for that is over. */
export function cleanUpCall({ cancellation }: RunContext, deadlineMs: number): Call {
  return { deadlineMs, signal: cancellation.over }
}

/** A call that ends with the run. */
export function runCall({ cancellation }: RunContext, deadlineMs: number): Call {
  return { deadlineMs, signal: cancellation.signal }
}
