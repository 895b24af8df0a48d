import { beforeEach, describe, expect, it } from 'vitest'
import type { ErrorKind } from '../../src/base/errors.ts'
import { conclude, release } from '../../src/run/conclude.ts'
import type { Run } from '../../src/run/run.ts'
import type { DeploySettings } from '../../src/settings/model.ts'
import type { DeploymentState, RunState } from '../../src/state/state.ts'
import { ENDING, errorOf, FAILED, READY } from './fake-provider.ts'
import { setStage } from './stage.ts'

/** How a step brings its deployments to their end, in virtual time. */
let stage: ReturnType<typeof setStage>
let run: Run
/** Ids whose log was asked for. */
let read: string[]

beforeEach(() => {
  stage = setStage()
  read = []
  const settings = { onFailure: 'stop', stopAfterJob: false, logLines: 5 } as DeploySettings
  const state = { deployments: [] as DeploymentState[], stoppedIds: [] as string[] } as RunState
  run = { ...stage.context, settings, state } as Run
  stage.provider.stops.push('gone')
})

/** A deployment that is in the ledger, as all are that a step has created. */
function given(id: string, change: Partial<DeploymentState>): DeploymentState {
  const tag = `tag-${id}`
  run.ledger.created(tag, id)
  const one = { target: stage.provider.target, tag, id, timeline: [], elapsedMs: 0, ...change }
  run.state.deployments.push(one as DeploymentState)
  return one as DeploymentState
}

async function concludeAll() {
  Object.assign(stage.provider, {
    readLog: async (id: string) => {
      read.push(id)
      return id === 'silent' ? undefined : { lines: [`log of ${id}`], isCut: false }
    },
  })
  await stage.run(conclude(run, run.state.deployments))
}

const set = (change: Partial<DeploySettings>) => Object.assign(run.settings, change)
const stops = () => stage.provider.calls.filter((call) => call.startsWith('stop'))
const inLedger = () => run.ledger.open.map(({ id }) => id)

describe('the end of a step', () => {
  it('leaves alone what is up, and its log', async () => {
    const up = given('up', { outcome: 'succeeded' })
    given('begun', { outcome: 'started' })
    await concludeAll()
    expect(stops()).toEqual([])
    expect(read).toEqual([])
    expect(up).not.toHaveProperty('log')
    expect(inLedger()).toEqual(['up', 'begun'])
    expect(run.state).not.toHaveProperty('keptIds')
  })

  it.each(['failed', 'timed-out', 'stopped'] as const)(
    'reads the log of what has %s, and stops it',
    async (outcome) => {
      const one = given('a', { outcome, error: errorOf('deployment-failed') })
      await concludeAll()
      expect(one.log).toEqual({ tail: ['log of a'], isCut: false })
      expect(stops()).toEqual(['stop a'])
      expect(inLedger()).toEqual([])
    },
  )

  it('says what to do about it where the log tells the cause', async () => {
    const one = given('a', { outcome: 'failed', error: errorOf('deployment-failed') })
    stage.provider.stops.push('gone')
    Object.assign(stage.provider, {
      readLog: async () => ({ lines: ['exec /start: exec format error'], isCut: false }),
    })
    await stage.run(conclude(run, run.state.deployments))
    expect(one.error?.next).toContain('linux/amd64')
  })

  it('reads the log of what failed for no stated reason too', async () => {
    given('a', { outcome: 'failed' })
    await concludeAll()
    expect(read).toEqual(['a'])
  })

  it('has no log for what left none', async () => {
    const one = given('silent', { outcome: 'failed' })
    await concludeAll()
    expect(read).toEqual(['silent'])
    expect(one).not.toHaveProperty('log')
  })

  it.each<ErrorKind>(['no-capacity', 'unauthorized'])('asks for no log after %s', async (kind) => {
    given('a', { outcome: 'failed', error: errorOf(kind) })
    await concludeAll()
    expect(read).toEqual([])
    expect(stops()).toEqual(['stop a'])
  })

  it('asks for no log of what was rejected', async () => {
    given('a', { outcome: 'rejected' })
    await concludeAll()
    expect(read).toEqual([])
    expect(stops()).toEqual(['stop a'])
  })

  it('passes over what was never created', async () => {
    given('a', { outcome: 'failed' })
    const bare = { target: stage.provider.target, timeline: [], elapsedMs: 0, outcome: 'failed' }
    run.state.deployments.push({ ...bare, tag: 'only-a-tag' } as DeploymentState)
    run.state.deployments.push({ ...bare, id: 'only-an-id' } as DeploymentState)
    await concludeAll()
    expect(read).toEqual(['a'])
    expect(stops()).toEqual(['stop a'])
  })

  it('leaves what has taken the place of older ones, whatever its outcome', async () => {
    const one = given('a', { outcome: 'failed', isInPlace: true })
    stage.cancel()
    await concludeAll()
    expect(one.outcome).toBe('failed')
    expect(stops()).toEqual([])
  })

  it('warns of what may still run, which stays in the ledger', async () => {
    stage.provider.stops.splice(0, 1, errorOf('forbidden'))
    given('a', { outcome: 'failed' })
    await concludeAll()
    expect(run.state.stoppedIds).toEqual([])
    expect(stage.runner.messages('warning')).toEqual([
      expect.stringMatching(
        /^a may still run: forbidden.*The post step of this job tries again\.$/,
      ),
    ])
    expect(inLedger()).toEqual(['a'])
  })

  it('says what to do by hand where no post step follows', async () => {
    stage.provider.stops.splice(0, 1, errorOf('forbidden'))
    given('a', { outcome: 'failed' })
    run.state.hasNoPostStep = true
    await concludeAll()
    expect(stage.runner.messages('warning')).toEqual([
      expect.stringMatching(/^a may still run: forbidden.*Stop it in the dashboard/),
    ])
  })

  it('warns by the tag where only what else may carry it is not known', async () => {
    stage.provider.finds.push(errorOf('server-fault'))
    given('a', { outcome: 'failed' })
    await concludeAll()
    expect(stage.runner.messages('warning')).toEqual([
      expect.stringMatching(/^A server with the tag tag-a may still run: server-fault/),
    ])
  })

  it('says which ones were stopped', async () => {
    stage.provider.stops.splice(0, 1)
    given('a', { outcome: 'failed' })
    given('b', { outcome: 'timed-out' })
    await concludeAll()
    expect(run.state.stoppedIds.toSorted()).toEqual(['a', 'b'])
    expect(stage.runner.messages('warning')).toEqual([])
  })
})

