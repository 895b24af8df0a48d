import type { RunnerCommands } from './runner-commands.ts'
import { type Access, readAccess } from './settings/access.ts'
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
  readonly #access: Access
  readonly #entries: Map<string, LedgerEntry>

  /** @param access how the post step reaches the provider */
  constructor(runner: RunnerCommands, access: Access, entries: readonly LedgerEntry[] = []) {
    this.#runner = runner
    this.#access = access
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
    const saved = { access: this.#access, entries: this.open }
    const value = this.#entries.size > 0 ? JSON.stringify(saved) : ''
    this.#runner.saveState(LEDGER_STATE, value)
  }
}

/** Marks and ids become parts of requests: what this action never writes is not taken back either. */
const MARK = /^[\w/-]{1,140}$/
const ID = /^[\w:-]{1,140}$/

/**
 * Reads what the main step saved.
 *
 * @throws Error when it is not a ledger
 */
export function readLedger(value: string): { access: Access; entries: LedgerEntry[] } {
  const saved = JSON.parse(value) as { access?: unknown; entries?: unknown } | null
  const access = readAccess(saved?.access)
  if (!access || !Array.isArray(saved?.entries)) throw new Error('the saved state is no ledger')
  return { access, entries: saved.entries.map(readEntry) }
}

function readEntry(value: Partial<LedgerEntry> | null): LedgerEntry {
  const { mark, id, isAid } = value ?? {}
  const isSound = isWord(mark, MARK) && (id === undefined || isWord(id, ID))
  if (!isSound) throw new Error('the saved state has an entry that this action did not write')
  return { mark, ...(id !== undefined && { id }), ...(isAid === true && { isAid }) }
}

function isWord(value: unknown, form: RegExp): value is string {
  return typeof value === 'string' && form.test(value)
}
