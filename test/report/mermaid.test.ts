import { describe, expect, it, test } from 'vitest'
import { type GanttTask, gantt, mermaidLabel } from '../../src/report/mermaid.ts'

const task = (fromMs: number, untilMs: number, more: Partial<GanttTask> = {}): GanttTask => {
  return { label: 'bar', fromMs, untilMs, ...more }
}
const chartOf = (tasks: readonly GanttTask[], title = '') =>
  gantt([{ title, tasks }]).replaceAll('\u200b', '')
const lineOf = (chart: string, begin: string) =>
  chart
    .split('\n')
    .find((line) => line.trim().startsWith(begin))
    ?.trim()

describe('a label', () => {
  test.each([
    ['ready · 4.2 s', 'ready · 4.2 s'],
    ['a:b', 'a\u2236b'],
    ['São Paulo, 東京 (x) a/b_c+d-e…', 'São Paulo, 東京 (x) a/b_c+d-e…'],
    ['a#b;c%%d', 'a b c d'],
    ['  a   b  ', 'a b'],
    ['"x"', 'x'],
    ['###', 'unnamed'],
    ['', 'unnamed'],
  ])('of %j is %j', (text, label) => {
    expect(mermaidLabel(text)).toBe(`\u200b${label}`)
  })

  it('is not longer than its bar', () => {
    expect(mermaidLabel('x'.repeat(48))).toBe(`\u200b${'x'.repeat(48)}`)
    expect(mermaidLabel('x'.repeat(49))).toContain('(49 characters)')
  })
})

describe('a bar', () => {
  test.each<[GanttTask, string]>([
    [task(0, 1_000), 'bar :0, 1000ms'],
    [task(10.4, 20.6), 'bar :10, 11ms'],
    // Mermaid draws nothing of no length.
    [task(10, 10), 'bar :10, 1ms'],
    [task(20, 10), 'bar :20, 1ms'],
    [task(-5, 10), 'bar :0, 10ms'],
    [task(0, 5, { isBad: true }), 'bar :crit, 0, 5ms'],
    [task(3, 5, { isMoment: true }), 'bar :milestone, 3, 0ms'],
    [task(3, 5, { isBad: true, isMoment: true }), 'bar :crit, milestone, 3, 0ms'],
  ])('%j', (one, line) => {
    expect(lineOf(chartOf([one]), 'bar :')).toBe(line)
  })
})

describe('a chart', () => {
  it('is a block of its own that is drawn alike on light and dark pages', () => {
    const chart = chartOf([task(0, 1_000)])
    expect(chart).toMatch(/^```mermaid\n---\nconfig:\n {2}gantt:\n {4}barHeight: 22\n/)
    expect(chart).toContain('\n  themeVariables:\n    taskBkgColor: "#1f883d"\n')
    expect(chart).toContain('\n---\ngantt\n  dateFormat x\n')
    expect(chart).toMatch(/\n {2}todayMarker off\n {4}bar :0, 1000ms\n```$/)
  })

  it('has room for the titles of its sections', () => {
    expect(lineOf(chartOf([task(0, 1)]), 'leftPadding')).toBe('leftPadding: 20')
    // The invisible character before a title counts.
    expect(lineOf(chartOf([task(0, 1)], 'paris'), 'leftPadding')).toBe('leftPadding: 72')
    const two = ['oslo', 'montreal'].map((title) => ({ title, tasks: [task(0, 1)] }))
    expect(lineOf(gantt(two), 'leftPadding')).toBe('leftPadding: 93')
  })

  it('has its sections in their order', () => {
    const two = ['oslo', 'montreal'].map((title) => ({ title, tasks: [task(0, 1)] }))
    const lines = gantt(two).replaceAll('\u200b', '').split('\n')
    expect(lines.slice(-5)).toEqual([
      '  section oslo',
      '    bar :0, 1ms',
      '  section montreal',
      '    bar :0, 1ms',
      '```',
    ])
  })

  test.each([
    [0, '%Q ms', '200millisecond'],
    [1_000, '%Q ms', '200millisecond'],
    [1_001, '%Q ms', '500millisecond'],
    [2_999, '%Q ms', '500millisecond'],
    [3_000, '%s s', '500millisecond'],
    [3_001, '%s s', '1second'],
    [10_000, '%s s', '1second'],
    [10_001, '%s s', '5second'],
    [30_000, '%s s', '5second'],
    [30_001, '%s s', '10second'],
    [90_000, '%s s', '10second'],
    [90_001, '%s s', '30second'],
    [300_000, '%s s', '30second'],
    [300_001, '%s s', '2minute'],
    [900_000, '%s s', '2minute'],
    [900_001, '%s s', '10minute'],
    [3_600_000, '%s s', '10minute'],
    [3_600_001, '%s s', '60minute'],
  ])('of %d ms has %s on its axis, one each %s', (totalMs, format, tick) => {
    const chart = chartOf([task(0, totalMs), task(0, 0)])
    expect(lineOf(chart, 'axisFormat')).toBe(`axisFormat ${format}`)
    expect(lineOf(chart, 'tickInterval')).toBe(`tickInterval ${tick}`)
  })
})
