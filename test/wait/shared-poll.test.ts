import { describe, expect, it } from 'vitest'
import { ActionError } from '../../src/base/errors.ts'
import { type ObserveMany, SharedPoll } from '../../src/wait/shared-poll.ts'
import { VirtualClock } from './virtual-clock.ts'

const CALL = { deadlineMs: 3_000, signal: new AbortController().signal }

function open(observeMany: ObserveMany<string>, clock = new VirtualClock()) {
  const { signal } = new AbortController()
  const asked: { ids: readonly string[]; atMs: number }[] = []
  const poll = new SharedPoll<string>(
    clock,
    (ids, call, arrived) => {
      asked.push({ ids, atMs: Math.round(clock.elapsedMs) })
      return observeMany(ids, call, arrived)
    },
    { isShared: true, signal },
  )
  return { poll, clock, asked }
}

const answerAll: ObserveMany<string> = async (ids) => new Map(ids.map((id) => [id, `of ${id}`]))

describe('status checks of several deployments', () => {
  it('that are due together are one', async () => {
    const { poll, clock, asked } = open(answerAll)
    const all = Promise.all(['a', 'b', 'c'].map((id) => poll.observe(id, CALL)))
    expect(await clock.run(all)).toEqual(['of a', 'of b', 'of c'])
    expect(asked.map(({ ids }) => ids)).toEqual([['a', 'b', 'c']])
  })

  it('reach each one as they arrive, not with the last one', async () => {
    const { poll, clock } = open(async (ids, _, arrived) => {
      arrived('a', 'early')
      await clock.sleep(1_000)
      return new Map(ids.map((id) => [id, 'late']))
    })
    const times = new Map<string, number>()
    const observe = async (id: string) => {
      const reading = await poll.observe(id, CALL)
      times.set(id, clock.elapsedMs)
      return reading
    }
    expect(await clock.run(Promise.all([observe('a'), observe('b')]))).toEqual(['early', 'late'])
    expect(times.get('a')).toBeLessThan(100)
    expect(times.get('b')).toBeGreaterThanOrEqual(1_000)
  })

  it('fail each for itself', async () => {
    const error = new ActionError({ kind: 'not-found', what: 'no such id' })
    const { poll, clock } = open(
      async () =>
        new Map<string, string | ActionError>([
          ['a', error],
          ['b', 'of b'],
        ]),
    )
    const all = Promise.allSettled([poll.observe('a', CALL), poll.observe('b', CALL)])
    const [a, b] = await clock.run(all)
    expect(a).toEqual({ status: 'rejected', reason: error })
    expect(b).toEqual({ status: 'fulfilled', value: 'of b' })
  })

  it('that a rate limit leaves out come with one of the next checks, at once', async () => {
    const { poll, clock, asked } = open(async ([first = '']) => new Map([[first, `of ${first}`]]))
    const all = Promise.all(['a', 'b', 'c'].map((id) => poll.observe(id, CALL)))
    expect(await clock.run(all)).toEqual(['of a', 'of b', 'of c'])
    expect(asked.map(({ ids }) => ids.length)).toEqual([3, 2, 1])
    expect(clock.elapsedMs).toBeLessThan(1_000)
  })

  it('that are never read end with their time, and are asked for no more', async () => {
    const { poll, clock, asked } = open(async () => new Map())
    const ended = poll.observe('a', CALL).catch((error: unknown) => error)
    expect(await clock.run(ended)).toMatchObject({ name: 'ActionError' })
    const count = asked.length
    await clock.advance(60_000)
    expect(asked).toHaveLength(count)
  })

  it('that come one after the other, as after notifications, keep a distance and are joined', async () => {
    const { poll, clock, asked } = open(answerAll)
    const observe = async (id: string, atMs: number) => {
      await clock.sleep(atMs)
      return await poll.observe(id, CALL)
    }
    const ids = Array.from({ length: 100 }, (_, index) => `${index}`)
    await clock.run(Promise.all(ids.map((id, index) => observe(id, index * 10))))
    expect(asked.length).toBeLessThanOrEqual(6)
    expect(asked.flatMap(({ ids: some }) => some).toSorted()).toEqual(ids.toSorted())
  })

  it('wait for one that is under way, but not for one that hangs', async () => {
    let lasts = 700
    const { poll, clock, asked } = open(async (ids) => {
      await clock.sleep(lasts)
      return new Map(ids.map((id) => [id, '']))
    })
    const first = poll.observe('a', CALL)
    await clock.advance(300)
    await clock.run(Promise.all([first, poll.observe('b', CALL)]))
    expect(asked[1]?.atMs).toBeGreaterThanOrEqual(700)
    lasts = 60_000
    const hanging = poll.observe('a', CALL)
    await clock.advance(100)
    const next = poll.observe('b', CALL)
    await clock.advance(2_500)
    expect(asked).toHaveLength(4)
    await clock.run(Promise.all([hanging, next]))
  })
})

