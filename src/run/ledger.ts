import type { RunnerCommands } from '../runner/commands.ts'
import { LEDGER_STATE } from '../runner/saved-states.ts'
import { type Access, readAccess } from '../settings/access.ts'

/**
 * What this step may have created and still owes an answer for. The post step ends what is left in
 * it, so an entry goes to disk before the create is sent and leaves when its end is certain.
 */
export interface LedgerEntry {
  /** The tag of the attempt, by which the provider finds it. */
  tag: string
  /** Known from the reply to the create, or from a look-up. */
  id?: string
  /** Not a deployment, but something that a deployment needs while it is waited for, such as a subscription. */
  isAuxiliary?: true
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
    this.#entries = new Map(entries.map((entry) => [entry.tag, entry]))
  }

  /** Before a create is sent. */
  opened(tag: string, isAuxiliary = false): void {
    this.#set(tag, { tag, ...(isAuxiliary && { isAuxiliary }) })
  }

  /** Right after the provider named what it created. */
  created(tag: string, id: string): void {
    this.#set(tag, { ...this.#entries.get(tag), tag, id })
  }

  /** It does not exist, was stopped, or may stay for good. */
  closed(tag: string): void {
    if (this.#entries.delete(tag)) this.#save()
  }

  get open(): readonly LedgerEntry[] {
    return [...this.#entries.values()]
  }

  #set(tag: string, entry: LedgerEntry): void {
    this.#entries.set(tag, entry)
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
const TAG = /^[\w/-]{1,140}$/
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
  const { tag, id, isAuxiliary } = value ?? {}
  const isSound = isWord(tag, TAG) && (id === undefined || isWord(id, ID))
  if (!isSound) throw new Error('the saved state has an entry that this action did not write')
  return { tag, ...(id !== undefined && { id }), ...(isAuxiliary === true && { isAuxiliary }) }
}

function isWord(value: unknown, form: RegExp): value is string {
  return typeof value === 'string' && form.test(value)
}
