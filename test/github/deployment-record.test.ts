import { describe, expect, test } from 'vitest'
import type { Effect } from '../emulator/faults.ts'
import { jobAccount } from '../emulator/github/account.ts'
import { deviations } from '../emulator/github/description.ts'
import { startGitHub } from '../emulator/github/emulator.ts'
import { eachTestHasGitHub, github } from './each-test.ts'
import { deploying, ENDED, openReporter, SHA, viewOf } from './stage.ts'

eachTestHasGitHub(startGitHub)

const STAGING = { environment: 'staging' }
const statesOf = (index = -1) => github.state.deployments.at(index)?.statuses.map((s) => s.state)

/** A record that an earlier run of this action left active. */
function earlier(run: number, more: { group?: string; environment?: string; by?: object } = {}) {
  const { group = '', environment = 'staging' } = more
  const key = { id: 9_000 + run, number: run, attempt: 1 }
  return github.addDeployment(
    jobAccount(),
    {
      ref: 'e'.repeat(40),
      environment,
      payload: { deploy_game_server: `old-${run}`, group, run: key },
      ...more.by,
    },
    'success',
  )
}

describe('a run that succeeds', () => {
  test('is recorded on the head of the pull request, in progress and then successful', async () => {
    const { reporter, warnings } = openReporter(github, STAGING, { group: 'pr-12' })
    reporter.started(deploying())
    reporter.finished(viewOf())
    await reporter.close(5_000)
    expect(warnings).toEqual([])
    expect(github.state.deployments).toMatchObject([
      { sha: SHA, environment: 'staging', isTransient: true, isProduction: false },
    ])
    expect(github.state.deployments[0]?.payload).toMatchObject({
      group: 'pr-12',
      run: { id: 9_007, number: 7, attempt: 1 },
    })
    expect(statesOf()).toEqual(['in_progress', 'success'])
    expect(github.state.deployments[0]?.statuses.at(-1)).toMatchObject({
      environmentUrl: 'https://a1b2c3.pr.example.com:31505/',
      logUrl: 'https://github.com/octo/game/actions/runs/9007',
    })
  })

  test('sends what GitHub describes, and asks neither for a merge nor for checks', async () => {
    const { reporter } = openReporter(github, STAGING)
    reporter.started(deploying())
    reporter.finished(viewOf())
    await reporter.close(5_000)
    const [create] = github.requestsTo('POST', /\/deployments$/)
    expect(create?.body).toMatchObject({ auto_merge: false, required_contexts: [], ref: SHA })
    expect(deviations('repos/create-deployment', 'request', create?.body)).toEqual([])
    for (const { body } of github.requestsTo('POST', /\/statuses$/)) {
      expect(deviations('repos/create-deployment-status', 'request', body)).toEqual([])
    }
  })

  test('links to the page that was given', async () => {
    const environmentUrl = 'https://play.example.com/'
    const { reporter } = openReporter(github, { ...STAGING, environmentUrl })
    reporter.finished(viewOf())
    await reporter.close(5_000)
    expect(github.state.deployments[0]?.statuses.at(-1)?.environmentUrl).toBe(environmentUrl)
  })

  test('has no page when its only ports are those of a game', async () => {
    const view = viewOf()
    const deployments = view.deployments.map((one) => ({ ...one, ports: one.ports.slice(0, 1) }))
    const { reporter } = openReporter(github, STAGING)
    reporter.finished({ ...view, deployments })
    await reporter.close(5_000)
    expect(github.state.deployments[0]?.statuses.at(-1)?.environmentUrl).toBe('')
  })

  test('on a push is no preview, and production where it is called so', async () => {
    const { reporter } = openReporter(
      github,
      { environment: 'production' },
      { event: 'push', payload: {} },
    )
    reporter.finished(viewOf())
    await reporter.close(5_000)
    expect(github.state.deployments).toMatchObject([{ isTransient: false, isProduction: true }])
  })
})

describe('how a run ends', () => {
  test.each([
    ['failed', ['in_progress', 'failure']],
    ['timed-out', ['in_progress', 'failure']],
    ['rejected', ['in_progress', 'error']],
    ['cancelled', ['in_progress', 'inactive']],
    ['stopped', ['in_progress', 'inactive']],
    ['started', ['in_progress']],
  ] as const)('%s is recorded as %j', async (outcome, states) => {
    const { reporter, warnings } = openReporter(github, STAGING)
    reporter.started(deploying())
    reporter.finished(viewOf({ outcome, error: outcome === 'failed' ? 'It crashed' : '' }))
    await reporter.close(5_000)
    expect(warnings).toEqual([])
    expect(statesOf()).toEqual(states)
  })

  test('a run that is cancelled before anything was recorded makes no record', async () => {
    const { reporter } = openReporter(github, STAGING)
    reporter.finished(viewOf({ outcome: 'cancelled' }))
    await reporter.close(5_000)
    expect(github.state.deployments).toEqual([])
  })
})

