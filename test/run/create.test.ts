import { beforeEach, describe, expect, it } from 'vitest'
import { type CreateOptions, createOnce } from '../../src/run/create.ts'
import { errorOf } from './fake-provider.ts'
import { setStage } from './stage.ts'

let stage: ReturnType<typeof setStage>

beforeEach(() => {
  stage = setStage()
})

const deployment = (webhook?: URL, more: Pick<CreateOptions, 'slotFreesMs'> = {}) => {
  const { provider, context, run } = stage
  const { signal } = context.cancellation
  const options = { webhook, signal, patienceMs: 600_000, ...more }
  return run(createOnce(context, provider.target, options))
}
const unknown = { kind: 'unknown', error: errorOf('connection-lost') } as const
const tryAgain = { kind: 'try-again', error: errorOf('unreachable') } as const
const refused = { kind: 'refused', error: errorOf('refused') } as const
const inLedger = () => stage.context.ledger.open

describe('a deployment', () => {
  it('has its tag on disk before the request leaves, and its id right after the reply', async () => {
    expect(await deployment()).toMatchObject({
      kind: 'created',
      tag: 'm1',
      id: 'a',
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
    expect(await deployment()).toMatchObject({ acceptedAtMs: startMs + 4_000 })
  })
})

describe('a create that falls into an outage of the API', () => {
  it('is looked for once the API answers again, and sent again where it got nowhere', async () => {
    const { provider, clock } = stage
    provider.creates.push(unknown, { kind: 'created', id: 'a' })
    provider.finds.push(() => {
      return clock.elapsedMs < 40_000 ? (errorOf('server-fault') as never) : new Map()
    })
    expect(await deployment()).toMatchObject({ kind: 'created', tag: 'm2', id: 'a' })
  })
})

describe('a create that certainly did nothing', () => {
  it('is tried again, under another tag, and nothing is left to clean up', async () => {
    stage.provider.creates.push(tryAgain, { kind: 'created', id: 'a' })
    expect(await deployment()).toMatchObject({ kind: 'created', tag: 'm2' })
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
    expect(await deployment()).toMatchObject({ kind: 'refused', error: { kind: 'unreachable' } })
    expect(stage.provider.calls.filter((call) => call.startsWith('create'))).toHaveLength(4)
    expect(stage.clock.elapsedMs).toBe(7_000)
    expect(inLedger()).toEqual([])
  })

  it('waits as long as it was told to', async () => {
    stage.provider.creates.push(
      { kind: 'try-again', error: errorOf('rate-limited', 12_000) },
      { kind: 'created', id: 'a' },
    )
    await deployment()
    expect(stage.clock.elapsedMs).toBe(12_000)
  })
})

describe('a create of which nobody knows', () => {
  it('is looked up by its tag, and taken when it is found', async () => {
    stage.provider.creates.push(unknown)
    stage.provider.finds.push(new Map([['a', 'm1']]))
    expect(await deployment()).toMatchObject({
      kind: 'created',
      tag: 'm1',
      id: 'a',
    })
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
    expect(await deployment()).toMatchObject({ kind: 'created', id: 'a' })
    const { calls } = stage.provider
    expect(calls).not.toContain('stop a')
    // On disk before it is stopped: the post step has to know of it too.
    expect(calls.indexOf('save m1,m1/b=b')).toBeGreaterThan(0)
    expect(calls.indexOf('save m1,m1/b=b')).toBeLessThan(calls.indexOf('stop b'))
    expect(stage.context.ledger.open).toEqual([{ tag: 'm1', id: 'a' }])
  })

  it('is found also where the list shows it late', async () => {
    stage.provider.creates.push(unknown)
    stage.provider.finds.push(new Map(), new Map(), new Map(), new Map([['a', 'm1']]))
    expect(await deployment()).toMatchObject({ kind: 'created', id: 'a' })
    expect(stage.clock.elapsedMs).toBe(3_500)
  })

  it('is not repeated before four checks over three seconds found nothing', async () => {
    const { provider } = stage
    provider.creates.push(unknown, { kind: 'created', id: 'b' })
    expect(await deployment()).toMatchObject({
      kind: 'created',
      tag: 'm2',
      id: 'b',
    })
    expect(provider.calls).toEqual([
      'save m1',
      'create m1',
      ...Array.from({ length: 4 }, () => 'find m1'),
      // What was given up as lost stays in the ledger: it may have arrived after all.
      'save m1,m2',
      'create m2',
      'save m1,m2=b',
    ])
  })

  it('is never repeated where looking failed: a second server would be the price', async () => {
    const { provider } = stage
    provider.creates.push(unknown)
    provider.finds.push(errorOf('server-fault'))
    const result = await deployment()
    expect(result).toMatchObject({
      kind: 'unresolved',
      error: { kind: 'unresolved-create', next: expect.stringContaining('m1') },
    })
    expect(provider.calls.filter((call) => call.startsWith('create'))).toEqual(['create m1'])
    expect(inLedger()).toEqual([{ tag: 'm1' }])
  })

  it.each(['unauthorized', 'forbidden'] as const)(
    'is looked for three times when %s, and no more is created',
    async (kind) => {
      stage.provider.creates.push(unknown)
      stage.provider.finds.push(errorOf(kind))
      expect(await deployment()).toMatchObject({ kind: 'unresolved' })
      expect(stage.provider.calls.filter((call) => call.startsWith('find'))).toHaveLength(3)
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
    expect(await deployment()).toMatchObject({ kind: 'created' })
  })

  it('twice over ends it: both tags are told, and looked for at the end', async () => {
    stage.provider.creates.push(unknown)
    const result = await deployment()
    expect(result).toMatchObject({ kind: 'unresolved', error: { kind: 'unresolved-create' } })
    expect(result).toMatchObject({ error: { next: expect.stringContaining('m1 and m2') } })
    expect(inLedger().map(({ tag }) => tag)).toEqual(['m1', 'm2'])
  })

  it('that was accepted without an id is never followed by another', async () => {
    stage.provider.creates.push({ ...unknown, isAccepted: true })
    expect(await deployment()).toMatchObject({ kind: 'unresolved' })
    expect(inLedger().map(({ tag }) => tag)).toEqual(['m1'])
  })

  it('that a rate limit turned away is tried on, with one look-up each: other jobs share the limit', async () => {
    stage.provider.creates.push({ kind: 'unknown', error: errorOf('rate-limited') })
    expect(await deployment()).toMatchObject({ kind: 'refused', error: { kind: 'rate-limited' } })
    expect(inLedger()).toHaveLength(20)
    expect(stage.provider.calls.filter((call) => call.startsWith('find'))).toHaveLength(20)
    expect(stage.clock.elapsedMs).toBeGreaterThan(60_000)
  })

  it('that a rate limit turned away, as it does the look-up, is tried again and not given up', async () => {
    const limited = { kind: 'unknown', error: errorOf('rate-limited') } as const
    stage.provider.creates.push(limited, limited, { kind: 'created', id: 'a' })
    stage.provider.finds.push(errorOf('rate-limited'))
    expect(await deployment()).toMatchObject({ kind: 'created', id: 'a' })
    const finds = stage.provider.calls.filter((call) => call.startsWith('find'))
    expect(finds).toEqual(['find m1', 'find m2'])
    // At the end they are looked for once more.
    expect(inLedger().map(({ tag }) => tag)).toEqual(['m1', 'm2', 'm3'])
  })
})

describe('a create that a rate limit turned away', () => {
  it('may have made a server all the same where the look-up fails otherwise', async () => {
    stage.provider.creates.push({ kind: 'unknown', error: errorOf('rate-limited') })
    stage.provider.finds.push(errorOf('forbidden'))
    expect(await deployment()).toMatchObject({ kind: 'unresolved' })
    expect(inLedger()).toEqual([{ tag: 'm1' }])
  })
})

describe('a refusal', () => {
  it('ends it; nothing is left to clean up', async () => {
    stage.provider.creates.push(refused)
    expect(await deployment()).toEqual(refused)
    expect(inLedger()).toEqual([])
  })

  it('that may have left something behind owes its tag', async () => {
    stage.provider.creates.push({ ...refused, mayExist: true })
    expect(await deployment()).toEqual(refused)
    expect(inLedger()).toEqual([{ tag: 'm1' }])
  })

  it('that left something behind owes it', async () => {
    stage.provider.creates.push({ ...refused, id: 'broken' })
    expect(await deployment()).toMatchObject({ kind: 'refused', failedId: 'broken', tag: 'm1' })
    expect(inLedger()).toEqual([{ tag: 'm1', id: 'broken' }])
  })
})

describe('a webhook', () => {
  const url = new URL('https://hook.test/x')

  it('that may be what was refused is left out of a second try', async () => {
    const { provider, runner } = stage
    provider.creates.push(refused, { kind: 'created', id: 'a' })
    expect(await deployment(url)).toMatchObject({ kind: 'created', tag: 'm2' })
    expect(provider.calls.filter((call) => call.startsWith('create'))).toEqual([
      'create m1 for https://hook.test/x',
      'create m2',
    ])
    expect(runner.messages('warning')).toHaveLength(1)
  })

  it('that was not the reason is not blamed', async () => {
    stage.provider.creates.push(refused)
    expect(await deployment(url)).toMatchObject({ kind: 'refused' })
    expect(stage.provider.calls.filter((call) => call.startsWith('create'))).toHaveLength(2)
    expect(stage.runner.messages('warning')).toEqual([])
  })

  it.each(['unauthorized', 'forbidden', 'not-found', 'no-capacity'] as const)(
    'is never the reason for %s',
    async (kind) => {
      stage.provider.creates.push({ kind: 'refused', error: errorOf(kind) })
      await deployment(url)
      expect(stage.provider.calls.filter((call) => call.startsWith('create'))).toHaveLength(1)
    },
  )
})

describe('a cancel', () => {
  it('before it creates nothing and owes nothing', async () => {
    stage.cancel()
    expect(await deployment()).toEqual({ kind: 'cancelled' })
    expect(stage.provider.calls).toEqual([])
  })

  it('between two attempts creates nothing more', async () => {
    const { provider, clock, cancel } = stage
    provider.creates.push(tryAgain)
    clock.at(1_500, () => cancel())
    expect(await deployment()).toEqual({ kind: 'cancelled' })
    expect(clock.elapsedMs).toBe(1_500)
    expect(inLedger()).toEqual([])
  })

  it('after the last attempt is a cancel and no refusal', async () => {
    const { provider, cancel } = stage
    provider.creates.push(tryAgain, tryAgain, tryAgain, () => {
      cancel()
      return tryAgain
    })
    expect(await deployment()).toEqual({ kind: 'cancelled' })
  })

  it('lets a create on the wire come in', async () => {
    const { provider, clock, cancel } = stage
    provider.creates.push(async (_, { signal }) => {
      await clock.sleep(3_000, signal)
      return signal.aborted ? unknown : { kind: 'created', id: 'a' }
    })
    clock.at(1_000, () => cancel())
    expect(await deployment()).toMatchObject({ kind: 'created', id: 'a' })
    expect(inLedger()).toEqual([{ tag: 'm1', id: 'a' }])
  })

  it('waits 2.5 s for a create that hangs, then looks for it', async () => {
    const { provider, clock, cancel } = stage
    provider.creates.push(async (_, { signal }) => {
      await clock.sleep(60_000, signal)
      return unknown
    })
    provider.finds.push(new Map(), new Map([['a', 'm1']]))
    clock.at(1_000, () => cancel())
    expect(await deployment()).toMatchObject({ kind: 'created', id: 'a' })
    expect(clock.elapsedMs).toBe(4_000)
  })

  it('looks twice at most, keeps the tag for the post step, and creates nothing more', async () => {
    const { provider, clock, cancel } = stage
    provider.creates.push(async (_, { signal }) => {
      await clock.sleep(60_000, signal)
      return unknown
    })
    clock.at(1_000, () => cancel())
    expect(await deployment()).toEqual({ kind: 'cancelled' })
    expect(provider.calls.filter((call) => !call.startsWith('save'))).toEqual([
      'create m1',
      'find m1',
      'find m1',
    ])
    expect(inLedger()).toEqual([{ tag: 'm1' }])
  })

  it('ends looking when the time for cleaning up is over', async () => {
    const { provider, clock, cancel } = stage
    provider.creates.push(unknown)
    provider.finds.push(errorOf('rate-limited', 60_000))
    clock.at(100, () => cancel())
    expect(await deployment()).toMatchObject({ kind: 'unresolved' })
    expect(clock.elapsedMs).toBeLessThanOrEqual(7_000)
  })
})

describe('a create after older servers were stopped for it', () => {
  const later = { slotFreesMs: 30_000 }

  it('is tried again while their slot is not free yet', async () => {
    stage.provider.creates.push(refused, refused, refused, { kind: 'created', id: 'a' })
    expect(await deployment(undefined, later)).toMatchObject({ kind: 'created', tag: 'm4' })
    expect(inLedger()).toEqual([{ tag: 'm4', id: 'a' }])
    expect(stage.clock.elapsedMs).toBe(7_000)
  })

  it('goes on asking for the webhook, which was not what was refused', async () => {
    const webhook = new URL('https://hook.test/')
    stage.provider.creates.push(refused, refused, { kind: 'created', id: 'a' })
    expect(await deployment(webhook, later)).toMatchObject({ kind: 'created', webhook })
  })

  it('leaves a failed deployment of a refusal in the ledger, to be stopped at the end', async () => {
    const full = { kind: 'refused', error: errorOf('no-capacity'), id: 'x' } as const
    stage.provider.creates.push(full, { kind: 'created', id: 'a' })
    expect(await deployment(undefined, later)).toMatchObject({ kind: 'created', id: 'a' })
    expect(inLedger()).toEqual([
      { tag: 'm1', id: 'x' },
      { tag: 'm2', id: 'a' },
    ])
  })

  it('is refused once that has lasted too long', async () => {
    stage.provider.creates.push(refused)
    expect(await deployment(undefined, later)).toMatchObject({ kind: 'refused' })
    expect(stage.clock.elapsedMs).toBeGreaterThanOrEqual(30_000)
    expect(stage.clock.elapsedMs).toBeLessThanOrEqual(40_000)
    expect(inLedger()).toEqual([])
  })

  it('is refused at once where something may exist all the same', async () => {
    stage.provider.creates.push({ ...refused, mayExist: true })
    expect(await deployment(undefined, later)).toMatchObject({ kind: 'refused' })
    expect(stage.clock.elapsedMs).toBe(0)
  })
})

describe('what creating says', () => {
  it.each([
    ['with a failed deployment', { ...refused, error: errorOf('no-capacity'), id: 'failed' }],
    ['without one', { ...refused, error: errorOf('no-capacity') }],
  ])('of a refusal that may pass, %s: why, and not that one got lost', async (_, refusal) => {
    stage.provider.creates.push(refusal, { kind: 'created', id: 'a' })
    await deployment(undefined, { slotFreesMs: 60_000 })
    expect(stage.runner.log).toContain('no-capacity; retrying in 1.0 s')
  })

  it('of one that may have made a server: why nobody knows, and where to look', async () => {
    stage.provider.creates.push({ ...unknown, isAccepted: true })
    expect(await deployment()).toMatchObject({
      error: {
        message: expect.stringContaining('A server may have been created, and it was not found'),
        next: expect.stringContaining('m1'),
      },
    })
  })

  it('of an attempt that is tried again: why, and when', async () => {
    stage.provider.creates.push(tryAgain, { kind: 'created', id: 'a' })
    await deployment()
    expect(stage.runner.lines).toContain('unreachable; retrying in 1.0 s')
  })

  it('of one that got lost: that it was looked for, and what came of it', async () => {
    stage.provider.creates.push(unknown, { kind: 'created', id: 'b' })
    await deployment()
    expect(stage.runner.log).toContain('No clear answer to the create: connection-lost')
    expect(stage.runner.log).toContain('Checking whether it was accepted')
    expect(stage.runner.log).toContain('No deployment with this tag was found; retrying in 1.0 s')
  })

  it('of one that was found', async () => {
    stage.provider.creates.push(unknown)
    stage.provider.finds.push(new Map([['a', 'm1']]))
    await deployment()
    expect(stage.runner.log).toContain('Found it by its tag m1: a')
  })

  it('of a webhook that was refused: why it polls instead', async () => {
    stage.provider.creates.push(refused, { kind: 'created', id: 'a' })
    await deployment(new URL('https://hook.test/x'))
    expect(stage.runner.messages('warning')).toEqual([
      'The webhook URL was refused, polling instead: refused',
    ])
  })

  it('nothing of a webhook that was not refused', async () => {
    await deployment(new URL('https://hook.test/x'))
    expect(stage.runner.messages('warning')).toEqual([])
  })
})

describe('a create that broke off', () => {
  it('is no success, and nothing is tried again or left to clean up', async () => {
    const error = errorOf('server-fault')
    stage.provider.creates.push({ kind: 'broken-off', error })
    expect(await deployment()).toEqual({ kind: 'unresolved', error })
    expect(stage.provider.calls.filter((call) => call.startsWith('create'))).toHaveLength(1)
    expect(inLedger()).toEqual([])
  })
})

describe('a create that a web page answers', () => {
  const page = { kind: 'unknown', error: errorOf('not-the-api') } as const

  it('is refused where a page answers the search as well: nobody there created anything', async () => {
    stage.provider.creates.push(page)
    stage.provider.finds.push(errorOf('not-the-api'))
    expect(await deployment()).toEqual({ kind: 'refused', error: page.error })
    expect(stage.provider.calls.filter((call) => call.startsWith('find'))).toHaveLength(1)
    expect(inLedger()).toEqual([])
  })

  it('is taken where the API knows of it', async () => {
    stage.provider.creates.push(page)
    stage.provider.finds.push(new Map([['a', 'm1']]))
    expect(await deployment()).toMatchObject({ kind: 'created', id: 'a' })
  })

  it('is tried again where the API knows nothing of it', async () => {
    stage.provider.creates.push(page, { kind: 'created', id: 'b' })
    expect(await deployment()).toMatchObject({ kind: 'created', id: 'b' })
  })

  it('says nothing of a lost one: there a page ends no search', async () => {
    stage.provider.creates.push(unknown)
    stage.provider.finds.push(errorOf('not-the-api'), new Map([['a', 'm1']]))
    expect(await deployment()).toMatchObject({ kind: 'created', id: 'a' })
  })
})

describe('a create that is given up', () => {
  const limited = (retryAfterMs?: number) =>
    ({ kind: 'try-again', error: errorOf('rate-limited', retryAfterMs) }) as const
  const within = (patienceMs: number) => {
    const { provider, context, run } = stage
    const { signal } = context.cancellation
    return run(createOnce(context, provider.target, { webhook: undefined, signal, patienceMs }))
  }

  it('for a limit that lasts longer than the step may wait, says how long', async () => {
    stage.provider.creates.push(limited(600_000))
    expect(await within(300_000)).toMatchObject({
      kind: 'refused',
      error: {
        kind: 'rate-limited',
        message: 'rate-limited. The provider asks to wait 10m 00s, longer than timeout allows',
        next: 'Run the job again later.',
      },
    })
    expect(stage.clock.elapsedMs).toBe(0)
  })

  it('is not, for a limit that ends in time', async () => {
    stage.provider.creates.push(limited(600_000), { kind: 'created', id: 'a' })
    expect(await within(600_000)).toMatchObject({ kind: 'created' })
  })

  it('says only what failed last, where that was no limit', async () => {
    stage.provider.creates.push({ kind: 'try-again', error: errorOf('server-fault', 600_000) })
    expect(await within(300_000)).toEqual({
      kind: 'refused',
      error: expect.objectContaining({ message: 'server-fault' }),
    })
  })

  it('after many short limits says nothing of a long one', async () => {
    stage.provider.creates.push(limited(1_000))
    expect(await within(600_000)).toEqual({
      kind: 'refused',
      error: expect.objectContaining({ message: 'rate-limited' }),
    })
    expect(stage.provider.calls.filter((call) => call.startsWith('create'))).toHaveLength(20)
  })

  it('is tried in time only: what may be paused for is what is left', async () => {
    const { clock, provider } = stage
    provider.creates.push(async () => {
      await clock.sleep(8_000)
      return limited(5_000)
    })
    expect(await within(10_000)).toMatchObject({
      error: {
        kind: 'rate-limited',
        message: expect.stringContaining('asks to wait 5.0 s, longer than timeout allows'),
      },
    })
    expect(clock.elapsedMs).toBe(8_000)
  })

  it('comes back at its own time after what was no limit, whatever the chance', async () => {
    stage.context.random = () => 1
    stage.provider.creates.push(tryAgain, { kind: 'created', id: 'a' })
    await deployment()
    expect(stage.clock.elapsedMs).toBe(1_000)
  })

  it('is not certain once one got lost, whatever the last attempt says', async () => {
    stage.provider.creates.push(unknown, tryAgain)
    expect(await deployment()).toMatchObject({
      kind: 'unresolved',
      error: { kind: 'unresolved-create', next: expect.stringContaining('m1') },
    })
  })

  it('leaves other jobs room: limited ones come back up to half as late, by chance', async () => {
    const moments: number[] = []
    stage.context.random = () => 1
    stage.provider.creates.push(async () => {
      moments.push(stage.clock.elapsedMs)
      return limited()
    })
    await deployment()
    expect(moments.slice(0, 5)).toEqual([0, 500, 1_500, 3_500, 7_500])
  })

  it('leaves what cannot be stopped to nobody', async () => {
    Object.assign(stage.provider, {
      traits: { canStop: false, webhook: 'none', createMs: 30_000 },
    })
    stage.provider.creates.push({ kind: 'created', id: 'a' })
    expect(await deployment()).toMatchObject({ kind: 'created', id: 'a' })
    expect(stage.provider.calls).toEqual(['create m1'])
    expect(inLedger()).toEqual([])
  })
})
