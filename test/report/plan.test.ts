import { describe, expect, it, test } from 'vitest'
import type { PlannedChange } from '../../src/provider/plan.ts'
import { isPlanned, planParts } from '../../src/report/plan.ts'
import { buildProblemsSummary } from '../../src/report/problems-summary.ts'
import { countOf, enumerate } from '../../src/report/shown.ts'
import { runReport } from './fixtures.ts'
import { asRead, shown } from './plain.ts'

const change = (kind: PlannedChange['kind'], detail = ''): PlannedChange => {
  return { kind, what: `a ${kind}`, detail }
}
const check = (result: 'good' | 'bad' | 'unknown', detail = '') => {
  return { what: `check ${result}`, result, detail }
}
const textOf = (plan: Parameters<typeof planParts>[0]) =>
  asRead(planParts(plan, shown).filter(Boolean))

describe('the plan of a dry run', () => {
  it('lists the changes in their order, and the checks', () => {
    const changes = [
      change('create', 'in Paris'),
      change('update'),
      change('stop'),
      change('delete'),
    ]
    const checks = [check('good', 'as it should be'), check('bad'), check('unknown')]
    expect(textOf({ changes, checks }).replace(/ +/g, ' ')).toBe(
      [
        'This run would do, in this order:',
        '',
        '1. ➕ create a create · in Paris',
        '2. ✏️ update a update',
        '3. 🛑 stop a stop',
        '4. 🗑️ delete a delete',
        '',
        'Checked for it:',
        '',
        'check good ✅ as it should be',
        'check bad ❌',
        'check unknown ❔',
      ].join('\n'),
    )
  })

  it('says that nothing would change', () => {
    expect(textOf({ changes: [], checks: [] })).toBe('This run would change nothing.')
  })

  it('lists a hundred of each, and counts the rest', () => {
    const changes = Array.from({ length: 100 }, () => change('stop'))
    const checks = Array.from({ length: 100 }, () => check('good'))
    expect(textOf({ changes, checks })).not.toContain('not listed')
    const more = textOf({ changes: [...changes, change('stop')], checks })
    expect(more).toContain('100. ')
    expect(more).not.toContain('101. ')
    expect(more).toContain('1 more is not listed.\n\nChecked')
    const manyChecks = textOf({ changes, checks: [...checks, check('bad'), check('bad')] })
    expect(manyChecks).toMatch(/\n\n2 more are not listed\.$/)
    expect(manyChecks).not.toContain('check bad')
  })

  test.each([
    [{ outcome: 'planned' }, true],
    [{ outcome: 'failed', plan: { changes: [], checks: [] } }, true],
    [{ outcome: 'failed' }, false],
  ] as const)('%j: %s', (more, is) => {
    expect(isPlanned(runReport(more))).toBe(is)
  })
})

describe('the summary of wrong inputs', () => {
  const clean = (text: string) => text.replaceAll('hush', '***')
  const summaryOf = (...problems: string[]) => asRead(buildProblemsSummary(problems, clean))

  it('names each input, and shows no secret', () => {
    expect(summaryOf('api-token: hush holds blanks', 'wait is "x": y')).toContain(
      ['- api-token: *** holds blanks', '- wait is "x": y'].join('\n'),
    )
    expect(buildProblemsSummary(['api-token: a', 'wait is "x"'], clean)).toContain(
      '- **api&#45;token**&#58; a\n- **wait** is &quot;x&quot;\n',
    )
  })

  it('says how many there are', () => {
    expect(summaryOf('wait: a').split('\n')[0]).toBe('❌ 1 input is wrong, so nothing was sent')
    expect(summaryOf('wait: a', 'b: c').split('\n')[0]).toBe(
      '❌ 2 inputs are wrong, so nothing was sent',
    )
  })

  it.each(['Something else', '7 is wrong', ''])('takes %j, which names no input', (problem) => {
    expect(summaryOf(problem)).toContain(`- ${problem}`.trim())
    expect(buildProblemsSummary([problem], clean)).not.toContain('**')
  })

  it('takes a problem of several lines', () => {
    expect(buildProblemsSummary(['wait is "a\nb"'], clean)).toContain(
      '- **wait** is &quot;a b&quot;\n',
    )
  })

  it('lists a hundred', () => {
    const problems = (count: number) => Array.from({ length: count }, (_, n) => `wait is ${n}`)
    expect(summaryOf(...problems(100))).not.toContain('more')
    expect(summaryOf(...problems(101))).toContain('- 1 more problem in the log of this step')
    expect(summaryOf(...problems(102))).toContain('- 2 more problems in the log of this step')
    expect(summaryOf(...problems(102))).not.toContain('wait is 100')
  })

  it('is not too long for the runner', () => {
    const long = Array.from({ length: 100 }, () => `wait is "${'"'.repeat(2_000)}"`)
    expect(buildProblemsSummary(long, clean).length).toBeLessThan(256 * 1024 + 10)
  })
})

describe('words in a sentence', () => {
  it('count things', () => {
    expect([0, 1, 2].map((count) => countOf(count, 'server'))).toEqual([
      '0 servers',
      '1 server',
      '2 servers',
    ])
  })

  it('enumerate things', () => {
    expect([[], ['a'], ['a', 'b'], ['a', 'b', 'c']].map(enumerate)).toEqual([
      '',
      'a',
      'a and b',
      'a, b and c',
    ])
  })

  it('are inert and clean', () => {
    expect(shown.words('a *b*')).toBe('a &#42;b&#42;')
    expect(shown.sentence(' it broke ')).toBe('it broke.')
    expect(shown.code(' ')).toBe('')
    expect(shown.code('a`b')).toBe('<code>a&#96;b</code>')
  })
})
