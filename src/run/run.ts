import type { Clock } from '../base/clock.ts'
import type { OneByOne } from '../base/one-by-one.ts'
import type { probePorts } from '../probe/probe-ports.ts'
import type { Call } from '../provider/call.ts'
import type { Provider } from '../provider/provider.ts'
import type { Progress } from '../report/progress.ts'
import type { Cancellation } from '../runner/cancellation.ts'
import type { Printer } from '../runner/printer.ts'
import type { DeploySettings, Settings } from '../settings/settings.ts'
import type { RunState } from '../state/state.ts'
import type { ChannelOptions, WebhookChannel } from '../webhook/channel.ts'
import type { Ledger } from './ledger.ts'
import type { ShowOnGitHub } from './show-on-github.ts'

/** What every part of a run works with. */
export interface RunTools {
  clock: Clock
  /** The present as milliseconds since 1970, for people only. */
  wallMs: () => number
  cancellation: Cancellation
  ledger: Ledger
  printer: Printer
  /**
   * Where the file system hangs, each write of a log holds one of the few threads by which node also
   * looks up hosts: so there is one at a time, or nothing could be stopped any more.
   */
  logWrites: OneByOne
  /** From 0 to 1. */
  random: () => number
  /** A tag that no other attempt has. */
  newAttemptTag: () => string
  /** Opens the webhook channel; its code is loaded only then. */
  openChannel: (
    options: Pick<ChannelOptions, 'settings' | 'opensWithinMs' | 'isRequired' | 'readNotification'>,
  ) => Promise<WebhookChannel>
  /** Asks a server what `probe` says; its code is loaded only then. */
  probePorts: typeof probePorts
}

/** One run of the action: everything that its parts share. */
export interface Run<S extends Settings = DeploySettings> extends RunTools {
  settings: S
  provider: Provider
  /** What is known so far; `run/` writes it, `report/` reads it. */
  state: RunState
  progress: Progress
  /** Undefined where nothing is to be shown on GitHub. */
  github?: ShowOnGitHub | undefined
}

/** What cleaning up needs: the post step has no settings and no state. */
export type CleanUpRun = Pick<
  Run,
  'provider' | 'clock' | 'cancellation' | 'ledger' | 'printer' | 'random'
>

/** So often in a row credentials must be refused before it counts: a gateway may refuse by mistake. */
export const MAX_REFUSED = 3

/** A call that a cancel does not end: for cleaning up. It ends when the time for that is over. */
export function cleanUpCall({ cancellation }: Pick<Run, 'cancellation'>, deadlineMs: number): Call {
  return { deadlineMs: Math.max(1, deadlineMs), signal: cancellation.over }
}

/** A call that ends with the run. */
export function runCall({ cancellation }: Pick<Run, 'cancellation'>, deadlineMs: number): Call {
  return { deadlineMs, signal: cancellation.signal }
}
