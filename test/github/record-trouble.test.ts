import { describe, expect, test } from 'vitest'
import { jobAccount } from '../emulator/github/account.ts'
import { startGitHub } from '../emulator/github/emulator.ts'
import { eachTestHasGitHub, github } from './each-test.ts'
import { impatientClock } from './impatient-clock.ts'
import { deploying, ENDED, openReporter, SHA, viewOf } from './stage.ts'

eachTestHasGitHub(startGitHub)

const STAGING = { environment: 'staging' }
const OLD_SHA = 'e'.repeat(40)
const last = () => github.state.deployments.at(-1)
const open = (settings: object = STAGING, more: object = {}) =>
  openReporter(github, settings, { clock: impatientClock(), ...more })

/** A record of an earlier run, or of another tool where it has no payload of ours. */
function earlier(run: number, more: { state?: string; payload?: object; group?: string } = {}) {
  const { state = 'success', group = '' } = more
  const key = { id: 9_000 + run, number: run, attempt: 1 }
  const own = { deploy_game_server: `old-${run}`, group, run: key }
  const body = { ref: OLD_SHA, environment: 'staging', payload: more.payload ?? own }
  return github.addDeployment(jobAccount(), body, state)
}

async function deployOnce(settings: object = STAGING, more: object = {}) {
  const stage = open(settings, more)
  stage.reporter.started(deploying())
  stage.reporter.finished(viewOf())
  await stage.reporter.close(5_000)
  return stage
}

async function stopOnce(more: object = {}) {
  const stage = open(STAGING, more)
  stage.reporter.stopped(viewOf({ outcome: 'stopped' }))
  await stage.reporter.close(5_000)
  return stage
}

const stateOf = ({ id }: { id: number }) => github.stateOf(id)

describe('what a record says', () => {
  test.each([
    ['succeeded', '', 'Ready'],
    ['stopped', '', 'Stopped'],
    ['cancelled', 'The run was cancelled', 'Cancelled'],
    ['failed', 'It crashed: exit code 137', 'It crashed: exit code 137'],
    ['failed', '', 'Failed'],
    ['failed', 'é'.repeat(141), `${'é'.repeat(139)}…`],
    ['failed', 'x'.repeat(140), 'x'.repeat(140)],
    ['failed', `${'x'.repeat(138)}🎮 and more`, `${'x'.repeat(138)}\ufffd…`],
  ] as const)('of a run that ends as %s (%s)', async (outcome, error, description) => {
    const { reporter } = open()
    reporter.started(deploying())
    await github.whenRequested('POST', /\/deployments$/)
    reporter.finished(viewOf({ outcome, error }))
    await reporter.close(5_000)
    expect(last()?.statuses.map((status) => status.description)).toEqual(['Deploying', description])
    expect(last()?.description).toBe('my-game 1.4.2')
  })

  test('of a run that waits for nothing is that it was started', async () => {
    const { reporter } = open()
    reporter.finished(viewOf({ outcome: 'started' }))
    await reporter.close(5_000)
    expect(last()?.statuses).toMatchObject([{ state: 'in_progress', description: 'Started' }])
  })

  test('of a plan is nothing', async () => {
    const { reporter } = open()
    reporter.finished(viewOf({ outcome: 'planned' }))
    await reporter.close(5_000)
    expect(github.requests).toEqual([])
  })

  test('has a page only while the server is up', async () => {
    const { reporter } = open({ ...STAGING, environmentUrl: 'https://play.example.com/' })
    reporter.started(deploying())
    await github.whenRequested('POST', /\/deployments$/)
    reporter.finished(viewOf({ outcome: 'failed' }))
    await reporter.close(5_000)
    expect(last()?.statuses.map(({ environmentUrl }) => environmentUrl)).toEqual(['', ''])
    expect(new Set(last()?.statuses.map(({ logUrl }) => logUrl))).toEqual(
      new Set(['https://github.com/octo/game/actions/runs/9007']),
    )
  })

  test('without a version is the application alone', async () => {
    const { reporter } = open()
    reporter.finished(viewOf({ version: '' }))
    await reporter.close(5_000)
    expect(last()?.description).toBe('my-game')
    expect(last()?.payload).toMatchObject({ application: 'my-game', version: '' })
  })

  test.each([
    ...['prod', 'Prod', 'production', 'PRODUCTION', 'prod-eu', 'production 2', 'prod2'].map(
      (name) => [name, true] as const,
    ),
    ...['product', 'productive', 'preprod', 'non-production', 'staging'].map(
      (name) => [name, false] as const,
    ),
  ])('of a push to %s: production is %s', async (environment, isProduction) => {
    const { reporter } = open({ environment }, { event: 'push', payload: {} })
    reporter.finished(viewOf())
    await reporter.close(5_000)
    expect(last()).toMatchObject({ isProduction, isTransient: false })
  })

  test('of a preview is never production', async () => {
    await deployOnce({ environment: 'production' })
    expect(last()).toMatchObject({ isProduction: false, isTransient: true })
  })
})

