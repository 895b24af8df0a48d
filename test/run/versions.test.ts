import { beforeEach, describe, expect, it } from 'vitest'
import type { Call } from '../../src/provider/call.ts'
import type { EnsuredVersion, MovedVersion, Versions } from '../../src/provider/versions.ts'
import { errorOf, FAILED, PENDING, READY } from './fake-provider.ts'
import { setWholeRun } from './whole-run.ts'

/** What a run does with the versions of its application, in virtual time. */
let run: ReturnType<typeof setWholeRun>

beforeEach(() => {
  run = setWholeRun()
})

const warnings = () => run.runner.messages('warning').join('\n')

const MOVED: MovedVersion = { version: 'prod', from: 'i:1', to: 'i:2' }
const ENSURED: EnsuredVersion = {
  ...{ version: 'v2', action: 'created', image: 'i:2', previousImage: undefined },
}

/** What the platform does with versions, as a list of what was done. */
function versions(change: Partial<Versions> = {}): string[] {
  const done: string[] = []
  const all: Versions = {
    ensure: async () => {
      done.push('ensure')
      return ENSURED
    },
    expectUnmoved: async () => {},
    promote: async (onMoved) => {
      done.push('promote')
      onMoved(MOVED)
    },
    prune: async () => {
      done.push('prune')
    },
    ...change,
  }
  Object.assign(run.provider, { versions: all })
  return done
}

