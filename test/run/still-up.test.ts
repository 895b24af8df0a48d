import { beforeEach, describe, expect, it } from 'vitest'
import { ENDING, errorOf, FAILED, PENDING, READY } from './fake-provider.ts'
import { setWholeRun } from './whole-run.ts'

/** Servers that are up, and end before the step does, in virtual time. */
let run: ReturnType<typeof setWholeRun>

beforeEach(() => {
  run = setWholeRun()
})

const outcomes = () => run.state.deployments.map(({ id, outcome }) => `${id} ${outcome}`)

/** After these milliseconds a status check of `a` reads this. */
function turnsInto(reading: ReturnType<typeof errorOf> | typeof READY, afterMs: number) {
  const observe = run.provider.observe.bind(run.provider)
  run.provider.observe = async (ids, call) => {
    const read = await observe(ids, call)
    if (run.clock.elapsedMs >= afterMs && read.has('a')) read.set('a', reading)
    return read
  }
}

describe('a server that is up long before another one', () => {
  /** The second server is ready after so many seconds. */
  function another(seconds: number) {
    run.provider.targets.push({ name: 'y', where: '1,2' })
    run.provider.creates.push({ kind: 'created', id: 'a' }, { kind: 'created', id: 'b' })
    run.provider.readings.set('b', [...Array.from({ length: seconds }, () => PENDING), READY])
  }

  it.each([FAILED, ENDING])('and crashes meanwhile fails the step: %j', async (reading) => {
    another(20)
    turnsInto(reading, 10_000)
    expect((await run.deploy()).outcome).toBe('failed')
    expect(outcomes()).toEqual(['a failed', 'b stopped'])
    expect(run.state.deployments[0]?.error?.message).toContain('a was ready but did not stay ready')
    expect(run.state.stoppedIds.toSorted()).toEqual(['a', 'b'])
  })

  it('and crashes meanwhile leaves the other up with on-failure: keep', async () => {
    another(20)
    turnsInto(FAILED, 10_000)
    await run.deploy({ onFailure: 'keep' })
    expect(outcomes()).toEqual(['a failed', 'b succeeded'])
    expect(run.state.stoppedIds).toEqual([])
  })

  it.each([
    ['starts again', PENDING],
    ['cannot be read', errorOf('server-fault')],
  ])('and %s is believed to be up', async (_, reading) => {
    another(20)
    turnsInto(reading, 10_000)
    expect((await run.deploy()).outcome).toBe('succeeded')
  })

  it('and ends meanwhile, without an error of its own, fails the step too', async () => {
    another(20)
    turnsInto({ ...READY, end: 'ended' }, 10_000)
    await run.deploy()
    expect(outcomes()).toEqual(['a failed', 'b stopped'])
  })

  it('has its end in the report, and the address that it had', async () => {
    another(20)
    run.provider.readings.set('a', [{ ...READY, facts: { host: 'a.test' } }])
    turnsInto({ ...FAILED, status: 'Status.ERROR' }, 10_000)
    await run.deploy({ onFailure: 'keep' })
    const [{ timeline = [], observation, elapsedMs = 0 } = {}] = run.state.deployments
    expect(timeline.at(-1)).toEqual({ status: 'Status.ERROR', atMs: elapsedMs })
    expect(elapsedMs).toBeGreaterThan(10_000)
    expect(elapsedMs).toBeLessThanOrEqual(run.clock.elapsedMs)
    expect(observation).toMatchObject({ state: 'failed', facts: { host: 'a.test' } })
  })

  it.each<[string, () => Promise<Map<string, never>>]>([
    ['fails as a whole', () => Promise.reject(errorOf('server-fault'))],
    ['does not name it', async () => new Map<string, never>()],
  ])('and whose check %s is believed to be up', async (_, check) => {
    another(20)
    const observe = run.provider.observe.bind(run.provider)
    run.provider.observe = (ids, call) => {
      const isLate = run.clock.elapsedMs > 10_000 && ids.includes('a')
      return isLate ? check() : observe(ids, call)
    }
    expect((await run.deploy()).outcome).toBe('succeeded')
  })

  it('and crashes while the step is cancelled is stopped as cancelled', async () => {
    another(20)
    const observe = run.provider.observe.bind(run.provider)
    run.provider.observe = async (ids, call) => {
      const read = await observe(ids, call)
      if (run.clock.elapsedMs < 10_000 || ids.includes('b') || !ids.includes('a')) return read
      run.cancel()
      return read.set('a', FAILED)
    }
    expect((await run.deploy()).outcome).toBe('cancelled')
    expect(run.state.deployments[0]?.outcome).not.toBe('failed')
    expect(run.state.stoppedIds.toSorted()).toEqual(['a', 'b'])
  })

  it('is not checked again where the other took a moment only', async () => {
    another(4)
    const checks = run.watchChecks()
    expect((await run.deploy()).outcome).toBe('succeeded')
    expect(checks.at(-1)?.ids).toEqual(['b'])
  })
})

describe('a server that crashes while older ones are stopped', () => {
  const reach = { kind: 'group', application: 'my-game', group: 'pr-12' } as const

  it('fails the step and is stopped, and nothing is promoted for it', async () => {
    run.provider.members = { members: [{ id: 'old', tags: ['pr-12'] }], unclear: [] }
    const stop = run.provider.stop.bind(run.provider)
    run.provider.stop = async (id, call) => {
      if (id === 'old') await run.clock.sleep(8_000)
      return await stop(id, call)
    }
    let promotions = 0
    const versions = {
      ensure: async () => ({ version: 'v2', action: 'created', image: 'i:2' }),
      expectUnmoved: async () => {},
      promote: async () => {
        promotions += 1
      },
      prune: async () => {},
    }
    Object.assign(run.provider, { versions })
    turnsInto(FAILED, 5_000)
    await run.deploy({ group: 'pr-12', replace: { when: 'after-ready', reach } })
    expect([run.state.outcome, promotions]).toEqual(['failed', 0])
    expect(run.state.stoppedIds).toEqual(['old', 'a'])
  })
})
