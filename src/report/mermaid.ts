import { toLine } from '../runner/plain-text.ts'

/** A longer label pushes its bar out of the picture. */
const LONGEST_LABEL = 48

/**
 * Text as a label of a Mermaid diagram. Only letters, digits and marks that mean nothing to Mermaid
 * stay: it has no way to quote, and a colon, `#`, `;`, `%%` or a line break would end the label.
 *
 * An invisible character stands first, so that no label begins with a keyword such as `click`.
 */
export function mermaidLabel(text: string): string {
  const plain = toLine(text, LONGEST_LABEL)
    .replaceAll(':', '\u2236')
    .replace(/[^\p{L}\p{M}\p{N} .,_/()+·…\u2236-]+/gu, ' ')
    .replace(/ {2,}/g, ' ')
    .trim()
  return `\u200b${plain || 'unnamed'}`
}

/** A bar, or with `atMs` alone a moment. */
export interface GanttTask {
  label: string
  fromMs: number
  untilMs: number
  isBad?: boolean
  isMoment?: boolean
}

export interface GanttSection {
  /** Empty: no title beside its bars. */
  title: string
  tasks: readonly GanttTask[]
}

const TICKS: readonly [upToMs: number, tick: string][] = [
  [1_000, '200millisecond'],
  [3_000, '500millisecond'],
  [10_000, '1second'],
  [30_000, '5second'],
  [90_000, '10second'],
  [300_000, '30second'],
  [900_000, '2minute'],
  [3_600_000, '10minute'],
]
const WIDTH_OF_LETTER = 7
const SIZES = { barHeight: 22, barGap: 5, fontSize: 12, sectionFontSize: 12 }
/** Seen well on light and on dark pages; all else stays as the page has it. */
const COLOURS = {
  taskBkgColor: '#1f883d',
  taskBorderColor: '#1f883d',
  taskTextColor: '#ffffff',
  critBkgColor: '#cf222e',
  critBorderColor: '#cf222e',
  sectionBkgColor: '#81818124',
  sectionBkgColor2: '#81818124',
  altSectionBkgColor: '#81818100',
}

/** A Mermaid gantt chart in its fenced block; times count from 0. */
export function gantt(sections: readonly GanttSection[]): string {
  const ends = sections.flatMap(({ tasks }) => tasks.map(({ untilMs }) => untilMs))
  const totalMs = Math.max(...ends, 1)
  const tick = TICKS.find(([upToMs]) => totalMs <= upToMs)?.[1] ?? '60minute'
  const longest = Math.max(...sections.map(({ title }) => (title ? mermaidLabel(title).length : 0)))
  return [
    '```mermaid',
    '---',
    'config:',
    '  gantt:',
    ...Object.entries(SIZES).map(([name, value]) => `    ${name}: ${value}`),
    `    leftPadding: ${longest === 0 ? 20 : 30 + longest * WIDTH_OF_LETTER}`,
    '  themeVariables:',
    ...Object.entries(COLOURS).map(([name, value]) => `    ${name}: "${value}"`),
    '---',
    'gantt',
    '  dateFormat x',
    // Seconds since the beginning: hours and minutes would be those of the reader's time zone.
    `  axisFormat ${totalMs < 3_000 ? '%Q ms' : '%s s'}`,
    `  tickInterval ${tick}`,
    '  todayMarker off',
    ...sections.flatMap(sectionLines),
    '```',
  ].join('\n')
}

function sectionLines({ title, tasks }: GanttSection): string[] {
  const lines = tasks.map(({ label, fromMs, untilMs, isBad, isMoment }) => {
    const from = Math.max(0, Math.round(fromMs))
    const tags = [...(isBad ? ['crit'] : []), ...(isMoment ? ['milestone'] : [])]
    const length = isMoment ? 0 : Math.max(1, Math.round(untilMs) - from)
    return `    ${mermaidLabel(label)} :${[...tags, from, `${length}ms`].join(', ')}`
  })
  return title === '' ? lines : [`  section ${mermaidLabel(title)}`, ...lines]
}
