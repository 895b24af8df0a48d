import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Clock, systemClock } from '../../src/base/clock.ts'
import { ActionError } from '../../src/base/errors.ts'
import type { Facts } from '../../src/provider/provider.ts'
import { finishOnGitHub, ShowOnGitHub } from '../../src/run/show-on-github.ts'
import { Printer } from '../../src/runner/printer.ts'
import { Redactor } from '../../src/runner/redactor.ts'
import { GITHUB_STATE } from '../../src/runner/saved-states.ts'
import type { GitHubSettings } from '../../src/settings/github.ts'
import type { Settings } from '../../src/settings/model.ts'
import { type GitHubEmulator, startGitHub } from '../emulator/github/emulator.ts'
import { environmentOf, removeEventFiles, SHA } from '../github/stage.ts'
import { deploymentReport, RecordingRunner, runReport } from '../report/fixtures.ts'
import { VirtualClock } from '../wait/virtual-clock.ts'
import { READY } from './fake-provider.ts'
import { DEPLOY, STOP, VERSION } from './whole-run.ts'

/** A run as GitHub shows it, and how long GitHub may hold up the end of a step. */
let gitHub: GitHubEmulator
let runner: RecordingRunner
let printer: Printer
let cancelled: AbortController
let environment: NodeJS.ProcessEnv
let clock: Clock

beforeEach(async () => {
  gitHub = await startGitHub()
  gitHub.state.pulls.push({ number: 12, state: 'open', branch: 'feature', sha: SHA })
  runner = new RecordingRunner()
  cancelled = new AbortController()
  environment = environmentOf(gitHub)
  useClock(systemClock)
})

afterEach(async () => {
  removeEventFiles()
  await gitHub.close()
})

function useClock(one: Clock): void {
  clock = one
  printer = new Printer(runner, new Redactor(), clock)
}

const wanted = (more: Partial<GitHubSettings> = {}): GitHubSettings => ({
  ...{ token: gitHub.token, environment: 'staging', environmentUrl: undefined, comment: true },
  ...more,
})
const action = () => {
  const cancellation = { signal: cancelled.signal, over: new AbortController().signal }
  return { environment, runner, printer, cancellation }
}
const open = (settings: Settings = { ...DEPLOY, github: wanted() }) =>
  ShowOnGitHub.for(settings, action(), { clock }) as ShowOnGitHub
const post = (saved: string, endedIds: string[], settings = wanted()) =>
  finishOnGitHub(settings, action(), { clock }, { saved, endedIds, leftIds: [] })

/** What GitHub, or the runner, gets to see in time, however busy this machine is. */
const seen = <T>(what: () => T) => expect.poll(what, { timeout: 15_000, interval: 10 })
const comments = () => gitHub.state.comments.map(({ body }) => body)
const lastState = () => gitHub.state.deployments[0]?.statuses.at(-1)?.state
/** What the main step would hand to the post step; empty where there is nothing to do. */
const saved = () => runner.states.filter(([name]) => name === GITHUB_STATE).at(-1)?.[1]
const savedView = () => JSON.parse(saved() ?? '{}').view
const accepted = () => runReport({ deployments: [deploymentReport({ outcome: 'failed' })] })
const warnings = () => runner.messages('warning').join('\n')

describe('GitHub is left alone', () => {
  it.each([
    [
      'nothing is asked for',
      () => ({ ...DEPLOY, github: wanted({ environment: '', comment: false }) }),
    ],
    ['nothing is changed', () => ({ ...DEPLOY, github: wanted(), dryRun: true })],
    ['a version is all that is made', () => ({ ...VERSION, github: wanted() })],
  ])('where %s', (_, settings) => {
    expect(open(settings())).toBeUndefined()
  })

  it('until there is something to show', async () => {
    await open().close()
    expect(gitHub.requests).toEqual([])
  })

  it('elsewhere than on GitHub, with one line', async () => {
    environment = {}
    const show = open()
    show.started(accepted())
    show.finished(runReport())
    await show.close()
    expect(runner.log.match(/This is not a run on GitHub/g)).toHaveLength(1)
  })
})

