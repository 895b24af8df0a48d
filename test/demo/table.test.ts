import { describe, expect, test } from 'vitest'
import { summariesPage } from '../../demo/page.ts'
import { exitCodeOf, isAsExpected, type SceneEnd, sceneTable } from '../../demo/table.ts'

const good: SceneEnd = {
  title: 'up',
  ends: 'succeeded',
  outcome: 'succeeded',
  exitCode: 0,
  seconds: 1.23,
}
const bad: SceneEnd = { ...good, title: 'fails', ends: 'failed', outcome: 'failed', exitCode: 1 }

describe('the table of the demo', () => {
  test('counts what ended as it is meant to, and what fails on purpose', () => {
    const lines = sceneTable([good, bad]).split('\n')
    expect(lines[0]).toBe('✓  up     succeeded  exit code 0  1.2 s')
    expect(lines.at(-1)).toBe('2 of 2 as expected; 1 fails on purpose')
    expect(exitCodeOf([good, bad])).toBe(0)
  })

  test.each([
    ['another outcome', { ...good, outcome: 'failed' }],
    ['no outcome', { ...good, outcome: '' }],
    ['a green step that should be red', { ...bad, exitCode: 0 }],
    ['a red step that should be green', { ...good, exitCode: 1 }],
    ['a step that was killed', { ...bad, exitCode: null }],
  ])('shows %s', (_, end) => {
    expect(isAsExpected(end)).toBe(false)
    expect(sceneTable([good, end])).toMatch(/✗ .*\n\n1 of 2 as expected; 0 fail on purpose$/)
    expect(exitCodeOf([good, end])).toBe(1)
  })

  test('makes the demo fail when no scene was played', () => {
    expect(exitCodeOf([])).toBe(1)
  })
})

test('the page of summaries shows a summary as text, whatever is in it', () => {
  const page = summariesPage([{ title: '<b>', summary: '### <script>alert(1)</script>' }])
  expect(page).not.toMatch(/<script|<b>/)
  expect(page).toContain('&lt;b&gt;')
})
