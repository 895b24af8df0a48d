import { beforeEach, describe, expect, it } from 'vitest'
import { cleanUp, entryOfExtra } from '../../src/run/clean-up.ts'
import type { LedgerEntry } from '../../src/run/ledger.ts'
import { stopDeployment } from '../../src/run/stop-deployment.ts'
import { ENDING, errorOf, READY } from './fake-provider.ts'
import { setStage } from './stage.ts'

let stage: ReturnType<typeof setStage>

beforeEach(() => {
  stage = setStage()
})

describe('a stop', () => {
  const stop = () => stage.run(stopDeployment(stage.context, 'a'))
  const count = () => stage.provider.calls.filter((call) => call === 'stop a').length

  it('that is accepted is done once the status says that the server is ending', async () => {
    stage.provider.statuses.push(READY, READY, ENDING)
    expect(await stop()).toEqual({ kind: 'stopped' })
    expect(count()).toBe(3)
  })

  it('that is accepted for ever, while the server runs on, is not confirmed', async () => {
    stage.provider.statuses.push(READY)
    expect(await stop()).toMatchObject({ kind: 'unconfirmed', isAccepted: true })
    expect(stage.clock.elapsedMs).toBe(30_000)
  })

  it('of what the provider says has ended is done at once', async () => {
    stage.provider.stops.push('gone')
    expect(await stop()).toEqual({ kind: 'gone' })
    expect(count()).toBe(1)
  })

  it('that is accepted and then answered with gone was a stop', async () => {
    stage.provider.stops.push('accepted', 'gone')
    stage.provider.statuses.push(READY)
    expect(await stop()).toEqual({ kind: 'stopped' })
  })

  describe('of an id that is not known', () => {
    const notFound = errorOf('not-found')

    it('counts as gone only when neither stop, status nor list knew it for long', async () => {
      stage.provider.stops.push('unknown')
      stage.provider.statuses.push(notFound)
      expect(await stop()).toEqual({ kind: 'gone' })
      expect(stage.clock.elapsedMs).toBeGreaterThanOrEqual(12_000)
    })

    it('goes on while the list still has it', async () => {
      const { provider, clock } = stage
      provider.stops.push(() => (clock.elapsedMs > 20_000 ? 'gone' : 'unknown'))
      provider.statuses.push(notFound)
      provider.finds.push(new Map([['a', 'm1']]))
      await stage.run(stopDeployment(stage.context, 'a', { tag: 'm1' }))
      expect(clock.elapsedMs).toBeGreaterThan(20_000)
    })

    it.each([3_000, 8_000, 11_000])(
      'stops it when it becomes known after %i ms',
      async (afterMs) => {
        const { provider, clock } = stage
        const isKnown = () => clock.elapsedMs > afterMs
        provider.stops.push(() => (isKnown() ? 'accepted' : 'unknown'))
        provider.statuses.push(() => (isKnown() ? ENDING : notFound))
        expect(await stop()).toEqual({ kind: 'stopped' })
        expect(clock.elapsedMs).toBeGreaterThan(afterMs)
      },
    )

    it('is left to the post step by a cancelled run, which has no time for it', async () => {
      stage.provider.stops.push('unknown')
      stage.provider.statuses.push(notFound)
      stage.cancel()
      expect(await stop()).toMatchObject({ kind: 'unconfirmed', isAccepted: false })
    })
  })

  it.each(['server-fault', 'rate-limited', 'connection-lost', 'refused', 'unreachable'] as const)(
    'that fails with %s is tried again',
    async (kind) => {
      stage.provider.stops.push(errorOf(kind), errorOf(kind), 'accepted')
      expect(await stop()).toEqual({ kind: 'stopped' })
      expect(count()).toBe(3)
    },
  )

  it('that fails on and on is given up in the end, with the reason', async () => {
    stage.provider.stops.push(errorOf('server-fault'))
    expect(await stop()).toMatchObject({ kind: 'unconfirmed', error: { kind: 'server-fault' } })
    expect(stage.clock.elapsedMs).toBe(30_000)
  })

  it('obeys no Retry-After beyond its own time', async () => {
    stage.provider.stops.push(errorOf('rate-limited', 1e12))
    expect(await stop()).toMatchObject({ error: { kind: 'rate-limited' } })
    expect(stage.clock.elapsedMs).toBeLessThanOrEqual(30_000)
  })

  it.each(['unauthorized', 'forbidden'] as const)('gets over one %s', async (kind) => {
    stage.provider.stops.push(errorOf(kind), 'accepted')
    expect(await stop()).toEqual({ kind: 'stopped' })
  })

  it.each(['unauthorized', 'forbidden'] as const)('is given up when %s persists', async (kind) => {
    stage.provider.stops.push(errorOf(kind))
    expect(await stop()).toMatchObject({ error: { kind } })
    expect(count()).toBe(3)
  })

  it('goes on after a cancel, and ends when the time for that is over', async () => {
    const { provider, cancel, clock } = stage
    cancel()
    provider.stops.push(errorOf('server-fault', 4_000), 'accepted')
    expect(await stop()).toEqual({ kind: 'stopped' })
    provider.stops.splice(0, 2, errorOf('rate-limited', 60_000))
    provider.statuses.push(READY)
    expect(await stop()).toMatchObject({ error: { kind: 'rate-limited' } })
    expect(clock.elapsedMs).toBeCloseTo(6_500)
  })
})

