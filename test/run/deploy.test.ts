import { beforeEach, describe, expect, it } from 'vitest'
import { ActionError } from '../../src/base/errors.ts'
import type { Replacement } from '../../src/settings/model.ts'
import { errorOf, FAILED, PENDING, READY } from './fake-provider.ts'
import { setWholeRun } from './whole-run.ts'

/** The story of a deploy on a platform by script, in virtual time. */
let run: ReturnType<typeof setWholeRun>

beforeEach(() => {
  run = setWholeRun()
})

/** Several places, whose servers are called `a`, `b`, … */
function inPlaces(...names: string[]) {
  const ids = names.map((_, index) => String.fromCharCode(97 + index))
  run.provider.targets.splice(0, 1, ...names.map((name) => ({ name, where: '1,2' })))
  let next = 0
  run.provider.creates.push(async () => ({ kind: 'created', id: ids[next++] ?? '?' }))
}

const outcomes = () => run.state.deployments.map(({ id, outcome }) => `${id} ${outcome}`)
const inLedger = () => run.ledger.open.map(({ tag, id }) => `${tag}=${id}`)

describe('a deploy', () => {
  it('that comes up is a success, and stays in the ledger until the step lets go of it', async () => {
    run.provider.readings.set('a', [PENDING, PENDING, READY])
    expect(await run.deploy()).toMatchObject({
      outcome: 'succeeded',
      stoppedIds: [],
      deployments: [{ id: 'a', tag: 'm1', outcome: 'succeeded', source: 'poll' }],
      lifetime: { endsWithJob: false },
    })
    expect(run.state.error).toBeUndefined()
    expect(run.state.deployments[0]?.timeline.map(({ status }) => status)).toEqual([
      'DEPLOYING',
      'READY',
    ])
    expect(run.provider.calls).toEqual(['save m1', 'create m1', 'save m1=a'])
    expect(inLedger()).toEqual(['m1=a'])
  })

  it('says who ends what came up, and when', async () => {
    run.provider.readings.set('a', [{ ...READY, facts: { maxMinutes: 60 } }])
    const { lifetime } = await run.deploy({
      stopAfterJob: true,
      group: 'pr-12',
      replace: { when: 'after-ready', reach: REACH },
    })
    expect(lifetime).toEqual({ endsWithJob: true, maxMinutes: 60, replacedInGroup: 'pr-12' })
  })

  it('that is not waited for is started once it is accepted', async () => {
    run.provider.readings.set('a', [FAILED])
    expect(await run.deploy({ wait: 'none' })).toMatchObject({ outcome: 'started' })
    expect(outcomes()).toEqual(['a started'])
    expect(run.clock.elapsedMs).toBe(0)
  })

  it('that fails has its log read, is stopped, and leaves the ledger empty', async () => {
    run.provider.readings.set('a', [PENDING, FAILED])
    run.provider.logs.set('a', ['1', '2', '3', '4', '5', '6'])
    expect(await run.deploy()).toMatchObject({
      outcome: 'failed',
      stoppedIds: ['a'],
      deployments: [
        {
          outcome: 'failed',
          error: { kind: 'deployment-failed' },
          log: { tail: ['2', '3', '4', '5', '6'], isCut: true },
        },
      ],
    })
    const [read, stopped] = ['log a', 'stop a'].map((call) => run.provider.calls.indexOf(call))
    expect(read).toBeGreaterThan(0)
    expect(stopped).toBeGreaterThan(read ?? 0)
    expect(inLedger()).toEqual([])
  })

  it('that fails and is to be kept is left alone, and is nobody’s to stop any more', async () => {
    run.provider.readings.set('a', [FAILED])
    expect(await run.deploy({ onFailure: 'keep' })).toMatchObject({
      outcome: 'failed',
      keptIds: ['a'],
      stoppedIds: [],
    })
    expect(run.provider.calls).not.toContain('stop a')
    expect(inLedger()).toEqual([])
    expect(run.runner.messages('notice').join()).toContain('a was kept')
  })

  it('that fails and is to be kept until the job ends stays in the ledger', async () => {
    run.provider.readings.set('a', [FAILED])
    await run.deploy({ onFailure: 'keep', stopAfterJob: true })
    expect(run.provider.calls).not.toContain('stop a')
    expect(inLedger()).toEqual(['m1=a'])
    expect(run.runner.messages('notice').join()).toContain('kept until the job ends')
  })

  it('that found no room is stopped although failures are to be kept, and has no log', async () => {
    run.provider.creates.push({ kind: 'refused', error: errorOf('no-capacity'), id: 'x' })
    expect(await run.deploy({ onFailure: 'keep' })).toMatchObject({
      outcome: 'failed',
      stoppedIds: ['x'],
      deployments: [{ id: 'x', tag: 'm1', error: { kind: 'no-capacity' } }],
    })
    expect(run.provider.calls).toContain('stop x')
    expect(run.provider.calls).not.toContain('log x')
  })

  it('that is not ready in time is timed out and stopped', async () => {
    run.provider.readings.set('a', [PENDING])
    expect(await run.deploy({ timeoutMs: 20_000 })).toMatchObject({
      outcome: 'timed-out',
      stoppedIds: ['a'],
      deployments: [{ error: { kind: 'timed-out' } }],
    })
    expect(run.provider.calls).toContain('log a')
  })

  it('that is refused is rejected, with nothing to stop', async () => {
    run.provider.creates.push({ kind: 'refused', error: errorOf('refused') })
    expect(await run.deploy()).toMatchObject({ outcome: 'rejected', stoppedIds: [] })
    expect(run.state.deployments).toMatchObject([
      { outcome: 'rejected', error: { kind: 'refused' } },
    ])
    expect(run.provider.calls.filter((call) => /stop|log/.test(call))).toEqual([])
  })

  it.each(['unauthorized', 'forbidden', 'not-found', 'refused', 'no-capacity'] as const)(
    'whose preparation is refused (%s) is rejected before anything is created',
    async (kind) => {
      run.provider.prepare = async () => {
        throw errorOf(kind)
      }
      expect(await run.deploy()).toMatchObject({ outcome: 'rejected', error: { kind } })
      expect(run.provider.calls).toEqual([])
    },
  )

  it('whose preparation breaks down is failed, not rejected', async () => {
    run.provider.prepare = async () => {
      throw errorOf('server-fault')
    }
    expect(await run.deploy()).toMatchObject({ outcome: 'failed', error: { kind: 'server-fault' } })
  })

  it('that needs a webhook, without a tunnel, is rejected before anything is created', async () => {
    expect(await run.deploy({ wait: 'webhook' })).toMatchObject({
      outcome: 'rejected',
      error: { kind: 'no-tunnel' },
      tunnelError: 'wait is poll',
    })
    expect(run.provider.calls).toEqual([])
  })

  it('ends what the platform set up for it, whatever became of it', async () => {
    let ended = 0
    const finish = async () => {
      ended += 1
    }
    Object.assign(run.provider, { finish })
    await run.deploy()
    run.provider.prepare = async () => {
      throw errorOf('refused')
    }
    await run.deploy()
    expect(ended).toBe(2)
  })

  it('warns where that cannot be ended, and is a success all the same', async () => {
    const finish = async () => {
      throw new ActionError({ kind: 'server-fault', what: 'the subscription stays' })
    }
    Object.assign(run.provider, { finish })
    expect((await run.deploy()).outcome).toBe('succeeded')
    expect(run.runner.messages('warning').join()).toContain('the subscription stays')
  })

  it('looks at the end for a create that got lost, and stops what it made', async () => {
    run.provider.creates.push(
      { kind: 'unknown', error: errorOf('connection-lost') },
      { kind: 'created', id: 'b' },
    )
    // Not found at first; it shows up once the second one is ready.
    run.provider.finds.push(new Map(), new Map(), new Map(), new Map(), new Map([['a', 'm1']]))
    expect(await run.deploy()).toMatchObject({ outcome: 'succeeded', stoppedIds: ['a'] })
    expect(outcomes()).toEqual(['b succeeded'])
    expect(run.provider.calls).not.toContain('stop b')
    expect(inLedger()).toEqual(['m2=b'])
  })
})