describe('a deploy', () => {
  it('is shown as under way once it is accepted, and then where it is', async () => {
    const show = open()
    show.started(accepted())
    await seen(() => comments()[0]).toContain('is being deployed')
    await seen(lastState).toBe('in_progress')
    show.finished(runReport())
    await show.close()
    expect(comments()).toHaveLength(1)
    expect(comments()[0]).toContain('is up in New York')
    expect(lastState()).toBe('success')
    expect(warnings()).toBe('')
  })

  it.each([
    ['only the record', { comment: false }, 1, 0],
    ['only the comment', { environment: '' }, 0, 1],
  ])('may have %s', async (_, settings, records, commentCount) => {
    const show = open({ ...DEPLOY, github: wanted(settings) })
    show.finished(runReport())
    await show.close()
    expect(gitHub.state.deployments).toHaveLength(records)
    expect(comments()).toHaveLength(commentCount)
  })

  it('is left to the post step as well, until it is certain that it stays', async () => {
    const show = open()
    show.finished(runReport())
    await show.close()
    expect(savedView()).toMatchObject({ outcome: 'succeeded' })
    show.forget()
    expect(saved()).toBe('')
  })

  it('that stays ends well where that cannot be noted', async () => {
    const show = open()
    show.finished(runReport())
    await show.close()
    runner.saveState = () => {
      throw new Error('the disk is full')
    }
    expect(() => show.forget()).not.toThrow()
  })

  it('of many servers shows those that have not ended as under way', async () => {
    const error = new ActionError({ kind: 'refused', what: 'No room' })
    const show = open()
    show.started(
      runReport({
        deployments: [
          deploymentReport({ id: 'a' }),
          deploymentReport({ id: 'b', outcome: 'failed' }),
          deploymentReport({ id: 'c', outcome: 'failed', error }),
        ],
      }),
    )
    await seen(() =>
      savedView()?.deployments.map((one: object) => Reflect.get(one, 'outcome')),
    ).toEqual(['succeeded', undefined, 'failed'])
    await show.close()
  })

  it.each([
    ['', undefined],
    ['pr-12', 'pr-12'],
  ])('belongs to the group %j', async (expected, group) => {
    const show = open({ ...DEPLOY, github: wanted(), group })
    show.finished(runReport())
    await show.close()
    expect(comments()[0]).toContain(`<!-- deploy-game-server group=${expected} run=`)
  })

  it('is told with all that GitHub shows, and nothing else', async () => {
    const facts: Facts = {
      location: 'Montreal',
      ports: [
        { name: 'game', internal: 1, external: 2, protocol: 'UDP', address: 'a.test:2' },
        { name: 'web', internal: 3, external: 4, protocol: 'HTTP', address: 'a.test:4' },
      ],
    }
    const show = open()
    show.started(
      runReport({
        ...{ outcome: 'failed', title: 'Fake', version: 'v2', image: 'i:2' },
        deployments: [
          deploymentReport({ id: 'a', observation: { ...READY, facts }, elapsedMs: 4_200 }),
          { target: { name: 'paris', where: '' }, outcome: 'failed', timeline: [], elapsedMs: 9 },
        ],
      }),
    )
    await seen(savedView).toEqual({
      provider: 'Fake',
      application: 'my-game',
      version: 'v2',
      image: 'i:2',
      error: '',
      deployments: [
        {
          ...{ id: 'a', outcome: 'succeeded', location: 'Montreal', address: 'a.test:2' },
          ports: [{ name: 'web', protocol: 'HTTP', address: 'a.test:4' }],
        },
        { id: '', location: 'paris', address: '', ports: [] },
      ],
    })
    await show.close()
  })

  it('has no image, no time and no secret where there is none to show', async () => {
    printer.hide('top-secret')
    const target = { name: 'paris', where: '' }
    const error = new ActionError({ kind: 'refused', what: 'No, top-secret.' })
    const show = open({ ...DEPLOY, github: wanted(), stopAfterJob: true })
    show.finished(
      runReport({
        outcome: 'rejected',
        deployments: [{ target, outcome: 'rejected', timeline: [], elapsedMs: 0, error }],
      }),
    )
    await seen(savedView).toMatchObject({ image: '', error: 'No, ***.' })
    expect(savedView()).not.toHaveProperty('seconds')
    await show.close()
  })

  it.each([
    ['had taken the place of older ones is shown as up', true, 'succeeded'],
    ['had not is shown as cancelled', undefined, 'cancelled'],
  ])('that is cancelled when its servers %s', async (_, isInPlace, expected) => {
    const more = isInPlace ? ({ isInPlace } as const) : {}
    const show = open({ ...DEPLOY, github: wanted(), stopAfterJob: true })
    show.finished(runReport({ outcome: 'cancelled', deployments: [deploymentReport(more)] }))
    await seen(() => savedView()?.outcome).toBe(expected)
    await show.close()
  })

  it('that failed is shown so, although its servers had taken a place', async () => {
    const show = open()
    show.finished(
      runReport({ outcome: 'failed', deployments: [deploymentReport({ isInPlace: true })] }),
    )
    await show.close()
    expect(lastState()).toBe('failure')
  })

  it('whose servers take the place of older ones is noted for the post step, and not sent', async () => {
    const show = open()
    show.tookPlace(accepted())
    await seen(() => savedView()?.outcome).toBe('succeeded')
    expect(gitHub.requests).toEqual([])
    await show.close()
  })

  it('goes on where nothing can be noted, with a warning', async () => {
    runner.saveState = () => {
      throw new Error('the disk is full')
    }
    const show = open()
    show.started(accepted())
    show.finished(runReport())
    await show.close()
    expect(warnings()).toMatch(/GitHub could not be kept up to date: .*the disk is full/)
  })
})

