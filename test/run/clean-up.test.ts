import { beforeEach, describe, expect, it } from 'vitest'
import { cleanUp } from '../../src/run/clean-up.ts'
import { stopDeployment } from '../../src/run/stop-deployment.ts'
import type { LedgerEntry } from '../../src/run/ledger.ts'
import { errorOf } from './fake-provider.ts'
import { setStage } from './stage.ts'

let stage: ReturnType<typeof setStage>

beforeEach(() => {
  stage = setStage()
})

describe('a stop', () => {
  const stop = () => stage.run(stopDeployment(stage.context, 'a'))
  const count = () => stage.provider.calls.filter((call) => call === 'stop a').length

  it.each(['accepted', 'gone'] as const)('that is %s is done', async (result) => {
    stage.provider.stops.push(result)
    expect(await stop()).toBe(result)
    expect(count()).toBe(1)
  })

  it.each(['server-fault', 'rate-limited', 'connection-lost', 'refused', 'unreachable'] as const)(
    'that fails with %s is tried again',
    async (kind) => {
      stage.provider.stops.push(errorOf(kind), errorOf(kind), 'accepted')
      expect(await stop()).toBe('accepted')
      expect(count()).toBe(3)
    },
  )

  it('is given up after five tries', async () => {
    stage.provider.stops.push(errorOf('server-fault'))
    expect(await stop()).toMatchObject({ kind: 'server-fault' })
    expect(count()).toBe(5)
    expect(stage.clock.elapsedMs).toBe(300 + 600 + 1_200 + 2_400)
  })

  it.each(['unauthorized', 'forbidden'] as const)('is given up at once when %s', async (kind) => {
    stage.provider.stops.push(errorOf(kind))
    expect(await stop()).toMatchObject({ kind })
    expect(count()).toBe(1)
  })

  it('goes on after a cancel, and ends when the time for that is over', async () => {
    const { provider, cancel, clock } = stage
    cancel()
    provider.stops.push(errorOf('server-fault', 4_000), 'accepted')
    expect(await stop()).toBe('accepted')
    provider.stops.splice(0, 2, errorOf('rate-limited', 60_000))
    expect(await stop()).toMatchObject({ kind: 'rate-limited' })
    expect(clock.elapsedMs).toBeCloseTo(6_500)
  })
})

describe('a cleanUp', () => {
  function sweepAll(entries: readonly LedgerEntry[]) {
    stage = setStage(entries)
    return () => stage.run(cleanUp(stage.context, entries))
  }
  const owed = () => stage.context.ledger.open

  it('stops what is known without looking for it', async () => {
    const run = sweepAll([
      { tag: 'm1', id: 'a' },
      { tag: 'm2', id: 'b' },
    ])
    expect(await run()).toEqual({ stoppedIds: ['a', 'b'], failures: [] })
    expect(stage.provider.calls.slice(0, 2)).toEqual(['stop a', 'stop b'])
    expect(owed()).toEqual([])
  })

  it('looks for tags first, for all of them at once', async () => {
    const run = sweepAll([{ tag: 'm1' }, { tag: 'm2' }, { tag: 'm3', id: 'c' }])
    stage.provider.finds.push(
      new Map([
        ['a', 'm1'],
        ['b', 'm2'],
      ]),
    )
    const { stoppedIds } = await run()
    expect(stoppedIds.toSorted()).toEqual(['a', 'b', 'c'])
    expect(stage.provider.calls[0]).toBe('find m1,m2')
  })

  it('keeps a tag that nothing carries: the list may show it late', async () => {
    const run = sweepAll([{ tag: 'm1' }])
    expect(await run()).toEqual({ stoppedIds: [], failures: [], unseen: [{ tag: 'm1' }] })
    expect(owed()).toEqual([{ tag: 'm1' }])
  })

  it('keeps what could not be stopped, and stops the rest', async () => {
    const run = sweepAll([
      { tag: 'm1', id: 'a' },
      { tag: 'm2', id: 'b' },
    ])
    stage.provider.stops.push((id) => (id === 'a' ? errorOf('forbidden') : 'gone'))
    expect(await run()).toMatchObject({
      stoppedIds: ['b'],
      failures: [{ entry: { tag: 'm1', id: 'a' }, error: { kind: 'forbidden' } }],
    })
    expect(owed()).toEqual([{ tag: 'm1', id: 'a' }])
  })

  it('that cannot look names every tag that it did not see, and stops what it saw', async () => {
    const run = sweepAll([{ tag: 'm1' }, { tag: 'm2' }, { tag: 'm3', id: 'c' }])
    stage.provider.finds.push(new Map([['a', 'm1']]), errorOf('forbidden'))
    const { stoppedIds, failures } = await run()
    expect(stoppedIds.toSorted()).toEqual(['a', 'c'])
    expect(failures).toMatchObject([{ entry: { tag: 'm2' } }])
    expect(owed()).toEqual([{ tag: 'm2' }])
  })

  it('stops both of two that carry one tag, and owes it until both are', async () => {
    const run = sweepAll([{ tag: 'm1' }])
    stage.provider.finds.push(
      new Map([
        ['a', 'm1'],
        ['b', 'm1'],
      ]),
    )
    stage.provider.stops.push((id) => (id === 'b' ? errorOf('forbidden') : 'accepted'))
    expect(await run()).toMatchObject({ stoppedIds: ['a'], failures: [{ entry: { id: 'b' } }] })
    expect(owed()).toEqual([{ tag: 'm1' }])
  })

  it('spares an id that is to live on, though a lost tag leads to it as well', async () => {
    stage = setStage([{ tag: 'm1' }])
    stage.provider.finds.push(new Map([['kept', 'm1']]))
    const entries = stage.context.ledger.open
    const spared = new Set(['kept'])
    const cleanedUp = await stage.run(cleanUp(stage.provider, entries, stage.context, { spared }))
    expect(cleanedUp.stoppedIds).toEqual([])
    expect(stage.provider.calls).not.toContain('stop kept')
    expect(owed()).toEqual([])
  })

  it('does not count aids among what was stopped', async () => {
    const run = sweepAll([{ tag: 'm1', id: 'hook', isAuxiliary: true }])
    expect(await run()).toEqual({ stoppedIds: [], failures: [] })
    expect(stage.provider.calls).toEqual(['stop hook', 'save nothing'])
  })
})
