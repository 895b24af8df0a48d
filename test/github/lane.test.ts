import { describe, expect, test } from 'vitest'
import { ActionError, type ErrorKind } from '../../src/base/errors.ts'
import { Lane } from '../../src/github/lane.ts'

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