describe('earlier records of the environment', () => {
  test('end when a run succeeds, those of production too, and those of others too', async () => {
    const old = earlier(5)
    const production = earlier(6, { by: { production_environment: true } })
    const foreign = earlier(4, { by: { payload: {} } })
    const elsewhere = earlier(5, { environment: 'other' })
    const { reporter } = openReporter(github, STAGING, { event: 'push', payload: {} })
    reporter.started(deploying())
    reporter.finished(viewOf())
    await reporter.close(5_000)
    const states = [old, production, foreign, elsewhere].map(({ id }) => github.stateOf(id))
    expect(states).toEqual(['inactive', 'inactive', 'inactive', 'success'])
    expect(statesOf()).toEqual(['in_progress', 'success'])
  })

  test('stay active when a run fails', async () => {
    const old = earlier(5)
    const { reporter } = openReporter(github, STAGING)
    reporter.started(deploying())
    reporter.finished(viewOf({ outcome: 'failed' }))
    await reporter.close(5_000)
    expect(github.stateOf(old.id)).toBe('success')
  })

  test.each([false, true])(
    'of another group stay active (payloads as text: %s)',
    async (asText) => {
      github.state.payloadAsText = asText
      const ours = earlier(5, { group: 'pr-12' })
      const other = earlier(6, { group: 'pr-13' })
      const { reporter } = openReporter(github, STAGING, { group: 'pr-12' })
      reporter.started(deploying())
      reporter.finished(viewOf())
      await reporter.close(5_000)
      expect([ours, other].map(({ id }) => github.stateOf(id))).toEqual(['inactive', 'success'])
    },
  )

  describe('hundreds of them', () => {
    const addMany = () => {
      const first = earlier(1)
      for (let count = 0; count < 330; count += 1) {
        github.addDeployment(jobAccount(), { ref: SHA, environment: 'staging' }, 'inactive')
      }
      return first
    }

    test('are found on every page, with few requests', async () => {
      const first = addMany()
      const { reporter } = openReporter(github, STAGING)
      reporter.started(deploying())
      // They are read while the run deploys.
      await github.whenRequested('POST', /graphql$/, { count: 4 })
      reporter.finished(viewOf())
      await reporter.close(5_000)
      expect(github.stateOf(first.id)).toBe('inactive')
      expect(github.requests.length).toBeLessThan(20)
    })

    test('are found on every page also where there is no GraphQL', async () => {
      github.state.hasGraphQL = false
      const first = addMany()
      const { reporter } = openReporter(github, STAGING)
      reporter.finished(viewOf())
      await reporter.close(30_000)
      expect(github.stateOf(first.id)).toBe('inactive')
    })

    test('do not keep the success back when the run ends while they are read', async () => {
      github.state.hasGraphQL = false
      addMany()
      github.faults.order({ kind: 'delay', delayMs: 200, method: 'GET', path: /statuses$/ })
      const { reporter } = openReporter(github, STAGING)
      reporter.started(deploying())
      await github.whenRequested('GET', /statuses$/)
      reporter.finished(viewOf())
      await reporter.close(3_000)
      expect(statesOf()).toEqual(['in_progress', 'success'])
    })
  })

  test('of the same run stay active: a matrix deploys several', async () => {
    const sibling = earlier(7)
    const { reporter } = openReporter(github, STAGING)
    reporter.started(deploying())
    reporter.finished(viewOf())
    await reporter.close(5_000)
    expect(github.stateOf(sibling.id)).toBe('success')
  })

  test('of somebody else that came later stay active', async () => {
    const { reporter } = openReporter(github, STAGING)
    reporter.started(deploying())
    await github.whenRequested('POST', /\/statuses$/)
    const by = { ref: 'e'.repeat(40), environment: 'staging' }
    const later = github.addDeployment(jobAccount(), by, 'success')
    reporter.finished(viewOf())
    await reporter.close(5_000)
    expect(github.stateOf(later.id)).toBe('success')
  })

  test("GitHub's own record of this job is left to GitHub", async () => {
    const own = github.addDeployment(jobAccount(), { ref: SHA, environment: 'staging' }, 'success')
    const { reporter } = openReporter(github, STAGING)
    reporter.finished(viewOf())
    await reporter.close(5_000)
    expect(github.stateOf(own.id)).toBe('success')
  })
})