describe('cleaning up', () => {
  function cleanAll(entries: readonly LedgerEntry[]) {
    stage = setStage(entries)
    return () => stage.run(cleanUp(stage.context, entries))
  }
  const inLedger = () => stage.context.ledger.open

  it('stops what is known without looking for it', async () => {
    const run = cleanAll([
      { tag: 'm1', id: 'a' },
      { tag: 'm2', id: 'b' },
    ])
    expect(await run()).toMatchObject({ stoppedIds: ['a', 'b'], failures: [] })
    expect(stage.provider.calls.slice(0, 2)).toEqual(['stop a', 'stop b'])
    expect(inLedger()).toEqual([])
  })

  it('looks for tags first, for all of them at once', async () => {
    const run = cleanAll([{ tag: 'm1' }, { tag: 'm2' }, { tag: 'm3', id: 'c' }])
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
    const run = cleanAll([{ tag: 'm1' }])
    expect(await run()).toMatchObject({ stoppedIds: [], failures: [], notFound: [{ tag: 'm1' }] })
    expect(inLedger()).toEqual([{ tag: 'm1' }])
  })

  it('keeps what could not be stopped, and stops the rest', async () => {
    const run = cleanAll([
      { tag: 'm1', id: 'a' },
      { tag: 'm2', id: 'b' },
    ])
    stage.provider.stops.push((id) => (id === 'a' ? errorOf('forbidden') : 'gone'))
    expect(await run()).toMatchObject({
      goneIds: ['b'],
      failures: [{ entry: { tag: 'm1', id: 'a' }, error: { kind: 'forbidden' } }],
    })
    expect(inLedger()).toEqual([{ tag: 'm1', id: 'a' }])
  })

  it('that cannot look names every tag that it did not see, and stops what it saw', async () => {
    const run = cleanAll([{ tag: 'm1' }, { tag: 'm2' }, { tag: 'm3', id: 'c' }])
    stage.provider.finds.push(
      new Map([['a', 'm1']]),
      errorOf('forbidden'),
      errorOf('forbidden'),
      errorOf('forbidden'),
      new Map(),
    )
    const { stoppedIds, failures } = await run()
    expect(stoppedIds.toSorted()).toEqual(['a', 'c'])
    expect(failures).toMatchObject([{ entry: { tag: 'm2' } }])
    expect(inLedger()).toEqual([{ tag: 'm2' }])
  })

  it('stops both of two that carry one tag, and owes it until both are', async () => {
    const run = cleanAll([{ tag: 'm1' }])
    stage.provider.finds.push(
      new Map([
        ['a', 'm1'],
        ['b', 'm1'],
      ]),
    )
    stage.provider.stops.push((id) => (id === 'b' ? errorOf('forbidden') : 'accepted'))
    expect(await run()).toMatchObject({ stoppedIds: ['a'], failures: [{ entry: { id: 'b' } }] })
    expect(inLedger()).toEqual([{ tag: 'm1' }])
  })

  it('spares an id that is to live on, though a lost tag leads to it as well', async () => {
    stage = setStage([{ tag: 'm1' }])
    stage.provider.finds.push(new Map([['kept', 'm1']]))
    const entries = stage.context.ledger.open
    const spared = new Set(['kept'])
    const cleanedUp = await stage.run(cleanUp(stage.context, entries, { spared }))
    expect(cleanedUp.stoppedIds).toEqual([])
    expect(stage.provider.calls).not.toContain('stop kept')
    expect(inLedger()).toEqual([])
  })

  it('stops what else carries its tag, whatever id the reply to the create named', async () => {
    const run = cleanAll([{ tag: 'm1', id: 'named' }])
    stage.provider.finds.push(new Map([['listed', 'm1']]))
    expect(await run()).toMatchObject({ stoppedIds: ['named', 'listed'], failures: [] })
    expect(inLedger()).toEqual([])
  })

  it('of two with one tag stops the extra one alone: the other is the server of a green step', async () => {
    const { tag, id } = entryOfExtra('m1', 'extra')
    const run = cleanAll([{ tag, ...(id !== undefined && { id }) }])
    stage.provider.finds.push(new Map([['kept', 'm1']]))
    expect(await run()).toMatchObject({ stoppedIds: ['extra'], failures: [] })
    expect(stage.provider.calls).not.toContain('stop kept')
    expect(inLedger()).toEqual([])
  })

  it('keeps what it cannot search for once more', async () => {
    const run = cleanAll([{ tag: 'm1', id: 'a' }])
    stage.provider.finds.push(errorOf('server-fault'))
    expect(await run()).toMatchObject({ stoppedIds: ['a'], failures: [{ entry: { tag: 'm1' } }] })
    expect(inLedger()).toEqual([{ tag: 'm1', id: 'a' }])
  })

  it('does not count auxiliary things among what was stopped', async () => {
    const run = cleanAll([{ tag: 'm1', id: 'hook', isAuxiliary: true }])
    expect(await run()).toMatchObject({ stoppedIds: [], failures: [] })
    expect(stage.provider.calls).toEqual(['stop hook', 'save nothing'])
  })
})

