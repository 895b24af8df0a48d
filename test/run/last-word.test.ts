import { beforeEach, describe, expect, it } from 'vitest'
import { ActionError } from '../../src/base/errors.ts'
import { lastWord } from '../../src/run/last-word.ts'
import type { Run } from '../../src/run/run.ts'
import type { Settings } from '../../src/settings/model.ts'
import type { Outcome } from '../../src/state/state.ts'
import { FAILED } from './fake-provider.ts'
import { DEPLOY, STOP, setWholeRun, VERSION } from './whole-run.ts'

/** What is so in the end, where something comes between the outputs and the end of the step. */
let run: ReturnType<typeof setWholeRun>
/** The outcomes that the outputs say after their first time: of the run, then of each server. */
let corrections: Outcome[][]

beforeEach(() => {
  run = setWholeRun()
  corrections = []
})

function decide(settings: Partial<Settings> = {}): boolean {
  const { tools, state } = run
  return lastWord({ ...tools, settings: { ...DEPLOY, ...settings } } as Run<Settings>, () => {
    corrections.push([state.outcome, ...state.deployments.map(({ outcome }) => outcome)])
  })
}

function fillDisk(): void {
  run.runner.saveState = () => {
    throw new ActionError({ kind: 'unusable-runner', what: 'the disk is full' })
  }
}

const inLedger = () => run.ledger.open.map(({ id }) => id)

describe('a success', () => {
  it('lets go of its server, and has nothing to correct', async () => {
    await run.deploy()
    expect([decide(), inLedger(), corrections]).toEqual([true, [], []])
  })

  it('that is cancelled before its last word says so, for its server is stopped', async () => {
    await run.deploy()
    run.cancel()
    expect([decide(), inLedger()]).toEqual([false, ['a']])
    expect(corrections).toEqual([['cancelled', 'cancelled']])
    expect(run.state).toMatchObject({ error: { kind: 'cancelled' }, hasLeftovers: true })
    expect(run.runner.messages('warning')).toEqual([
      'Cancelled. The post step stops what was created or may have been.',
    ])
  })

  it('that is cancelled once its server has taken the place of another says that it stays', async () => {
    run.provider.members = { members: [{ id: 'old', tags: [] }], unclear: [] }
    const reach = { kind: 'application', application: 'my-game' } as const
    await run.deploy({ replace: { when: 'after-ready', reach } })
    run.cancel()
    expect([decide(), inLedger()]).toEqual([false, []])
    expect(corrections).toEqual([['cancelled', 'succeeded']])
    expect(run.state.hasLeftovers).toBe(false)
    expect(run.runner.messages('warning').join()).toContain('a stays in place')
  })

  it('that cannot let go of its server says so, for its server is stopped', async () => {
    await run.deploy()
    fillDisk()
    expect([decide(), inLedger()]).toEqual([false, ['a']])
    expect(corrections).toEqual([['failed', 'stopped']])
    expect(run.state.error?.message).toContain('the disk is full')
    expect(run.runner.messages('error').join()).toContain('the disk is full')
  })

  it('of a platform that takes nothing back stays a success', async () => {
    Object.assign(run.provider, { traits: { ...run.provider.traits, canStop: false } })
    await run.deploy()
    run.cancel()
    expect([decide(), corrections]).toEqual([true, []])
  })
})

describe('a failure', () => {
  it('that is cancelled afterwards stays the failure that it was', async () => {
    run.provider.readings.set('a', [FAILED])
    await run.deploy()
    run.cancel()
    expect([decide(), corrections]).toEqual([false, []])
  })

  it.each(['cancel', 'full disk'] as const)(
    'with on-failure: keep corrects what it says of the servers that were up (%s)',
    async (event) => {
      run.provider.targets.push({ name: 'y', where: '1,2' })
      run.provider.creates.push({ kind: 'created', id: 'a' }, { kind: 'created', id: 'b' })
      run.provider.readings.set('b', [FAILED])
      await run.deploy({ onFailure: 'keep' })
      if (event === 'cancel') run.cancel()
      else fillDisk()
      expect(decide({ onFailure: 'keep' })).toBe(false)
      const [all, first] = event === 'cancel' ? ['cancelled', 'cancelled'] : ['failed', 'stopped']
      expect(corrections).toEqual([[all, first, 'failed']])
    },
  )
})

describe('what is done for good stays so where a signal comes afterwards', () => {
  it('a stop', async () => {
    await run.stop()
    run.cancel()
    expect([run.state.outcome, decide(STOP), corrections]).toEqual(['stopped', true, []])
  })

  it('a version', async () => {
    Object.assign(run.provider, {
      versions: {
        ensure: async () => ({ version: 'v1', action: 'created' }),
        promote: async () => {},
        prune: async () => {},
      },
    })
    await run.makeVersion()
    run.cancel()
    expect([run.state.outcome, decide(VERSION), corrections]).toEqual(['succeeded', true, []])
  })

  it('a dry run', async () => {
    await run.dryRun.deploy()
    run.cancel()
    expect([run.state.outcome, decide({ dryRun: true }), corrections]).toEqual([
      'planned',
      true,
      [],
    ])
  })

  it('but a stop that was cancelled while it ran is cancelled', async () => {
    run.provider.stop = async () => {
      run.cancel()
      return 'accepted'
    }
    run.provider.readings.set('a', [])
    await run.stop()
    expect([run.state.outcome, decide(STOP)]).toEqual(['cancelled', false])
  })
})