describe('a deploy that is cancelled', () => {
  it('before it began creates nothing', async () => {
    run.cancel()
    expect(await run.deploy()).toMatchObject({ outcome: 'cancelled', stoppedIds: [] })
    expect(run.provider.calls.filter((call) => call.startsWith('create'))).toEqual([])
  })

  it('while the server starts stops it', async () => {
    run.provider.readings.set('a', [PENDING])
    run.clock.at(5_000, () => run.cancel())
    expect(await run.deploy({ onFailure: 'keep' })).toMatchObject({
      outcome: 'cancelled',
      stoppedIds: ['a'],
      deployments: [{ outcome: 'cancelled', error: { kind: 'cancelled' } }],
    })
    expect(run.provider.calls.filter((call) => call === 'stop a')).toHaveLength(1)
    expect(inLedger()).toEqual([])
  })

  it('while the create is on the wire stops what it makes', async () => {
    run.provider.creates.push(async () => {
      await run.clock.sleep(2_000)
      return { kind: 'created', id: 'a' }
    })
    run.clock.at(500, () => run.cancel())
    expect(await run.deploy()).toMatchObject({ outcome: 'cancelled', stoppedIds: ['a'] })
    expect(inLedger()).toEqual([])
  })

  it('while a create waits for a rate limit sends no other', async () => {
    run.provider.creates.push({ kind: 'try-again', error: errorOf('rate-limited', 30_000) })
    run.clock.at(500, () => run.cancel())
    expect(await run.deploy()).toMatchObject({
      outcome: 'cancelled',
      deployments: [{ outcome: 'cancelled', error: { kind: 'cancelled' } }],
    })
    expect(run.clock.elapsedMs).toBe(500)
  })

  it('while its versions are prepared reports the cancel', async () => {
    run.provider.prepare = async () => {
      run.cancel()
      throw errorOf('connection-lost')
    }
    expect(await run.deploy()).toMatchObject({
      outcome: 'cancelled',
      error: { kind: 'cancelled' },
    })
  })

  it('once all is ready stops it as well', async () => {
    run.provider.creates.push(
      { kind: 'unknown', error: errorOf('connection-lost') },
      { kind: 'created', id: 'b' },
    )
    let finds = 0
    run.provider.finds.push(() => {
      finds += 1
      // The last search comes when the second one is ready.
      if (finds > 4) run.cancel()
      return new Map()
    })
    expect(await run.deploy()).toMatchObject({ outcome: 'cancelled', stoppedIds: ['b'] })
  })
})