describe('polls that are due near each other', () => {
  it('are moved to one moment, and others are left where they are', async () => {
    const { poll, clock } = open(answerAll)
    const nowMs = clock.nowMs()
    expect(poll.align(nowMs + 1_000)).toBe(nowMs + 1_000)
    expect(poll.align(nowMs + 1_300)).toBe(nowMs + 1_000)
    expect(poll.align(nowMs + 800)).toBe(nowMs + 1_000)
    // As after a rate limit: not before its time is nearly over.
    expect(poll.align(nowMs + 10_000)).toBe(nowMs + 10_000)
    expect(poll.align(nowMs + 9_000)).toBe(nowMs + 10_000)
    expect(poll.align(nowMs + 1_100)).toBe(nowMs + 1_000)
  })
})

describe('the check of a single deployment', () => {
  const single = (observeMany: ObserveMany<string>) => {
    const clock = new VirtualClock()
    const { signal } = new AbortController()
    const poll = new SharedPoll<string>(clock, observeMany, { isShared: false, signal })
    const failure = (thrown: unknown) => ({ thrown })
    return clock.run(poll.observe('a', CALL).catch(failure))
  }

  it('is sent at once, with its own bounds', async () => {
    const asked: unknown[] = []
    const read = await single(async (ids, call) => {
      asked.push(ids, call)
      return new Map([['a', 'of a']])
    })
    expect(read).toBe('of a')
    expect(asked).toEqual([['a'], CALL])
  })

  it('fails with what was thrown for it', async () => {
    const error = new ActionError({ kind: 'not-found', what: 'no such id' })
    expect(await single(async () => new Map([['a', error]]))).toEqual({ thrown: error })
  })

  it('fails where nothing is said of it', async () => {
    expect(await single(async () => new Map([['b', 'of b']]))).toMatchObject({
      thrown: { message: expect.stringContaining('no reading of a') },
    })
  })
})

describe('one check for several', () => {
  it('has the time of the one that may wait longest', async () => {
    const deadlines: number[] = []
    const { poll, clock } = open(async (ids, { deadlineMs }) => {
      deadlines.push(Math.round(deadlineMs))
      return new Map(ids.map((id) => [id, id]))
    })
    const short = { ...CALL, deadlineMs: 1_000 }
    await clock.run(Promise.all([poll.observe('a', short), poll.observe('b', CALL)]))
    expect(deadlines).toEqual([2_995])
  })

  it('that fails as a whole fails for each', async () => {
    const { poll, clock } = open(async () => {
      throw new ActionError({ kind: 'server-fault', what: 'down' })
    })
    const ends = await clock.run(
      Promise.allSettled([poll.observe('a', CALL), poll.observe('b', CALL)]),
    )
    expect(ends.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  })

  it('does not ask again for what has arrived, nor minds what nobody asked for', async () => {
    const { poll, clock, asked } = open(async (ids, _, arrived) => {
      for (const id of [...ids, 'stranger']) arrived(id, `early ${id}`)
      return new Map()
    })
    const all = Promise.all([poll.observe('a', CALL), poll.observe('b', CALL)])
    expect(await clock.run(all)).toEqual(['early a', 'early b'])
    await clock.advance(3_000)
    expect(asked.map(({ ids }) => ids)).toEqual([['a', 'b']])
  })

  it('leaves no timer behind', async () => {
    const { poll, clock } = open(answerAll)
    await clock.run(poll.observe('a', CALL))
    await clock.run(poll.observe('a', CALL))
    expect(clock.pending).toBe(0)
  })

  it('does not answer twice whom it has answered early', async () => {
    const { poll, clock } = open(async (ids, _, arrived) => {
      arrived('a', 'early')
      throw new ActionError({ kind: 'server-fault', what: `down for ${ids.join()}` })
    })
    const ends = await clock.run(
      Promise.allSettled([poll.observe('a', CALL), poll.observe('b', CALL)]),
    )
    expect(ends).toMatchObject([{ value: 'early' }, { status: 'rejected' }])
  })
})
