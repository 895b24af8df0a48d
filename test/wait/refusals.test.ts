import { expect, it } from 'vitest'
import { Refusals } from '../../src/wait/refusals.ts'
import { errorOf } from '../run/fake-provider.ts'

const no = errorOf('unauthorized')

it('refused credentials count after four in a row over eight seconds, and not before', () => {
  const refusals = new Refusals()
  expect([0, 3_000, 6_000, 7_999].map((atMs) => refusals.areFinal(no, atMs))).toEqual([
    false,
    false,
    false,
    false,
  ])
  expect(refusals.areFinal(no, 8_000)).toBe(true)
})

it('three are too few, however long they last', () => {
  const refusals = new Refusals()
  expect([0, 60_000, 120_000].map((atMs) => refusals.areFinal(no, atMs))).toEqual([
    false,
    false,
    false,
  ])
  expect(refusals.areFinal(no, 120_001)).toBe(true)
})

it.each(['an answer', 'another failure'])('%s begins the count anew', (what) => {
  const refusals = new Refusals()
  for (const atMs of [0, 5_000, 9_000]) refusals.areFinal(no, atMs)
  if (what === 'an answer') refusals.reset()
  else refusals.areFinal(errorOf('server-fault'), 9_500)
  expect(refusals.areFinal(no, 10_000)).toBe(false)
  expect(refusals.areFinal(no, 12_000)).toBe(false)
  expect(refusals.areFinal(no, 14_000)).toBe(false)
  expect(refusals.areFinal(no, 18_000)).toBe(true)
})
