import { ActionError, toActionError } from '../base/errors.ts'
import { inTurn } from '../base/in-turn.ts'
import type { Outcome } from '../state/state.ts'
import type { DeploymentRecord, DeploymentRecords, RecordState } from './deployment-records.ts'
import { isAmbiguous, unlessGone } from './failure.ts'
import { isSuperseded, type RunKey } from './run-order.ts'
import { pageOf, type RunView } from './run-view.ts'

export interface RecordOptions {
  records: DeploymentRecords
  environment: string
  environmentUrl: string | undefined
  /** Empty: none. */
  group: string
  sha: string | undefined
  isPreview: boolean
  run: RunKey
  runUrl: string | undefined
  /** Names the record before it exists. */
  newKey: () => string
  /** Called at every change, before and after a record is made. */
  onChange: (saved: SavedRecord) => void
}

/** What the post step needs to go on. */
export interface SavedRecord {
  /** Set before the record is asked for, so that it can be found again. */
  key?: string
  id?: number
}

/** A record that has not ended. */
interface ActiveRecord extends DeploymentRecord {
  state: string | undefined
}

const STATES: Readonly<Partial<Record<Outcome, RecordState>>> = {
  succeeded: 'success',
  failed: 'failure',
  'timed-out': 'failure',
  rejected: 'error',
  cancelled: 'inactive',
  stopped: 'inactive',
}

/** Final states: GitHub does not change a record in one of them by itself. */
const ENDED: readonly unknown[] = ['inactive', 'failure', 'error']
/** Up to this many states are read one request each; more are read together, by GraphQL. */
const FEW = 5
/** Only the newest records are read: older ones were ended by the deploys that made these. */
const MOST_ASKED = 1_000
/** Requests at the same time: GitHub asks its users not to send many at once. */
const AT_ONCE = 4

/** The GitHub Deployment of one run: its own record, and the earlier ones of the environment. */
export class DeploymentRecorder {
  readonly #options: RecordOptions
  #saved: SavedRecord
  /** Earlier records that have ended, so that they are not asked for again. */
  readonly #ended = new Set<number>()
  /** Those that had succeeded before this run recorded anything. */
  readonly #succeededBefore = new Set<number>()
  /** All records that had not ended by then; undefined if not all of them were read. */
  #activeBefore: readonly DeploymentRecord[] | undefined
  #isStarted = false
  #isHurried = false

  constructor(options: RecordOptions, saved: SavedRecord = {}) {
    this.#options = options
    this.#saved = saved
  }

  /** The run is over: skips what would only prepare for its end. */
  hurry(): void {
    this.#isHurried = true
  }

  /**
   * Makes the record, in progress. Then it learns which earlier ones are active, so that little is left
   * to ask at the end, for which people wait. Done once.
   *
   * @throws ActionError
   */
  async start(view: RunView): Promise<void> {
    if (this.#isStarted) return
    const id = await this.#create(view)
    await this.#addStatus(id, 'in_progress', view)
    this.#isStarted = true
    if (this.#isHurried) return
    const active = await this.#active(await this.#others(), () => this.#isHurried)
    for (const { id, state } of active) if (state === 'success') this.#succeededBefore.add(id)
    if (!this.#isHurried) this.#activeBefore = active
  }

  /** Writes how the run ended; nothing where it goes on without us. @throws ActionError */
  async finish(view: RunView): Promise<void> {
    if (view.outcome === 'started') return await this.start(view)
    const state = view.outcome && STATES[view.outcome]
    if (state === undefined) return
    // A cancelled run makes no record any more, but ends the one it made.
    const id = state === 'inactive' ? await this.#find() : await this.#create(view)
    if (id === undefined) return
    if (state !== 'success') return await this.#addStatus(id, state, view)
    // What came after our own record is new; what was before it has been looked at in `start`.
    const before = this.#activeBefore
    const others = [...(await this.#others(before && id)), ...(before ?? [])]
    const newer = await this.#active(others.filter((other) => this.#isNewer(other)))
    if (newer.some(hasSucceeded)) return await this.#giveWay(id, view)
    await this.#addStatus(id, 'success', view)
    // One that was still deploying a moment ago may have succeeded, and not seen us, by now.
    if ((await this.#active(newer)).some(hasSucceeded)) return await this.#giveWay(id, view)
    await this.#end(await this.#active(others.filter((other) => this.#isEarlier(other))), view)
  }

  async #giveWay(id: number, view: RunView): Promise<void> {
    await this.#addStatus(id, 'inactive', view, 'A newer run has deployed')
  }

  /** Ends whatever is active in the environment, or in the group of it; makes no record. @throws ActionError */
  async stop(view: RunView): Promise<void> {
    await this.#end(await this.#active(await this.#others()), view)
  }

  /** @returns the id of our record, made if there is none */
  async #create(view: RunView): Promise<number> {
    const found = await this.#find()
    if (found !== undefined) return found
    const { records, environment, group, sha, isPreview, run } = this.#options
    if (sha === undefined) {
      throw new ActionError({ kind: 'refused', what: 'the event names no commit to record on' })
    }
    const key = this.#saved.key ?? this.#options.newKey()
    this.#save({ key })
    const { application, version } = view
    const payload = { key, group, run, application, version }
    const description = [application, version].filter(Boolean).join(' ')
    try {
      const id = await records.create({ sha, environment, isPreview, payload, description })
      this.#save({ key, id })
      return id
    } catch (thrown) {
      const error = toActionError(thrown)
      const id = isAmbiguous(error) ? await this.#find() : undefined
      if (id === undefined) throw error
      return id
    }
  }

  /** Our record, also where the reply to its creation was lost. */
  async #find(): Promise<number | undefined> {
    const { records, environment, sha } = this.#options
    const { id, key } = this.#saved
    if (id !== undefined || key === undefined) return id
    const found = (await records.list(environment, { sha })).find(({ own }) => own?.key === key)
    if (found) this.#save({ key, id: found.id })
    return found?.id
  }

  async #addStatus(id: number, state: RecordState, view: RunView, why?: string): Promise<void> {
    const { environmentUrl, runUrl } = this.#options
    await this.#options.records.addStatus(id, {
      state,
      description: why ?? describe(view),
      logUrl: runUrl,
      environmentUrl: state === 'success' ? (environmentUrl ?? pageOf(view)) : undefined,
    })
  }

  /** All other records of the environment that are ours to end. */
  async #others(newerThan?: number): Promise<DeploymentRecord[]> {
    const { records, environment, group } = this.#options
    const all = await records.list(environment, { newerThan })
    return all.filter(({ id, own }) => {
      return id !== this.#saved.id && (group === '' || own?.group === group)
    })
  }

