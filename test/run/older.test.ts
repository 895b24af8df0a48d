import { beforeEach, describe, expect, it } from 'vitest'
import { ActionError } from '../../src/base/errors.ts'
import type { Member, Members } from '../../src/provider/groups.ts'
import { findOlder, replaceAfter, replaceBefore } from '../../src/run/replace.ts'
import type { Run } from '../../src/run/run.ts'
import type { DeploySettings, GroupReach, Replacement } from '../../src/settings/model.ts'
import type { DeploymentState, Outcome, RunState } from '../../src/state/state.ts'
import { errorOf, READY } from './fake-provider.ts'
import { setStage } from './stage.ts'

const GROUP: GroupReach = { kind: 'group', application: 'my-game', group: 'pr-12' }
const APPLICATION: GroupReach = { kind: 'application', application: 'my-game' }
const member = (id: string, more: Partial<Member> = {}): Member => ({ id, tags: ['t1'], ...more })

/** What one run does with the older servers of its group. */
let stage: ReturnType<typeof setStage>
let run: Run
let listed: Members | ActionError

beforeEach(() => {
  stage = setStage()
  listed = { members: [], unclear: [] }
  const state = { deployments: [] as DeploymentState[], stoppedIds: [] as string[] } as RunState
  const settings = { timeoutMs: 60_000, logLines: 0, logDir: undefined } as DeploySettings
  run = { ...stage.context, settings, state } as Run
  const members = async () => {
    if (listed instanceof ActionError) throw listed
    return listed
  }
  Object.assign(stage.provider, { groups: { members } })
})

const replacing = (when: Replacement['when'], reach: GroupReach = GROUP) =>
  Object.assign(run.settings, { replace: { when, reach } })
const find = (reach: GroupReach = GROUP) =>
  stage.run(findOlder(run, { when: 'after-ready', reach }))
const stops = () => stage.provider.calls.filter((call) => call.startsWith('stop'))

function haveDeployed(id: string, outcome: Outcome) {
  const { target } = stage.provider
  const one = { target, id, tag: `tag-${id}`, outcome, timeline: [], elapsedMs: 0 }
  run.state.deployments.push(one)
  run.ledger.created(one.tag, id)
}

describe('the list of older ones', () => {
  it('is empty where nothing is to be replaced', async () => {
    expect(await findOlder(run, undefined)).toEqual([])
    expect(stage.runner.log).toBe('')
  })

  it('is shown, with those that are ending anyway', async () => {
    listed = { members: [member('a'), member('b', { isEnding: true })], unclear: [] }
    expect(await find()).toEqual(listed.members)
    expect(stage.runner.log).toContain(
      'Older deployments of my-game with the tag pr-12: a, b (is ending)',
    )
  })

  it('says so where there are none', async () => {
    expect(await find(APPLICATION)).toEqual([])
    expect(stage.runner.log).toContain('Older deployments of my-game: none')
  })

  it('warns of what it leaves alone', async () => {
    listed = { members: [], unclear: ['x'] }
    expect(await find()).toEqual([])
    expect(stage.runner.messages('warning').join()).toContain('x is listed, but')
  })

  it.each([undefined, 'Use another token.'])(
    'that cannot be had fails, with %j as advice',
    async (next) => {
      const request = 'GET /v1/deployments'
      listed = new ActionError({ kind: 'forbidden', what: 'No.', request, ...(next && { next }) })
      const thrown = await find().catch((error: unknown) => error)
      expect(thrown).toMatchObject({ kind: 'forbidden', request, cause: listed })
      expect((thrown as ActionError).message).toContain('so no server was created: No.')
      expect((thrown as ActionError).next).toBe(next)
    },
  )
})

it('where nothing is to be replaced, nothing is stopped', async () => {
  haveDeployed('new', 'succeeded')
  await stage.run(replaceBefore(run, [member('a')]))
  await stage.run(replaceAfter(run, [member('a')]))
  expect(stage.provider.calls.filter((call) => !call.startsWith('save'))).toEqual([])
})

