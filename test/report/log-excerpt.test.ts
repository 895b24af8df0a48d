import { describe, expect, it, test } from 'vitest'
import { foldedLog, lastErrors, logParts } from '../../src/report/log-excerpt.ts'
import { printLog } from '../../src/report/log-tail.ts'
import { Printer } from '../../src/runner/printer.ts'
import { Redactor } from '../../src/runner/redactor.ts'
import { VirtualClock } from '../wait/virtual-clock.ts'
import { RecordingRunner } from './fixtures.ts'
import { shown } from './plain.ts'

const numbered = (count: number, from = 1) =>
  Array.from({ length: count }, (_, n) => `line ${from + n}`)
const MUCH = 1_000_000

/** The lines that stand open, and those that are folded. */
function partsOf(tail: readonly string[], { isCut = false, maxBytes = MUCH } = {}) {
  const [open = '', fold = ''] = logParts({ tail, isCut }, maxBytes, shown)
  const inside = (block: string) => block.split('\n').slice(1, -1)
  const [, title = '', content = ''] =
    /^<details><summary>(.*)<\/summary>\n\n([\s\S]*)\n\n<\/details>$/.exec(fold) ?? []
  return { open: inside(open), title, folded: inside(content) }
}

describe('the log of a server in the summary', () => {
  it('is missing where it is empty', () => {
    expect(logParts({ tail: [], isCut: true }, MUCH, shown)).toEqual([])
    expect(logParts({ tail: ['x'], isCut: true }, 0, shown)).toEqual([])
  })

  it('stands open as a whole where it is short', () => {
    expect(partsOf(['one', 'two'])).toEqual({ open: ['  one', '  two'], title: '', folded: [] })
    expect(partsOf(numbered(10)).open).toHaveLength(10)
    expect(partsOf(numbered(10)).title).toBe('')
  })

  it('stands open by its last ten lines where it is longer', () => {
    const { open, title, folded } = partsOf(numbered(11))
    expect(open).toEqual(['  …', ...numbered(10, 2).map((line) => `  ${line}`)])
    expect(title).toBe('All 11 lines of its log')
    expect(folded).toEqual(numbered(11))
  })

  it('says that there was more of it', () => {
    expect(partsOf(['one', 'two'], { isCut: true })).toEqual({
      open: ['  …', '  one', '  two'],
      title: '',
      folded: [],
    })
    expect(partsOf(numbered(11), { isCut: true }).title).toBe('The last 11 lines of its log')
  })

  it('stands open around its last error, with two lines after it', () => {
    const tail = [...numbered(10), 'ERROR: it broke', ...numbered(10, 11)]
    expect(partsOf(tail).open).toEqual([
      '  …',
      ...numbered(7, 4).map((line) => `  ${line}`),
      '- ERROR: it broke',
      '  line 11',
      '  line 12',
    ])
  })

  it('stands open with ten lines where the error is near its beginning', () => {
    const { open } = partsOf(['Error at once', ...numbered(20)])
    expect(open).toEqual(['- Error at once', ...numbered(9).map((line) => `  ${line}`)])
  })

  it('stands open to its end where the error is near it', () => {
    const { open } = partsOf([...numbered(20), 'ERROR', 'the end'])
    expect(open.slice(-2)).toEqual(['- ERROR', '  the end'])
    expect(open).toHaveLength(11)
  })

  it('has all lines that look like errors in red', () => {
    const { open } = partsOf(['panic: a', 'fine', 'FATAL b'])
    expect(open).toEqual(['- panic: a', '  fine', '- FATAL b'])
  })

  it('keeps its end where it has too many bytes, each line with its break', () => {
    const tail = ['aaa', 'üü', 'bbb']
    expect(partsOf(tail, { maxBytes: 13 }).open).toEqual(['  aaa', '  üü', '  bbb'])
    expect(partsOf(tail, { maxBytes: 12 }).open).toEqual(['  …', '  üü', '  bbb'])
    expect(partsOf(tail, { maxBytes: 9 }).open).toEqual(['  …', '  üü', '  bbb'])
    expect(partsOf(tail, { maxBytes: 8 }).open).toEqual(['  …', '  bbb'])
    expect(partsOf(numbered(30), { maxBytes: 8 * 15 }).title).toBe('The last 15 lines of its log')
  })

  it('is folded as a whole where there are many servers', () => {
    const log = { tail: ['one', 'two', 'three'], isCut: false }
    expect(foldedLog('Log of a1', log, 10, shown)).toEqual([
      '<details><summary>Log of a1</summary>\n\n```text\ntwo\nthree\n```\n\n</details>',
    ])
    expect(foldedLog('Log of a1', log, 2, shown)).toEqual([])
    expect(foldedLog('Log of a1', { ...log, tail: [] }, MUCH, shown)).toEqual([])
  })
})

describe('a line that looks like an error', () => {
  test.each([
    'ERROR: x',
    'java.lang.NullPointerException',
    'fatal: x',
    'panic: x',
    'it failed',
    'a failure',
    'Segmentation violation',
    'segfault',
    'SIGSEGV',
    'Assertion x',
    'Traceback (most recent call last)',
    'aborted',
    'permission denied',
    'connection refused',
    'Out of memory',
    'OOM',
    'Killed',
    'it crashed',
    'exited with 1',
    'signal 9',
  ])('%s', (line) => {
    expect(lastErrors({ tail: [line], isCut: false })).toEqual([line])
  })

  test.each(['listening', 'failing over', 'signal received', 'signals', 'all is well', ''])(
    'is not %j',
    (line) => {
      expect(lastErrors({ tail: [line], isCut: false })).toEqual([])
    },
  )

  it('is one of the last five', () => {
    const tail = Array.from({ length: 7 }, (_, n) => [`error ${n}`, 'fine']).flat()
    expect(lastErrors({ tail, isCut: false })).toEqual([2, 3, 4, 5, 6].map((n) => `error ${n}`))
  })
})

describe('the log of a server in the log of the step', () => {
  function printed(log: { tail: string[]; isCut: boolean; crash?: string }) {
    const runner = new RecordingRunner()
    printLog(new Printer(runner, new Redactor(), new VirtualClock()), 'a1', log)
    return { lines: runner.lines, groups: runner.messages('group') }
  }

  it('is in a group, behind a sign that no command has', () => {
    expect(printed({ tail: ['one', '::error::x'], isCut: false })).toEqual({
      lines: ['| one', '| ::error::x'],
      groups: ['Log of a1'],
    })
  })

  it('says how many lines there are where there were more', () => {
    expect(printed({ tail: ['one', 'two'], isCut: true }).groups).toEqual([
      'Log of a1, last 2 lines',
    ])
  })

  it('is how the process ended where there is nothing else', () => {
    expect(printed({ tail: [], isCut: true, crash: 'exit code 1' })).toEqual({
      lines: ['Process of a1: exit code 1'],
      groups: [],
    })
    expect(printed({ tail: [], isCut: false })).toEqual({ lines: [], groups: [] })
  })
})