describe('several servers', () => {
  it('are a success only together', async () => {
    inPlaces('x', 'y', 'z')
    expect((await run.deploy()).outcome).toBe('succeeded')
    expect(outcomes()).toEqual(['a succeeded', 'b succeeded', 'c succeeded'])
    expect(inLedger()).toEqual(['m1=a', 'm2=b', 'm3=c'])
  })

  it('are no success where two have one id: one of them is not known', async () => {
    inPlaces('x', 'y')
    run.provider.creates.push({ kind: 'created', id: 'a' }, { kind: 'created', id: 'a' })
    const { outcome, deployments, stoppedIds } = await run.deploy()
    expect([outcome, stoppedIds]).toEqual(['failed', expect.arrayContaining(['a'])])
    expect(deployments.map(({ error }) => error?.kind)).toContain('malformed-reply')
  })

  it('end at once when one of them fails, and each is stopped', async () => {
    inPlaces('x', 'y', 'z')
    run.provider.readings.set('b', [PENDING, FAILED])
    run.provider.readings.set('c', [PENDING])
    expect(await run.deploy({ timeoutMs: 600_000 })).toMatchObject({ outcome: 'failed' })
    expect(outcomes()).toEqual(['a stopped', 'b failed', 'c stopped'])
    expect(run.state.stoppedIds.toSorted()).toEqual(['a', 'b', 'c'])
    expect(inLedger()).toEqual([])
    expect(run.clock.elapsedMs).toBeLessThan(60_000)
  })

  it('stay, with on-failure: keep, also beside one that failed', async () => {
    inPlaces('x', 'y')
    run.provider.readings.set('b', [FAILED])
    expect(await run.deploy({ onFailure: 'keep' })).toMatchObject({
      outcome: 'failed',
      keptIds: ['b'],
      stoppedIds: [],
    })
    expect(outcomes()).toEqual(['a succeeded', 'b failed'])
  })

  it('are failed before timed out before rejected', async () => {
    inPlaces('x', 'y', 'z')
    run.provider.creates.splice(0)
    run.provider.creates.push(
      { kind: 'created', id: 'a' },
      { kind: 'refused', error: errorOf('refused') },
      { kind: 'created', id: 'c' },
    )
    run.provider.readings.set('a', [PENDING])
    run.provider.readings.set('c', [PENDING])
    expect(await run.deploy({ onFailure: 'keep', timeoutMs: 5_000 })).toMatchObject({
      outcome: 'timed-out',
    })
    expect(run.state.deployments.map(({ outcome }) => outcome)).toEqual([
      'timed-out',
      'rejected',
      'timed-out',
    ])
  })
})

