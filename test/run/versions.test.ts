import { beforeEach, describe, expect, it } from 'vitest'
import type { EnsuredVersion, MovedVersion, Versions } from '../../src/provider/versions.ts'
import { errorOf, FAILED } from './fake-provider.ts'
import { setWholeRun } from './whole-run.ts'

/** What a run does with the versions of its application, in virtual time. */
let run: ReturnType<typeof setWholeRun>

beforeEach(() => {
  run = setWholeRun()
})

const warnings = () => run.runner.messages('warning').join('\n')

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
