import { beforeEach, describe, expect, it } from 'vitest'
import { ActionError, type ErrorKind } from '../../src/base/errors.ts'
import type { ServerLog } from '../../src/provider/provider.ts'
import { errorOf, FAILED, PENDING, READY } from './fake-provider.ts'
import { setWholeRun, WITH_TUNNEL } from './whole-run.ts'

/** What `settle-time` asks of a ready server, in virtual time. */
let run: ReturnType<typeof setWholeRun>

beforeEach(() => {
  run = setWholeRun()
})

const inLedger = () => run.ledger.open.map(({ tag, id }) => `${tag}=${id}`)
const outcomes = () => run.state.deployments.map(({ id, outcome }) => `${id} ${outcome}`)
const warnings = () => run.runner.messages('warning').join('\n')

/** How often the process had been started again, at each reading of the log. */
function restarts(...counts: (number | undefined)[]) {
  run.provider.readLog = async (): Promise<ServerLog> => {
    const count = counts.length > 1 ? counts.shift() : counts[0]
    return { lines: ['x'], isCut: false, ...(count !== undefined && { restarts: count }) }
  }
}

describe('a server that has to settle', () => {
  const settle = { settleTimeMs: 20_000 }

  it('counts once it has stayed ready for so long', async () => {
    expect((await run.deploy(settle)).outcome).toBe('succeeded')
    expect(run.clock.elapsedMs).toBeGreaterThanOrEqual(20_000)
    expect(run.clock.elapsedMs).toBeLessThan(23_000)
    expect(run.state.deployments[0]?.timeline.map(({ status }) => status)).toEqual([
      'READY',
      'settled',
    ])
  })

  it('does not count the time into timeout', async () => {
    expect((await run.deploy({ ...settle, timeoutMs: 5_000 })).outcome).toBe('succeeded')
  })

  it('fails when it does meanwhile, and is stopped', async () => {
    run.provider.readings.set('a', [READY, READY, READY, FAILED])
    expect(await run.deploy(settle)).toMatchObject({
      outcome: 'failed',
      stoppedIds: ['a'],
      deployments: [{ error: { kind: 'deployment-failed' } }],
    })
    expect(run.clock.elapsedMs).toBeLessThan(20_000)
    expect(run.state.deployments[0]?.elapsedMs).toBe(4_000)
    expect(inLedger()).toEqual([])
  })

  it('fails when somebody stops it meanwhile', async () => {
    run.provider.readings.set('a', [READY, READY, { ...PENDING, end: 'ending' }])
    expect((await run.deploy(settle)).outcome).toBe('failed')
  })

  it('fails when somebody stops it, whatever the platform calls that', async () => {
    run.provider.readings.set('a', [READY, READY, { ...READY, state: 'pending', end: 'ending' }])
    const [one] = (await run.deploy(settle)).deployments
    expect(one?.error?.next).toMatch(/^It was stopped, or its process ended/)
    expect(one?.timeline.map(({ status }) => status)).toEqual(['READY', 'READY'])
  })

  it('fails when it goes back to a step before ready, and stays there', async () => {
    run.provider.readings.set('a', [READY, READY, PENDING])
    expect((await run.deploy(settle)).outcome).toBe('failed')
  })

  it('may be seen at an earlier step for a moment', async () => {
    run.provider.readings.set('a', [READY, READY, PENDING, READY])
    expect((await run.deploy(settle)).outcome).toBe('succeeded')
  })

  it.each(['server-fault', 'rate-limited', 'connection-lost', 'malformed-reply'] as const)(
    'may be unreadable at the end for a moment: %s',
    async (kind) => {
      const until = (endMs: number) => async () => {
        const isOut = run.clock.elapsedMs >= 19_000 && run.clock.elapsedMs < endMs
        return new Map([['a', isOut ? errorOf(kind) : READY]])
      }
      run.provider.observe = until(24_000)
      expect((await run.deploy(settle)).outcome).toBe('succeeded')
    },
  )

  describe('and whose status cannot be read at the end', () => {
    /** The status of each server is not readable for some time. */
    const unreadable = (fromMs: number, untilMs: number, kind: ErrorKind = 'server-fault') => {
      const observe = run.provider.observe.bind(run.provider)
      run.provider.observe = async (ids, call) => {
        const isOut = run.clock.elapsedMs >= fromMs && run.clock.elapsedMs < untilMs
        return isOut ? new Map(ids.map((id) => [id, errorOf(kind)])) : await observe(ids, call)
      }
    }

    it.each([
      ['ten seconds more, with a timeout below', 'server-fault', 5_000, 30],
      ['timeout, where the API is out', 'server-fault', 60_000, 80],
      ['timeout, where nothing answers', 'connection-lost', 60_000, 80],
      ['ten seconds more, where the id is unknown', 'not-found', 60_000, 30],
    ] as const)('fails after %s: %s', async (_, kind, timeoutMs, seconds) => {
      unreadable(19_000, 1_000_000, kind)
      const [one] = (await run.deploy({ ...settle, timeoutMs })).deployments
      expect(one).toMatchObject({ outcome: 'failed', elapsedMs: seconds * 1_000 })
      expect(one?.error?.message).toContain(`${seconds}.0 s later its status could not be read (`)
    })

    it('is good where an outage of the API ends within timeout, and the log tells of it', async () => {
      run.provider.creates.push(async () => {
        await run.clock.sleep(2_000)
        return { kind: 'created', id: 'a' }
      })
      unreadable(21_000, 72_000)
      expect(await run.deploy(settle)).toMatchObject({ outcome: 'succeeded', stoppedIds: [] })
      expect(run.clock.elapsedMs).toBeLessThan(80_000)
      // Counted from when it was accepted, as every line of it.
      expect(run.runner.log).toContain('[ 23.0 s] 3 status checks failed in a row: server-fault')
      expect(run.runner.log).toContain('[ 35.0 s] a status check failed: server-fault')
      expect(run.runner.log).toMatch(/\[ 7\d\.\d s\] the API answers again/)
    })

    it('is checked each second, with the time of a check each', async () => {
      unreadable(19_000, 100_000)
      const checks = run.watchChecks()
      await run.deploy(settle)
      const more = checks.filter(({ atMs }) => atMs > 20_000)
      expect(more.slice(0, 4).map(({ atMs }) => atMs)).toEqual([21_000, 22_000, 23_000, 24_000])
      expect(more[0]).toMatchObject({ deadlineMs: 3_000, signal: expect.any(AbortSignal) })
    })

    it('shares its checks with others, although they settle at different times', async () => {
      run.provider.targets.push({ name: 'y', where: '1,2' })
      run.provider.creates.push({ kind: 'created', id: 'a' }, { kind: 'created', id: 'b' })
      run.provider.readings.set('b', [PENDING, READY])
      unreadable(15_000, 26_000)
      const checks = run.watchChecks()
      expect((await run.deploy({ ...settle, pollIntervalMs: 1_500 })).outcome).toBe('succeeded')
      const alone = checks.filter(({ ids, atMs }) => atMs > 23_100 && ids.length === 1)
      // The second one has settled by then, and its first check is behind it.
      expect(alone).toEqual([])
    })

    it('is cancelled where the run is by then', async () => {
      unreadable(19_000, 100_000)
      run.clock.at(23_500, () => run.cancel())
      const [one] = (await run.deploy(settle)).deployments
      expect(one).toMatchObject({ outcome: 'cancelled', error: { kind: 'cancelled' } })
    })

    it('fails because of the token where that is refused by then', async () => {
      unreadable(19_000, 100_000, 'unauthorized')
      const [one] = (await run.deploy(settle)).deployments
      expect(one).toMatchObject({ outcome: 'failed', error: { kind: 'unauthorized' } })
    })
  })

  it.each([FAILED, PENDING, { ...READY, end: 'ending' } as const])(
    'fails where it is not ready once it can be read again: %j',
    async (reading) => {
      run.provider.observe = async () => {
        const atMs = run.clock.elapsedMs
        const now = atMs < 19_000 ? READY : atMs < 22_000 ? errorOf('server-fault') : reading
        return new Map([['a', now]])
      }
      expect(await run.deploy(settle)).toMatchObject({ outcome: 'failed', stoppedIds: ['a'] })
      const error = run.state.deployments[0]?.error
      expect(error?.message).toContain(`did not stay ready: ${reading.status}`)
    },
  )

  it('fails when its process was started again meanwhile', async () => {
    restarts(1, 3)
    expect(await run.deploy(settle)).toMatchObject({ outcome: 'failed', stoppedIds: ['a'] })
    expect(run.state.deployments[0]?.error?.message).toMatch(/restarted 2 times/)
  })

  it('is only warned of for restarts before it was ready', async () => {
    restarts(2)
    expect((await run.deploy(settle)).outcome).toBe('succeeded')
    expect(warnings()).toContain('had restarted 2 times before it was ready')
  })

  it('is only warned of where the log cannot be read, which is tried twice', async () => {
    let reads = 0
    run.provider.readLog = async () => {
      reads += 1
      throw errorOf('server-fault')
    }
    expect((await run.deploy(settle)).outcome).toBe('succeeded')
    expect(reads).toBe(4)
    expect(warnings()).toContain('is not known')
  })

  it.each([
    ['is not warned of where the process never restarted', 0, false],
    ['is warned of where it did, no matter when', 1, true],
  ])('whose log could be read only in the end %s', async (_, count, isWarned) => {
    let reads = 0
    run.provider.readLog = async () => {
      reads += 1
      if (reads <= 2) throw errorOf('server-fault')
      return { lines: ['x'], isCut: false, restarts: count }
    }
    expect((await run.deploy(settle)).outcome).toBe('succeeded')
    expect(warnings().includes('is not known')).toBe(isWarned)
  })

  it('is stopped when the run is cancelled meanwhile', async () => {
    run.clock.at(5_000, () => run.cancel())
    expect(await run.deploy(settle)).toMatchObject({ outcome: 'cancelled', stoppedIds: ['a'] })
    expect(run.clock.elapsedMs).toBeLessThan(15_000)
  })

  it('is stopped when another server fails meanwhile', async () => {
    run.provider.targets.push({ name: 'y', where: '1,2' })
    run.provider.creates.push({ kind: 'created', id: 'a' }, { kind: 'created', id: 'b' })
    run.provider.readings.set('b', [PENDING, PENDING, FAILED])
    expect((await run.deploy(settle)).outcome).toBe('failed')
    expect(outcomes()).toEqual(['a stopped', 'b failed'])
    expect(run.clock.elapsedMs).toBeLessThan(15_000)
  })

  it('shares its checks with others, although they are ready at different times', async () => {
    run.provider.targets.push({ name: 'y', where: '1,2' })
    run.provider.creates.push({ kind: 'created', id: 'a' }, { kind: 'created', id: 'b' })
    run.provider.readings.set('b', [PENDING, READY])
    const checks = run.watchChecks()
    expect((await run.deploy(settle)).outcome).toBe('succeeded')
    const shared = checks.filter(({ ids }) => ids.length === 2)
    expect(shared.length).toBeGreaterThanOrEqual(9)
    expect(checks.length).toBeLessThan(16)
  })

  it('fails when its status cannot be read any more because the token is refused', async () => {
    run.provider.readings.set('a', [READY, errorOf('unauthorized')])
    expect(await run.deploy({ settleTimeMs: 120_000 })).toMatchObject({
      outcome: 'failed',
      deployments: [{ error: { kind: 'unauthorized' } }],
    })
    expect(run.clock.elapsedMs).toBeLessThan(100_000)
  })

  it('counts its seconds to the end of the settling', async () => {
    run.provider.readings.set('a', [PENDING, READY])
    const { deployments } = await run.deploy(settle)
    expect(deployments[0]?.elapsedMs).toBeGreaterThanOrEqual(21_000)
    expect(deployments[0]?.elapsedMs).toBeLessThan(24_000)
    expect(deployments[0]?.timeline.map(({ atMs }) => Math.round(atMs / 1_000))).toEqual([0, 1, 21])
  })

  it.each([
    ['every 2 s', undefined, 11],
    ['as often as poll-interval says', 5_000, 5],
  ])('is checked %s', async (_, pollIntervalMs, count) => {
    const checks = run.watchChecks()
    await run.deploy({ ...settle, pollIntervalMs })
    // One more brought the news that it is ready.
    expect(checks.slice(1)).toHaveLength(count)
    // The last one begins when the time is over.
    expect(checks.slice(1, -1).map(({ deadlineMs }) => deadlineMs)).toContain(3_000)
    expect(checks.at(-1)).toMatchObject({ deadlineMs: 900, signal: expect.any(AbortSignal) })
  })

  it('is checked at once when a notification comes', async () => {
    run.provider.readings.set('a', [READY, READY, FAILED])
    run.clock.at(0, () => run.tunnel.comesUp())
    run.clock.at(2_000, () => run.tunnel.delivers('a'))
    const { outcome } = await run.deploy({ ...WITH_TUNNEL, ...settle, pollIntervalMs: 15_000 })
    expect(outcome).toBe('failed')
    expect(run.clock.elapsedMs).toBeLessThan(8_000)
  })

  it('keeps the address that it had when it was ready', async () => {
    const facts = { host: 'a.test', location: 'Montreal' }
    run.provider.readings.set('a', [
      { ...READY, facts },
      { ...PENDING, facts: { location: 'Quebec' } },
    ])
    const { deployments } = await run.deploy(settle)
    expect(deployments[0]?.observation?.status).toBe('DEPLOYING')
    expect(deployments[0]?.observation?.facts).toEqual({ host: 'a.test', location: 'Quebec' })
  })

  it('is reported with the address that it has in the end, which the log tells', async () => {
    const at = (port: number) => {
      const one = { name: 'game', internal: 7777, external: port, protocol: 'UDP' }
      return { host: 'a.test', ports: [{ ...one, address: `a.test:${port}` }] }
    }
    run.provider.readings.set('a', [
      { ...READY, facts: at(1) },
      { ...READY, facts: at(1) },
      { ...READY, facts: at(2) },
      { ...READY, facts: { host: 'a.test', ports: [] } },
    ])
    const { deployments } = await run.deploy(settle)
    expect(deployments[0]?.observation?.facts).toEqual(at(2))
    expect(run.runner.log.match(/its address is a\.test:2 now/g)).toHaveLength(1)
  })

  it('has each change of its status in the report, and no status twice', async () => {
    run.provider.readings.set('a', [PENDING, READY, READY, PENDING, PENDING, READY])
    const { deployments } = await run.deploy(settle)
    expect(deployments[0]?.timeline.map(({ status }) => status)).toEqual([
      ...['DEPLOYING', 'READY', 'DEPLOYING', 'READY', 'settled'],
    ])
    expect(deployments[0]?.timeline[2]?.atMs).toBe(3_000)
    expect(run.runner.log).toContain('[  3.0 s] DEPLOYING')
  })

  it('has checks that fail in the log', async () => {
    run.provider.readings.set('a', [READY, READY, errorOf('server-fault'), READY])
    expect((await run.deploy(settle)).outcome).toBe('succeeded')
    expect(run.runner.log).toContain('[  2.0 s] a status check failed: server-fault')
    expect(run.runner.log).toContain('the API answers again')
  })

  it('is seen to settle in the log, with a line every half minute, and none afterwards', async () => {
    Object.assign(run.provider, {
      versions: {
        ensure: async () => ({ version: 'v1', action: 'reused' }),
        expectUnmoved: async () => {},
        promote: () => run.clock.sleep(45_000),
        prune: async () => {},
      },
    })
    await run.deploy({ settleTimeMs: 70_000 })
    expect(run.runner.log).toContain('settling for 70.0 s')
    expect(run.runner.log.match(/still settling/g)).toHaveLength(2)
  })

  it('does so on a platform that has no logs as well', async () => {
    Object.assign(run.provider, { readLog: undefined })
    const { outcome, deployments } = await run.deploy(settle)
    expect(outcome).toBe('succeeded')
    expect(deployments[0]?.timeline.at(-1)?.status).toBe('settled')
    expect(warnings()).toBe('')
  })

  describe('and whose log', () => {
    const log = (more: Partial<ServerLog>): ServerLog => ({ lines: [], isCut: false, ...more })

    function logs(...read: (ServerLog | ActionError | undefined)[]) {
      const calls: { atMs: number; deadlineMs: number }[] = []
      run.provider.readLog = async (_, { deadlineMs }) => {
        calls.push({ atMs: run.clock.elapsedMs, deadlineMs })
        const next = read.length > 1 ? read.shift() : read[0]
        if (next instanceof ActionError) throw next
        return next
      }
      return calls
    }

    it.each([
      ['says nothing of restarts', log({}), 'succeeded', false],
      ['does not exist', undefined, 'succeeded', false],
      ['is cut, so that restarts may be missing', log({ isCut: true }), 'succeeded', true],
      ['is cut and still counts them', log({ isCut: true, restarts: 0 }), 'succeeded', false],
    ] as const)('%s', async (_, read, outcome, isWarned) => {
      const calls = logs(read)
      expect((await run.deploy(settle)).outcome).toBe(outcome)
      expect(warnings().includes('is not known')).toBe(isWarned)
      // Read when it begins to settle, and again at the end, for 5 s at most.
      expect(calls).toEqual([0, 20_000].map((atMs) => ({ atMs, deadlineMs: 5_000 })))
      expect(run.state.deployments[0]?.timeline.at(-1)?.status).toBe('settled')
    })

    it('cannot be read at first is read again a second later', async () => {
      const calls = logs(errorOf('server-fault'), log({ restarts: 1 }), log({ restarts: 1 }))
      expect((await run.deploy(settle)).outcome).toBe('succeeded')
      expect(calls.map(({ atMs }) => atMs)).toEqual([0, 1_000, 20_000])
      expect(run.runner.log).toContain(
        'The log of a could not be read: server-fault; reading it again',
      )
      expect(warnings()).toContain('had restarted once before')
    })

    it('was refused once is read again, no later than after a second', async () => {
      const calls = logs(errorOf('forbidden', 9_000), log({ restarts: 0 }))
      await run.deploy(settle)
      expect(calls.map(({ atMs }) => atMs)).toEqual([0, 1_000, 20_000])
      expect(warnings()).toBe('')
    })

    it('cannot be read at first leaves it good, with a warning', async () => {
      const fault = errorOf('server-fault')
      logs(fault, fault, log({ restarts: 3 }))
      expect((await run.deploy(settle)).outcome).toBe('succeeded')
      expect(warnings()).toContain('Whether the process of a restarted')
    })

    it('cannot be read at the end leaves it good, with a warning', async () => {
      logs(log({ restarts: 0 }), errorOf('server-fault'))
      expect((await run.deploy(settle)).outcome).toBe('succeeded')
      expect(warnings()).toContain('Whether the process of a restarted')
    })

    it('is not read again after the server failed', async () => {
      const calls = logs(log({ restarts: 0 }))
      run.provider.readings.set('a', [READY, READY, FAILED])
      await run.deploy(settle)
      // The second one is what is shown of a failed server.
      expect(calls.map(({ deadlineMs }) => deadlineMs)).toEqual([5_000, 20_000])
    })
  })
})

describe('a server that does not have to settle', () => {
  it('is not checked again once it is ready', async () => {
    const checks = run.watchChecks()
    expect((await run.deploy()).outcome).toBe('succeeded')
    expect(checks).toHaveLength(1)
    expect(run.runner.log).not.toContain('settling')
  })
})
