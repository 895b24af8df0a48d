import { describe, expect, it } from 'vitest'
import { keepKeyOrder, originalKey } from '../../../src/provider/edgegap/key-order.ts'

/** The keys of an object anywhere in the text, in the order in which they are read. */
const keysOf = (json: string, pick = (value: unknown) => value) =>
  Object.keys(pick(JSON.parse(keepKeyOrder(json))) as object).map(originalKey)

/** All keys as they were, at every level. */
const restored = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(restored)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [originalKey(key), restored(inner)]),
  )
}

describe('the order of keys', () => {
  it('is that of the wire, also where keys are numbers', () => {
    expect(keysOf('{"gameport":1,"8080":2,"0":3,"b":4,"7777":5}')).toEqual([
      ...['gameport', '8080', '0', 'b', '7777'],
    ])
  })

  it('is that of the wire in nested objects and in lists, with blanks and escapes', () => {
    const json =
      '{ "data" : [ 1, { "ports" : { "z" : {"1":1} , "\\u0038080"\t\n:\r 2, "9": "3" } } ] }'
    const pick = (value: unknown) => (value as { data: { ports: object }[] }).data[1]?.ports
    expect(keysOf(json, pick)).toEqual(['z', '8080', '9'])
  })

  it('is that of the first of equal keys, and the last value counts', () => {
    const json = '{"a":1,"5":2,"b":3,"5":4}'
    expect(keysOf(json)).toEqual(['a', '5', 'b'])
    expect(restored(JSON.parse(keepKeyOrder(json)))).toEqual({ a: 1, 5: 4, b: 3 })
  })

  it('is marked only where a key looks like an index, and of its key', () => {
    for (const json of [
      '{"a":"8080"}',
      '["8080"]',
      '{"01":1}',
      '{"1a":1}',
      '{"a1":1}',
      '{"-1":1}',
      '{"12345678901":1}',
      '{"a":"1" , "b":2}',
      `{"${'1'.repeat(70)}":1}`,
    ]) {
      expect(keepKeyOrder(json)).toBe(json)
    }
    for (const key of ['0', '9', '10', '4294967295', '1234567890']) {
      expect(keepKeyOrder(`{"a":1,"${key}" : 2}`)).toBe(`{"a":1,"\ue000${key}" : 2}`)
    }
  })

  it('is that of escaped keys as well, however they are escaped', () => {
    const escaped = [...'1234567890'].map((digit) => `\\u003${digit}`).join('')
    expect(keepKeyOrder(`{"a":1,"${escaped}":2}`)).toBe(`{"a":1,"\ue000${escaped}":2}`)
    expect(keepKeyOrder(`{"\\u0038":1}`)).toBe('{"\ue000\\u0038":1}')
    expect(keepKeyOrder(`{"\\u003a":1,"1":2}`)).toBe('{"\\u003a":1,"\ue0001":2}')
  })

  it('is kept behind strings with escapes, backslashes and quotes', () => {
    for (const before of ['\\\\', '\\"', '\\\\\\"', 'x\\n', '\\"1\\":']) {
      const json = `{"log":"${before}","1":2,"x":"\\\\","2":3}`
      expect(Object.keys(JSON.parse(keepKeyOrder(json))).map(originalKey)).toEqual([
        ...['log', '1', 'x', '2'],
      ])
    }
  })

  it('of what is no JSON is left as it is behind the keys that can be read', () => {
    expect(keepKeyOrder('{"1":2,"\\x":1}')).toBe('{"\ue0001":2,"\\x":1}')
  })

  it('a key that never was an index stays as it is', () => {
    expect(originalKey('gameport')).toBe('gameport')
    expect(originalKey('\ue00080')).toBe('80')
    expect(originalKey('80\ue000')).toBe('80\ue000')
  })

  it('changes nothing else: neither values that look like keys nor what is no JSON', () => {
    for (const json of [
      '{"log":"\\"8080\\": \\\\","x":"8080","y":["1",":"],"z":"\\\\"}',
      '{"a":"\\\\\\"","12":"\\"12\\":"}',
      '["1","2"]',
      '"1"',
      '{"01":1,"1.5":2,"-1":3,"99999999999":4}',
      '{"__proto__":{"1":1},"constructor":2}',
    ]) {
      expect(restored(JSON.parse(keepKeyOrder(json)))).toEqual(restored(JSON.parse(json)))
    }
    for (const text of ['', '<html>"1":', '{"1', '{"1\\', '{"1":', '"\\u003']) {
      expect(() => JSON.parse(keepKeyOrder(text))).toThrow()
    }
  })

  // What is quadratic here takes minutes, which the limit of a test ends.
  it('is kept in the largest replies', () => {
    for (const json of [
      `{"log":"${'\\\\'.repeat(1_000_000)}","1":2}`,
      `{"1":"${'x'.repeat(8_000_000)}"}`,
      `{${Array.from({ length: 400_000 }, (_, index) => `"${index}":1`).join(',')}}`,
      `{"1":"${'\\"1\\":'.repeat(250_000)}"}`,
    ]) {
      expect(keepKeyOrder(json)).toContain('\ue000')
    }
  })
})