describe('before the deploy', () => {
  beforeEach(() => replacing('before-deploy'))

  it('the older ones are stopped until they have ended', async () => {
    stage.provider.stops.push('accepted', 'gone')
    await stage.run(replaceBefore(run, [member('a')]))
    expect(stops()).toEqual(['stop a', 'stop a'])
    expect(run.state).toMatchObject({ stoppedIds: ['a'], replacedIds: ['a'] })
  })

  it('they may take as long as the timeout allows', async () => {
    run.settings = { ...run.settings, timeoutMs: 10_000 }
    stage.provider.stops.push('accepted')
    await stage.run(replaceBefore(run, [member('a')]))
    expect(stage.clock.elapsedMs).toBe(10_000)
    expect(stage.runner.messages('warning')).toEqual([
      expect.stringMatching(/^a, which was to be replaced, may still run: .*you pay for it/),
    ])
  })

  it('what was ending anyway is waited for, and is not counted as stopped by this run', async () => {
    stage.provider.stops.push('accepted', 'gone')
    await stage.run(replaceBefore(run, [member('a', { isEnding: true })]))
    expect(stops()).toEqual(['stop a', 'stop a'])
    expect(run.state).toMatchObject({ stoppedIds: [], replacedIds: [] })
  })

  it.each([
    ['the tag of the group', GROUP, 'find pr-12'],
    ['its own first tag where the whole application goes', APPLICATION, 'find t1'],
  ])('one that nobody knows is searched for by %s', async (_, reach, search) => {
    replacing('before-deploy', reach)
    stage.provider.stops.push('unknown')
    stage.provider.statuses.push(errorOf('not-found') as never)
    await stage.run(replaceBefore(run, [member('a')]))
    expect(stage.provider.calls).toContain(search)
  })

  it('reads the logs of those that are not ending', async () => {
    const read: string[] = []
    Object.assign(run.settings, { logLines: 5 })
    Object.assign(stage.provider, {
      readLog: async (id: string) => {
        read.push(id)
        return { lines: ['bye'], isCut: false }
      },
    })
    await stage.run(replaceBefore(run, [member('a', { isEnding: true }), member('b')]))
    expect(read).toEqual(['b'])
  })

  it('nothing is stopped by a run that is cancelled', async () => {
    stage.cancel()
    await stage.run(replaceBefore(run, [member('a')]))
    expect(stage.provider.calls).toEqual([])
  })

  it('nothing is stopped where the new one must be ready first', async () => {
    replacing('after-ready')
    await stage.run(replaceBefore(run, [member('a')]))
    expect(stops()).toEqual([])
  })
})

describe('once the new ones are ready', () => {
  beforeEach(() => replacing('after-ready'))

  it('the older ones go, and their end is not waited for', async () => {
    haveDeployed('new', 'succeeded')
    await stage.run(replaceAfter(run, [member('a')]))
    expect(stops()).toEqual(['stop a'])
    expect(run.state).toMatchObject({ stoppedIds: ['a'], replacedIds: ['a'] })
    expect(run.state.deployments).toMatchObject([{ isInPlace: true }])
    // From then on no post step stops it.
    expect(run.ledger.open).toEqual([])
  })

  it('the older ones are left after a minute in which they do not end', async () => {
    haveDeployed('new', 'succeeded')
    stage.provider.statuses.push(READY)
    await stage.run(replaceAfter(run, [member('a')]))
    expect(stage.clock.elapsedMs).toBe(60_000)
    expect(stage.runner.messages('warning')).toEqual([
      expect.stringMatching(/^a, which was to be replaced, may still run: /),
    ])
  })

  it('they stay where the run is cancelled while their logs are read', async () => {
    haveDeployed('new', 'succeeded')
    Object.assign(run.settings, { logLines: 5 })
    const readLog = async () => {
      stage.cancel()
      return undefined
    }
    Object.assign(stage.provider, { readLog })
    await stage.run(replaceAfter(run, [member('a')]))
    expect(stops()).toEqual([])
    expect(run.ledger.open.map(({ id }) => id)).toEqual(['new'])
  })

  it('they stay if one of several is not ready', async () => {
    haveDeployed('new1', 'succeeded')
    haveDeployed('new2', 'failed')
    await stage.run(replaceAfter(run, [member('a')]))
    expect(stops()).toEqual([])
  })

  it('neither what is ending nor a new one is touched, and nothing has taken a place', async () => {
    haveDeployed('new', 'succeeded')
    await stage.run(replaceAfter(run, [member('new'), member('a', { isEnding: true })]))
    expect(stops()).toEqual([])
    expect(run.state.deployments[0]).not.toHaveProperty('isInPlace')
    expect(run.ledger.open.map(({ id }) => id)).toEqual(['new'])
  })

  it('they stay after a cancel, and nothing has taken their place', async () => {
    haveDeployed('new', 'succeeded')
    stage.cancel()
    await stage.run(replaceAfter(run, [member('a')]))
    expect(stops()).toEqual([])
    expect(run.ledger.open.map(({ id }) => id)).toEqual(['new'])
  })

  it('and are to end with the job, they stay in the ledger', async () => {
    Object.assign(run.settings, { stopAfterJob: true })
    haveDeployed('new', 'succeeded')
    await stage.run(replaceAfter(run, [member('a')]))
    expect(stops()).toEqual(['stop a'])
    expect(run.ledger.open.map(({ id }) => id)).toEqual(['new'])
  })

  it('nothing is stopped where that was done before the deploy', async () => {
    replacing('before-deploy')
    haveDeployed('new', 'succeeded')
    await stage.run(replaceAfter(run, [member('a')]))
    expect(stops()).toEqual([])
  })
})
