import { describe, expect, test } from 'vitest'
import { isSameAuthor } from '../../src/github/comments.ts'
import { jobAccount, personAccount } from '../emulator/github/account.ts'
import { eachTestHasGitHub, github } from './each-test.ts'
import { impatientClock } from './impatient-clock.ts'
import { addComment, deploying, ENDED, openReporter, SHA, viewOf } from './stage.ts'

eachTestHasGitHub()

const bodies = () => github.state.comments.map(({ body }) => body)
const open = (more: object = {}) =>
  openReporter(github, { comment: true }, { clock: impatientClock(), ...more })

const earlier = (run: number, by = jobAccount()) => addComment(github, run, { by })

async function finishOnce(of: object = {}) {
  const stage = open(of)
  stage.reporter.finished(viewOf())
  await stage.reporter.close(5_000)
  return stage
}

async function stopOnce() {
  const stage = open()
  stage.reporter.stopped(viewOf({ outcome: 'stopped' }))
  await stage.reporter.close(5_000)
  return stage
}

describe('a comment whose creation', () => {
  test.each([
    ['lost its reply', { kind: 'reset', when: 'after' }],
    ['was cut off in its reply', { kind: 'truncate' }],
    ['was done, though GitHub said 502', { kind: 'status', status: 502, when: 'after' }],
    ['was not done, and GitHub said 502', { kind: 'status', status: 502, when: 'before' }],
    ['did not reach GitHub', { kind: 'reset', when: 'before' }],
  ] as const)('%s is there once in the end, and nothing warns', async (_, fault) => {
    github.faults.order({ ...fault, method: 'POST', path: /\/comments$/, times: 1 })
    const { warnings } = await finishOnce()
    expect(warnings).toEqual([])
    expect(bodies()).toHaveLength(1)
    expect(bodies()[0]).toContain('is up in Montreal')
  })

  test('fails every time is warned of, after a few tries', async () => {
    github.faults.order({ kind: 'status', status: 502, method: 'POST', path: /\/comments$/ })
    const { warnings } = await finishOnce()
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toContain('→ 502')
    expect(github.requestsTo('POST', /\/comments$/)).toHaveLength(4)
  })

  test('has an odd reply is not repeated', async () => {
    github.faults.order({ kind: 'malformed', method: 'POST', path: /\/comments$/ })
    const { warnings } = await finishOnce()
    expect(warnings.join()).toContain("GitHub's reply gave no id of the comment")
    expect(bodies()).toHaveLength(1)
  })

  test('is refused as too long is tried once, and warned of', async () => {
    const body = { message: 'Body is too long (maximum is 65536 characters)' }
    github.faults.order({ kind: 'status', status: 422, body, method: 'POST', path: /\/comments$/ })
    const { warnings } = await finishOnce()
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toContain('Body is too long')
    expect(github.requestsTo('POST', /\/comments$/)).toHaveLength(1)
  })
})