  #isNewer({ id, own }: DeploymentRecord): boolean {
    if (own === undefined) return false
    // Where the end came before all were looked at, the ids tell which one was there first.
    const wasOver = this.#activeBefore ? this.#succeededBefore.has(id) : this.#isBeforeOurs(id)
    return isSuperseded(this.#options.run, own.run, wasOver)
  }

  #isEarlier(record: DeploymentRecord): boolean {
    const { run, sha } = this.#options
    // One of our commit may be GitHub's own of this job, where that names an environment; GitHub ends it.
    if (record.own === undefined) return record.sha !== sha && this.#isBeforeOurs(record.id)
    const isSameRun = record.own.run.id === run.id && record.own.run.attempt === run.attempt
    // Another step or job of this very run, such as one of a matrix, stands beside us.
    return !(isSameRun && record.own.run.number === run.number) && !this.#isNewer(record)
  }

  #isBeforeOurs(id: number): boolean {
    return id < (this.#saved.id ?? 0)
  }

  /** Those that have not ended; not all of them when `isEnough` says so. */
  async #active(
    records: readonly DeploymentRecord[],
    isEnough: () => boolean = () => false,
  ): Promise<ActiveRecord[]> {
    const active: ActiveRecord[] = []
    const { records: api, environment } = this.#options
    const open = records.filter(({ id }) => !this.#ended.has(id)).slice(0, MOST_ASKED)
    const known = open.length > FEW ? await api.states(environment) : undefined
    await inTurn(open, AT_ONCE, async (record) => {
      if (isEnough()) return
      const state = known?.get(record.id) ?? (await api.stateOf(record.id))
      if (ENDED.includes(state)) this.#ended.add(record.id)
      else active.push({ ...record, state })
    })
    return active
  }

  /** Only what succeeded, or what a run of ours left unfinished: others may be at work on theirs. */
  async #end(active: readonly ActiveRecord[], view: RunView): Promise<void> {
    const ending = active.filter(({ state, own }) => state === 'success' || own !== undefined)
    const description = view.outcome === 'stopped' ? 'Stopped' : 'Replaced by a newer deployment'
    const { records, runUrl: logUrl } = this.#options
    // Somebody may delete old ones at the same time.
    await inTurn(ending, AT_ONCE, ({ id }) =>
      unlessGone(records.addStatus(id, { state: 'inactive', description, logUrl }), undefined),
    )
  }

  #save(saved: SavedRecord): void {
    this.#saved = saved
    this.#options.onChange(saved)
  }
}

function hasSucceeded({ state }: ActiveRecord): boolean {
  return state === 'success'
}

function describe({ outcome, error }: RunView): string {
  if (outcome === undefined) return 'Deploying'
  if (outcome === 'started') return 'Started'
  if (outcome === 'succeeded') return 'Ready'
  if (outcome === 'stopped') return 'Stopped'
  if (outcome === 'cancelled') return 'Cancelled'
  return error || 'Failed'
}
