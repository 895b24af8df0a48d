import { describe, expect, it } from 'vitest'
import { foldName, nearestNames } from '../../../src/provider/edgegap/nearest-names.ts'

describe('a name without what people write differently', () => {
  it.each([
    ['Frankfurt', 'frankfurt'],
    ['São-Paulo', 'sao paulo'],
    ["St. John's", 'st johns'],
    ['Xi’an', 'xian'],
    ['Łódź', 'lodz'],
    ['Weißenburg', 'weissenburg'],
    ['Ørsta', 'orsta'],
    ['  Salt   Lake / City! ', 'salt lake city'],
    ['Zone 51', 'zone 51'],
    ['東京', '東京'],
    ['--', ''],
  ])('%j is %j', (name, folded) => {
    expect(foldName(name)).toBe(folded)
  })
})

describe('the nearest names', () => {
  const CITIES = ['Paris', 'London', 'Frankfurt am Main', 'Londrina', 'New York', 'Yorks']

  it.each([
    ['londn', ['London', 'Londrina']],
    ['frankfort', ['Frankfurt am Main']],
    // A word of a name is a little worse than a name.
    ['yorks', ['Yorks', 'New York', 'Paris']],
    ['york', ['New York', 'Yorks']],
    ['zzzzzz', []],
  ])('of %s are %j', (text, names) => {
    expect(nearestNames(text, CITIES, 3)).toEqual(names)
  })

  it('are so many at most, each once, and in the order of letters where equally near', () => {
    expect(nearestNames('ba', ['bd', 'bc', 'bd', 'be'], 2)).toEqual(['bc', 'bd'])
    expect(nearestNames('ba', ['be', 'bd', 'bc'], 9)).toEqual(['bc', 'bd', 'be'])
  })

  it('are better as a whole than by one of their words', () => {
    expect(nearestNames('new yor', ['Newyor East', 'New York'], 2)).toEqual([
      'New York',
      'Newyor East',
    ])
  })

  it('may differ by two letters, or by half of them', () => {
    expect(nearestNames('ab', ['cd'], 1)).toEqual(['cd'])
    expect(nearestNames('ab', ['cde'], 1)).toEqual([])
    expect(nearestNames('abcdefg', ['abcWXYZ'], 1)).toEqual(['abcWXYZ'])
    expect(nearestNames('abcdefg', ['abVWXYZ'], 1)).toEqual([])
  })

  it('are counted by letters that are missing, too many or others', () => {
    expect(nearestNames('abcdef', ['abdef', 'abXcdef', 'abXdef', 'fedcba'], 4)).toEqual([
      ...['abXcdef', 'abXdef', 'abdef'],
    ])
  })

  it('are compared by their first 80 letters, for longer texts are no names', () => {
    const name = 'n'.repeat(80)
    expect(
      nearestNames(`${name}${'x'.repeat(500)}`, [`${name}${'y'.repeat(500)}`], 1),
    ).toHaveLength(1)
  })
})