describe('a comment of ours', () => {
  test('that cannot be edited at one moment is edited at the next', async () => {
    const old = earlier(6)
    github.faults.order({ kind: 'status', status: 404, method: 'PATCH', times: 1 })
    const { warnings } = await finishOnce()
    expect(warnings).toEqual([])
    expect(old.body).toContain('is up')
    expect(bodies()).toHaveLength(1)
  })

  test('that can never be edited is warned of', async () => {
    earlier(6)
    github.faults.order({ kind: 'status', status: 404, method: 'PATCH' })
    const { warnings } = await finishOnce()
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toContain('it was deleted whenever it was written')
    expect(github.requestsTo('PATCH', /\/comments\//)).toHaveLength(4)
  })

  test('of which somebody removed the marker is still the one of its run', async () => {
    const { reporter } = open()
    reporter.started(deploying())
    await expect.poll(() => github.state.comments.length).toBe(1)
    const [comment] = github.state.comments
    if (comment) comment.body = 'Somebody was here'
    reporter.finished(viewOf())
    await reporter.close(5_000)
    expect(bodies()).toHaveLength(1)
    expect(bodies()[0]).toContain('is up')
  })

  test('is shown as cancelled, also while GitHub does not list it yet', async () => {
    github.faults.order({
      kind: 'status',
      status: 200,
      body: [],
      method: 'GET',
      path: /\/comments$/,
    })
    const { reporter, warnings } = open()
    reporter.started(deploying())
    await github.whenRequested('POST', /\/comments$/)
    reporter.finished(viewOf({ outcome: 'cancelled' }))
    await reporter.close(5_000)
    expect(warnings).toEqual([])
    expect(bodies()).toHaveLength(1)
    expect(bodies()[0]).toContain('was cancelled')
  })

  test('is not made by a run that is cancelled before it showed anything', async () => {
    const { reporter, warnings } = open()
    reporter.finished(viewOf({ outcome: 'cancelled' }))
    await reporter.close(5_000)
    expect(bodies()).toEqual([])
    expect(warnings).toEqual([])
  })

  test('of a newer run is left alone, also when somebody removed its marker', async () => {
    const newer = earlier(8)
    const { reporter } = open()
    reporter.started(deploying())
    await github.whenRequested('GET', /\/comments$/)
    await github.whenRequested('POST', /graphql$/)
    newer.body = 'Somebody was here'
    reporter.finished(viewOf())
    await reporter.close(5_000)
    expect(newer.body).toBe('Somebody was here')
  })

  test('is not made a second time where the list of comments was no list', async () => {
    const old = earlier(6)
    const body = '<html>Busy</html>'
    github.faults.order({ kind: 'malformed', body, method: 'GET', path: /\/comments$/, times: 1 })
    await finishOnce()
    expect(bodies()).toHaveLength(1)
    expect(old.body).toContain('is up')
  })
})

describe('the post step of a run that was run again', () => {
  test('leaves the comment to a newer run that has ended meanwhile', async () => {
    const newer = earlier(8)
    const saved = JSON.stringify({ view: viewOf(), comment: { pull: 12, id: newer.id } })
    const { reporter } = open({ saved, attempt: 2 })
    reporter.finishedInPost(ENDED)
    await reporter.close(5_000)
    expect(newer.body).toContain('run 8')
  })

  test('edits the comment of its first attempt', async () => {
    const first = earlier(7)
    const saved = JSON.stringify({ view: viewOf(), comment: { pull: 12, id: first.id } })
    const { reporter } = open({ saved, attempt: 2 })
    reporter.finishedInPost(ENDED)
    await reporter.close(5_000)
    expect(first.body).toContain('is stopped')
  })
})

test('the comment that is edited is the one that the post step will edit', async () => {
  const old = earlier(6)
  const { saved } = await finishOnce({ mayStopLater: true })
  expect(JSON.parse(saved.at(-1) ?? '').comment).toEqual({ pull: 12, id: old.id })
})

test('that a newer run has the comment is said once', async () => {
  earlier(8)
  const { reporter, lines } = open()
  reporter.started(deploying())
  await github.whenRequested('POST', /graphql$/)
  reporter.finished(viewOf())
  await reporter.close(5_000)
  expect(github.requestsTo('GET', /\/comments$/)).toHaveLength(2)
  expect(lines).toHaveLength(1)
})

describe('the lists that a run asks for', () => {
  test('after the first one hold only what changed since, with some time for wrong clocks', async () => {
    const { reporter } = open()
    reporter.started(deploying())
    await github.whenRequested('GET', /\/comments$/, { count: 2 })
    const startedMs = Date.now()
    reporter.finished(viewOf())
    await reporter.close(5_000)
    const [first, second, third] = github.requestsTo('GET', /\/comments$/)
    // With the first comment of ours GitHub tells who we are, so older ones are looked for once more.
    expect([first, second].map((list) => list?.query.since)).toEqual([undefined, undefined])
    const since = Date.parse(third?.query.since ?? '')
    expect(Math.abs(since - (startedMs - 600_000))).toBeLessThan(60_000)
    expect(github.requestsTo('GET', /\/comments$/)).toHaveLength(3)
  })

  test('ask who we are once', async () => {
    earlier(6)
    const { reporter } = open()
    reporter.started(deploying())
    await github.whenRequested('PATCH', /\/comments/)
    reporter.finished(viewOf())
    await reporter.close(5_000)
    expect(github.requestsTo('POST', /graphql$/)).toHaveLength(1)
  })

  test('ask it never where no comment has our marker', async () => {
    github.addComment(personAccount('mona', 7), 12, 'hello')
    await stopOnce()
    expect(github.requestsTo('POST', /graphql$/)).toEqual([])
  })
})

describe('who we are', () => {
  const refusesQueries = () =>
    github.faults.order({
      kind: 'status',
      status: 200,
      body: { data: null, errors: [{ type: 'RATE_LIMITED', message: 'API rate limit exceeded' }] },
      path: /graphql$/,
    })

  test('is asked in another way where GraphQL gives errors, with status 200', async () => {
    github.state.accounts.set(github.token, personAccount('mona', 7))
    refusesQueries()
    const old = earlier(6, personAccount('mona', 7))
    await finishOnce()
    expect(bodies()).toHaveLength(1)
    expect(old.body).toContain('is up')
  })

  test('is asked once, also where nobody tells', async () => {
    refusesQueries()
    earlier(6)
    github.faults.order({
      kind: 'status',
      status: 502,
      method: 'POST',
      path: /\/comments$/,
      times: 1,
    })
    await finishOnce()
    expect(bodies()).toHaveLength(1)
    expect(github.requestsTo('POST', /graphql$/)).toHaveLength(1)
  })

  test('is told by a new comment where nothing else tells, and one comment remains', async () => {
    refusesQueries()
    earlier(6)
    const { warnings } = await finishOnce()
    expect(warnings).toEqual([])
    expect(bodies()).toHaveLength(1)
    expect(bodies()[0]).toContain('is up')
  })

  test('has to be known for a stop, which makes no comment: that is warned of', async () => {
    refusesQueries()
    const old = earlier(6)
    const { warnings } = await stopOnce()
    expect(old.body).toContain('run 6')
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toContain(
      'GitHub does not tell which comments were written with this token',
    )
  })

  test('does not matter to a stop where no comment has our marker', async () => {
    refusesQueries()
    github.addComment(personAccount('mona', 7), 12, 'hello')
    expect((await stopOnce()).warnings).toEqual([])
  })

  test("does not matter to a stop where all of them are somebody else's", async () => {
    earlier(6, personAccount('mona', 7))
    expect((await stopOnce()).warnings).toEqual([])
  })

  test('is not found out with a token that is not accepted', async () => {
    earlier(6)
    github.faults.order({ kind: 'status', status: 401, path: /graphql$/ })
    const { warnings } = await finishOnce()
    expect(warnings.join()).toContain('github-token was not accepted')
    expect(bodies()).toHaveLength(1)
  })

  test.each([
    ['the same id', { id: 7, login: 'mona' }, { id: 7, login: 'mona-renamed' }, true],
    ['the same name', { id: undefined, login: 'Mona' }, { id: 7, login: 'mona' }, true],
    ['nothing in common', { id: 7, login: 'mona' }, { id: 8, login: 'lisa' }, false],
    ['no id on both sides', { id: undefined, login: 'a' }, { id: undefined, login: 'b' }, false],
    ['nothing known', { id: undefined, login: '' }, { id: undefined, login: '' }, false],
  ])('with %s', (_, a, b, isSame) => {
    expect(isSameAuthor(a, b)).toBe(isSame)
    expect(isSameAuthor(b, a)).toBe(isSame)
  })
})

describe('the pull request of a branch', () => {
  const push = (branch: string) => ({
    event: 'push',
    payload: {},
    environment: { GITHUB_REF: `refs/heads/${branch}` },
  })
  const commented = () => github.state.comments.map(({ issue }) => issue)

  test.each(['a&state=all&head=mallory:x', 'a#b', 'a%26b', "';--", 'größe/🎮', '$(id)', '@octo'])(
    'that is called %j is found, and no other',
    async (branch) => {
      github.state.pulls.push({ number: 14, state: 'open', branch, sha: 'f'.repeat(40) })
      await finishOnce(push(branch))
      expect(commented()).toEqual([14])
    },
  )

  test('is none where the one with that branch is closed', async () => {
    github.state.pulls.splice(0)
    const closed = { number: 14, state: 'closed', branch: 'feature', sha: SHA } as const
    github.state.pulls.push(closed)
    // Also on a server that takes no notice of the state that was asked for.
    github.faults.order({
      kind: 'status',
      status: 200,
      body: [{ ...closed, head: { ref: 'feature', repo: { full_name: 'octo/game' } } }],
      path: /\/pulls$/,
    })
    const { lines, warnings } = await finishOnce(push('feature'))
    expect(commented()).toEqual([])
    expect(warnings).toEqual([])
    expect(lines).toHaveLength(1)
  })

  test('is none where the server cannot search by commit', async () => {
    github.state.pulls.splice(0)
    github.faults.order({ kind: 'status', status: 404, path: /\/commits\/\w+\/pulls$/ })
    const { lines, warnings } = await finishOnce(push('feature'))
    expect(warnings).toEqual([])
    expect(lines).toEqual([expect.stringContaining('no open pull request')])
  })

  test("is not that of the owner's fork, with a branch of the same name", async () => {
    github.state.pulls.splice(0)
    const fork = { number: 14, branch: 'feature', sha: SHA, headRepository: 'octo/game-fork' }
    github.state.pulls.push({ ...fork, state: 'open' })
    await finishOnce(push('feature'))
    expect(commented()).toEqual([])
  })

  test('is written with any case of the owner', async () => {
    github.state.pulls[0] = {
      ...{ number: 12, state: 'open', branch: 'feature', sha: SHA },
      headRepository: 'Octo/Game',
    }
    const pull = {
      number: 12,
      state: 'open',
      head: { ref: 'feature', repo: { full_name: 'Octo/Game' } },
    }
    github.faults.order({ kind: 'status', status: 200, body: [pull], path: /\/pulls$/ })
    await finishOnce(push('feature'))
    expect(commented()).toEqual([12])
  })

  test.each([
    ['whose fork is gone', { ref: 'feature', repo: null }],
    ['without a head', undefined],
    ['of another branch', { ref: 'feature2', repo: { full_name: 'octo/game' } }],
  ])('is none %s', async (_, head) => {
    const body = [{ number: 12, state: 'open', head }]
    github.faults.order({ kind: 'status', status: 200, body, path: /\/pulls$/ })
    expect((await finishOnce(push('feature'))).warnings).toEqual([])
    expect(commented()).toEqual([])
  })

  test('is not taken for none where the answer is odd', async () => {
    github.faults.order({ kind: 'malformed', body: 'busy', path: /\/pulls$/ })
    const { warnings } = await finishOnce(push('feature'))
    expect(warnings.join()).toContain("GitHub's reply gave no list")
  })

  test('is looked for once, also by the post step, where there is none', async () => {
    github.state.pulls.splice(0)
    const main = open({ ...push('feature'), mayStopLater: true })
    main.reporter.started(deploying())
    main.reporter.finished(viewOf())
    await main.reporter.close(5_000)
    const post = open({ ...push('feature'), saved: main.saved.at(-1) })
    post.reporter.finishedInPost(ENDED)
    await post.reporter.close(5_000)
    expect(github.requests).toHaveLength(2)
    expect(main.lines).toHaveLength(1)
  })

  test('is not looked for by commit where the run has none', async () => {
    github.state.pulls.splice(0)
    const environment = { ...push('feature').environment, GITHUB_SHA: 'unknown' }
    await finishOnce({ ...push('feature'), environment })
    expect(github.requests.map(({ path }) => path)).toEqual(['/repos/octo/game/pulls'])
  })
})
