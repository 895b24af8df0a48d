/** How many characters the whole time takes. */
const WIDTH = 48
const TASK = /^\s*(.+) :(.*?)(\d+), (\d+)ms$/
const SECTION = /^\s*section (.+)$/

interface Bar {
  label: string
  fromMs: number
  lengthMs: number
  isBad: boolean
}

/** A Mermaid gantt chart, as the summary writes it, in bars of characters. */
export function chartToText(lines: readonly string[]): string[] {
  const bars: Bar[] = []
  let section = ''
  for (const line of lines) {
    section = SECTION.exec(line)?.[1] ?? section
    const [, label, tags = '', from, length] = TASK.exec(line) ?? []
    if (label === undefined) continue
    bars.push({
      label: [section, label].filter(Boolean).join('  ').replaceAll('\u200b', ''),
      fromMs: Number(from),
      lengthMs: Number(length),
      isBad: tags.includes('crit'),
    })
  }
  const totalMs = Math.max(1, ...bars.map(({ fromMs, lengthMs }) => fromMs + lengthMs))
  const width = Math.max(0, ...bars.map(({ label }) => label.length))
  const columns = (ms: number) => Math.round((ms / totalMs) * WIDTH)
  return bars.map(({ label, fromMs, lengthMs, isBad }) => {
    const bar =
      lengthMs === 0 ? (isBad ? '✗' : '◆') : (isBad ? '▒' : '█').repeat(columns(lengthMs) || 1)
    return `${label.padEnd(width)}  ${' '.repeat(columns(fromMs))}${bar}`
  })
}