describe('the version that is deployed', () => {
  it('is made before the server, and others are moved after it is ready', async () => {
    const done = versions()
    const create = run.provider.create.bind(run.provider)
    run.provider.create = async (target, attempt, call) => {
      done.push('create')
      return await create(target, attempt, call)
    }
    expect(await run.deploy()).toMatchObject({
      outcome: 'succeeded',
      version: 'v2',
      versionAction: 'created',
      image: 'i:2',
      promoted: [MOVED],
    })
    expect(done).toEqual(['ensure', 'create', 'promote', 'prune'])
    expect(run.state.phases?.map(({ name }) => name)).toEqual(['version created', 'promoted'])
  })

  it('tells which image it had before it was moved', async () => {
    versions({
      ensure: async () => ({
        ...{ version: 'v2', action: 'updated', image: 'i:2', previousImage: 'i:1' },
      }),
    })
    expect(await run.deploy()).toMatchObject({ previousImage: 'i:1', versionAction: 'updated' })
  })

  it.each(['refused', 'no-capacity', 'forbidden', 'not-found', 'unauthorized'] as const)(
    'that is refused (%s) rejects the run, and no server is created',
    async (kind) => {
      versions({
        ensure: async () => {
          throw errorOf(kind)
        },
      })
      expect(await run.deploy()).toMatchObject({ outcome: 'rejected', error: { kind } })
      expect(run.provider.calls).toEqual([])
    },
  )

  it('of which nobody knows whether it was made fails the run', async () => {
    versions({
      ensure: async () => {
        throw errorOf('connection-lost')
      },
    })
    expect((await run.deploy()).outcome).toBe('failed')
    expect(run.provider.calls).toEqual([])
  })

  it.each([
    ['stop', 'is stopped, without waiting for it', ['a'], 0, 'stopped'],
    ['keep', 'is kept as a failure', [], 3_000, 'failed'],
  ] as const)(
    'that another job moves right before the server is created: with on-failure %s the server %s',
    async (onFailure, _, stoppedIds, atLeastMs, outcome) => {
      const done = versions({
        expectUnmoved: async () => {
          throw errorOf('deployment-failed')
        },
      })
      run.provider.readings.set('a', [PENDING, PENDING, PENDING, READY])
      expect(await run.deploy({ onFailure })).toMatchObject({
        ...{ outcome: 'failed', error: { kind: 'deployment-failed' }, stoppedIds },
        deployments: [{ outcome }],
      })
      expect(run.clock.elapsedMs).toBeGreaterThanOrEqual(atLeastMs)
      expect(done).toEqual(['ensure'])
    },
  )

  it('is checked once, when the creates of all servers are answered', async () => {
    const checkedAfter: number[] = []
    versions({
      expectUnmoved: async () => {
        checkedAfter.push(run.provider.calls.filter((call) => call.startsWith('create ')).length)
      },
    })
    run.provider.targets.push({ name: 'b', where: 'b' }, { name: 'c', where: 'c' })
    for (const id of ['a', 'b', 'c']) run.provider.creates.push({ kind: 'created', id })
    expect((await run.deploy()).outcome).toBe('succeeded')
    expect(checkedAfter).toEqual([3])
  })

  it('is not promoted where the server fails', async () => {
    const done = versions()
    run.provider.readings.set('a', [FAILED])
    expect((await run.deploy()).outcome).toBe('failed')
    expect(done).toEqual(['ensure'])
  })

  it('whose promotion fails leaves the server up, and the step failed', async () => {
    versions({
      promote: async () => {
        throw errorOf('refused')
      },
    })
    expect(await run.deploy()).toMatchObject({
      outcome: 'failed',
      isDeployed: true,
      stoppedIds: [],
      error: { kind: 'refused' },
    })
    expect(run.state.promoted).toBeUndefined()
    expect(run.runner.messages('notice').join()).toContain('a: ready, and stays up although')
    expect(run.provider.calls).not.toContain('stop a')
  })

  it('whose promotion is cancelled in the middle tells what was moved', async () => {
    versions({
      promote: async (onMoved) => {
        onMoved(MOVED)
        run.cancel()
        throw errorOf('connection-lost')
      },
    })
    expect(await run.deploy()).toMatchObject({
      outcome: 'cancelled',
      promoted: [MOVED],
      stoppedIds: ['a'],
    })
    expect(warnings()).toContain('connection-lost')
  })

  it.each(['create', 'update'] as const)('shows how long it took to %s it', async (what) => {
    const action = `${what}d` as const
    versions({
      ensure: async () => {
        await run.clock.sleep(8_000)
        return { ...ENSURED, action }
      },
    })
    const fromMs = run.clock.nowMs()
    const { phases } = await run.deploy()
    expect(phases?.[0]).toEqual({
      ...{ name: `version ${action}`, fromMs, untilMs: expect.closeTo(fromMs + 8_000) },
    })
  })

  it.each(['reused', 'unmanaged'] as const)(
    'shows nothing of that where it is %s',
    async (action) => {
      versions({
        ensure: async () => ({ ...ENSURED, action, image: undefined }),
        promote: async () => {},
      })
      expect(await run.deploy()).toMatchObject({ outcome: 'succeeded', versionAction: action })
      for (const name of ['phases', 'promoted', 'image', 'previousImage']) {
        expect(run.state).not.toHaveProperty(name)
      }
    },
  )

  it('is the one that the platform names where versions are left alone', async () => {
    run.provider.prepare = async () => ({ version: 'v9' })
    expect(await run.deploy()).toMatchObject({ version: 'v9', versionAction: '' })
    expect(run.runner.log).not.toContain('waiting for the version')
  })

  it('has limited time for each step, and ends with the run', async () => {
    const calls: Record<string, Call> = {}
    run.provider.prepare = async (call) => {
      calls.prepare = call
      return { version: 'v1' }
    }
    versions({
      ensure: async (call) => {
        calls.ensure = call
        return ENSURED
      },
      promote: async (_, call) => {
        calls.promote = call
      },
      prune: async (call) => {
        calls.prune = call
      },
    })
    await run.deploy()
    const { signal } = run.tools.cancellation
    expect(calls).toEqual({
      prepare: { deadlineMs: 30_000, signal },
      ensure: { deadlineMs: 240_000, signal },
      promote: { deadlineMs: 180_000, signal },
      prune: { deadlineMs: 60_000, signal },
    })
  })

  it('is seen to be made and moved in the log, with a line every half minute', async () => {
    versions({
      ensure: () => run.clock.sleep(70_000).then(() => ENSURED),
      promote: () => run.clock.sleep(40_000),
    })
    await run.deploy()
    expect(run.runner.log.match(/still waiting for the version v1/g)).toHaveLength(2)
    expect(run.runner.log.match(/still moving versions/g)).toHaveLength(1)
  })

  it('that is being made when the run is cancelled is warned of', async () => {
    versions({
      ensure: async () => {
        run.cancel()
        throw errorOf('connection-lost')
      },
    })
    expect(await run.deploy()).toMatchObject({ outcome: 'cancelled', error: { kind: 'cancelled' } })
    expect(warnings()).toContain('connection-lost.')
    expect(run.state.isVersionUnclear).toBe(true)
  })

  it.each(['cancelled', 'refused'] as const)(
    'that was not sent or was refused when the run is cancelled was not made (%s)',
    async (kind) => {
      versions({
        ensure: async () => {
          run.cancel()
          throw errorOf(kind)
        },
      })
      await run.deploy()
      expect(run.state).not.toHaveProperty('isVersionUnclear')
    },
  )

  it('that could not be made is the error, without a warning beside it', async () => {
    versions({ ensure: () => Promise.reject(errorOf('refused')) })
    await run.deploy()
    expect(warnings()).toBe('')
  })
})