describe('a stop', () => {
  const stopOf = (reach: (typeof STOP)['reach']): Settings => ({
    ...{ ...STOP, github: wanted({ environment: '' }) },
    reach,
  })
  const GROUP = { kind: 'group', application: 'my-game', group: 'pr-12' } as const

  const deployFor = async (group: string | undefined) => {
    const show = open({ ...DEPLOY, github: wanted({ environment: '' }), group })
    show.finished(runReport())
    await show.close()
  }

  it.each([
    ['of a group', GROUP, 'pr-12'],
    ['of an application', { kind: 'application', application: 'my-game' }, undefined],
    ['of one server', { kind: 'deployment', id: 'a' }, undefined],
  ] as const)('%s is shown in the comment of its group', async (_, reach, group) => {
    await deployFor(group)
    await deployFor('another')
    const show = open(stopOf(reach))
    show.finished(runReport({ outcome: 'stopped', deployments: [] }))
    await show.close()
    expect(comments().map((body) => body.includes('is stopped'))).toEqual([true, false])
  })

  it('whose end is not waited for is shown as going on', async () => {
    await deployFor('pr-12')
    const show = open(stopOf(GROUP))
    const stop = { group: 'pr-12', onlyAccepted: true }
    show.finished(runReport({ outcome: 'stopped', deployments: [], stop }))
    await show.close()
    expect(comments()[0]).toContain('is being stopped')
  })

  it.each(['failed', 'timed-out', 'cancelled'] as const)(
    'that ended as %s changes nothing on GitHub',
    async (outcome) => {
      const show = open(stopOf(GROUP))
      show.finished(runReport({ outcome, deployments: [] }))
      await show.close()
      expect(gitHub.requests).toEqual([])
    },
  )

  it('leaves nothing to the post step', async () => {
    await deployFor('pr-12')
    const show = open(stopOf(GROUP))
    show.finished(runReport({ outcome: 'stopped', deployments: [] }))
    await show.close()
    expect(saved()).toBe('')
  })
})

