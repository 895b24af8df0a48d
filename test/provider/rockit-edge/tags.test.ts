import { expect, it } from 'vitest'
import {
  isLeftover,
  isSubscriptionName,
  newSubscriptionName,
  newUploadTag,
  uploadAskedMs,
} from '../../../src/provider/rockit-edge/tags.ts'

const MADE_MS = 1_800_000_000_000
const DAY_MS = 86_400_000

it('names hold the second of their making, are never the same, and fit where names go', () => {
  const names = [newSubscriptionName, newUploadTag].flatMap((make) => [
    make(MADE_MS + 999),
    make(MADE_MS),
  ])
  expect(new Set(names).size).toBe(4)
  for (const name of names) expect(name).toMatch(/^[A-Za-z0-9_]{2,50}$/)
  expect(names.map(isSubscriptionName)).toEqual([true, true, false, false])
  expect(names.map(uploadAskedMs)).toEqual([undefined, undefined, MADE_MS, MADE_MS])
})

it('a subscription is left behind when it is older than a day, and ours', () => {
  const name = newSubscriptionName(MADE_MS)
  expect(isLeftover(name, MADE_MS + DAY_MS)).toBe(false)
  expect(isLeftover(name, MADE_MS + DAY_MS + 1)).toBe(true)
  for (const other of [`x${name}`, `${name}0`, newUploadTag(MADE_MS), 'import_build']) {
    expect(isLeftover(other, MADE_MS + 9 * DAY_MS)).toBe(false)
  }
})

it.each([
  ['x', ''],
  ['', '0'],
])('what only holds the name of an upload or a subscription is neither: %s…%s', (before, after) => {
  const around = (name: string) => `${before}${name}${after}`
  expect(uploadAskedMs(around(newUploadTag(MADE_MS)))).toBeUndefined()
  expect(isSubscriptionName(around(newSubscriptionName(MADE_MS)))).toBe(false)
})