const REACH = { kind: 'group', application: 'my-game', group: 'pr-12' } as const

describe('older servers of the group', () => {
  const replace = (when: Replacement['when']) => ({
    group: 'pr-12',
    replace: { when, reach: REACH },
  })
  const older = (id: string, isEnding?: true) => ({
    id,
    tags: ['pr-12'],
    ...(isEnding && { isEnding }),
  })

  beforeEach(() => {
    run.provider.members = { members: [older('old1'), older('old2')], unclear: [] }
  })

  it('are listed before the first create, and stopped once the new one is ready', async () => {
    run.provider.readings.set('a', [PENDING, READY])
    expect(await run.deploy(replace('after-ready'))).toMatchObject({
      outcome: 'succeeded',
      stoppedIds: ['old1', 'old2'],
      deployments: [{ id: 'a', isInPlace: true }],
    })
    const { calls } = run.provider
    expect(calls.indexOf('list')).toBeLessThan(calls.indexOf('create m1'))
    // That it stays is on disk before the first stop.
    expect(calls.indexOf('save in place a')).toBeLessThan(calls.indexOf('stop old1'))
    expect(calls.indexOf('save m1=a')).toBeLessThan(calls.indexOf('save in place a'))
    expect(inLedger()).toEqual([])
  })

  it('stay where the new one fails', async () => {
    run.provider.readings.set('a', [FAILED])
    expect(await run.deploy(replace('after-ready'))).toMatchObject({
      outcome: 'failed',
      stoppedIds: ['a'],
    })
    expect(run.provider.calls.filter((call) => call.startsWith('stop old'))).toEqual([])
  })

  it('stay where the run is cancelled before the first stop', async () => {
    run.provider.logs.set('old1', ['x'])
    run.provider.readLog = async () => {
      run.cancel()
      return undefined
    }
    expect(await run.deploy(replace('after-ready'))).toMatchObject({
      outcome: 'cancelled',
      stoppedIds: ['a'],
    })
  })

  it('that cannot be stopped are named, and the run is a success', async () => {
    run.provider.stop = async (id: string) => {
      run.provider.calls.push(`stop ${id}`)
      throw errorOf('forbidden')
    }
    expect((await run.deploy(replace('after-ready'))).outcome).toBe('succeeded')
    const warnings = run.runner.messages('warning').join()
    expect(warnings).toContain('old1, which was to be replaced, may still run')
    expect(warnings).toContain('old2')
    expect(run.state.stoppedIds).toEqual([])
  })

  it('that somebody else is stopping already are not stopped again', async () => {
    run.provider.members = { members: [older('old1', true), older('old2')], unclear: [] }
    expect((await run.deploy(replace('after-ready'))).stoppedIds).toEqual(['old2'])
    expect(run.provider.calls).not.toContain('stop old1')
  })

  it('go first where there is room for one only, and are waited for', async () => {
    expect(await run.deploy(replace('before-deploy'))).toMatchObject({
      outcome: 'succeeded',
      stoppedIds: ['old1', 'old2'],
    })
    const { calls } = run.provider
    expect(calls.indexOf('stop old1')).toBeLessThan(calls.indexOf('create m1'))
    expect(calls.indexOf('stop old2')).toBeLessThan(calls.indexOf('create m1'))
    // The new one is no replacement yet when they go.
    expect(calls).not.toContain('save in place a')
  })

  it('that cannot be listed keep the new one from being created', async () => {
    run.provider.groups.members = async () => {
      throw errorOf('forbidden')
    }
    expect(await run.deploy(replace('after-ready'))).toMatchObject({ outcome: 'rejected' })
    expect(run.state.error?.message).toContain('so no server was created')
    expect(run.provider.calls).toEqual([])
  })

  it('whose status is not known are left alone, with a warning', async () => {
    run.provider.members = { members: [older('old1')], unclear: ['odd'] }
    expect((await run.deploy(replace('after-ready'))).stoppedIds).toEqual(['old1'])
    expect(run.runner.messages('warning').join()).toContain('odd is listed')
  })

  it('are not in the way of a server that ends with the job: it stays in the ledger', async () => {
    await run.deploy({ ...replace('after-ready'), stopAfterJob: true })
    expect(inLedger()).toEqual(['m1=a'])
    expect(run.state.deployments[0]?.isInPlace).toBeUndefined()
  })
})