describe('a GitHub that never answers', () => {
  let virtual: VirtualClock
  /** From then on only time passes: what is loaded and sent first takes real time. */
  const isAsked = () => seen(() => gitHub.requests.length).toBeGreaterThan(0)

  beforeEach(() => {
    virtual = new VirtualClock()
    useClock(virtual)
    gitHub.faults.order({ kind: 'hang' })
  })

  it.each([
    ['5 s', false, 5],
    ['1.5 s of a cancelled run', true, 1.5],
  ])('holds up the end of a step by %s', async (_, isCancelled, seconds) => {
    const show = open()
    show.started(accepted())
    show.finished(runReport())
    if (isCancelled) cancelled.abort()
    await isAsked()
    await virtual.run(show.close())
    expect(virtual.elapsedMs / 1_000).toBeGreaterThanOrEqual(seconds)
    expect(virtual.elapsedMs / 1_000).toBeLessThan(seconds + 0.5)
    expect(warnings()).not.toBe('')
  })

  it('holds up the end of the post step by 5 s', async () => {
    const view = { outcome: 'succeeded', deployments: [] }
    const posted = post(JSON.stringify({ view }), [])
    await isAsked()
    await virtual.run(posted)
    expect(virtual.elapsedMs / 1_000).toBeGreaterThanOrEqual(5)
    expect(virtual.elapsedMs / 1_000).toBeLessThan(5.5)
  })
})

describe('the post step', () => {
  /** A main step that was killed after its create was accepted, and what it had saved. */
  async function killed(group?: string): Promise<string> {
    const show = open({ ...DEPLOY, github: wanted(), group })
    show.started(accepted())
    await seen(() => comments().at(-1)).toContain('is being deployed')
    await seen(lastState).toBe('in_progress')
    await seen(() => JSON.parse(saved() ?? '{}').record).toBeDefined()
    return saved() ?? ''
  }

  it('shows a run that was killed as ended', async () => {
    await post(await killed(), ['a69f8e3e0555'])
    expect(lastState()).toBe('inactive')
    expect(comments()).toHaveLength(1)
    expect(comments()[0]).not.toContain('is being deployed')
  })

  it.each([
    ['stopped shows it so', true, 'inactive'],
    ['left up shows it so', false, 'success'],
  ])('of a server that it %s', async (_, wasStopped, state) => {
    const show = open({ ...DEPLOY, github: wanted(), stopAfterJob: true })
    show.finished(runReport())
    await show.close()
    await post(saved() ?? '', wasStopped ? ['a69f8e3e0555'] : [])
    expect(lastState()).toBe(state)
    expect(comments()[0]?.includes('is stopped')).toBe(wasStopped)
    expect(saved()).toBe('')
  })

  it('finds the comment of its group again', async () => {
    const { view } = JSON.parse(await killed('pr-12'))
    environment.INPUT_GROUP = ' pr-12 '
    // It was killed before it could note which comment that is.
    await post(JSON.stringify({ view: { ...view, outcome: 'succeeded' } }), [])
    expect(comments()).toHaveLength(1)
    expect(comments()[0]).toContain('is up in')
  })

  it('leaves GitHub alone where it was given no inputs, and says what that means', async () => {
    const view = { outcome: 'succeeded', deployments: [] }
    await post(JSON.stringify({ view }), ['a'], wanted({ environment: '', comment: false }))
    expect(gitHub.requests).toEqual([])
    expect(warnings()).toContain('may be out of date')
  })

  it('says it, and no more, where the run is not on GitHub', async () => {
    environment = {}
    await post(JSON.stringify({ view: { deployments: [] } }), ['a'])
    expect(runner.log).toContain('This is not a run on GitHub')
  })
})
