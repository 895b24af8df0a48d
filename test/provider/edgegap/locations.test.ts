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
  ])('%j: %j', (line, meant) => {
    expect(explainLocation(line).meant).toEqual([meant])
  })

  it.each(['x', 'x 1,2,3', 'x 200,200', '1,2,3,4,5', 'x 1e1,10'])('%j: not known', (line) => {
    expect(explainLocation(line).meant).toEqual([])
  })
})
