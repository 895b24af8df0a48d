import { describe, expect, test } from 'vitest'
import { ActionError, type ErrorKind } from '../../src/base/errors.ts'
import { Lane } from '../../src/github/lane.ts'
import { inParallel } from '../../src/github/parallel.ts'

const fail = (kind: ErrorKind) => async () => {
  throw new ActionError({ kind, what: `it was ${kind}` })
}

describe('steps of a lane', () => {
  test('are done one after the other, in their order', async () => {
    const lane = new Lane()
    const done: string[] = []
    const step = (name: string, ticks: number) => async () => {
      done.push(`${name} begins`)
      for (let tick = 0; tick < ticks; tick += 1) await Promise.resolve()
      done.push(`${name} ends`)
    }
    lane.add(step('first', 9))
    lane.add(step('second', 0))
    await lane.done
    expect(done).toEqual(['first begins', 'first ends', 'second begins', 'second ends'])
    expect(lane.failure).toBeUndefined()
  })

  test('that are not done yet are a failure: GitHub was too slow', async () => {
    const lane = new Lane()
    expect(lane.failure).toBeUndefined()
    lane.add(async () => {})
    expect(lane.failure?.message).toBe('GitHub had not answered when the step ended')
    await lane.done
    expect(lane.failure).toBeUndefined()
  })

  test('that fail do not throw, and say why', async () => {
    const lane = new Lane()
    lane.add(fail('server-fault'))
    await lane.done
    expect(lane.failure?.kind).toBe('server-fault')
  })

  test('make up for one before that failed for a moment', async () => {
    const lane = new Lane()
    lane.add(fail('connection-lost'))
    lane.add(async () => {})
    await lane.done
    expect(lane.failure).toBeUndefined()
  })

  test.each<ErrorKind>([
    ...(['unauthorized', 'forbidden', 'not-found', 'refused'] as const),
    'untrusted-certificate',
  ])('are not tried after one that was %s: none can succeed', async (kind) => {
    const lane = new Lane()
    let isTried = false
    lane.add(fail(kind))
    lane.add(async () => {
      isTried = true
    })
    await lane.done
    expect(isTried).toBe(false)
    expect(lane.failure?.kind).toBe(kind)
  })

  test('that fail by our own fault say so', async () => {
    const lane = new Lane()
    lane.add(() => Promise.reject(new TypeError('x is undefined')))
    await lane.done
    expect(lane.failure).toMatchObject({ kind: 'internal' })
  })
})

describe('work on many items', () => {
  const tick = () => new Promise((resolve) => setImmediate(resolve))

  test('is done with each once, four at a time', async () => {
    const done: number[] = []
    let running = 0
    let most = 0
    const items = Array.from({ length: 11 }, (_, index) => index)
    await inParallel(items, async (item) => {
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
    await inParallel([], () => Promise.reject(new Error('of nothing')))
  })

  test('begins nothing more after a failure, and waits for what was begun', async () => {
    const begun: number[] = []
    const ended: number[] = []
    const work = inParallel([1, 2, 3, 4, 5, 6, 7, 8], async (item) => {
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
