/** Gives each id its turn: those that had none for longest come first. */
export class Turns {
  /** In the order in which their turn comes. */
  #order: string[] = []

  /** Up to `count` of the ids; they go to the end of the line. */
  take(ids: Iterable<string>, count: number): string[] {
    const wanted = new Set(ids)
    const known = new Set(this.#order)
    this.#order.unshift(...[...wanted].filter((id) => !known.has(id)))
    const taken = this.#order.filter((id) => wanted.has(id)).slice(0, Math.max(0, count))
    const done = new Set(taken)
    this.#order = [...this.#order.filter((id) => !done.has(id)), ...taken]
    return taken
  }
}