describe('the promotion of other versions', () => {
  it.each([
    ['that is not waited for', { wait: 'none' }, []],
    ['that is not ready in time', { timeoutMs: 5_000 }, [PENDING]],
    ['that failed and is kept', { onFailure: 'keep' }, [FAILED]],
    ['that does not stay ready', { settleTimeMs: 10_000 }, [READY, FAILED]],
  ] as const)('does not follow a server %s', async (_, settings, readings) => {
    const done = versions()
    run.provider.readings.set('a', [...readings])
    await run.deploy(settings)
    expect(done).toEqual(['ensure'])
  })

  it('does not follow a part of the servers', async () => {
    const done = versions()
    run.provider.targets.push({ name: 'y', where: '1,2' })
    run.provider.creates.push({ kind: 'created', id: 'a' }, { kind: 'created', id: 'b' })
    run.provider.readings.set('b', [FAILED])
    await run.deploy({ onFailure: 'keep' })
    expect(done).toEqual(['ensure'])
  })

  it('comes after the older servers were stopped', async () => {
    versions({
      promote: async () => {
        run.provider.calls.push('promote')
      },
    })
    run.provider.members = { members: [{ id: 'old', tags: [] }], unclear: [] }
    const reach = { kind: 'application', application: 'my-game' } as const
    await run.deploy({ replace: { when: 'after-ready', reach } })
    expect(run.provider.calls.at(-1)).toBe('promote')
    expect(run.provider.calls).toContain('stop old')
  })

  it('does not follow a cancel', async () => {
    const done = versions()
    run.provider.members = { members: [{ id: 'old', tags: [] }], unclear: [] }
    run.provider.readLog = async () => {
      run.cancel()
      return undefined
    }
    const reach = { kind: 'application', application: 'my-game' } as const
    await run.deploy({ replace: { when: 'after-ready', reach } })
    expect(done).toEqual(['ensure'])
  })

  it('shows how long it took', async () => {
    versions({
      promote: async (onMoved) => {
        await run.clock.sleep(3_000)
        onMoved(MOVED)
      },
    })
    const fromMs = run.clock.nowMs()
    const { phases } = await run.deploy()
    expect(phases?.at(-1)).toEqual({
      ...{ name: 'promoted', fromMs, untilMs: expect.closeTo(fromMs + 3_000) },
    })
  })

  it('of several tells all that were moved before one failed, and deletes none', async () => {
    const other = { ...MOVED, version: 'staging' }
    const done = versions({
      promote: async (onMoved) => {
        onMoved(MOVED)
        onMoved(other)
        throw errorOf('refused')
      },
    })
    expect(await run.deploy()).toMatchObject({ promoted: [MOVED, other], isDeployed: true })
    expect(done).toEqual(['ensure'])
    expect(warnings()).toBe('')
  })

  it.each([
    [false, 'a, b: ready, and stays up although the promotion failed.'],
    [true, 'a, b: ready, and stays up until the job ends although the promotion failed.'],
  ])(
    'that fails says how long the servers stay (stop-after-job: %s)',
    async (stopAfterJob, text) => {
      versions({ promote: () => Promise.reject(errorOf('refused')) })
      run.provider.targets.push({ name: 'y', where: '1,2' })
      run.provider.creates.push({ kind: 'created', id: 'a' }, { kind: 'created', id: 'b' })
      await run.deploy({ stopAfterJob })
      expect(run.runner.messages('notice')).toEqual([text])
    },
  )

  it('that a cancel breaks off leaves no server up, and no word that one stays', async () => {
    versions({
      promote: async () => {
        run.cancel()
        throw errorOf('connection-lost')
      },
    })
    expect(await run.deploy()).toMatchObject({ outcome: 'cancelled', stoppedIds: ['a'] })
    expect(run.state).not.toHaveProperty('isDeployed')
    expect(run.runner.messages('notice')).toEqual([])
  })
})

describe('operation: version', () => {
  it.each([
    ['created', 'was created'],
    ['updated', 'was moved or changed'],
    ['reused', 'exists and was left as it is'],
    ['unmanaged', 'is ready'],
  ] as const)('says that a version was %s, and starts nothing', async (action, words) => {
    const done = versions({ ensure: async () => ({ ...ENSURED, action }) })
    expect(await run.makeVersion()).toMatchObject({
      outcome: 'succeeded',
      ...{ version: 'v2', versionAction: action, image: 'i:2', promoted: [MOVED] },
    })
    expect(run.runner.messages('notice')).toEqual([`The version v2 ${words}: i:2`])
    expect(done).toEqual(['promote', 'prune'])
    expect(run.provider.calls).toEqual([])
  })

  it('names no image where none is known', async () => {
    versions({ ensure: async () => ({ ...ENSURED, image: undefined }) })
    await run.makeVersion()
    expect(run.runner.messages('notice')).toEqual(['The version v2 was created: '])
  })

  it.each([
    ['prepare', 'refused', 'rejected'],
    ['ensure', 'refused', 'rejected'],
    ['ensure', 'server-fault', 'failed'],
    ['promote', 'refused', 'failed'],
  ] as const)('whose %s ends with %s is %s', async (part, kind, outcome) => {
    const refuse = () => Promise.reject(errorOf(kind))
    if (part === 'prepare') run.provider.prepare = refuse
    versions(part === 'prepare' ? {} : { [part]: refuse })
    expect(await run.makeVersion()).toMatchObject({ outcome, error: { kind } })
    // The promotion of what was not deployed leaves nothing up.
    expect(run.state).not.toHaveProperty('isDeployed')
  })

  it('that is cancelled is cancelled, and says what it may have broken off', async () => {
    versions({
      ensure: async () => {
        run.cancel()
        throw errorOf('connection-lost')
      },
    })
    expect(await run.makeVersion()).toMatchObject({
      outcome: 'cancelled',
      error: { kind: 'cancelled' },
    })
    expect(warnings()).toContain('connection-lost.')
  })

  it('that is cancelled at its end is cancelled', async () => {
    versions({
      prune: async () => {
        run.cancel()
      },
    })
    expect((await run.makeVersion()).outcome).toBe('cancelled')
  })
})
