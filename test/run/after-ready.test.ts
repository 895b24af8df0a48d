import { beforeEach, describe, expect, it } from 'vitest'
import type { Observation, ServerLog } from '../../src/provider/provider.ts'
import type { EnsuredVersion, MovedVersion, Versions } from '../../src/provider/versions.ts'
import { errorOf, READY } from './fake-provider.ts'
import { setWholeRun } from './whole-run.ts'

/** What a ready server and its version still have to pass, in virtual time. */
let run: ReturnType<typeof setWholeRun>

beforeEach(() => {
  run = setWholeRun()
})

const PENDING: Observation = { state: 'pending', status: 'DEPLOYING', known: true, facts: {} }
const FAILED: Observation = { state: 'failed', status: 'ERROR', known: true, facts: {} }
const inLedger = () => run.ledger.open.map(({ tag, id }) => `${tag}=${id}`)
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
    expect(inLedger()).toEqual([])
  })

  it('fails when somebody stops it meanwhile', async () => {
    run.provider.readings.set('a', [READY, READY, { ...PENDING, end: 'ending' }])
    expect((await run.deploy(settle)).outcome).toBe('failed')
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

  it('may not be unreadable at the end for long', async () => {
    run.provider.readings.set('a', [READY, READY, errorOf('server-fault')])
    expect((await run.deploy(settle)).outcome).toBe('failed')
    expect(run.state.deployments[0]?.error?.message).toContain('30.0 s later its status could not')
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
      expect(error?.message).toContain(`did not stay so: ${reading.status}`)
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

  it('is stopped when the run is cancelled meanwhile', async () => {
    run.clock.at(5_000, () => run.cancel())
    expect(await run.deploy(settle)).toMatchObject({ outcome: 'cancelled', stoppedIds: ['a'] })
    expect(run.clock.elapsedMs).toBeLessThan(15_000)
  })
})

const MOVED: MovedVersion = { version: 'prod', from: 'i:1', to: 'i:2' }

/** What the platform does with versions, as a list of what was done. */
function versions(change: Partial<Versions> = {}): string[] {
  const done: string[] = []
  const ensured: EnsuredVersion = {
    ...{ version: 'v2', action: 'created', image: 'i:2', previousImage: undefined },
  }
  const all: Versions = {
    ensure: async () => {
      done.push('ensure')
      return ensured
    },
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
})
