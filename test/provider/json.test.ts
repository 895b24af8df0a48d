import { describe, expect, it } from 'vitest'
import * as json from '../../src/provider/json.ts'

/** What no reader may fail at: it cannot be made a text of. */
const HOSTILE = { toString: null, valueOf: null }

describe('a text', () => {
  it.each([
    ['a', 'a'],
    ['', ''],
    [5, '5'],
    [true, 'true'],
    [null, undefined],
    [undefined, undefined],
    [['a'], undefined],
    [HOSTILE, undefined],
  ])('of %j is %j', (value, read) => {
    expect(json.text.parse(value)).toBe(read)
  })
})

describe('a whole number', () => {
  it.each([
    [5, 5],
    [-1, -1],
    ['5', 5],
    [' 5 ', 5],
    ['', undefined],
    [' ', undefined],
    ['x', undefined],
    [1.5, undefined],
    ['1.5', undefined],
    [2 ** 53, undefined],
    [true, undefined],
    [null, undefined],
    [[5], undefined],
    [HOSTILE, undefined],
  ])('of %j is %j', (value, read) => {
    expect(json.integer.parse(value)).toBe(read)
  })
})

describe('yes', () => {
  it.each([true, 'true', 'TRUE', ' yes ', 'Yes', 1, '1'])('is %j', (value) => {
    expect(json.flag.parse(value)).toBe(true)
    expect(json.isYes(value)).toBe(true)
  })

  it.each([false, 'false', 'no', 0, 2, '', 'truely', null, undefined, [], [true], {}, HOSTILE])(
    'is not %j',
    (value) => {
      expect(json.flag.parse(value)).toBe(false)
    },
  )
})

describe('yes or no', () => {
  it.each([
    [true, true],
    ['true', true],
    ['Yes', true],
    ['on', true],
    [1, true],
    ['17', true],
    [' true ', true],
    [false, false],
    ['FALSE', false],
    ['no', false],
    ['off', false],
    [0, false],
    ['0', false],
    ['maybe', undefined],
    ['untrue', undefined],
    ['truest', undefined],
    ['nothing', undefined],
    ['piano', undefined],
    ['-1', undefined],
    ['01', undefined],
    ['', undefined],
    [null, undefined],
    [undefined, undefined],
    [[], undefined],
    [[true], undefined],
    [HOSTILE, undefined],
  ])('of %j is %j', (value, read) => {
    expect(json.yesNo.parse(value)).toBe(read)
  })
})

describe('a time in milliseconds', () => {
  const MOMENT_MS = Date.UTC(2026, 10, 25, 12)

  it.each([
    ['2026-11-25T12:00:00Z', MOMENT_MS],
    [MOMENT_MS, MOMENT_MS],
    [MOMENT_MS / 1_000, MOMENT_MS],
    [String(MOMENT_MS), MOMENT_MS],
    [String(MOMENT_MS / 1_000), MOMENT_MS],
    [99_999_999_999, 99_999_999_999_000],
    [100_000_000_000, 100_000_000_000],
    ['x', undefined],
    ['', undefined],
    [null, undefined],
    [{}, undefined],
    [HOSTILE, undefined],
  ])('of %j is %j', (value, read) => {
    expect(json.time.parse(value)).toBe(read)
  })

  it('of a year is no count of seconds', () => {
    expect(json.time.parse('2026')).toBe(Date.UTC(2026, 0))
    expect(json.time.parse('12345678')).not.toBe(12_345_678_000)
    expect(json.time.parse('123456789012345')).not.toBe(123_456_789_012_345)
  })
})

describe('a list and a record', () => {
  it.each([
    [[1, 2], [1, 2], {}],
    [{ a: 1 }, [], { a: 1 }],
    ['x', [], {}],
    [null, [], {}],
    [undefined, [], {}],
  ])('of %j', (value, list, record) => {
    expect(json.list.parse(value)).toEqual(list)
    expect(json.record.parse(value)).toEqual(record)
  })
})

describe('JSON text', () => {
  it.each([
    ['{"a":1}', { a: 1 }],
    ['null', null],
    ['', undefined],
    ['{', undefined],
    ['<html>', undefined],
  ])('%j', (body, value) => {
    expect(json.parseJson(body)).toEqual(value)
  })
})

