import type { Clock } from '../base/clock.ts'
import { ActionError, toActionError } from '../base/errors.ts'

/** Bounds of one status check, milliseconds. */
export interface CheckCall {
  deadlineMs: number
  signal: AbortSignal
}

/**
 * Reads many at once: each id has what was read of it, or its error. Those that are known before the
 * last one go to `arrived` as well. What is missing is asked for again with the next check, at once.
 */
export type ObserveMany<R> = (
  ids: readonly string[],
  call: CheckCall,
  arrived: (id: string, reading: R | ActionError) => void,
) => Promise<ReadonlyMap<string, R | ActionError>>

interface Waiting<R> {
  untilMs: number
  resolve: (reading: R) => void
  reject: (error: unknown) => void
}

/** Status checks that are asked for within this time become one. */
const GATHER_MS = 5
/** Many notifications in a row cause one check in this time, not one each. */
const SPACING_MS = 250
/** The next check waits for a slow one to end, but no longer than this after its start. */
const LONGEST_TURN_MS = 1_500
/** Checks that are due up to this share of their interval apart are moved to the same moment. */
const ALIGNED_SHARE = 0.6

/**
 * Joins the status checks of several deployments, so that they share one schedule and, where the
 * provider can, one request. With a single deployment nothing is held up.
 */
export class SharedPoll<R> {
  readonly #clock: Clock
  readonly #observeMany: ObserveMany<R>
  /** Whether there are several deployments to check. */
  readonly isShared: boolean
  /** Ends every check on the way: the run's own end. */
  readonly #signal: AbortSignal
  #waiting = new Map<string, Waiting<R>[]>()
  #flushedAtMs = Number.NEGATIVE_INFINITY
  #underWay: Promise<void> = Promise.resolve()
  /** Moments at which checks are planned. */
  #plannedAtMs: number[] = []

  constructor(
    clock: Clock,
    observeMany: ObserveMany<R>,
    options: { isShared: boolean; signal: AbortSignal },
  ) {
    this.#clock = clock
    this.#observeMany = observeMany
    this.isShared = options.isShared
    this.#signal = options.signal
  }

  /**
   * One status check of one deployment.
   *
   * @throws what the provider threw for this id
   */
  async observe(id: string, call: CheckCall): Promise<R> {
    if (!this.isShared) return pick(await this.#observeMany([id], call, () => {}), id)
    return await new Promise<R>((resolve, reject) => {
      const untilMs = this.#clock.nowMs() + call.deadlineMs
      this.#add(id, [{ untilMs, resolve, reject }])
    })
  }

  #add(id: string, waiting: readonly Waiting<R>[]): void {
    const isFirst = this.#waiting.size === 0
    this.#waiting.set(id, [...(this.#waiting.get(id) ?? []), ...waiting])
    if (isFirst) void this.#turn()
  }

  /**
   * Moves a check to the moment of one that is planned anyway, where that is near enough.
   *
   * @param dueAtMs monotonic moment at which it is due by its own schedule
   */
  align(dueAtMs: number): number {
    const nowMs = this.#clock.nowMs()
    // What a long check has read at its end is due soon after it, and new all the same.
    const readAtMs = Math.max(this.#flushedAtMs, nowMs - LONGEST_TURN_MS)
    const farthestMs = ALIGNED_SHARE * (dueAtMs - readAtMs)
    const distanceMs = (atMs: number) => Math.abs(dueAtMs - atMs)
    this.#plannedAtMs = this.#plannedAtMs.filter((atMs) => atMs > nowMs)
    const [nearest] = this.#plannedAtMs.toSorted((one, two) => distanceMs(one) - distanceMs(two))
    if (nearest !== undefined && distanceMs(nearest) <= farthestMs) return nearest
    this.#plannedAtMs.push(dueAtMs)
    return dueAtMs
  }

  async #turn(): Promise<void> {
    const clock = this.#clock
    const over = new AbortController()
    const longestMs = this.#flushedAtMs + LONGEST_TURN_MS - clock.nowMs()
    await Promise.race([this.#underWay, clock.sleep(longestMs, over.signal)])
    over.abort()
    const spacedMs = this.#flushedAtMs + SPACING_MS - clock.nowMs()
    await clock.sleep(Math.max(GATHER_MS, spacedMs))
    this.#underWay = this.#flush()
  }

  async #flush(): Promise<void> {
    const waiting = this.#waiting
    this.#waiting = new Map()
    this.#flushedAtMs = this.#clock.nowMs()
    const untilMs = Math.max(...[...waiting.values()].flat().map((one) => one.untilMs))
    const call = { deadlineMs: untilMs - this.#clock.nowMs(), signal: this.#signal }
    const end = (id: string, reading: R | ActionError) => {
      for (const one of waiting.get(id) ?? []) settle(one, reading)
      waiting.delete(id)
    }
    try {
      const read = await this.#observeMany([...waiting.keys()], call, end)
      for (const [id, those] of waiting) {
        const reading = read.get(id)
        if (reading !== undefined) end(id, reading)
        else this.#askAgain(id, those)
      }
    } catch (thrown) {
      for (const one of [...waiting.values()].flat()) one.reject(thrown)
    }
  }

  /** Those who have no time left are not kept: nobody listens to them any more. */
  #askAgain(id: string, those: readonly Waiting<R>[]): void {
    const nowMs = this.#clock.nowMs()
    const inTime = those.filter(({ untilMs }) => untilMs > nowMs && !this.#signal.aborted)
    for (const one of those) if (!inTime.includes(one)) one.reject(noReading(id))
    if (inTime.length > 0) this.#add(id, inTime)
  }
}

function settle<R>(waiting: Waiting<R>, reading: R | ActionError): void {
  if (reading instanceof ActionError) waiting.reject(reading)
  else waiting.resolve(reading)
}

function pick<R>(read: ReadonlyMap<string, R | ActionError>, id: string): R {
  const one = read.get(id)
  if (one instanceof ActionError) throw one
  if (one !== undefined) return one
  throw noReading(id)
}

function noReading(id: string): ActionError {
  return toActionError(new Error(`no reading of ${id}`))
}