describe('what cleaning up passes on', () => {
  const inLedger = () => stage.context.ledger.open

  it('the ids that are stopped next, for their logs, and nothing that is no deployment', async () => {
    const entries = [{ tag: 'm1', id: 'a' }, { tag: 'hook', id: 'h', isAuxiliary: true } as const]
    stage = setStage(entries)
    const before: (readonly string[])[] = []
    const beforeStop = async (ids: readonly string[]) => void before.push(ids)
    await stage.run(cleanUp(stage.context, entries, { beforeStop }))
    expect(before[0]).toEqual(['a'])
  })

  it('how long one stop may take', async () => {
    const entries = [{ tag: 'm1', id: 'a' }]
    stage = setStage(entries)
    stage.provider.statuses.push(READY)
    await stage.run(cleanUp(stage.context, entries, { stopMs: 5_000 }))
    expect(stage.clock.elapsedMs).toBeCloseTo(5_000)
  })

  it('the tag, by which the list is asked whether it still has what nobody else knows', async () => {
    const entries = [{ tag: 'm1', id: 'a' }]
    stage = setStage(entries)
    stage.provider.stops.push('unknown')
    stage.provider.statuses.push(errorOf('not-found'))
    stage.provider.finds.push(new Map([['a', 'm1']]))
    const { failures } = await stage.run(cleanUp(stage.context, entries))
    expect(failures).toMatchObject([{ entry: { id: 'a' } }])
    expect(inLedger()).toEqual(entries)
  })

  it('of several lost ones each one’s own entry', async () => {
    const entries = [{ tag: 'm1' }, { tag: 'm2', isAuxiliary: true } as const]
    stage = setStage(entries)
    stage.provider.finds.push(
      new Map([
        ['a', 'm1'],
        ['b', 'm2'],
      ]),
    )
    expect(await stage.run(cleanUp(stage.context, entries))).toMatchObject({ stoppedIds: ['a'] })
    expect(inLedger()).toEqual([])
  })

  it('does not search once more for what could not be stopped', async () => {
    const entries = [
      { tag: 'm1', id: 'a' },
      { tag: 'm2', id: 'b' },
    ]
    stage = setStage(entries)
    stage.provider.stops.push((id) => (id === 'a' ? errorOf('forbidden') : 'accepted'))
    await stage.run(cleanUp(stage.context, entries))
    expect(stage.provider.calls.filter((call) => call.startsWith('find'))).toEqual(['find m2'])
  })
})
