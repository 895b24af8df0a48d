import { expect, it } from 'vitest'
import { Turns } from '../../../src/provider/edgegap/turns.ts'

it('each id has its turn, and the one that waited longest comes first', () => {
  const turns = new Turns()
  expect(turns.take(['a', 'b', 'c'], 2)).toEqual(['a', 'b'])
  expect(turns.take(['a', 'b', 'c'], 2)).toEqual(['c', 'a'])
  expect(turns.take(['a', 'b', 'c'], 2)).toEqual(['b', 'c'])
})

it('a new id comes before all that had a turn', () => {
  const turns = new Turns()
  turns.take(['a', 'b'], 2)
  expect(turns.take(['a', 'b', 'new'], 2)).toEqual(['new', 'a'])
})

it('an id that does not ask keeps its place, and takes no turn of others', () => {
  const turns = new Turns()
  expect(turns.take(['a', 'b', 'c'], 1)).toEqual(['a'])
  expect(turns.take(['a', 'c'], 1)).toEqual(['c'])
  expect(turns.take(['a', 'b', 'c'], 3)).toEqual(['b', 'a', 'c'])
})

it.each([0, -1, 0.5])('none has a turn where there is room for %d', (count) => {
  const turns = new Turns()
  expect(turns.take(['a'], count)).toEqual([])
  expect(turns.take(['b', 'a'], 2).toSorted()).toEqual(['a', 'b'])
})

it('an id that asks twice has one turn', () => {
  expect(new Turns().take(['a', 'a'], 2)).toEqual(['a'])
})