test.each([
  'staging&environment=production',
  `"}) { viewer { login } } #`,
  '../../octo/other',
  'größe 🎮',
  '<script>alert(1)</script>',
  "'; drop table",
])('an environment called %j is that one and no other', async (environment) => {
  const body = { ref: OLD_SHA, payload: {} }
  const same = github.addDeployment(jobAccount(), { ...body, environment }, 'success')
  const others = ['production', 'staging', 'other'].map((name) =>
    github.addDeployment(jobAccount(), { ...body, environment: name }, 'success'),
  )
  const { warnings } = await deployOnce({ environment })
  expect(warnings).toEqual([])
  expect(last()).toMatchObject({ environment })
  expect(stateOf(same)).toBe('inactive')
  expect(others.map(stateOf)).toEqual(['success', 'success', 'success'])
})

test('a run without a commit is not recorded, which is warned of', async () => {
  const environment = { GITHUB_SHA: '' }
  const { warnings } = await deployOnce(STAGING, { event: 'push', payload: {}, environment })
  expect(warnings).toHaveLength(1)
  expect(warnings[0]).toContain('the event names no commit to record on')
  expect(github.requests).toEqual([])
})

describe('earlier records that somebody deletes at the same time', () => {
  /** Listed still, and gone when asked about or written to. */
  const gone = (id: number) =>
    github.faults.order({ kind: 'status', status: 404, path: new RegExp(`/${id}/statuses$`) })

  test('do not keep the success back, nor the others active', async () => {
    const [first, second, third] = [earlier(3), earlier(4), earlier(5)]
    gone(second.id)
    const { warnings } = await deployOnce()
    expect(warnings).toEqual([])
    expect(last()?.statuses.map(({ state }) => state)).toEqual(['in_progress', 'success'])
    expect([first, third].map(stateOf)).toEqual(['inactive', 'inactive'])
  })

  test('of newer runs do not, either', async () => {
    const newer = earlier(8)
    gone(newer.id)
    const { warnings } = await deployOnce()
    expect(warnings).toEqual([])
    expect(last()?.statuses.at(-1)?.state).toBe('success')
  })

  test('just before they are ended are no failure', async () => {
    const [first, second] = [earlier(3), earlier(4)]
    const path = new RegExp(`/${first.id}/statuses$`)
    github.faults.order({ kind: 'status', status: 404, method: 'POST', path })
    const { warnings } = await stopOnce()
    expect(warnings).toEqual([])
    expect(stateOf(second)).toBe('inactive')
  })
})

