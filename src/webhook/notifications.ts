import type { Wake } from '../wait/waker.ts'

/** Ids that may be notified of before they are known to be ours: the webhook can be faster than the reply. */
const MAX_EARLY_IDS = 64

type Reason = Exclude<Wake, 'aborted'>

interface Listener {
  /** What has happened since it last listened; the most telling one counts. */
  pending: Set<Reason>
  wake: (() => void) | undefined
}

/** Brings notifications to the deployments that they are about, and keeps those that came too early. */
export class Notifications {
  readonly #listeners = new Map<string, Listener>()
  /** Id → notifications, for ids that nobody listens to (yet). */
  readonly #unclaimed = new Map<string, number>()
  readonly #ignored = new Map<string, number>()
  #earlyForAll = false

  /** @param id undefined for a notification that may be about any deployment */
  notification(id: string | undefined): void {
    if (id === undefined) {
      this.#earlyForAll = true
      this.wakeAll('notification')
      return
    }
    const listener = this.#listeners.get(id)
    if (listener) wake(listener, 'notification')
    else if (this.#unclaimed.has(id) || this.#unclaimed.size < MAX_EARLY_IDS) {
      this.#unclaimed.set(id, (this.#unclaimed.get(id) ?? 0) + 1)
    } else this.ignored('for another deployment')
  }

  ignored(why: string): void {
    this.#ignored.set(why, (this.#ignored.get(why) ?? 0) + 1)
  }

  wakeAll(reason: Reason): void {
    for (const listener of this.#listeners.values()) wake(listener, reason)
  }

  /** From now on whatever happens is kept for this id, until `nextWake` gives it. */
  listen(id: string): void {
    this.#listen(id)
  }

  /** Resolves with what happened since the last call, or since `listen`; at once if something did. */
  async nextWake(id: string, signal: AbortSignal): Promise<Wake> {
    const listener = this.#listen(id)
    if (listener.pending.size === 0 && !signal.aborted) {
      await new Promise<void>((resolve) => {
        listener.wake = resolve
        signal.addEventListener('abort', () => resolve(), { once: true })
      })
    }
    for (const reason of ['notification', 'gap', 'changed'] as const) {
      if (listener.pending.has(reason)) {
        listener.pending.clear()
        return reason
      }
    }
    return 'aborted'
  }

  /** What was ignored, as [reason, count]. */
  leftOver(): [string, number][] {
    const foreign = [...this.#unclaimed.values()].reduce((sum, count) => sum + count, 0)
    const other = this.#ignored.get('for another deployment') ?? 0
    const rest = [...this.#ignored].filter(([why]) => why !== 'for another deployment')
    return foreign + other > 0 ? [...rest, ['for another deployment', foreign + other]] : rest
  }

  #listen(id: string): Listener {
    let listener = this.#listeners.get(id)
    if (!listener) {
      listener = { pending: new Set(), wake: undefined }
      if (this.#unclaimed.delete(id) || this.#earlyForAll) listener.pending.add('notification')
      this.#listeners.set(id, listener)
    }
    return listener
  }
}

function wake(listener: Listener, reason: Reason): void {
  listener.pending.add(reason)
  listener.wake?.()
}
