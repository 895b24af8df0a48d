import { expect, it } from 'vitest'
import { parseDuration } from '../../src/settings/duration.ts'

it.each([
  ['90s', 90_000],
  ['10m', 600_000],
  ['1h30m', 5_400_000],
  ['1h1m1s', 3_661_000],
  ['2h5s', 7_205_000],
  ['0s', 0],
  ['007s', 7_000],
])('%s is %d ms', (text, ms) => {
  expect(parseDuration(text)).toBe(ms)
})

it.each([
  // Half of the world would mean seconds and the other half milliseconds.
  '10',
  '0',
  '',
  ' ',
  '10 m',
  '10M',
  '1.5h',
  '-5s',
  '+5s',
  '5ms',
  '1d',
  '30m1h',
  '1m1m',
  '1h30',
  'PT1H',
  '١s',
  '1e3s',
  '10m\n',
  '9999999s',
  'h',
])('%j is none', (text) => {
  expect(parseDuration(text)).toBeUndefined()
})
