export interface Timers {
  /** Runs the task at once where there is nothing to wait for. Gives a way to call it off. */
  after(delayMs: number, task: () => void): () => void
  close(): void
}

export function createTimers(): Timers {
  const running = new Set<NodeJS.Timeout>()
  return {
    after(delayMs, task) {
      if (delayMs <= 0) {
        task()
        return () => {}
      }
      const timer = setTimeout(() => {
        running.delete(timer)
        task()
      }, delayMs)
      running.add(timer)
      return () => {
        clearTimeout(timer)
        running.delete(timer)
      }
    },
    close() {
      for (const timer of running) clearTimeout(timer)
      running.clear()
    },
  }
}