describe('which records end', () => {
  test.each([
    ['success', 'inactive'],
    ['in_progress', 'inactive'],
    ['queued', 'inactive'],
    ['failure', 'failure'],
    ['error', 'error'],
  ])('one of an earlier run in %s is %s after a success', async (before, after) => {
    const old = earlier(5, { state: before })
    await deployOnce()
    expect(stateOf(old)).toBe(after)
  })

  test.each([
    ['success', 'inactive'],
    ['in_progress', 'in_progress'],
    ['waiting', 'waiting'],
  ])("another tool's in %s is %s after a success", async (before, after) => {
    const old = earlier(5, { state: before, payload: {} })
    await deployOnce()
    expect(stateOf(old)).toBe(after)
  })

  test('one of ours without any status ends too', async () => {
    const old = earlier(5)
    old.statuses.splice(0)
    await deployOnce()
    expect(stateOf(old)).toBe('inactive')
  })

  test.each([
    ['another attempt', { id: 9_007, number: 7, attempt: 1 }, 'inactive'],
    ['this very run', { id: 9_007, number: 7, attempt: 2 }, 'success'],
    ['a workflow with another run number', { id: 9_007, number: 6, attempt: 2 }, 'inactive'],
    ['nobody knows which run', undefined, 'inactive'],
  ])('one of %s is as it should be', async (_, run, after) => {
    const old = earlier(0, { payload: { deploy_game_server: 'k', group: '', run } })
    await deployOnce(STAGING, { attempt: 2 })
    expect(stateOf(old)).toBe(after)
  })

  test('no record of another tool ends with a group', async () => {
    const foreign = earlier(5, { payload: {} })
    const odd = earlier(5, { payload: { deploy_game_server: 7, group: 'pr-12' } })
    await deployOnce(STAGING, { group: 'pr-12' })
    expect([foreign, odd].map(stateOf)).toEqual(['success', 'success'])
  })

  test('those of every group end without one', async () => {
    const grouped = earlier(5, { group: 'pr-12' })
    await deployOnce()
    expect(stateOf(grouped)).toBe('inactive')
  })

  test('say why, and in which run', async () => {
    const replaced = earlier(5)
    await deployOnce()
    const logUrl = 'https://github.com/octo/game/actions/runs/9007'
    expect(replaced.statuses.at(-1)).toMatchObject({
      description: 'Replaced by a newer deployment',
      logUrl,
    })
    const stopped = earlier(6)
    await stopOnce()
    expect(stopped.statuses.at(-1)).toMatchObject({ description: 'Stopped', logUrl })
  })

  test('what a run gives way to is said', async () => {
    earlier(8)
    await deployOnce()
    expect(last()?.statuses.map(({ state, description }) => [state, description])).toEqual([
      ['in_progress', 'Deploying'],
      ['inactive', 'A newer run has deployed'],
    ])
  })

  test('what failed is not ended again by the next run', async () => {
    const failed = earlier(5, { state: 'failure' })
    const stage = open()
    stage.reporter.started(deploying())
    await github.whenRequested('GET', new RegExp(`/${failed.id}/statuses`))
    stage.reporter.finished(viewOf())
    await stage.reporter.close(5_000)
    expect(github.requestsTo('GET', new RegExp(`/${failed.id}/statuses`))).toHaveLength(1)
  })
})

describe('the states of earlier records', () => {
  const addMany = (count: number) => Array.from({ length: count }, (_, run) => earlier(run % 6))
  const asked = () => ({
    together: github.requestsTo('POST', /graphql$/).length,
    alone: new Set(github.requestsTo('GET', /\/statuses$/).map(({ path }) => path)).size,
  })

  test('of a few are asked for one by one', async () => {
    addMany(5)
    await stopOnce()
    expect(asked()).toEqual({ together: 0, alone: 5 })
  })

  test('of more are asked for together', async () => {
    const records = addMany(6)
    await stopOnce()
    expect(asked()).toEqual({ together: 1, alone: 0 })
    expect(new Set(records.map(stateOf))).toEqual(new Set(['inactive']))
  })

  test('are found on every page', async () => {
    const records = addMany(230)
    await stopOnce()
    expect(asked()).toEqual({ together: 3, alone: 0 })
    expect(new Set(records.map(stateOf))).toEqual(new Set(['inactive']))
  })

  test.each([
    ['errors, with status 200', { status: 200, body: { errors: [{ type: 'RATE_LIMITED' }] } }],
    ['something odd', { status: 200, body: { data: { repository: null } } }],
    ['a refusal', { status: 403, body: {} }],
  ])('are asked for one by one where GraphQL gives %s', async (_, reply) => {
    const records = addMany(6)
    github.faults.order({ kind: 'status', ...reply, path: /graphql$/ })
    const { warnings } = await stopOnce()
    expect(warnings).toEqual([])
    expect(asked()).toEqual({ together: 1, alone: 6 })
    expect(new Set(records.map(stateOf))).toEqual(new Set(['inactive']))
  })

  test('are not asked for without end', async () => {
    const [record] = addMany(6)
    const node = { databaseId: record?.id, latestStatus: { state: 'SUCCESS' } }
    const pageInfo = { hasNextPage: true, endCursor: 'again' }
    const body = { data: { repository: { deployments: { nodes: [node, null, {}], pageInfo } } } }
    github.faults.order({ kind: 'status', status: 200, body, path: /graphql$/ })
    await stopOnce()
    expect(asked()).toEqual({ together: 30, alone: 5 })
  })

  test('are asked for page after page only where the next one has a name', async () => {
    addMany(6)
    const pageInfo = { hasNextPage: true, endCursor: null }
    const body = { data: { repository: { deployments: { nodes: [], pageInfo } } } }
    github.faults.order({ kind: 'status', status: 200, body, path: /graphql$/ })
    await stopOnce()
    expect(asked()).toEqual({ together: 1, alone: 6 })
  })

  test('are the newest ones, in whichever order GitHub gives them', async () => {
    const old = earlier(5)
    const statuses = [
      { id: 1, state: 'success' },
      { id: 3, state: 'failure' },
      { id: 2, state: 'success' },
      { state: 'success' },
    ]
    const path = new RegExp(`/${old.id}/statuses$`)
    github.faults.order({ kind: 'status', status: 200, body: statuses, method: 'GET', path })
    await stopOnce()
    expect(stateOf(old)).toBe('success')
  })

  test('are not guessed where the answer is odd', async () => {
    const old = earlier(5)
    const path = new RegExp(`/${old.id}/statuses$`)
    github.faults.order({ kind: 'malformed', body: '<html>', method: 'GET', path })
    const { warnings } = await stopOnce()
    expect(warnings.join()).toContain("GitHub's reply gave no list")
    expect(stateOf(old)).toBe('success')
  })
})

