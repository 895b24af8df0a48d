/** Does what is given to it one after the other, in the order in which it came. */
export class OneByOne {
  #tail: Promise<unknown> = Promise.resolve()

  /** @returns what `work` resolves to; a failure is the caller's and holds up nothing that follows */
  add<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#tail.then(work)
    this.#tail = done.catch(() => {})
    return done
  }
}
