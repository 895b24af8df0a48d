/** Where one of the texts that were looked for stands. */
export interface Place {
  from: number
  /** Behind the last character. */
  to: number
}

const TABLE_SIZE = 1 << 15

/**
 * Finds all of many texts in one pass over a long one, after Wu and Manber: the two characters at the
 * end of a window as long as the shortest text say how far the window can move on.
 */
export class ManyTextsSearch {
  readonly #texts: readonly string[]
  readonly #windowLength: number
  /** By the hash of two characters: how far the window moves; 0 where a text may begin. */
  readonly #moves: Uint8Array
  /** By the same hash: which texts may begin at the window. */
  readonly #candidates = new Map<number, number[]>()

  /** @param texts at least two characters long each */
  constructor(texts: readonly string[]) {
    this.#texts = texts
    this.#windowLength = Math.min(...texts.map((text) => text.length), 255)
    this.#moves = new Uint8Array(TABLE_SIZE).fill(Math.max(0, this.#windowLength - 1))
    for (const [index, text] of texts.entries()) this.#learn(text, index)
  }

  /**
   * Calls `found` for every place, overlapping ones too, in the order of their beginnings.
   *
   * @param found gets the number of the text in the constructor's list
   */
  find(within: string, found: (index: number, place: Place) => void): void {
    if (this.#texts.length === 0) return
    const length = this.#windowLength
    for (let from = 0; from + length <= within.length; ) {
      const hash = hashAt(within, from + length - 2)
      const move = this.#moves[hash] ?? 1
      if (move > 0) {
        from += move
        continue
      }
      for (const index of this.#candidates.get(hash) ?? []) {
        const text = this.#texts[index] ?? ''
        if (within.startsWith(text, from)) found(index, { from, to: from + text.length })
      }
      from += 1
    }
  }

  #learn(text: string, index: number): void {
    const last = this.#windowLength - 2
    for (let at = 0; at <= last; at += 1) {
      const hash = hashAt(text, at)
      this.#moves[hash] = Math.min(this.#moves[hash] ?? 0, last - at)
    }
    const hash = hashAt(text, last)
    const others = this.#candidates.get(hash)
    if (others) others.push(index)
    else this.#candidates.set(hash, [index])
  }
}

function hashAt(text: string, at: number): number {
  return ((text.charCodeAt(at) * 257) ^ text.charCodeAt(at + 1)) & (TABLE_SIZE - 1)
}
