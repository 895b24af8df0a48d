import { describe, expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { GitHubReporter } from '../../src/github/reporter.ts'
import { createHttpClient } from '../../src/net/request.ts'
import { jobAccount } from '../emulator/github/account.ts'
import { eachTestHasGitHub, github, replaceGitHub } from './each-test.ts'
import { impatientClock } from './impatient-clock.ts'
import {
  deploying,
  ENDED,
  environmentOf,
  openReporter,
  SHA,
  startWithPull,
  viewOf,
} from './stage.ts'

eachTestHasGitHub()

const BOTH = { environment: 'staging', comment: true }

async function deployOnce(limitMs = 5_000, settings: object = BOTH) {
  const clock = impatientClock()
  const stage = openReporter(github, settings, { clock })
  stage.reporter.started(deploying())
  stage.reporter.finished(viewOf())
  await stage.reporter.close(limitMs)
  return { ...stage, pausesMs: clock.pausesMs }
}

describe('what GitHub refuses is one warning, which names the permissions', () => {
  test('a token without permissions', async () => {
    github.state.accounts.set(github.token, jobAccount({ contents: 'read' }))
    const { warnings } = await deployOnce()
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toContain('Resource not accessible by integration')
    expect(warnings[0]).toContain('deployments: write, pull-requests: write')
    expect(warnings[0]).toContain('forks')
    expect(warnings[0]).toContain('The deploy itself is not affected.')
  })

  test('a token with one of two permissions: only the other is named', async () => {
    github.state.accounts.set(github.token, jobAccount({ 'pull-requests': 'write' }))
    const { warnings } = await deployOnce()
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toContain('deployments: write')
    expect(warnings[0]).not.toContain('pull-requests')
    expect(github.state.comments).toHaveLength(1)
  })

  test('a token that is not accepted', async () => {
    github.state.accounts.clear()
    const { warnings } = await deployOnce()
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toContain('github-token was not accepted')
    expect(warnings[0]).toContain('deployments: write, pull-requests: write')
  })

  test.each([404, 422])('every request with %i', async (status) => {
    github.faults.order({ kind: 'status', status, body: { message: 'No ref found' } })
    const { warnings } = await deployOnce()
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toContain(`→ ${status}`)
    expect(warnings[0]).toContain('deployments: write, pull-requests: write')
  })

  test('a permanent refusal is not asked about again', async () => {
    github.state.unknownShas.add(SHA)
    await deployOnce(5_000, { environment: 'staging' })
    expect(github.requestsTo('POST', /\/deployments$/)).toHaveLength(1)
  })

  test('the secret is in no warning', async () => {
    github.state.accounts.clear()
    const { warnings } = await deployOnce()
    expect(warnings.join()).not.toContain(github.token)
  })
})

describe('rate limits', () => {
  test('the primary one ends in a warning, and nobody waits for its hour', async () => {
    github.setRequestsLeft(1)
    const startedMs = systemClock.nowMs()
    const { warnings } = await deployOnce(20_000)
    expect(systemClock.nowMs() - startedMs).toBeLessThan(15_000)
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toContain('The rate limit of this token is used up')
  })

  test('the secondary one is waited for as long as it asks, where there is time', async () => {
    github.faults.order({
      kind: 'status',
      status: 403,
      body: { message: 'You have exceeded a secondary rate limit.' },
      headers: { 'retry-after': '1' },
      method: 'POST',
      path: /\/deployments$/,
      times: 1,
    })
    const { warnings, pausesMs } = await deployOnce()
    expect(warnings).toEqual([])
    // Some of it may have passed before the end began.
    expect(Math.round(Math.max(...pausesMs) / 100)).toBe(10)
    expect(github.requestsTo('POST', /\/deployments$/)).toHaveLength(2)
    expect(github.state.deployments[0]?.statuses.map(({ state }) => state)).toEqual([
      'in_progress',
      'success',
    ])
  })

  test('a pause that is too long for the end of the step is not begun', async () => {
    github.faults.order({ kind: 'status', status: 429, headers: { 'retry-after': '30' } })
    const startedMs = systemClock.nowMs()
    const { warnings } = await deployOnce(20_000)
    expect(systemClock.nowMs() - startedMs).toBeLessThan(15_000)
    expect(warnings).toHaveLength(1)
  })
})

describe('a GitHub in trouble', () => {
  test('that answers 502 for a moment is asked again', async () => {
    github.faults.order({ kind: 'status', status: 502, body: 'oops', times: 2 })
    const { warnings } = await deployOnce()
    expect(warnings).toEqual([])
    expect(github.state.deployments).toHaveLength(1)
    expect(github.state.comments).toHaveLength(1)
  })

  test.each(['hang', 'stall-body'] as const)(
    '(%s) holds up the end by its limit only',
    async (kind) => {
      github.faults.order({ kind })
      const startedMs = systemClock.nowMs()
      const { warnings } = await deployOnce(300)
      expect(systemClock.nowMs() - startedMs).toBeLessThan(20_000)
      expect(warnings).toHaveLength(1)
      expect(warnings[0]).toContain('GitHub had not answered when the step ended')
    },
  )

  test('sends nothing any more after the end', async () => {
    github.faults.order({ kind: 'delay-reply', delayMs: 200 })
    await deployOnce(50)
    // What was on its way at the end may arrive a moment later.
    await systemClock.sleep(200)
    const sent = github.requests.length
    await systemClock.sleep(400)
    expect(github.requests).toHaveLength(sent)
  })

  test.each(['malformed', 'reset', 'truncate', 'oversize'] as const)(
    '(%s everywhere) only warns',
    async (kind) => {
      github.faults.order(kind === 'oversize' ? { kind, declareLength: true } : { kind })
      const { warnings } = await deployOnce(3_000)
      expect(warnings).toHaveLength(1)
    },
  )

  test('keeps the methods of the reporter from waiting', () => {
    github.faults.order({ kind: 'hang' })
    const { reporter } = openReporter(github, BOTH)
    const startedMs = systemClock.nowMs()
    reporter.started(deploying())
    reporter.finished(viewOf())
    expect(systemClock.nowMs() - startedMs).toBeLessThan(10_000)
    return reporter.close(0)
  })

  test('leaves to the post step what a cancelled run has no time for', async () => {
    const main = openReporter(github, BOTH)
    main.reporter.started(deploying())
    await expect.poll(() => main.saved.at(-1)).toMatch(/"record":{[^}]*"id"/)
    await expect.poll(() => main.saved.at(-1)).toMatch(/"comment":{[^}]*"id"/)
    const hang = github.faults.order({ kind: 'hang' })
    main.reporter.finished(viewOf({ outcome: 'cancelled' }))
    await main.reporter.close(100)
    expect(main.warnings).toEqual([])
    hang.cancel()
    const post = openReporter(github, BOTH, { saved: main.saved.at(-1) ?? '' })
    post.reporter.finishedInPost(ENDED)
    await post.reporter.close(5_000)
    expect(github.state.deployments).toHaveLength(1)
    expect(github.state.deployments[0]?.statuses.at(-1)?.state).toBe('inactive')
    expect(github.state.comments.map(({ body }) => body).join()).toContain('was cancelled')
  })
})

describe('where GitHub is', () => {
  test("on an enterprise's server the API has a path", async () => {
    await replaceGitHub(() => startWithPull({ root: '/api/v3' }))
    await deployOnce()
    await deployOnce()
    expect(github.state.deployments).toHaveLength(2)
    expect(github.state.comments).toHaveLength(1)
    expect(github.requests.every(({ path }) => path.startsWith('/api/'))).toBe(true)
  })

  test('a page that lies elsewhere is not asked with the token', async () => {
    github.faults.order({
      kind: 'status',
      status: 200,
      body: [],
      headers: { link: '<http://127.0.0.2:9/evil>; rel="next"' },
      path: /\/issues\/12\/comments$/,
      times: 1,
    })
    const { warnings } = await deployOnce(5_000, { comment: true })
    expect(warnings).toEqual([])
    expect(github.state.comments).toHaveLength(1)
  })

  test('a redirect to another server is not followed', async () => {
    const other = await startWithPull()
    const headers = { location: `${other.apiUrl}/repos/octo/game/deployments` }
    github.faults.order({ kind: 'status', status: 307, headers, path: /\/deployments$/ })
    const { warnings } = await deployOnce(5_000, { environment: 'staging' })
    expect(warnings).toHaveLength(1)
    expect(other.requests).toEqual([])
    await other.close()
  })
})

describe('nothing is sent', () => {
  const open = (settings: object, environment: NodeJS.ProcessEnv = {}) => {
    const said: string[] = []
    const given = { ...environmentOf(github), ...environment }
    const reporter = GitHubReporter.open({
      ...{
        settings: {
          token: github.token,
          environment: '',
          environmentUrl: undefined,
          comment: false,
          ...settings,
        },
      },
      ...{ group: '', environment: given, http: createHttpClient(given), clock: systemClock },
      ...{ wallMs: () => Date.now(), newKey: () => 'key', clean: (text: string) => text },
      log: (line) => said.push(`line: ${line}`),
      warn: (line) => said.push(`warning: ${line}`),
      ...{ save: () => {}, mayStopLater: false },
    })
    return { reporter, said }
  }

  test('when nothing is asked for', () => {
    expect(open({})).toEqual({ reporter: undefined, said: [] })
  })

  test('without a token, which is warned of', () => {
    const { reporter, said } = open({ ...BOTH, token: '' })
    expect(reporter).toBeUndefined()
    expect(said.join()).toMatch(/^warning: github-token is empty/)
  })

  test.each([
    ['GITHUB_REPOSITORY', ''],
    ['GITHUB_REPOSITORY', 'a/../b'],
    ['GITHUB_API_URL', 'ftp://example.com'],
  ])('where %s is %j, which is said', (name, value) => {
    const { reporter, said } = open(BOTH, { [name]: value })
    expect(reporter).toBeUndefined()
    expect(said.join()).toMatch(/^line: This is not a run on GitHub/)
  })
})
