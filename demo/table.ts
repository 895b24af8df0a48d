/** How one scene ended. */
export interface SceneEnd {
  readonly title: string
  /** The outcome that it is meant to have. */
  readonly ends: string
  readonly outcome: string
  readonly exitCode: number | null
  readonly seconds: number
}

/** Outcomes that make the step red. */
const RED: ReadonlySet<string> = new Set(['failed', 'rejected', 'timed-out', 'cancelled'])

export function isAsExpected({ ends, outcome, exitCode }: SceneEnd): boolean {
  return outcome === ends && exitCode === (RED.has(ends) ? 1 : 0)
}

/** 0 only when there were scenes and every one ended as it is meant to. */
export function exitCodeOf(ends: readonly SceneEnd[]): 0 | 1 {
  return ends.length > 0 && ends.every(isAsExpected) ? 0 : 1
}

/** All scenes in a table, and in a last line how many ended as they are meant to. */
export function sceneTable(ends: readonly SceneEnd[]): string {
  const rows = ends.map((end) => [
    isAsExpected(end) ? '✓' : '✗',
    end.title,
    end.outcome || 'no outcome',
    `exit code ${end.exitCode}`,
    `${end.seconds.toFixed(1)} s`,
  ])
  const widths = [0, 1, 2, 3, 4].map((column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  )
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
  const good = ends.filter(isAsExpected)
  const onPurpose = good.filter(({ ends }) => RED.has(ends)).length
  const purpose = onPurpose === 1 ? '1 fails on purpose' : `${onPurpose} fail on purpose`
  return [...lines, '', `${good.length} of ${ends.length} as expected; ${purpose}`].join('\n')
}
