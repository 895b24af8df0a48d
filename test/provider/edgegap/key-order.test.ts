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
      `{"log":"${'\\\\'.repeat(4_000_000)}","1":2}`,
      `{"1":"${'x'.repeat(8_000_000)}"}`,
      `{${Array.from({ length: 400_000 }, (_, index) => `"${index}":1`).join(',')}}`,
      `{"1":"${'\\"1\\":'.repeat(1_000_000)}"}`,
    ]) {
      expect(keepKeyOrder(json)).toContain('\ue000')
    }
  })
})
