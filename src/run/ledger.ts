import type { RunnerCommands } from '../runner/commands.ts'
import { LEDGER_STATE } from '../runner/saved-states.ts'
import { type Access, readAccess } from '../settings/access.ts'

/**
 * What this step may have created and has not brought to an end. The post step ends what is left in
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

/**
 * Writes every change to the runner's state file at once: a kill may come after any line. Where the
 * file cannot be written any more, what is on disk names too much and never too little, so only the
 * changes on which a server's life depends throw for it.
 */
export class Ledger {
  readonly #runner: RunnerCommands
  readonly #access: Access
  #entries: Map<string, LedgerEntry>
  #inPlace: readonly string[] = []

  /** @param access how the post step reaches the provider */
  constructor(runner: RunnerCommands, access: Access, entries: readonly LedgerEntry[] = []) {
    this.#runner = runner
    this.#access = access
    this.#entries = new Map(entries.map((entry) => [entry.tag, entry]))
  }

  /** Before a create is sent. @throws ActionError where it cannot be written: nothing may be created then */
  opened(tag: string, isAuxiliary = false): void {
    this.#saveOrUndo(() => this.#entries.set(tag, { tag, ...(isAuxiliary && { isAuxiliary }) }))
  }

  /** Right after the provider named what it created. Its tag alone leads to it as well. */
  created(tag: string, id: string): void {
    this.#entries.set(tag, { ...this.#entries.get(tag), tag, id })
    this.#trySave()
  }

  /** They do not exist, or were stopped: one change for all, whenever a kill comes. */
  closed(...tags: readonly string[]): void {
    if (tags.filter((tag) => this.#entries.delete(tag)).length > 0) this.#trySave()
  }

  /**
   * They may stay for good.
   *
   * @throws ActionError where it cannot be written: the post step stops them then
   */
  released(...tags: readonly string[]): void {
    if (!tags.some((tag) => this.#entries.has(tag))) return
    this.#saveOrUndo(() => {
      for (const tag of tags) this.#entries.delete(tag)
    })
  }

  /**
   * They take the place of older ones, so they stay whatever becomes of this step. Until `announced`,
   * the post step says so: nobody else would, if the step is killed.
   *
   * @throws ActionError where it cannot be written: the older ones may not be stopped then
   */
  inPlace(...tags: readonly string[]): void {
    this.#saveOrUndo(() => {
      this.#inPlace = tags.flatMap((tag) => this.#entries.get(tag)?.id ?? [])
      for (const tag of tags) this.#entries.delete(tag)
    })
  }

  /** The step has said itself what stays. */
  announced(): void {
    if (this.#inPlace.length === 0) return
    this.#inPlace = []
    this.#trySave()
  }

  get open(): readonly LedgerEntry[] {
    return [...this.#entries.values()]
  }

  #saveOrUndo(change: () => void): void {
    const [entries, inPlace] = [[...this.#entries], this.#inPlace]
    change()
    try {
      this.#save()
    } catch (thrown) {
      this.#entries = new Map(entries)
      this.#inPlace = inPlace
      throw thrown
    }
  }

  #trySave(): void {
    try {
      this.#save()
    } catch {
      // The post step finds what is named there ended, and says so.
    }
  }

  /** Empty when nothing is left to clean up or to say: the post step then has nothing to load. */
  #save(): void {
    const inPlace = this.#inPlace.length > 0 ? { inPlace: this.#inPlace } : {}
    const saved = { access: this.#access, entries: this.open, ...inPlace }
    const isEmpty = this.#entries.size === 0 && this.#inPlace.length === 0
    this.#runner.saveState(LEDGER_STATE, isEmpty ? '' : JSON.stringify(saved))
  }
}

/** Longest tag or id; names of tasks are part of some. */
const MAX_WORD = 400

/** What the main step saved. */
export interface SavedLedger {
  access: Access
  entries: LedgerEntry[]
  /** Ids of what has taken the place of older ones and stays, which no step has said yet. */
  inPlace: string[]
  /** Entries that this action did not write; they are reported, and never drop the others. */
  unreadable: number
}

/**
 * Reads what the main step saved. Each entry is read by itself.
 *
 * @throws Error when it is not a ledger
 */
export function readLedger(value: string): SavedLedger {
  const saved = JSON.parse(value) as Partial<Record<keyof SavedLedger, unknown>> | null
  const access = readAccess(saved?.access)
  if (!access || !Array.isArray(saved?.entries)) throw new Error('the saved state is no ledger')
  const entries = saved.entries.flatMap((entry) => readEntry(entry) ?? [])
  const inPlace = Array.isArray(saved.inPlace) ? saved.inPlace.filter(isWord) : []
  return { access, entries, inPlace, unreadable: saved.entries.length - entries.length }
}

function readEntry(value: Partial<LedgerEntry> | null): LedgerEntry | undefined {
  const { tag, id, isAuxiliary } = value ?? {}
  if (!isWord(tag) || (id !== undefined && !isWord(id))) return undefined
  return { tag, ...(id !== undefined && { id }), ...(isAuxiliary === true && { isAuxiliary }) }
}

/** Providers put tags and ids into requests encoded; control characters belong in none of them. */
function isWord(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    /^[^\x00-\x1f\x7f-\x9f\u2028\u2029]+$/.test(value) &&
    value.length <= MAX_WORD
  )
}
