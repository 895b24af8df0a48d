import type { Clock } from '../base/clock.ts'
import { ActionError, toActionError } from '../base/errors.ts'

/** Bounds of one status check, milliseconds. */
export interface CheckCall {
  deadlineMs: number
  signal: AbortSignal
}

/** Reads many at once: each id has what was read of it, or its error. */
export type ObserveMany<R> = (
  ids: readonly string[],
  call: CheckCall,
) => Promise<ReadonlyMap<string, R | ActionError>>

interface Waiting<R> {
  deadlineMs: number
  resolve: (reading: R) => void
  reject: (error: unknown) => void
}

/** Status checks that come within this time are made together. */
const GATHER_MS = 5
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
  #nextAtMs = Number.NEGATIVE_INFINITY

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
    if (!this.isShared) return pick(await this.#observeMany([id], call), id)
    return await new Promise<R>((resolve, reject) => {
      const isFirst = this.#waiting.size === 0
      const waiting = { deadlineMs: call.deadlineMs, resolve, reject }
      this.#waiting.set(id, [...(this.#waiting.get(id) ?? []), waiting])
      if (isFirst) void this.#clock.sleep(GATHER_MS).then(() => this.#flush())
    })
  }

  /**
   * Moves a check to the moment of one that is planned anyway, where that is near enough.
   *
   * @param dueAtMs monotonic moment at which it is due by its own schedule
   */
  align(dueAtMs: number): number {
    const nowMs = this.#clock.nowMs()
    const isPlanned = this.#nextAtMs > nowMs
    const isNear = Math.abs(dueAtMs - this.#nextAtMs) <= ALIGNED_SHARE * (dueAtMs - nowMs)
    if (isPlanned && isNear) return this.#nextAtMs
    if (!isPlanned || dueAtMs < this.#nextAtMs) this.#nextAtMs = dueAtMs
    return dueAtMs
  }

  async #flush(): Promise<void> {
    const waiting = this.#waiting
    this.#waiting = new Map()
    const all = [...waiting.values()].flat()
    const deadlineMs = Math.max(...all.map((one) => one.deadlineMs))
    try {
      const read = await this.#observeMany([...waiting.keys()], {
        deadlineMs,
        signal: this.#signal,
      })
      for (const [id, waiters] of waiting) {
        for (const one of waiters) {
          try {
            one.resolve(pick(read, id))
          } catch (error) {
            one.reject(error)
          }
        }
      }
    } catch (thrown) {
      for (const one of all) one.reject(thrown)
    }
  }
}

function pick<R>(read: ReadonlyMap<string, R | ActionError>, id: string): R {
  const one = read.get(id)
  if (one instanceof ActionError) throw one
  if (one !== undefined) return one
  throw toActionError(new Error(`no reading of ${id}`))
}
