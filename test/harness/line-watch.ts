/** Lets a test wait for something a running step says. */
export class LineWatch {
  /** As written, unmasked. */
  readonly lines: string[] = []
  readonly #waiters = new Set<() => void>()
  #ended = false

  add(line: string): void {
    this.lines.push(line)
    this.#wake()
  }

  end(): void {
    this.#ended = true
    this.#wake()
  }

  /**
   * Gives the match in the first line that has one, lines already written included.
   *
   * @throws Error with the last lines when the step ends, or the time is up, without it
   */
  waitFor(pattern: RegExp, timeoutMs = 20_000): Promise<RegExpExecArray> {
    // A global pattern would remember its position from one line to the next.
    const plain = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ''))
    let seen = 0
    return new Promise((resolve, reject) => {
      const settle = (act: () => void): void => {
        clearTimeout(timer)
        this.#waiters.delete(look)
        act()
      }
      const give = (why: string): Error => {
        const tail = this.lines.slice(-20).join('\n')
        return new Error(`${why} without a line like ${pattern}. Last lines:\n${tail}`)
      }
      const look = (): void => {
        for (; seen < this.lines.length; seen += 1) {
          const match = plain.exec(this.lines[seen] ?? '')
          if (match !== null) {
            settle(() => resolve(match))
            return
          }
        }
        if (this.#ended) settle(() => reject(give('The step ended')))
      }
      const late = (): void => settle(() => reject(give(`${timeoutMs} ms passed`)))
      const timer = setTimeout(late, timeoutMs)
      this.#waiters.add(look)
      look()
    })
  }

  #wake(): void {
    for (const look of [...this.#waiters]) look()
  }
}