describe('a cancel', () => {
  it('ends all of them, those that are up included', async () => {
    const up = given('up', { outcome: 'succeeded', observation: READY })
    stage.cancel()
    await concludeAll()
    expect(up).toMatchObject({ outcome: 'cancelled', error: { kind: 'cancelled' } })
    expect(stops()).toEqual(['stop up'])
    expect(read).toEqual(['up'])
  })

  it('hides no error that came first', async () => {
    const one = given('a', { outcome: 'failed', error: errorOf('deployment-failed') })
    stage.cancel()
    await concludeAll()
    expect(one).toMatchObject({ outcome: 'cancelled', error: { kind: 'deployment-failed' } })
  })

  it('asks for no log of what nobody has seen run', async () => {
    given('a', { outcome: 'started' })
    stage.cancel()
    await concludeAll()
    expect(read).toEqual([])
    expect(stops()).toEqual(['stop a'])
  })

  it('keeps nothing', async () => {
    set({ onFailure: 'keep' })
    given('a', { outcome: 'failed' })
    stage.cancel()
    await concludeAll()
    expect(stops()).toEqual(['stop a'])
    expect(run.state).not.toHaveProperty('keptIds')
  })
})

describe('on-failure: keep', () => {
  beforeEach(() => set({ onFailure: 'keep' }))

  it.each(['failed', 'timed-out'] as const)('keeps what has %s, and says so', async (outcome) => {
    given('a', { outcome })
    run.state.keptIds = ['earlier']
    await concludeAll()
    expect(stops()).toEqual([])
    expect(run.state.keptIds).toEqual(['earlier', 'a'])
    expect(stage.runner.messages('notice').join()).toContain('a was kept')
    expect(inLedger()).toEqual([])
  })

  it('is the post step’s to end where all ends with the job', async () => {
    set({ stopAfterJob: true })
    given('a', { outcome: 'failed' })
    await concludeAll()
    expect(run.state.keptIds).toEqual(['a'])
    expect(stage.runner.messages('notice').join()).toContain('a is kept until the job ends')
    expect(inLedger()).toEqual(['a'])
  })

  it.each([
    ['what must go because another one failed', { outcome: 'stopped' }],
    ['what never had a server', { outcome: 'failed', error: errorOf('no-capacity') }],
  ] as const)('does not keep %s', async (_, change) => {
    given('a', change)
    await concludeAll()
    expect(stops()).toEqual(['stop a'])
    expect(run.state).not.toHaveProperty('keptIds')
  })
})

describe('where nothing can be stopped', () => {
  beforeEach(() => Object.assign(stage.provider, { traits: { canStop: false } }))

  it('what failed is over, without a word', async () => {
    given('a', { outcome: 'failed' })
    await concludeAll()
    expect(stops()).toEqual([])
    expect(inLedger()).toEqual([])
    expect(stage.runner.log).not.toContain('taken back')
  })

  it('what was cancelled goes on, and the log says so', async () => {
    given('a', { outcome: 'started' })
    stage.cancel()
    await concludeAll()
    expect(stops()).toEqual([])
    expect(inLedger()).toEqual([])
    expect(stage.runner.log).toContain('a cannot be taken back: Fake goes on with it.')
  })
})

describe('the very end of a step', () => {
  it('lets go of what is up, and of nothing else', () => {
    given('up', { outcome: 'succeeded' })
    given('begun', { outcome: 'started' })
    given('down', { outcome: 'failed' })
    release(run)
    expect(inLedger()).toEqual(['down'])
  })

  it('lets go of nothing where all ends with the job', () => {
    set({ stopAfterJob: true })
    given('up', { outcome: 'succeeded' })
    release(run)
    expect(inLedger()).toEqual(['up'])
  })
})

describe('the exit code of a failed server', () => {
  it.each([
    ['explains a failure', FAILED, undefined, true],
    ['explains that its process was started again', READY, 2, true],
    ['says nothing of a server whose process goes on', READY, 0, false],
    ['says nothing of one that somebody may have stopped', ENDING, undefined, false],
  ] as const)('%s', async (_, observation, restarts, isExplained) => {
    const error = errorOf('deployment-failed')
    const one = given('a', { outcome: 'failed', error, observation })
    const log = { lines: [], isCut: false, crash: 'exit code 137' }
    const all = { ...log, ...(restarts !== undefined && { restarts }) }
    Object.assign(stage.provider, { readLog: async () => all })
    await stage.run(conclude(run, [one]))
    expect(one.error?.next?.includes('memory') ?? false).toBe(isExplained)
  })
})
