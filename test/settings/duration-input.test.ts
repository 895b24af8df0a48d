import { describe, expect, it, test } from 'vitest'
import { readDuration } from '../../src/settings/duration.ts'
import { readWith } from './reading.ts'

const FORM = 'write a duration such as 90s, 10m or 1h30m'

function read(timeout: string, minMs = 1_000) {
  return readWith({ timeout }, (inputs, problems) =>
    readDuration(inputs, problems, 'timeout', minMs),
  )
}

const problemWith = (text: string, minMs?: number) => {
  const { value, problems } = read(text, minMs)
  expect(value).toBeUndefined()
  expect(problems).toHaveLength(1)
  return problems[0]
}

describe('an input that holds a duration', () => {
  test.each([
    ['1s', 1_000],
    ['90s', 90_000],
    [' 10m\n', 600_000],
    ['24h', 86_400_000],
    ['1440m', 86_400_000],
  ])('may be %j', (text, ms) => {
    expect(read(text)).toEqual({ value: ms, problems: [] })
  })

  it('may be 0s where nothing speaks against it', () => {
    expect(read('0s', 0)).toEqual({ value: 0, problems: [] })
  })

  it('that is not given is none, and no problem', () => {
    expect(read('  ')).toEqual({ value: undefined, problems: [] })
  })

  test.each([
    ['0s', 1_000, 'use a duration from 1s to 24h'],
    ['59s', 60_000, 'use a duration from 60s to 24h'],
    ['24h1s', 1_000, 'use a duration from 1s to 24h'],
    ['25h', 0, 'use a duration from 0s to 24h'],
  ])('%s from %d ms on is out of range', (text, minMs, allowed) => {
    expect(problemWith(text, minMs)).toBe(`timeout is "${text}": ${allowed}`)
  })
})

describe('a number without a unit', () => {
  test.each([
    ['5', '5s or 5m'],
    ['59', '59s or 59m'],
    // Whole minutes: who writes 600 means seconds, and 10 minutes is what that is.
    ['60', '60s or 1m'],
    ['90', '90s or 90m'],
    ['600', '600s or 10m'],
    ['1440', '1440s or 24m'],
    // As minutes it would be more than a day.
    ['1441', '1441s'],
    ['86400', '86400s or 1440m'],
    // Neither fits.
    ['86401', undefined],
    ['99999999999', undefined],
  ])('%s may be %s', (text, meant) => {
    const question = meant === undefined ? '' : `; did you mean ${meant}?`
    expect(problemWith(text)).toBe(`timeout is "${text}": ${FORM}${question}`)
  })

  it('below the least is said to be too short, and only what is long enough is offered', () => {
    expect(problemWith('5', 60_000)).toBe(`timeout is "5": ${FORM}, at least 60s; did you mean 5m?`)
    expect(problemWith('60', 60_000)).toBe(`timeout is "60": ${FORM}; did you mean 60s or 1m?`)
    expect(problemWith('0', 1_000)).toBe(`timeout is "0": ${FORM}, at least 1s`)
  })

  it('with a fraction may be anything', () => {
    expect(problemWith('1.5')).toBe(`timeout is "1.5": ${FORM}`)
  })
})

describe('a unit as people write it', () => {
  test.each([
    ['5000ms', '5s'],
    ['5000 millis', '5s'],
    ['2000 millisecond', '2s'],
    ['2000 milliseconds', '2s'],
    ['1499ms', '1s'],
    ['1500ms', '2s'],
    ['90 s', '1m30s'],
    ['90S', '1m30s'],
    ['1 sec', '1s'],
    ['59 secs', '59s'],
    ['1 second', '1s'],
    ['61 seconds', '1m1s'],
    ['10 m', '10m'],
    ['10M', '10m'],
    ['10min', '10m'],
    ['10 mins', '10m'],
    ['1 minute', '1m'],
    ['10 Minutes', '10m'],
    ['60 minutes', '1h'],
    ['2 h', '2h'],
    ['1hr', '1h'],
    ['2 hrs', '2h'],
    ['1 hour', '1h'],
    ['2 hours', '2h'],
    ['1.5h', '1h30m'],
    ['0.125 hours', '7m30s'],
    ['1d', '24h'],
    ['1 day', '24h'],
    ['0.5 days', '12h'],
    ['1h 30m', '1h30m'],
    ['1H30M', '1h30m'],
    ['1h 1m 1s', '1h1m1s'],
    ['1 h 30 m', '1h30m'],
  ])('%s is understood as %s', (text, meant) => {
    expect(problemWith(text)).toBe(`timeout is "${text}": ${FORM}; did you mean ${meant}?`)
  })

  test.each([
    '2d',
    '3 days',
    '25 hours',
    '5 fortnights',
    '5 xs',
    '5 sx',
    '5 msx',
    '5 mx',
    '5 xm',
    '5 hx',
    '5 xh',
    '1 dx',
    '1 xd',
    '5 xms',
    'soon',
    '10m or so',
    'about 10m',
    '1.2345h',
    '-5s',
    'PT1H',
    '1:30',
  ])('%s is not guessed at', (text) => {
    expect(problemWith(text)).toBe(`timeout is "${text}": ${FORM}`)
  })

  it('of nothing is nothing, where that is allowed', () => {
    expect(problemWith('0 seconds', 0)).toBe(`timeout is "0 seconds": ${FORM}; did you mean 0s?`)
    expect(problemWith('100 ms', 0)).toBe(`timeout is "100 ms": ${FORM}; did you mean 1s?`)
  })

  test.each(['500ms', '0.5s', '0 minutes'])('%s is too short', (text) => {
    expect(problemWith(text)).toBe(`timeout is "${text}": ${FORM}, at least 1s`)
  })
})
