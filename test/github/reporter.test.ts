import { describe, expect, test } from 'vitest'
import { GitHubReporter } from '../../src/github/reporter.ts'
import type { PostEnd } from '../../src/github/run-view.ts'
import type { Outcome } from '../../src/state/state.ts'
import { jobAccount } from '../emulator/github/account.ts'
import { VirtualClock } from '../wait/virtual-clock.ts'
import { eachTestHasGitHub, github } from './each-test.ts'
import { impatientClock } from './impatient-clock.ts'
import {
  deploying,
  ENDED,
  environmentOf,
  NOTHING_ENDED,
  openReporter,
  SHA,
  viewOf,
} from './stage.ts'

eachTestHasGitHub()

const BOTH = { environment: 'staging', comment: true }
const open = (more: object = {}, settings: object = BOTH) =>
  openReporter(github, settings, { clock: impatientClock(), ...more })
const states = () =>
  github.state.deployments.flatMap(({ statuses }) => statuses.map((s) => s.state))
const bodies = () => github.state.comments.map(({ body }) => body)

/** A whole main step that ends so. */
async function runOnce(outcome: Outcome, more: object = {}) {
  const stage = open(more)
  stage.reporter.started(deploying())
  stage.reporter.finished(viewOf({ outcome }))
  await stage.reporter.close(5_000)
  return stage
}

async function postOnce(saved: string | undefined, end: PostEnd) {
  const stage = open({ saved })
  stage.reporter.finishedInPost(end)
  await stage.reporter.close(5_000)
  return stage
}

async function deployAndStop(settings: object) {
  const deploy = open({}, settings)
  deploy.reporter.started(deploying())
  deploy.reporter.finished(viewOf())
  await deploy.reporter.close(5_000)
  const stop = open({}, settings)
  stop.reporter.stopped(viewOf())
  await stop.reporter.close(5_000)
}

describe('what is left to the post step', () => {
  test.each<[Outcome, boolean]>([
    ['succeeded', true],
    ['started', true],
    ['failed', false],
    ['cancelled', false],
  ])('after a run that %s is (%s) what it may stop', async (outcome, isLeft) => {
    const { saved } = await runOnce(outcome)
    expect(saved.at(-1) !== '').toBe(isLeft)
  })

  test('is nothing once it is certain that the servers stay', async () => {
    const { reporter, saved } = await runOnce('succeeded')
    reporter.forget()
    expect(saved.at(-1)).toBe('')
  })

  test('is nothing of a stop', async () => {
    const { reporter, saved } = open()
    reporter.stopped(viewOf({ outcome: 'stopped' }))
    await reporter.close(5_000)
    expect(saved.at(-1)).toBe('')
  })

  test('is what a cancelled run had no time for, without a warning', async () => {
    const { reporter, saved, warnings } = open()
    github.faults.order({ kind: 'hang' })
    reporter.started(deploying())
    reporter.finished(viewOf({ outcome: 'cancelled' }))
    await reporter.close(50)
    reporter.forget()
    expect(warnings).toEqual([])
    expect(JSON.parse(saved.at(-1) ?? '')).toMatchObject({ view: { outcome: 'cancelled' } })
  })

  test('is not what a cancelled run could never do, which is warned of at once', async () => {
    github.state.accounts.set(github.token, jobAccount({ contents: 'read' }))
    const { saved, warnings } = await runOnce('cancelled')
    expect(warnings).toHaveLength(1)
    expect(saved.at(-1)).toBe('')
  })

  test('is nothing after the post step itself, which warns', async () => {
    const main = open()
    main.reporter.started(deploying())
    github.faults.order({ kind: 'hang' })
    const post = open({
      saved: JSON.stringify({ view: viewOf({ outcome: 'cancelled' }), record: { key: 'k' } }),
    })
    post.reporter.finishedInPost(ENDED)
    await post.reporter.close(50)
    expect(post.warnings).toHaveLength(1)
    expect(post.saved.at(-1)).toBe('')
    await main.reporter.close(0)
  })

  test('is saved at each step, and not after the end', async () => {
    const { reporter, saved } = open()
    reporter.started(deploying())
    expect(JSON.parse(saved.at(-1) ?? '').view).not.toHaveProperty('outcome')
    reporter.tookPlace(viewOf())
    expect(JSON.parse(saved.at(-1) ?? '').view.outcome).toBe('succeeded')
    reporter.finished(viewOf())
    await reporter.close(5_000)
    const [record] = github.state.deployments
    const [comment] = github.state.comments
    expect(JSON.parse(saved.at(-1) ?? '')).toMatchObject({
      record: { key: expect.any(String), id: record?.id },
      comment: { pull: 12, id: comment?.id },
    })
    const count = saved.length
    reporter.tookPlace(viewOf())
    expect(saved).toHaveLength(count)
  })
})

