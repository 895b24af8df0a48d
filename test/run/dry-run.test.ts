import { beforeEach, describe, expect, it } from 'vitest'
import type { Call } from '../../src/provider/call.ts'
import type { Plan } from '../../src/provider/plan.ts'
import type { Observation } from '../../src/provider/provider.ts'
import { ENDING, errorOf, READY } from './fake-provider.ts'
import { setWholeRun } from './whole-run.ts'

/** `dry-run`: what it finds out, in which order, and that it changes nothing. */
let run: ReturnType<typeof setWholeRun>
let calls: Call[]

beforeEach(() => {
  run = setWholeRun()
  calls = []
})

const PLAN: Plan = {
  ...{ version: 'v2', versionAction: 'created', checks: [], warnings: [] },
  preparing: [{ kind: 'create', what: 'version v2', detail: 'image i:2' }],
  deploying: [{ kind: 'create', what: 'server at here', detail: '' }],
  finishing: [{ kind: 'update', what: 'version prod', detail: 'i:1 → i:2' }],
}
const REACH = { kind: 'group', application: 'my-game', group: 'pr-12' } as const
const member = (id: string, isEnding?: true) => ({ id, tags: [], ...(isEnding && { isEnding }) })
const changes = () => run.state.plan?.changes.map(({ kind, what }) => `${kind} ${what}`)
const notices = () => run.runner.messages('notice')

function plans(plan: Partial<Plan> = {}) {
  run.provider.plan = async (call) => {
    calls.push(call)
    return { ...PLAN, ...plan }
  }
}

/** What one status check reads. */
function reads(reading: Observation | ReturnType<typeof errorOf> | undefined) {
  run.provider.observe = async (ids: readonly string[]) =>
    new Map(ids.flatMap((id) => (reading === undefined ? [] : [[id, reading] as const])))
}

describe('a dry run of a deploy', () => {
  it('says what would be created and changed, in this order, and does nothing of it', async () => {
    plans()
    expect((await run.dryRun.deploy()).outcome).toBe('planned')
    expect(changes()).toEqual(['create version v2', 'create server at here', 'update version prod'])
    expect(run.provider.calls).toEqual([])
    expect(calls).toEqual([{ deadlineMs: 60_000, signal: run.tools.cancellation.signal }])
    expect(run.runner.log).toContain('Would create version v2: image i:2\n')
    expect(run.runner.log).toContain('Would create server at here\n')
    expect(notices()).toEqual(['Dry run: 3 changes planned, and nothing was changed.'])
  })

  it('says which version that would be, and which image it has and had', async () => {
    plans({ image: 'i:2', previousImage: 'i:1' })
    expect(await run.dryRun.deploy()).toMatchObject({
      ...{ version: 'v2', versionAction: 'created', image: 'i:2', previousImage: 'i:1' },
    })
  })

  it('says nothing of images that nobody knows', async () => {
    plans()
    const state = await run.dryRun.deploy()
    expect(state).not.toHaveProperty('image')
    expect(state).not.toHaveProperty('previousImage')
  })

  it('shows what was checked, and warns of what may go wrong', async () => {
    plans({
      checks: [
        { what: 'token', result: 'good', detail: '' },
        { what: 'image tag', result: 'unknown', detail: 'the registry was not asked' },
      ],
      warnings: ['The quota is nearly used up'],
    })
    const { plan } = await run.dryRun.deploy()
    expect(plan?.checks).toHaveLength(2)
    expect(run.runner.log).toContain('Checked: token: good\n')
    expect(run.runner.log).toContain('Checked: image tag: unknown, the registry was not asked\n')
    expect(run.runner.messages('warning')).toEqual(['The quota is nearly used up'])
  })

  it.each([
    [1, { preparing: [], finishing: [] }, '1 change planned'],
    [0, { preparing: [], deploying: [], finishing: [] }, '0 changes planned'],
  ])('counts %i', async (count, plan, words) => {
    plans(plan)
    await run.dryRun.deploy()
    expect(notices().join()).toContain(words)
    expect(run.runner.log.includes('This run would change nothing.')).toBe(count === 0)
  })

  it.each([
    ['before-deploy', ['create version v2', 'stop server a', 'create server at here']],
    ['after-ready', ['create version v2', 'create server at here', 'stop server a']],
  ] as const)('puts older servers where replace: %s stops them', async (when, first) => {
    plans()
    run.provider.members = { members: [member('a'), member('b', true)], unclear: [] }
    await run.dryRun.deploy({ replace: { when, reach: REACH } })
    expect(changes()).toEqual([...first, 'update version prod'])
    expect(run.runner.log).toContain(`Would stop server a: replace: ${when}`)
    expect(run.provider.calls).toEqual(['list'])
  })

  it.each([
    ['refused', 'rejected'],
    ['server-fault', 'failed'],
  ] as const)('of which the platform says %s is %s', async (kind, outcome) => {
    run.provider.plan = () => Promise.reject(errorOf(kind))
    expect(await run.dryRun.deploy()).toMatchObject({ outcome, error: { kind } })
    expect(run.state.plan).toBeUndefined()
  })

  it('that is cancelled is cancelled, whatever broke off', async () => {
    run.provider.plan = async () => {
      run.cancel()
      throw errorOf('connection-lost')
    }
    expect(await run.dryRun.deploy()).toMatchObject({
      outcome: 'cancelled',
      error: { kind: 'cancelled' },
    })
  })

  it('that is cancelled at its end is cancelled', async () => {
    run.provider.plan = async () => {
      run.cancel()
      return PLAN
    }
    expect((await run.dryRun.deploy()).outcome).toBe('cancelled')
  })
})

describe('a dry run of a stop', () => {
  it.each([
    ['runs', READY, ['stop server a'], { what: 'a', result: 'good', detail: 'READY' }],
    ['is ending', ENDING, [], { what: 'a', result: 'good', detail: 'TERMINATING' }],
    ['does not exist', errorOf('not-found'), [], { result: 'good', detail: 'does not exist' }],
  ])('of one that %s', async (_, reading, expected, check) => {
    reads(reading)
    expect(await run.dryRun.stop()).toMatchObject({ outcome: 'planned', plan: { checks: [check] } })
    expect(changes()).toEqual(expected)
    expect(run.provider.calls).toEqual([])
  })

  it.each([
    ['cannot be read', errorOf('server-fault'), 'server-fault'],
    ['is not told', undefined, 'internal'],
  ])('of one whose status %s fails', async (_, reading, kind) => {
    reads(reading)
    expect(await run.dryRun.stop()).toMatchObject({ outcome: 'failed', error: { kind } })
  })

  it('of a group names what would be stopped, and what nobody knows', async () => {
    run.provider.members = { members: [member('a'), member('b', true)], unclear: ['x'] }
    const { plan } = await run.dryRun.stop({ reach: REACH })
    expect(plan).toEqual({
      changes: [{ kind: 'stop', what: 'server a', detail: '' }],
      checks: [{ what: 'x', result: 'unknown', detail: 'its status does not tell whose it is' }],
    })
    expect(run.runner.log).toContain('Would stop server a\n')
  })
})
