import { describe, expect, it, test } from 'vitest'
import type { Inputs } from '../../src/settings/inputs.ts'
import { type Given, readWith } from './reading.ts'

const read = <T>(given: Given, reader: (inputs: Inputs) => T) => readWith(given, reader)

describe('the text of an input', () => {
  test.each([
    [{ 'my-input': ' a b\n' }, 'a b'],
    [{ 'my-input': '' }, ''],
    [{}, ''],
  ])('of %j is %j', (given, text) => {
    expect(read(given, (inputs) => inputs.text('my-input')).value).toBe(text)
    expect(read(given, (inputs) => inputs.has('my-input')).value).toBe(text !== '')
  })

  it('is there as it was given too', () => {
    expect(read({ a: ' x\n' }, (inputs) => inputs.raw('a')).value).toBe(' x\n')
  })

  it('is found by a name with blanks, as the runner writes it', () => {
    expect(read({ 'my own input': 'x' }, (inputs) => inputs.text('my own input')).value).toBe('x')
  })

  it('of blanks alone is none', () => {
    expect(read({ a: ' \n\t' }, (inputs) => inputs.has('a')).value).toBe(false)
  })
})

describe('the lines of an input', () => {
  const text = ' one \n\n# a comment\n\ttwo\r\n  # another\n  \t\nthree#3\rfour'

  it('are those with something in them, without comments', () => {
    expect(read({ a: text }, (inputs) => inputs.lines('a')).value).toEqual([
      'one ',
      'two',
      'three#3',
      'four',
    ])
  })

  it('have numbers as the user counts', () => {
    expect(read({ a: text }, (inputs) => inputs.numberedLines('a')).value).toEqual([
      { line: 'one ', number: 1 },
      { line: 'two', number: 4 },
      { line: 'three#3', number: 7 },
      { line: 'four', number: 8 },
    ])
  })

  it('keep a dash that begins no item', () => {
    const { value, problems } = read({ a: '-x\n-\n- ' }, (inputs) => inputs.lines('a'))
    expect([value, problems]).toEqual([['-x', '-', '- '], []])
  })

  it('of no input are none', () => {
    expect(read({}, (inputs) => inputs.lines('a')).value).toEqual([])
  })
})

describe('one of a few words', () => {
  const one = (a: string) =>
    read({ a }, (inputs) => inputs.oneOf('a', ['after-ready', 'none'], 'none'))

  test.each([
    ['after-ready', 'after-ready'],
    ['After-Ready', 'after-ready'],
    [' none ', 'none'],
    ['', 'none'],
  ])('may be written %j', (text, value) => {
    expect(one(text)).toEqual({ value, problems: [] })
  })

  test.each([
    ['afterready', 'a is "afterready": use one of after-ready, none; did you mean after-ready?'],
    ['sometimes', 'a is "sometimes": use one of after-ready, none'],
  ])('may not be %s', (text, problem) => {
    expect(one(text)).toEqual({ value: 'none', problems: [problem] })
  })
})

describe('a flag', () => {
  const flag = (a: string, fallback: boolean) => read({ a }, (inputs) => inputs.flag('a', fallback))

  test.each([
    ['true', true],
    ['True', true],
    ['TRUE', true],
    ['false', false],
    ['False', false],
    ['FALSE', false],
  ])('%s is %s', (text, value) => {
    expect(flag(text, !value)).toEqual({ value, problems: [] })
  })

  test.each([true, false])('that is not given is %s where that is the default', (fallback) => {
    expect(flag('', fallback)).toEqual({ value: fallback, problems: [] })
  })

  test.each([
    ['yes', '; did you mean true?'],
    ['Y', '; did you mean true?'],
    ['on', '; did you mean true?'],
    ['1', '; did you mean true?'],
    ['no', '; did you mean false?'],
    ['n', '; did you mean false?'],
    ['OFF', '; did you mean false?'],
    ['0', '; did you mean false?'],
    ['tRUE', ''],
    ['true or false', ''],
    ['untrue', ''],
    ['truel', ''],
    ['xfalse', ''],
    ['falsey', ''],
  ])('%s is a problem', (text, question) => {
    const problems = [`a is "${text}": use true or false${question}`]
    expect(flag(text, true)).toEqual({ value: true, problems })
    expect(flag(text, false)).toEqual({ value: false, problems })
  })
})

describe('a whole number', () => {
  const number = (a: string) =>
    read({ a }, (inputs) => inputs.wholeNumber('a', { min: 1, max: 1000 }, 50))

  test.each([
    ['1', 1],
    ['1000', 1000],
    ['007', 7],
    ['', 50],
  ])('may be %j', (text, value) => {
    expect(number(text)).toEqual({ value, problems: [] })
  })

  test.each(['0', '1001', '-1', '1.5', '1e2', '0x10', ' 1 2', 'x1', '1x', '9'.repeat(16), '٣'])(
    'may not be %j',
    (text) => {
      const problems = [`a is "${text.trim()}": use a whole number from 1 to 1000`]
      expect(number(text)).toEqual({ value: 50, problems })
    },
  )

  it('of any number of digits stays exact: 15 are taken, 16 are not', () => {
    const wide = (a: string) =>
      read({ a }, (inputs) => inputs.wholeNumber('a', { min: 0, max: Number.MAX_VALUE }, 1))
    expect(wide('9'.repeat(15))).toEqual({ value: 999_999_999_999_999, problems: [] })
    expect(wide('1'.repeat(16)).problems).toHaveLength(1)
  })
})

describe('an input that is required', () => {
  const required = (a: string) => read({ a }, (inputs) => inputs.required('a', 'name it'))

  it('is a problem where it is empty, with a hint', () => {
    expect(required('x')).toEqual({ value: 'x', problems: [] })
    expect(required(' ')).toEqual({ value: '', problems: ['a is empty: name it'] })
  })
})
