import { describe, expect, it } from 'vitest'
import { explainLocation, parseLocation } from '../../../src/provider/edgegap/locations.ts'

describe('coordinates', () => {
  it.each([
    ['new-york 40.71,-74.01', 'new-york', 40.71, -74.01],
    ['40.71,-74.01', '40.71,-74.01', 40.71, -74.01],
    ['New York 2  40.71 , -74.01 ', 'New York 2', 40.71, -74.01],
    ['pole 90,180', 'pole', 90, 180],
    ['pole -90,-180', 'pole', -90, -180],
    ['zero 0,0', 'zero', 0, 0],
    ['plus +1.5,+2', 'plus', 1.5, 2],
    ['eu-1.a_b 50,8', 'eu-1.a_b', 50, 8],
  ])('%j', (line, name, latitude, longitude) => {
    const location = { kind: 'coordinates', name, latitude, longitude }
    expect(parseLocation(line)).toMatchObject(location)
  })

  it('have as many digits as anybody writes, and names of 64 characters', () => {
    const [name, most] = ['n'.repeat(64), `1.${'2'.repeat(20)}`]
    expect(parseLocation(`${name} ${most},123`)).toMatchObject({ name, latitude: Number(most) })
    expect(parseLocation(`${most}3,123`)).toBeUndefined()
    expect(parseLocation('1,1234')).toBeUndefined()
  })

  it('may have a name with dots, which is no address', () => {
    expect(parseLocation('eu.west 1,2')).toMatchObject({ name: 'eu.west', latitude: 1 })
    expect(parseLocation('1.2.3.4 1,2')).toBeUndefined()
    expect(parseLocation('12 1,2')).toMatchObject({ name: '12' })
  })

  it('say in the log what was written', () => {
    expect(parseLocation('x 40.710,-74.01')).toMatchObject({ where: '40.710,-74.01' })
  })
})

describe('addresses', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7', ['203.0.113.7']],
    ['home 203.0.113.7', 'home', ['203.0.113.7']],
    ['two 203.0.113.7, 198.51.100.1', 'two', ['203.0.113.7', '198.51.100.1']],
    ['2001:db8::1', '2001:db8::1', ['2001:db8::1']],
    ['mixed 2001:db8::1,203.0.113.7', 'mixed', ['2001:db8::1', '203.0.113.7']],
    ['::1,::ffff:1.2.3.4', '::1, ::ffff:1.2.3.4', ['::1', '::ffff:1.2.3.4']],
  ])('%j', (line, name, addresses) => {
    expect(parseLocation(line)).toMatchObject({ kind: 'addresses', name, addresses })
  })
})

describe('a line', () => {
  const addressesIn = (length: number) => {
    const line = `home ${Array.from({ length: 80 }, () => '203.0.113.7').join(',')}`
    return parseLocation(line + ' '.repeat(length - line.length))
  }

  it('has room for dozens of addresses, and no more than that', () => {
    expect(addressesIn(1_000)).toMatchObject({ kind: 'addresses', name: 'home' })
    expect(addressesIn(1_001)).toBeUndefined()
  })

  it('shows addresses as they were written, with a blank between', () => {
    expect(parseLocation('1.2.3.4,5.6.7.8')).toMatchObject({
      name: '1.2.3.4, 5.6.7.8',
      where: '1.2.3.4, 5.6.7.8',
    })
  })
})

describe('none of both', () => {
  it.each([
    '',
    'new-york',
    'new-york 40.71',
    '40.71',
    '40.71 -74.01',
    '40.71,-74.01,5',
    '40.71,-74.01,',
    ',40.71',
    '90.1,0',
    '0,180.5',
    '1e1,5',
    'NaN,NaN',
    'Infinity,0',
    '.5,1',
    '5.,1',
    '0x10,1',
    '40,71, -74,01',
    '256.1.1.1',
    '1.2.3',
    '1.2.3.4/24',
    '[2001:db8::1]',
    '1.2.3.4, example.com',
    '1.2.3.4, 40.71',
    // A comma was forgotten, and one of the players with it.
    '1.2.3.4 5.6.7.8',
    '1.2.3.4 5.6.7.8, 9.9.9.9',
    '<b>x</b> 1,2',
    '-dash 1,2',
    `${'n'.repeat(65)} 1,2`,
    'a\u202eb 1,2',
    '٤٠,٧١',
    'a\u2028b 1,2',
  ])('%j', (line) => {
    expect(parseLocation(line)).toBeUndefined()
  })
})

describe('what was probably meant', () => {
  it.each([
    ['x 40,71,-74,01', 'x 40.71,-74.01'],
    ['x 40,71; -74,01', 'x 40.71,-74.01'],
    ['40,71 -74,01', '40.71,-74.01'],
    ['x 40.71,\u221274.01', 'x 40.71,-74.01'],
    ['x \u201340.71, 74.01', 'x -40.71,74.01'],
    ['x 40.71 -74.01', 'x 40.71,-74.01'],
    ['x -174.01,40.71', 'x 40.71,-174.01'],
    ['New York  40,71  -74,01', 'New York 40.71,-74.01'],
    ['New York  40.71  -74.01', 'New York 40.71,-74.01'],
    ['x -40,71 -74,01', 'x -40.71,-74.01'],
    ['x 40,71 74,01', 'x 40.71,74.01'],
  ])('%j: %j', (line, meant) => {
    expect(explainLocation(line).meant).toEqual([meant])
  })

  it.each(['\u2010', '\u2011', '\u2012', '\u2013', '\u2014', '\u2015', '\u2212'])(
    'with %j for a minus sign',
    (dash) => {
      expect(explainLocation(`${dash}40.71,${dash}74.01`).meant).toEqual(['-40.71,-74.01'])
    },
  )

  it('says which comes first, where the two were swapped', () => {
    const swapped = ['x -174.01,40.71', '-174.01 40.71']
    for (const line of swapped) {
      expect(explainLocation(line).allowed).toContain('latitude comes first')
    }
    for (const line of ['x 40.71 -74.01', 'x', '200,200', 'x 1,2,3']) {
      expect(explainLocation(line).allowed).not.toContain('latitude comes first')
    }
  })

  it('ignores blanks around the line', () => {
    expect(explainLocation('  x 40,71; -74,01 ').meant).toEqual(['x 40.71,-74.01'])
  })

  it.each(['x', 'x 1,2,3', 'x 200,200', '1,2,3,4,5', 'x 1e1,10'])('%j: not known', (line) => {
    expect(explainLocation(line).meant).toEqual([])
  })
})
