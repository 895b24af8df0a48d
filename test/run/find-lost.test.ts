import { beforeEach, describe, expect, it } from 'vitest'
import { type FindOptions, findLost } from '../../src/run/find-lost.ts'
import { errorOf } from './fake-provider.ts'
import { setStage } from './stage.ts'

let stage: ReturnType<typeof setStage>

beforeEach(() => {
  stage = setStage()
})

const find = (options?: FindOptions, tags = ['m1', 'm2']) =>
  stage.run(findLost(stage.context, tags, options))
const searches = () => stage.provider.calls.filter((call) => call.startsWith('find')).length
const one = new Map([['a', 'm1']])
const both = new Map([
  ['a', 'm1'],
  ['b', 'm2'],
])

describe('the search for what got lost', () => {
  it('ends as soon as each tag is found', async () => {
    stage.provider.finds.push(one, both)
    expect(await find()).toEqual({ found: both })
    expect(stage.clock.elapsedMs).toBe(500)
  })

  it('ends after four checks in three and a half seconds, with what was found by then', async () => {
    stage.provider.finds.push(one)
    expect(await find()).toEqual({ found: one })
    expect(searches()).toBe(4)
    expect(stage.clock.elapsedMs).toBe(3_500)
  })

  it('is one check where it was searched in vain before', async () => {
    expect(await find({ once: true })).toEqual({ found: new Map() })
    expect(searches()).toBe(1)
    expect(stage.clock.elapsedMs).toBe(0)
  })

  it.each(['not-the-api', 'rate-limited'] as const)(
    'gets over one %s, which ends it only where it was asked to',
    async (kind) => {
      stage.provider.finds.push(errorOf(kind) as never, both)
      expect(await find()).toEqual({ found: both })
    },
  )

  it('goes on every three seconds for whoever has the time', async () => {
    await find({ forMs: 20_000 })
    expect(stage.clock.elapsedMs).toBeGreaterThanOrEqual(20_000)
    expect(stage.clock.elapsedMs).toBeLessThan(23_500)
    expect(searches()).toBe(10)
  })

  it('waits out an outage of the API where it was asked to, and finds what got lost', async () => {
    stage.provider.finds.push(() => {
      return stage.clock.elapsedMs < 40_000 ? (errorOf('server-fault') as never) : both
    })
    expect(await find({ outageMs: 60_000 })).toEqual({ found: both })
    expect(stage.clock.elapsedMs).toBeLessThan(43_000)
  })

  it.each([
    ['lasts', undefined, 60_000, 63_000],
    ['is cancelled', 20_000, 20_000, 23_000],
  ] as const)('gives up an outage that %s, with its error', async (_, cancelAtMs, fromMs, toMs) => {
    stage.provider.finds.push(errorOf('server-fault') as never)
    if (cancelAtMs !== undefined) stage.clock.at(cancelAtMs, () => stage.cancel())
    expect(await find({ outageMs: 60_000 })).toMatchObject({ error: { kind: 'server-fault' } })
    expect(stage.clock.elapsedMs).toBeGreaterThanOrEqual(fromMs)
    expect(stage.clock.elapsedMs).toBeLessThan(toMs)
  })

  it('is two checks in a cancelled run: the post step searches again', async () => {
    stage.cancel()
    await find()
    expect(searches()).toBe(2)
    expect(stage.clock.elapsedMs).toBe(500)
  })

  it('is as long as it was told to be, in a post step that is cancelled', async () => {
    stage.cancel()
    await find({ forMs: 5_000 })
    expect(searches()).toBeGreaterThan(3)
  })

  it('is given up after five failures, each later than the one before', async () => {
    stage.provider.finds.push(errorOf('server-fault'))
    expect(await find()).toMatchObject({ error: { kind: 'server-fault' } })
    expect(searches()).toBe(5)
    expect(stage.clock.elapsedMs).toBe(500 + 1_000 + 1_500 + 2_000)
  })

  it('outlasts more failures for whoever has the time', async () => {
    stage.provider.finds.push(...Array.from({ length: 6 }, () => errorOf('server-fault')), both)
    expect(await find({ forMs: 60_000 })).toEqual({ found: both })
  })

  it('does not count failures as checks', async () => {
    stage.provider.finds.push(errorOf('server-fault'), errorOf('server-fault'), new Map())
    expect(await find()).toEqual({ found: new Map() })
    expect(searches()).toBe(6)
  })

  it('waits no longer than ten seconds, whatever it is told', async () => {
    stage.provider.finds.push(errorOf('rate-limited', 600_000), both)
    expect(await find()).toEqual({ found: both })
    expect(stage.clock.elapsedMs).toBe(10_000)
  })

  it('is given up when credentials are refused three times in a row, and not before', async () => {
    const no = errorOf('forbidden')
    stage.provider.finds.push(no, no, one, no, no, no)
    expect(await find({ forMs: 60_000 })).toMatchObject({
      found: one,
      error: { kind: 'forbidden' },
    })
    expect(searches()).toBe(6)
  })

  it('ends at a web page only where that is an answer', async () => {
    stage.provider.finds.push(errorOf('not-the-api'), both)
    expect(await find({ endsAtPage: true })).toMatchObject({ error: { kind: 'not-the-api' } })
    expect(await find()).toEqual({ found: both })
  })

  it('ends at a rate limit only where that is an answer', async () => {
    stage.provider.finds.push(errorOf('rate-limited'), errorOf('rate-limited'), both)
    expect(await find({ endsAtRateLimit: true })).toMatchObject({ error: { kind: 'rate-limited' } })
    expect(await find({ endsAtPage: true })).toEqual({ found: both })
  })

  it('goes on after other faults where a page or a limit would be an answer', async () => {
    stage.provider.finds.push(errorOf('server-fault'), both)
    expect(await find({ endsAtPage: true, endsAtRateLimit: true })).toEqual({ found: both })
  })
})