describe('the post step', () => {
  test('has nothing to say where nothing was saved', async () => {
    const { saved, warnings } = await postOnce('', ENDED)
    expect(github.requests).toEqual([])
    expect(warnings).toEqual([])
    expect(saved).toEqual([''])
  })

  test.each<[Outcome, string, string, PostEnd]>([
    ['succeeded', 'was stopped', 'inactive', ENDED],
    ['started', 'was stopped', 'inactive', ENDED],
    ['succeeded', 'stayed', 'success', NOTHING_ENDED],
    ['succeeded', 'may still run', 'success', { endedIds: [], leftIds: ['a1b2c3'] }],
    ['failed', 'was stopped', 'failure', ENDED],
    ['cancelled', 'stayed', 'inactive', NOTHING_ENDED],
  ])('shows a run that %s, and whose server %s, as %s', async (outcome, _, state, end) => {
    const main = await runOnce('succeeded')
    const saved = { ...JSON.parse(main.saved.at(-1) ?? ''), view: viewOf({ outcome }) }
    await postOnce(JSON.stringify(saved), end)
    expect(states().at(-1)).toBe(state)
    expect(github.state.deployments).toHaveLength(1)
    expect(github.state.comments).toHaveLength(1)
  })

  test('shows a run that was killed once its servers had taken the place as a success', async () => {
    const main = open()
    main.reporter.started(deploying())
    main.reporter.tookPlace(viewOf())
    await github.whenRequested('POST', /\/statuses$/)
    await postOnce(main.saved.at(-1), NOTHING_ENDED)
    expect(states().at(-1)).toBe('success')
    await main.reporter.close(0)
  })
})

test('the post step knows a server whose id holds what is hidden', async () => {
  const clean = (text: string) => text.replaceAll('b2', '***')
  const main = await runOnce('succeeded', { clean })
  const post = open({ saved: main.saved.at(-1), clean })
  post.reporter.finishedInPost(ENDED)
  await post.reporter.close(5_000)
  expect(states().at(-1)).toBe('inactive')
})

describe('what is shown', () => {
  test('holds no secret, on GitHub and for the post step', async () => {
    const clean = (text: string) => text.replaceAll('hunter2', '***')
    const { reporter, saved } = open({ clean })
    const secret = { application: 'hunter2', error: 'hunter2 was refused' }
    reporter.started(viewOf({ ...secret, outcome: undefined }))
    reporter.tookPlace(viewOf(secret))
    reporter.finished(viewOf({ ...secret, outcome: 'failed' }))
    await reporter.close(5_000)
    const stop = open({ clean })
    stop.reporter.stopped(viewOf(secret))
    await stop.reporter.close(5_000)
    expect(JSON.stringify([saved, github.requests.map(({ body }) => body)])).not.toContain(
      'hunter2',
    )
    expect(bodies()).toHaveLength(1)
  })

  test('is only the comment where that is all that is asked for', async () => {
    await deployAndStop({ comment: true })
    expect(bodies()).toHaveLength(1)
    expect(bodies()[0]).toContain('is stopped')
    expect(github.requestsTo('POST', /deployments/)).toEqual([])
  })

  test('is only the record where that is all that is asked for', async () => {
    await deployAndStop({ environment: 'staging' })
    expect(states().at(-1)).toBe('inactive')
    expect(github.requestsTo('POST', /comments/)).toEqual([])
  })

  test('skips a state that is overtaken before its turn', async () => {
    const { reporter } = open({}, { comment: true })
    reporter.started(deploying())
    reporter.started(deploying())
    reporter.finished(viewOf())
    await reporter.close(5_000)
    expect(github.state.comments[0]?.history).toHaveLength(1)
  })

  test('is told to be a stop, whatever the view of it says', async () => {
    const old = github.addDeployment(jobAccount(), { ref: SHA, environment: 'staging' }, 'success')
    const { reporter } = open({}, { environment: 'staging' })
    reporter.stopped(viewOf({ outcome: 'succeeded' }))
    await reporter.close(5_000)
    expect(old.statuses.at(-1)?.description).toBe('Stopped')
  })
})

describe('the end', () => {
  test('comes once', async () => {
    github.state.accounts.clear()
    const { reporter, warnings, saved } = open()
    reporter.finished(viewOf({ outcome: 'failed' }))
    await Promise.all([reporter.close(5_000), reporter.close(5_000)])
    await reporter.close(5_000)
    expect(warnings).toHaveLength(1)
    expect(saved.filter((json) => json === '')).toHaveLength(1)
  })

  test('comes at its limit, even where a request takes no notice of it', async () => {
    const clock = new VirtualClock()
    const warnings: string[] = []
    const reporter = GitHubReporter.open({
      settings: { token: github.token, ...BOTH, environmentUrl: undefined },
      ...{ group: '', environment: environmentOf(github), clock, wallMs: () => 0 },
      http: () => new Promise(() => {}),
      ...{ newKey: () => 'key', clean: (text: string) => text, log: () => {}, save: () => {} },
      warn: (message) => warnings.push(message),
    })
    reporter?.finished(viewOf())
    await clock.run(reporter?.close(5_000) ?? Promise.resolve())
    expect(clock.elapsedMs).toBeLessThan(5_100)
    expect(clock.elapsedMs).toBeGreaterThanOrEqual(5_000)
    expect(warnings).toHaveLength(1)
    expect(warnings[0]?.match(/GitHub had not answered when the step ended/g)).toHaveLength(2)
  })

  test('does not wait for its limit where GitHub is up to date', async () => {
    const clock = new VirtualClock()
    const { reporter } = open({ clock })
    await reporter.close(5_000)
    expect(clock.elapsedMs).toBe(0)
  })
})
