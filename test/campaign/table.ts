/** What the cells of a campaign came to: how often each result was seen in each row. */
export class Table {
  readonly #corner: string
  readonly #rows = new Map<string, Map<string, number>>()

  /** @param corner the heading above the names of the rows */
  constructor(corner: string) {
    this.#corner = corner
  }

  count(row: string, result: string): void {
    const results = this.#rows.get(row) ?? new Map<string, number>()
    this.#rows.set(row, results)
    results.set(result, (results.get(result) ?? 0) + 1)
  }

  /** Counts what an attempt came to; one that throws is a fault, and throws on. */
  async measure(row: string, attempt: () => Promise<string>): Promise<void> {
    let result = FAULT
    try {
      result = await attempt()
    } finally {
      this.count(row, result)
    }
  }

  /** As Markdown, with the sum of each row; the faults stand last, also where there are none. */
  toString(): string {
    const seen = new Set([...this.#rows.values()].flatMap((results) => [...results.keys()]))
    seen.delete(FAULT)
    const columns = [...[...seen].sort(), FAULT]
    const lines = [...this.#rows].sort(byName).map(([row, results]) => {
      const counts = columns.map((column) => results.get(column) ?? 0)
      return [row, counts.reduce((sum, count) => sum + count, 0), ...counts]
    })
    const numbers = ['all', ...columns]
    const head = [
      [this.#corner, ...numbers],
      ['---', ...numbers.map(() => '---:')],
    ]
    return [...head, ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
  }
}

const FAULT = 'fault'

function byName([a]: [string, unknown], [b]: [string, unknown]): number {
  return a.localeCompare(b, 'en', { numeric: true })
}