describe('two runs', () => {
  test('at once end with the newer one active, whichever is done first', async () => {
    for (const order of [
      [7, 8],
      [8, 7],
    ]) {
      const environment = `staging-${order[0]}`
      const runs = order.map((run) => openReporter(github, { environment }, { run }))
      for (const { reporter } of runs) reporter.started(deploying())
      for (const { reporter } of runs) {
        reporter.finished(viewOf())
        await reporter.close(5_000)
      }
      const ended = github.state.deployments
        .filter((one) => one.environment === environment)
        .map(({ payload, statuses }) => [
          (payload as { run: { number: number } }).run.number,
          statuses.at(-1)?.state,
        ])
      expect(Object.fromEntries(ended)).toEqual({ 7: 'inactive', 8: 'success' })
    }
  })

  test('that end in parallel leave one active', async () => {
    const runs = [7, 8].map((run) => openReporter(github, STAGING, { run }))
    for (const { reporter } of runs) reporter.started(deploying())
    for (const { reporter } of runs) reporter.finished(viewOf())
    await Promise.all(runs.map(({ reporter }) => reporter.close(5_000)))
    const active = github.state.deployments.filter(({ id }) => github.stateOf(id) === 'success')
    expect(active.map(({ payload }) => payload)).toMatchObject([{ run: { number: 8 } }])
  })

  test.each(['slowly', 'at once'])(
    'an older run that is run again, to roll back, takes over (%s)',
    async (pace) => {
      const newer = earlier(8)
      const { reporter } = openReporter(github, STAGING, { run: 7, attempt: 2 })
      reporter.started(deploying())
      if (pace === 'slowly') {
        await github.whenRequested('GET', new RegExp(`/deployments/${newer.id}/statuses`))
      }
      reporter.finished(viewOf())
      await reporter.close(5_000)
      expect(github.stateOf(newer.id)).toBe('inactive')
      expect(statesOf()).toEqual(['in_progress', 'success'])
    },
  )
})

test('a stop makes no record and ends the active one of the group', async () => {
  const ours = earlier(5, { group: 'pr-12' })
  const other = earlier(6, { group: 'pr-13' })
  const { reporter } = openReporter(github, STAGING, { group: 'pr-12' })
  reporter.stopped(viewOf({ outcome: 'stopped' }))
  await reporter.close(5_000)
  expect(github.state.deployments).toHaveLength(2)
  expect([ours, other].map(({ id }) => github.stateOf(id))).toEqual(['inactive', 'success'])
})

describe('a creation whose reply', () => {
  test.each<[string, Effect]>([
    ['is lost', { kind: 'reset', when: 'after' }],
    ['breaks off', { kind: 'truncate' }],
    ['is the page of a proxy', { kind: 'malformed', body: '<html>' }],
    ['names nothing', { kind: 'malformed', body: '{}' }],
  ])('%s is found again, not repeated', async (_, effect) => {
    github.faults.order({ ...effect, method: 'POST', path: /\/deployments$/, times: 1 })
    const { reporter, warnings } = openReporter(github, STAGING)
    // No later state that would make up for it.
    reporter.finished(viewOf())
    await reporter.close(5_000)
    expect(warnings).toEqual([])
    expect(github.state.deployments).toHaveLength(1)
    expect(statesOf()).toEqual(['success'])
  })
})

describe('the post step', () => {
  test('ends the record of a run that was killed', async () => {
    const killed = openReporter(github, STAGING)
    killed.reporter.started(deploying())
    await github.whenRequested('POST', /\/statuses$/)
    const post = openReporter(github, STAGING, { saved: killed.saved.at(-1) ?? '' })
    post.reporter.finishedInPost(ENDED)
    await post.reporter.close(5_000)
    expect(github.state.deployments).toHaveLength(1)
    expect(statesOf()?.at(-1)).toBe('inactive')
    await killed.reporter.close(0)
  })

  test('ends the record of a success whose server it stops', async () => {
    const main = openReporter(github, STAGING, {})
    main.reporter.started(deploying())
    main.reporter.finished(viewOf())
    await main.reporter.close(5_000)
    const post = openReporter(github, STAGING, { saved: main.saved.at(-1) ?? '' })
    post.reporter.finishedInPost(ENDED)
    await post.reporter.close(5_000)
    expect(statesOf()).toEqual(['in_progress', 'success', 'inactive'])
  })

  test('has nothing to do after a success that stays', async () => {
    const main = openReporter(github, STAGING)
    main.reporter.started(deploying())
    main.reporter.finished(viewOf())
    await main.reporter.close(5_000)
    main.reporter.forget()
    expect(main.saved.at(-1)).toBe('')
  })
})
