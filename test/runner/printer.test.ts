import { beforeEach, describe, expect, it } from 'vitest'
import { ActionError } from '../../src/base/errors.ts'
import { Printer } from '../../src/runner/printer.ts'
import { Redactor } from '../../src/runner/redactor.ts'
import { parseCommand, REGISTERED_COMMANDS } from '../harness/log-commands.ts'
import { RecordingRunner } from '../report/fixtures.ts'
import { hostileTexts, mixtures } from '../report/hostile-texts.ts'

let runner: RecordingRunner
let printer: Printer
let nowMs: number

beforeEach(() => {
  runner = new RecordingRunner()
  nowMs = 5
  printer = new Printer(runner, new Redactor(), { nowMs: () => nowMs })
})

describe('a line', () => {
  it('is one line of the log and no command, whatever is in the text', () => {
    const registered = new Set(REGISTERED_COMMANDS)
    const texts = [...hostileTexts, ...mixtures(300)]
    for (const text of texts) printer.line(text)
    expect(runner.lines).toHaveLength(texts.length)
    for (const line of runner.lines) expect(parseCommand(line, registered)).toBeUndefined()
    expect(runner.commands).toEqual([])
  })

  it('holds no secret, also where a tab or a cut would have hidden it from the redactor', () => {
    printer.hide('tab\tbed secret')
    printer.hide('long-secret')
    printer.line('a tab\tbed secret b')
    printer.line(`${'x'.repeat(1_995)}long-secret`)
    expect(runner.log).not.toMatch(/bed|long-/)
  })

  it('holds no secret that the text had over several lines', () => {
    printer.hide('correct horse  battery')
    printer.line('before correct\n horse\tbattery after')
    printer.error('before correct\r\nhorse  battery', 'correct horse \u2028 battery')
    expect(printer.redactFact('correct\nhorse\tbattery')).toBe('***')
    expect(printer.redact('two\nlines')).toBe('two\nlines')
    expect(runner.lines).toEqual(['before *** after'])
    expect(runner.messages('error')).toEqual(['before ***'])
  })

  it('tells when it went out', () => {
    nowMs = 99
    printer.line('x')
    expect(printer.lastLineAtMs).toBe(99)
  })
})

describe('a secret', () => {
  it('is hidden in the runner too, in every form, once', () => {
    printer.hide('p@ss')
    printer.hide('p@ss')
    printer.hide('abc')
    expect(runner.messages('add-mask')).toEqual(['p@ss', 'p%40ss'])
  })

  it('is hidden in titles, groups and annotations', () => {
    printer.hide('hunter22')
    printer.error('a hunter22', 'title hunter22')
    printer.group('group hunter22', ['line hunter22'])
    const { log, commands } = runner
    const masked = commands.filter(({ name }) => name !== 'add-mask')
    expect(JSON.stringify([log, masked])).not.toContain('hunter22')
  })
})

describe('annotations', () => {
  it.each(['error', 'warning', 'notice'] as const)(
    '(%s) are ten at most, and the rest become lines: nothing is lost',
    (level) => {
      for (let count = 1; count <= 13; count++) printer[level](`message ${count}`, 'Title')
      expect(runner.messages(level)).toHaveLength(10)
      expect(runner.lines).toEqual([11, 12, 13].map((count) => `${level}: Title: message ${count}`))
    },
  )

  it('of each kind are counted by themselves', () => {
    for (let count = 0; count < 10; count++) printer.error('e')
    printer.warning('w')
    printer.notice('n')
    expect(runner.commands.map(({ name }) => name).slice(-2)).toEqual(['warning', 'notice'])
  })

  it('are one line each, with a title only where there is one', () => {
    printer.notice('a\n::error::b')
    printer.notice('c', 'd\ne')
    expect(runner.commands).toEqual([
      { name: 'notice', properties: {}, message: 'a ::error::b' },
      { name: 'notice', properties: { title: 'd e' }, message: 'c' },
    ])
  })
})

describe('a failure', () => {
  const failure = (what: string) =>
    new ActionError({ kind: 'refused', what, next: 'Do this.', request: 'POST /x → 400' })

  it('tells what happened, what to do and which request it was', () => {
    printer.failure(failure('It broke'), 'Title')
    expect(runner.messages('error')).toEqual(['It broke. Do this. [POST /x → 400]'])
  })

  it.each(['Done.', 'Really?', 'No!', 'More…'])('puts no stop behind %j', (what) => {
    printer.failure(failure(what), 'Title')
    expect(runner.messages('error')[0]).toContain(`${what} Do this.`)
  })

  it('tells what to do also where the provider talks without end', () => {
    printer.failure(failure('x'.repeat(50_000)), 'Title')
    expect(runner.messages('error')[0]).toMatch(/Do this\. \[POST \/x → 400\]$/)
  })
})

it('groups are closed', () => {
  printer.group('Title', ['a', 'b'])
  expect(runner.commands.map(({ name }) => name)).toEqual(['group', 'endgroup'])
  expect(runner.lines).toEqual(['a', 'b'])
})
