import { describe, expect, test } from 'vitest'
import { inTurn } from '../../src/base/in-turn.ts'

describe('work on many items', () => {
  const tick = () => new Promise((resolve) => setImmediate(resolve))

  test('is done with each once, as many at a time as asked for', async () => {
    const done: number[] = []
    let running = 0
    let most = 0
    const items = Array.from({ length: 11 }, (_, index) => index)
    await inTurn(items, 4, async (item) => {
      running += 1
      most = Math.max(most, running)
      await tick()
      done.push(item)
      running -= 1
    })
    expect(done.toSorted((a, b) => a - b)).toEqual(items)
    expect(most).toBe(4)
    expect(items).toHaveLength(11)
  })

  test('of which there is none is done at once', async () => {
    await inTurn([], 4, () => Promise.reject(new Error('of nothing')))
  })

  test('begins nothing more after a failure, and waits for what was begun', async () => {
    const begun: number[] = []
    const ended: number[] = []
    const work = inTurn([1, 2, 3, 4, 5, 6, 7, 8], 4, async (item) => {
      begun.push(item)
      if (item === 2) throw new Error('two is bad')
      await tick()
      await tick()
      ended.push(item)
    })
    await expect(work).rejects.toThrow('two is bad')
    expect(begun).toEqual([1, 2, 3, 4])
    expect(ended).toEqual([1, 3, 4])
  })
})
