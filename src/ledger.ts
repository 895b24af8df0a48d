import type { RunnerCommands } from './report/runner-commands.ts'
import { LEDGER_STATE } from './state-names.ts'

/**
 * What this step may have created and still owes an answer for. The post step ends what is left in
 * it, so an entry goes to disk before the create is sent and leaves when its end is certain.
 */
export interface LedgerEntry {
  /** The tag of the attempt, by which the provider finds it. */
  mark: string
  /** Known from the reply to the create, or from a look-up. */
  id?: string
  /** Not a launch, but something that a launch needs while it is waited for, such as a subscription. */
  isAid?: true
}

/** Writes every change to the runner's state file at once: a kill may come after any line. */
export class Ledger {
  readonly #runner: RunnerCommands
  readonly #entries: Map<string, LedgerEntry>

  constructor(runner: RunnerCommands, entries: readonly LedgerEntry[] = []) {
    this.#runner = runner
    this.#entries = new Map(entries.map((entry) => [entry.mark, entry]))
  }

  /** Before a create is sent. */
  opened(mark: string, isAid = false): void {
    this.#set(mark, { mark, ...(isAid && { isAid }) })
  }

  /** Right after the provider named what it created. */
  created(mark: string, id: string): void {
    this.#set(mark, { ...this.#entries.get(mark), mark, id })
  }

  /** It does not exist, was stopped, or may stay for good. */
  closed(mark: string): void {
    if (this.#entries.delete(mark)) this.#save()
  }

  get open(): readonly LedgerEntry[] {
    return [...this.#entries.values()]
  }

  #set(mark: string, entry: LedgerEntry): void {
    this.#entries.set(mark, entry)
    this.#save()
  }

  /** Empty when nothing is owed: the post step then has nothing to load. */
  #save(): void {
    const value = this.#entries.size > 0 ? JSON.stringify(this.open) : ''
    this.#runner.saveState(LEDGER_STATE, value)
  }
}

/**
 * Reads what an earlier step of this action saved.
 *
 * @throws Error when it is not a ledger; the state file is written by this action only
 */
export function readLedger(value: string): LedgerEntry[] {
  const entries: unknown = JSON.parse(value)
  if (!Array.isArray(entries)) throw new Error('the saved state is not a list')
  return entries.map((entry: Partial<LedgerEntry>) => {
    if (typeof entry.mark !== 'string') throw new Error('the saved state has an entry without mark')
    return {
      mark: entry.mark,
      ...(typeof entry.id === 'string' && { id: entry.id }),
      ...(entry.isAid === true && { isAid: true as const }),
    }
  })
}