describe('a record of our own', () => {
  test('without an id in the reply is found by its key', async () => {
    const path = /\/deployments$/
    const body = { message: 'Auto-merged main into the ref' }
    github.faults.order({ kind: 'status', status: 202, body, method: 'POST', path, when: 'after' })
    const { warnings } = await deployOnce()
    expect(warnings).toEqual([])
    expect(github.state.deployments).toHaveLength(1)
    expect(last()?.statuses.at(-1)?.state).toBe('success')
  })

  test('that was not made says what GitHub answered', async () => {
    const path = /\/deployments$/
    github.faults.order({ kind: 'status', status: 202, body: {}, method: 'POST', path })
    const { warnings } = await deployOnce()
    expect(warnings.join()).toContain("GitHub's reply gave no id of the deployment record")
  })

  test('is looked for among those of its commit', async () => {
    github.faults.order({
      ...{ kind: 'reset', when: 'after', method: 'POST', path: /\/deployments$/, times: 1 },
    })
    await deployOnce()
    expect(github.requestsTo('GET', /\/deployments$/)[0]?.query).toMatchObject({
      sha: SHA,
      environment: 'staging',
    })
    expect(github.requestsTo('GET', /\/deployments$/).at(-1)?.query).not.toHaveProperty('sha')
  })

  test('is ended where the reply to its creation was lost and the run is cancelled', async () => {
    const path = /\/deployments$/
    const lost = github.faults.order({ kind: 'hang', when: 'after', method: 'POST', path })
    const main = open()
    main.reporter.started(deploying())
    await expect.poll(() => github.state.deployments.length).toBe(1)
    main.reporter.finished(viewOf({ outcome: 'cancelled' }))
    await main.reporter.close(50)
    expect(main.warnings).toEqual([])
    lost.cancel()
    const post = open(STAGING, { saved: main.saved.at(-1) })
    post.reporter.finishedInPost(ENDED)
    await post.reporter.close(5_000)
    expect(github.state.deployments).toHaveLength(1)
    expect(last()?.statuses.map(({ state }) => state)).toEqual(['inactive'])
  })

  test('is made once, however often the run says that it deploys', async () => {
    const { reporter } = open()
    reporter.started(deploying())
    reporter.started(deploying())
    reporter.finished(viewOf())
    await reporter.close(5_000)
    expect(github.state.deployments).toHaveLength(1)
    expect(last()?.statuses.map(({ state }) => state)).toEqual(['in_progress', 'success'])
  })

  test('is asked about no other records when the run has ended already', async () => {
    earlier(5)
    const { reporter } = open()
    reporter.started(deploying())
    reporter.finished(viewOf({ outcome: 'failed' }))
    await reporter.close(5_000)
    expect(github.requestsTo('GET', /./)).toEqual([])
  })
})
