import { beforeEach, describe, expect, it } from 'vitest'
import { launchOnce } from '../src/launch.ts'
import { errorOf } from './fake-provider.ts'
import { setStage } from './stage.ts'

let stage: ReturnType<typeof setStage>

beforeEach(() => {
  stage = setStage()
})

const launch = (webhook?: URL) => {
  const { provider, context, run } = stage
  return run(launchOnce(provider, provider.plan, context, webhook))
}
const unknown = { kind: 'unknown', error: errorOf('connection-lost') } as const
const tryAgain = { kind: 'try-again', error: errorOf('unreachable') } as const
const refused = { kind: 'refused', error: errorOf('refused') } as const
const owed = () => stage.context.ledger.open

describe('a launch', () => {
  it('has its mark on disk before the request leaves, and its id right after the reply', async () => {
    expect(await launch()).toMatchObject({
      kind: 'launched',
      mark: 'm1',
      launch: { id: 'a', plan: { name: 'here' } },
    })
    expect(stage.provider.calls).toEqual(['save m1', 'create m1', 'save m1=a'])
  })

  it('counts its time from the reply', async () => {
    const { clock, provider } = stage
    provider.creates.push(async () => {
      await clock.sleep(4_000)
      return { kind: 'created', id: 'a' }
    })
    const startMs = clock.nowMs()
    expect(await launch()).toMatchObject({ launch: { acceptedAtMs: startMs + 4_000 } })
  })
})

describe('a create that certainly did nothing', () => {
  it('is tried again, under another mark, and nothing is owed for it', async () => {
    stage.provider.creates.push(tryAgain, { kind: 'created', id: 'a' })
    expect(await launch()).toMatchObject({ kind: 'launched', mark: 'm2' })
    expect(stage.provider.calls).toEqual([
      'save m1',
      'create m1',
      'save nothing',
      'save m2',
      'create m2',
      'save m2=a',
    ])
    expect(stage.clock.elapsedMs).toBe(1_000)
  })

  it('is tried four times, ever more slowly, and then given up', async () => {
    stage.provider.creates.push(tryAgain)
    expect(await launch()).toMatchObject({ kind: 'refused', error: { kind: 'unreachable' } })
    expect(stage.provider.calls.filter((call) => call.startsWith('create'))).toHaveLength(4)
    expect(stage.clock.elapsedMs).toBe(7_000)
    expect(owed()).toEqual([])
  })

  it('waits as long as it was told to', async () => {
    stage.provider.creates.push(
      { kind: 'try-again', error: errorOf('rate-limited', 12_000) },
      { kind: 'created', id: 'a' },
    )
    await launch()
    expect(stage.clock.elapsedMs).toBe(12_000)
  })
})

