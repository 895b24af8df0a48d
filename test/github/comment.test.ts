import { describe, expect, test, vi } from 'vitest'
import { jobAccount, personAccount } from '../emulator/github/account.ts'
import { deviations } from '../emulator/github/description.ts'
import { eachTestHasGitHub, github } from './each-test.ts'
import { addComment, deploying, ENDED, openReporter, type RunOf, SHA, viewOf } from './stage.ts'

eachTestHasGitHub()

const COMMENT = { comment: true }
const bodies = () => github.state.comments.map(({ body }) => body)

const earlier = (run: number, options: Parameters<typeof addComment>[2] = {}) =>
  addComment(github, run, options)

async function deployOnce(of: RunOf = {}, settings = {}) {
  const stage = openReporter(github, { ...COMMENT, ...settings }, of)
  stage.reporter.started(deploying())
  stage.reporter.finished(viewOf())
  await stage.reporter.close(5_000)
  return stage
}

describe('the comment on the pull request', () => {
  test('says that the server is being deployed, and then where it is', async () => {
    const { reporter, warnings } = openReporter(github, COMMENT)
    reporter.started(deploying())
    await github.whenRequested('POST', /\/comments$/)
    await expect.poll(() => bodies()[0]).toContain('is being deployed')
    reporter.finished(viewOf())
    await reporter.close(5_000)
    expect(warnings).toEqual([])
    expect(github.state.comments).toHaveLength(1)
    expect(bodies()[0]).toMatch(/game 1.4.2 is up in Montreal/)
    expect(bodies()[0]).toContain('```text\na1b2c3.pr.example.com:31504\n```')
    expect(bodies()[0]).toContain(`https://github.com/octo/game/commit/${SHA}`)
    expect(bodies()[0]).toContain('https://github.com/octo/game/actions/runs/9007')
  })

  test('sends what GitHub describes', async () => {
    await deployOnce()
    await deployOnce({ run: 8 })
    const [created] = github.requestsTo('POST', /\/comments$/)
    expect(deviations('issues/create-comment', 'request', created?.body)).toEqual([])
    const [updated] = github.requestsTo('PATCH', /\/comments\//)
    expect(deviations('issues/update-comment', 'request', updated?.body)).toEqual([])
  })

  test.each([
    ['failed', 'game 1.4.2 failed'],
    ['timed-out', 'was not ready in time'],
    ['rejected', 'was refused'],
    ['cancelled', 'was cancelled'],
    ['started', 'was started'],
  ] as const)('of a run that ends as %s says %j', async (outcome, words) => {
    const { reporter } = openReporter(github, COMMENT)
    reporter.started(deploying())
    await github.whenRequested('POST', /\/comments$/)
    reporter.finished(viewOf({ outcome }))
    await reporter.close(5_000)
    expect(github.state.comments).toHaveLength(1)
    expect(bodies()[0]).toContain(words)
  })

  test('is the same one for the next run, also behind hundreds of others', async () => {
    for (let count = 0; count < 150; count += 1) github.addComment(jobAccount(), 12, 'hello')
    const old = earlier(6)
    for (let count = 0; count < 150; count += 1) github.addComment(jobAccount(), 12, 'hello')
    await deployOnce()
    expect(github.state.comments).toHaveLength(301)
    expect(old.body).toContain('is up in Montreal')
  })

  test('is found among comments of the greatest length', async () => {
    for (let count = 0; count < 100; count += 1) {
      github.addComment(jobAccount(), 12, 'ü'.repeat(65_000))
    }
    const old = earlier(6)
    const { warnings } = await deployOnce()
    expect(warnings).toEqual([])
    expect(old.body).toContain('is up')
  })

  test('is one for each group', async () => {
    const other = earlier(6, { group: 'pr-12-eu' })
    const { reporter } = openReporter(github, COMMENT, { group: 'pr-12-us' })
    reporter.finished(viewOf())
    await reporter.close(5_000)
    expect(github.state.comments).toHaveLength(2)
    expect(other.body).toContain('run 6')
  })

  test('that is not listed yet, just after it was created, is not created again', async () => {
    const unlisted = github.faults.order({
      ...{ kind: 'status', status: 200, body: [], method: 'GET', path: /\/comments$/ },
    })
    await deployOnce()
    expect(unlisted.used).toBeGreaterThan(1)
    expect(bodies()).toHaveLength(1)
    expect(bodies()[0]).toContain('is up')
  })

  test('that somebody deleted meanwhile is written anew', async () => {
    const { reporter } = openReporter(github, COMMENT)
    reporter.started(deploying())
    await github.whenRequested('POST', /\/comments$/)
    await expect.poll(() => github.state.comments.length).toBe(1)
    github.state.comments.splice(0)
    reporter.finished(viewOf())
    await reporter.close(5_000)
    expect(bodies()).toHaveLength(1)
    expect(bodies()[0]).toContain('is up')
  })
})

describe('whose comment it is', () => {
  const mallory = personAccount('mallory', 666)

  test("somebody else's with our marker is left alone, whoever that is", async () => {
    const forged = earlier(99, { by: mallory })
    await deployOnce()
    expect(forged.body).toContain('run 99')
    expect(github.state.comments).toHaveLength(2)
  })

  test("a quote of ours, in another comment of the token's owner, is not ours", async () => {
    const quote = github.addComment(jobAccount(), 12, `> ${earlier(6).body}`)
    await deployOnce()
    expect(quote.body).toContain('run 6')
    expect(github.state.comments).toHaveLength(2)
  })

  test.each([
    ["a person's token", personAccount('mona', 7), true],
    ["an app's token", { ...jobAccount(), id: 5, login: 'studio[bot]', app: 'studio' }, true],
    ["a person's token, on a server without GraphQL", personAccount('mona', 7), false],
  ])('with %s it is the one that its owner wrote', async (_, owner, hasGraphQL) => {
    github.state.accounts.set('other-token', owner)
    github.state.hasGraphQL = hasGraphQL
    const byJob = earlier(6)
    const byOwner = earlier(6, { by: owner })
    await deployOnce({}, { token: 'other-token' })
    expect(byJob.body).toContain('run 6')
    expect(byOwner.body).toContain('is up')
  })

  test('where nobody tells who we are, one comment of ours remains', async () => {
    github.state.hasGraphQL = false
    earlier(6)
    await deployOnce()
    expect(bodies()).toHaveLength(1)
    expect(bodies()[0]).toContain('is up')
  })
})

describe('two runs', () => {
  test('that begin and end at once leave one comment, of the newer one', async () => {
    const stages = [7, 8].map((run) => openReporter(github, COMMENT, { run }))
    for (const { reporter } of stages) reporter.started(deploying())
    await github.whenRequested('POST', /\/comments$/, { count: 1 })
    for (const [index, { reporter }] of stages.entries()) {
      reporter.finished(viewOf({ version: `run-${index + 7}` }))
    }
    await Promise.all(stages.map(({ reporter }) => reporter.close(5_000)))
    expect(stages.flatMap(({ warnings }) => warnings)).toEqual([])
    expect(bodies()).toHaveLength(1)
    expect(bodies()[0]).toContain('run&#45;8')
  })

  test('that write into one comment leave the state of the newer one', async () => {
    const comment = earlier(6)
    const older = openReporter(github, COMMENT, { run: 7 }).reporter
    older.started(deploying())
    await github.whenRequested('PATCH', /\/comments\//)
    // The older run has read before the newer one writes, and its own words arrive after that.
    const isNewerThere = () => comment.history.some((body) => body.includes('run&#45;8'))
    const until = vi.waitUntil(isNewerThere, { interval: 5, timeout: 20_000 })
    github.faults.order({ kind: 'hold', until, method: 'PATCH', times: 1 })
    older.finished(viewOf({ version: 'run-7' }))
    await github.whenRequested('PATCH', /\/comments\//, { count: 2 })
    const newer = openReporter(github, COMMENT, { run: 8 }).reporter
    newer.finished(viewOf({ version: 'run-8' }))
    await Promise.all([older.close(5_000), newer.close(5_000)])
    const versions = comment.history.map((body) => /run&#45;\d/.exec(body)?.[0])
    expect(versions.slice(-3)).toEqual(['run&#45;8', 'run&#45;7', 'run&#45;8'])
    expect(bodies()).toHaveLength(1)
    expect(bodies()[0]).toContain('run&#45;8')
  })

  test('the older one writes nothing after the newer one, and says so once', async () => {
    const newer = earlier(8)
    const { lines, warnings } = await deployOnce()
    expect(newer.body).toContain('run 8')
    expect(lines).toEqual(['A newer run keeps the comment on the pull request up to date.'])
    expect(warnings).toEqual([])
  })

  test('left two comments behind: the next run leaves one', async () => {
    earlier(5)
    const kept = earlier(6)
    earlier(6)
    await deployOnce()
    expect(github.state.comments.map(({ id }) => id)).toEqual([kept.id])
    expect(kept.body).toContain('is up')
  })

  test('an older run that is run again after the newer one has ended takes over', async () => {
    const newer = earlier(8)
    await deployOnce({ attempt: 2 })
    expect(newer.body).toContain('is up')
  })

  test('an older run that is run again while the newer one deploys does not', async () => {
    const newer = earlier(8, { isOver: false })
    await deployOnce({ attempt: 2 })
    expect(newer.body).toContain('run 8')
  })
})

describe('a stop', () => {
  test('edits the comment of its group', async () => {
    const old = earlier(6, { group: 'pr-12' })
    const { reporter } = openReporter(github, COMMENT, { group: 'pr-12' })
    reporter.stopped(viewOf({ outcome: 'stopped' }))
    await reporter.close(5_000)
    expect(old.body).toContain('is stopped')
  })

  test('writes none where there is none', async () => {
    const { reporter } = openReporter(github, COMMENT)
    reporter.stopped(viewOf({ outcome: 'stopped' }))
    await reporter.close(5_000)
    expect(bodies()).toEqual([])
  })

  test('of the post step is told as well, without the address', async () => {
    const main = openReporter(github, COMMENT, {})
    main.reporter.finished(viewOf())
    await main.reporter.close(5_000)
    const post = openReporter(github, COMMENT, { saved: main.saved.at(-1) ?? '' })
    post.reporter.finishedInPost(ENDED)
    await post.reporter.close(5_000)
    expect(bodies()).toHaveLength(1)
    expect(bodies()[0]).toContain('is stopped')
    expect(bodies()[0]).not.toContain('31504')
  })

  test('of a run that was killed shows it as cancelled', async () => {
    const killed = openReporter(github, COMMENT)
    killed.reporter.started(deploying())
    await expect.poll(() => killed.saved.at(-1)).toContain('"id":1')
    const post = openReporter(github, COMMENT, { saved: killed.saved.at(-1) ?? '' })
    post.reporter.finishedInPost(ENDED)
    await post.reporter.close(5_000)
    expect(bodies()).toHaveLength(1)
    expect(bodies()[0]).toContain('was cancelled')
    await killed.reporter.close(0)
  })
})

describe('the pull request', () => {
  const fork = { number: 13, state: 'open', branch: 'idea', sha: 'f'.repeat(40) } as const
  const workflowRun = (more: object) => ({
    workflow_run: {
      event: 'pull_request',
      head_sha: fork.sha,
      head_branch: 'idea',
      head_repository: { owner: { login: 'mona' } },
      pull_requests: [],
      ...more,
    },
  })
  const commented = () => github.state.comments.map(({ issue }) => issue)

  test('of a push is found by its branch', async () => {
    await deployOnce({ event: 'push', payload: {} })
    expect(commented()).toEqual([12])
  })

  test('of a push is found by its commit where no branch matches by name', async () => {
    github.faults.order({ kind: 'status', status: 200, body: [], path: /\/pulls$/, times: 1 })
    await deployOnce({ event: 'push', payload: {} })
    expect(github.requestsTo('GET', /\/commits\/c+\/pulls$/)).toHaveLength(1)
    expect(commented()).toEqual([12])
  })

  test('of a workflow_run is the one in its list', async () => {
    const payload = workflowRun({ pull_requests: [{ number: 12 }] })
    await deployOnce({ event: 'workflow_run', payload })
    expect(commented()).toEqual([12])
  })

  test('of a workflow_run of a fork, whose list is empty, is found by API', async () => {
    github.state.pulls.push({ ...fork, headRepository: 'mona/game' })
    await deployOnce({ event: 'workflow_run', payload: workflowRun({}) })
    expect(commented()).toEqual([13])
  })

  test("with the same branch name in somebody else's fork is another one", async () => {
    github.state.pulls.push({ ...fork, headRepository: 'mallory/game' })
    await deployOnce({ event: 'workflow_run', payload: workflowRun({}) })
    expect(commented()).toEqual([])
  })

  test('where there is none, one line says so and nothing warns', async () => {
    github.state.pulls.splice(0)
    const { lines, warnings } = await deployOnce({ event: 'push', payload: {} })
    expect(lines).toEqual([
      'This run belongs to no open pull request, so there is no comment to write.',
    ])
    expect(warnings).toEqual([])
  })
})
