import type { PipelineEvent } from './pipeline-event.ts'
import type { TaskEvent, TaskType } from './script.ts'

export interface EventMatch {
  readonly type?: TaskType
  readonly event?: TaskEvent
  readonly appName?: string
  readonly buildName?: string
}

export interface EventLog {
  readonly all: readonly PipelineEvent[]
  publish(event: PipelineEvent): void
  when(match: EventMatch, options?: { readonly timeoutMs?: number }): Promise<PipelineEvent>
}

/** Keeps what happened and wakes whoever waits for it. */
export function createEventLog(): EventLog {
  const all: PipelineEvent[] = []
  const waiting = new Set<(event: PipelineEvent) => void>()
  return {
    all,
    publish(event) {
      all.push(event)
      for (const check of waiting) check(event)
    },
    when(match, { timeoutMs = 20_000 } = {}) {
      const earlier = all.find((event) => fits(event, match))
      if (earlier !== undefined) return Promise.resolve(earlier)
      return new Promise((resolve, reject) => {
        const check = (event: PipelineEvent) => {
          if (!fits(event, match)) return
          clearTimeout(timer)
          waiting.delete(check)
          resolve(event)
        }
        const timer = setTimeout(() => {
          waiting.delete(check)
          reject(new Error(`no event like ${JSON.stringify(match)} within ${timeoutMs} ms`))
        }, timeoutMs)
        waiting.add(check)
      })
    },
  }
}

function fits(event: PipelineEvent, match: EventMatch): boolean {
  return (
    (match.type ?? event.type) === event.type &&
    (match.event ?? event.event) === event.event &&
    (match.appName ?? event.appName) === event.appName &&
    (match.buildName ?? event.buildName) === event.buildName
  )
}