describe('a create of which nobody knows', () => {
  it('is looked up by its mark, and taken when it is found', async () => {
    stage.provider.creates.push(unknown)
    stage.provider.finds.push(new Map([['a', 'm1']]))
    expect(await launch()).toMatchObject({ kind: 'launched', mark: 'm1', launch: { id: 'a' } })
    expect(stage.provider.calls).toEqual(['save m1', 'create m1', 'find m1', 'save m1=a'])
  })

  it('that made two servers keeps one and stops the other', async () => {
    stage.provider.creates.push(unknown)
    stage.provider.finds.push(
      new Map([
        ['a', 'm1'],
        ['b', 'm1'],
      ]),
    )
    expect(await launch()).toMatchObject({ kind: 'launched', launch: { id: 'a' } })
    expect(stage.provider.calls).toContain('stop b')
    expect(stage.provider.calls).not.toContain('stop a')
    expect(stage.context.ledger.open).toEqual([{ mark: 'm1', id: 'a' }])
  })

  it('is found also where the list shows it late', async () => {
    stage.provider.creates.push(unknown)
    stage.provider.finds.push(new Map(), new Map(), new Map(), new Map([['a', 'm1']]))
    expect(await launch()).toMatchObject({ kind: 'launched', launch: { id: 'a' } })
    expect(stage.clock.elapsedMs).toBe(3_500)
  })

  it('is not repeated before four looks over three seconds found nothing', async () => {
    const { provider } = stage
    provider.creates.push(unknown, { kind: 'created', id: 'b' })
    expect(await launch()).toMatchObject({ kind: 'launched', mark: 'm2', launch: { id: 'b' } })
    expect(provider.calls).toEqual([
      'save m1',
      'create m1',
      ...Array.from({ length: 4 }, () => 'find m1'),
      // What was given up as lost stays owed: it may have arrived after all.
      'save m1,m2',
      'create m2',
      'save m1,m2=b',
    ])
  })

  it('is never repeated where looking failed: a second server would be the price', async () => {
    const { provider } = stage
    provider.creates.push(unknown)
    provider.finds.push(errorOf('server-fault'))
    const result = await launch()
    expect(result).toMatchObject({
      kind: 'unresolved',
      error: { kind: 'unresolved-create', next: expect.stringContaining('m1') },
    })
    expect(provider.calls.filter((call) => call.startsWith('create'))).toEqual(['create m1'])
    expect(owed()).toEqual([{ mark: 'm1' }])
  })

  it.each(['unauthorized', 'forbidden'] as const)(
    'is not looked for twice when %s',
    async (kind) => {
      stage.provider.creates.push(unknown)
      stage.provider.finds.push(errorOf(kind))
      expect(await launch()).toMatchObject({ kind: 'unresolved' })
      expect(stage.provider.calls.filter((call) => call.startsWith('find'))).toHaveLength(1)
    },
  )

  it('is looked for in spite of passing faults', async () => {
    stage.provider.creates.push(unknown)
    stage.provider.finds.push(
      errorOf('server-fault'),
      errorOf('rate-limited', 2_000),
      errorOf('malformed-reply'),
      new Map([['a', 'm1']]),
    )
    expect(await launch()).toMatchObject({ kind: 'launched' })
  })

  it('twice over ends it: both marks are told, and looked for at the end', async () => {
    stage.provider.creates.push(unknown)
    const result = await launch()
    expect(result).toMatchObject({ kind: 'unresolved', error: { kind: 'unresolved-create' } })
    expect(result).toMatchObject({ error: { next: expect.stringContaining('m1 and m2') } })
    expect(owed().map(({ mark }) => mark)).toEqual(['m1', 'm2'])
  })

  it('that was accepted without an id is never followed by another', async () => {
    stage.provider.creates.push({ ...unknown, isAccepted: true })
    expect(await launch()).toMatchObject({ kind: 'unresolved' })
    expect(owed().map(({ mark }) => mark)).toEqual(['m1'])
  })

  it('that only a rate limit turned away may be tried four times', async () => {
    stage.provider.creates.push({ kind: 'unknown', error: errorOf('rate-limited') })
    expect(await launch()).toMatchObject({ kind: 'refused', error: { kind: 'rate-limited' } })
    expect(owed()).toHaveLength(4)
  })
})

describe('a refusal', () => {
  it('ends it; nothing is owed', async () => {
    stage.provider.creates.push(refused)
    expect(await launch()).toEqual(refused)
    expect(owed()).toEqual([])
  })

  it('that may have left something behind owes its mark', async () => {
    stage.provider.creates.push({ ...refused, mayExist: true })
    expect(await launch()).toEqual(refused)
    expect(owed()).toEqual([{ mark: 'm1' }])
  })

  it('that left something behind owes it', async () => {
    stage.provider.creates.push({ ...refused, id: 'broken' })
    expect(await launch()).toMatchObject({ kind: 'refused', failedId: 'broken', mark: 'm1' })
    expect(owed()).toEqual([{ mark: 'm1', id: 'broken' }])
  })
})

