import type { News } from './news.ts'
import type { TaskEvent, TaskType } from './script.ts'

export interface NewsMatch {
  readonly type?: TaskType
  readonly event?: TaskEvent
  readonly appName?: string
  readonly buildName?: string
}

export interface Newsroom {
  readonly all: readonly News[]
  publish(news: News): void
  when(match: NewsMatch, options?: { readonly timeoutMs?: number }): Promise<News>
}

/** Keeps what happened and wakes whoever waits for it. */
export function createNewsroom(): Newsroom {
  const all: News[] = []
  const waiting = new Set<(news: News) => void>()
  return {
    all,
    publish(news) {
      all.push(news)
      for (const look of waiting) look(news)
    },
    when(match, { timeoutMs = 5000 } = {}) {
      const earlier = all.find((news) => fits(news, match))
      if (earlier !== undefined) return Promise.resolve(earlier)
      return new Promise((resolve, reject) => {
        const look = (news: News) => {
          if (!fits(news, match)) return
          clearTimeout(timer)
          waiting.delete(look)
          resolve(news)
        }
        const timer = setTimeout(() => {
          waiting.delete(look)
          reject(new Error(`no news of ${JSON.stringify(match)} within ${timeoutMs} ms`))
        }, timeoutMs)
        waiting.add(look)
      })
    },
  }
}

function fits(news: News, match: NewsMatch): boolean {
  return (
    (match.type ?? news.type) === news.type &&
    (match.event ?? news.event) === news.event &&
    (match.appName ?? news.appName) === news.appName &&
    (match.buildName ?? news.buildName) === news.buildName
  )
}