describe('a field with several names', () => {
  const shape = json.fields({
    id: json.field(json.integer, 'id', 'taskId'),
    name: json.field(json.text, 'name'),
  })

  it('is read under the first that holds something readable', () => {
    expect(shape.parse({ id: 1, taskId: 2, name: 'a' })).toEqual({ id: 1, name: 'a' })
    expect(shape.parse({ id: null, taskId: '2' })).toEqual({ id: 2, name: undefined })
    expect(shape.parse({ id: 'x', taskId: 3 })).toEqual({ id: 3, name: undefined })
  })

  it.each([null, 'x', [], {}])('is missing in %j', (value) => {
    expect(shape.parse(value)).toEqual({ id: undefined, name: undefined })
  })

  it('is never taken from the prototype', () => {
    const inherited = json.fields({ name: json.field(json.text, 'constructor', '__proto__') })
    expect(inherited.parse({})).toEqual({ name: undefined })
    const record = json.fields({ it: json.field(json.record, '__proto__') })
    expect(record.parse({})).toEqual({ it: undefined })
  })
})

describe('what is in envelopes', () => {
  const unwrap = (value: unknown) => json.unwrap(value, ['id', 'name'], ['data', 'task'])

  it.each([
    [{ id: 1 }, { id: 1 }],
    [{ data: { id: 1 } }, { id: 1 }],
    [{ data: { task: { id: 1 } } }, { id: 1 }],
    [{ data: null, task: { id: 1 } }, { id: 1 }],
    // What it itself is comes before what it holds.
    [
      { id: 1, data: { id: 2 } },
      { id: 1, data: { id: 2 } },
    ],
    [
      { id: undefined, data: { id: 2 } },
      { id: undefined, data: { id: 2 } },
    ],
    [{ data: [{ id: 1 }] }, { data: [{ id: 1 }] }],
    [{ other: { id: 1 } }, { other: { id: 1 } }],
    ['x', {}],
    [null, {}],
  ])('%j is %j', (value, inner) => {
    expect(unwrap(value)).toEqual(inner)
  })

  it('is looked for four envelopes deep', () => {
    const wrap = (value: unknown, times: number): unknown =>
      times === 0 ? value : wrap({ data: value }, times - 1)
    expect(unwrap(wrap({ id: 1 }, 4))).toEqual({ id: 1 })
    expect(unwrap(wrap({ id: 1 }, 5))).toEqual({ data: { id: 1 } })
  })
})

describe('the shape of a value', () => {
  it.each([
    [null, 'null'],
    ['secret', 'string'],
    [7, 'number'],
    [true, 'boolean'],
    [[], '[]'],
    [['secret', 1], '[string] × 2'],
    [{ a: 1, b: { c: null } }, '{a: number, b: {c: null}}'],
    [{}, '{}'],
    [{ 'a secret': 1, [`n${'x'.repeat(40)}`]: 2, ['y'.repeat(40)]: 3 }, null],
  ])('%j has its names and types, and no value', (value, shape) => {
    const shown = json.shapeOf(value)
    if (shape !== null) expect(shown).toBe(shape)
    else expect(shown).toBe(`{?: number, ?: number, ${'y'.repeat(40)}: number}`)
  })

  it('has forty names at most', () => {
    const names = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`n${index}`, 0]))
    expect(json.shapeOf(names(40))).toMatch(/n39: number\}$/)
    expect(json.shapeOf(names(41))).toMatch(/n39: number, …\}$/)
  })

  it('ends six levels deep, lists counted', () => {
    const nest = (depth: number): unknown => (depth === 0 ? 1 : { a: nest(depth - 1) })
    expect(json.shapeOf(nest(6))).toBe('{a: {a: {a: {a: {a: {a: number}}}}}}')
    expect(json.shapeOf(nest(7))).toBe('{a: {a: {a: {a: {a: {a: {…}}}}}}}')
    expect(json.shapeOf([nest(6)])).toContain('{…}')
    expect(json.shapeOf([nest(5)])).not.toContain('…')
  })
})