describe('a webhook', () => {
  const url = new URL('https://hook.test/x')

  it('that may be what was refused is left out of a second try', async () => {
    const { provider, runner } = stage
    provider.creates.push(refused, { kind: 'created', id: 'a' })
    expect(await launch(url)).toMatchObject({ kind: 'launched', mark: 'm2' })
    expect(provider.calls.filter((call) => call.startsWith('create'))).toEqual([
      'create m1 for https://hook.test/x',
      'create m2',
    ])
    expect(runner.messages('warning')).toHaveLength(1)
  })

  it('that was not the reason is not blamed', async () => {
    stage.provider.creates.push(refused)
    expect(await launch(url)).toMatchObject({ kind: 'refused' })
    expect(stage.provider.calls.filter((call) => call.startsWith('create'))).toHaveLength(2)
    expect(stage.runner.messages('warning')).toEqual([])
  })

  it.each(['unauthorized', 'forbidden', 'not-found', 'no-capacity'] as const)(
    'is never the reason for %s',
    async (kind) => {
      stage.provider.creates.push({ kind: 'refused', error: errorOf(kind) })
      await launch(url)
      expect(stage.provider.calls.filter((call) => call.startsWith('create'))).toHaveLength(1)
    },
  )
})

describe('a cancel', () => {
  it('before it creates nothing and owes nothing', async () => {
    stage.cancel()
    expect(await launch()).toEqual({ kind: 'cancelled' })
    expect(stage.provider.calls).toEqual([])
  })

  it('between two attempts creates nothing more', async () => {
    const { provider, clock, cancel } = stage
    provider.creates.push(tryAgain)
    clock.at(1_500, () => cancel())
    expect(await launch()).toEqual({ kind: 'cancelled' })
    expect(clock.elapsedMs).toBe(1_500)
    expect(owed()).toEqual([])
  })

  it('after the last attempt is a cancel and no refusal', async () => {
    const { provider, cancel } = stage
    provider.creates.push(tryAgain, tryAgain, tryAgain, () => {
      cancel()
      return tryAgain
    })
    expect(await launch()).toEqual({ kind: 'cancelled' })
  })

  it('lets a create on the wire come in', async () => {
    const { provider, clock, cancel } = stage
    provider.creates.push(async (_, { signal }) => {
      await clock.sleep(3_000, signal)
      return signal.aborted ? unknown : { kind: 'created', id: 'a' }
    })
    clock.at(1_000, () => cancel())
    expect(await launch()).toMatchObject({ kind: 'launched', launch: { id: 'a' } })
    expect(owed()).toEqual([{ mark: 'm1', id: 'a' }])
  })

  it('waits 2.5 s for a create that hangs, then looks for it', async () => {
    const { provider, clock, cancel } = stage
    provider.creates.push(async (_, { signal }) => {
      await clock.sleep(60_000, signal)
      return unknown
    })
    provider.finds.push(new Map(), new Map([['a', 'm1']]))
    clock.at(1_000, () => cancel())
    expect(await launch()).toMatchObject({ kind: 'launched', launch: { id: 'a' } })
    expect(clock.elapsedMs).toBe(4_000)
  })

  it('looks twice at most, keeps the mark for the post step, and creates nothing more', async () => {
    const { provider, clock, cancel } = stage
    provider.creates.push(async (_, { signal }) => {
      await clock.sleep(60_000, signal)
      return unknown
    })
    clock.at(1_000, () => cancel())
    expect(await launch()).toEqual({ kind: 'cancelled' })
    expect(provider.calls.filter((call) => !call.startsWith('save'))).toEqual([
      'create m1',
      'find m1',
      'find m1',
    ])
    expect(owed()).toEqual([{ mark: 'm1' }])
  })

  it('ends looking when the time for cleaning up is over', async () => {
    const { provider, clock, cancel } = stage
    provider.creates.push(unknown)
    provider.finds.push(errorOf('rate-limited', 60_000))
    clock.at(100, () => cancel())
    expect(await launch()).toMatchObject({ kind: 'unresolved' })
    expect(clock.elapsedMs).toBeLessThanOrEqual(7_000)
  })
})
