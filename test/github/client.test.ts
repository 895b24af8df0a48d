import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { ActionError } from '../../src/base/errors.ts'
import { Budget } from '../../src/github/budget.ts'
import { GitHubClient } from '../../src/github/client.ts'
import { HttpFailure, type HttpFailureReason, type HttpRequest } from '../../src/net/request.ts'
import { VirtualClock } from '../wait/virtual-clock.ts'

const WALL_MS = Date.UTC(2026, 10, 25)

type Answer = { status: number; body?: unknown; headers?: Record<string, string> } | HttpFailure

let clock: VirtualClock
let budget: Budget
let sent: (HttpRequest & { atMs: number })[]
/** What comes to each request; the last one for ever. */
let answers: Answer[]
let client: GitHubClient

beforeEach(async () => {
  clock = new VirtualClock()
  budget = new Budget(clock)
  answers = [{ status: 200 }]
  client = open('https://api.github.com/')
  // The first call loads Octokit, which takes real time.
  await client.repeat(call)
  sent = []
})

afterEach(() => {
  vi.restoreAllMocks()
})

function open(apiUrl: string, environment: NodeJS.ProcessEnv = {}) {
  sent = []
  return new GitHubClient({
    token: 'ghs_token',
    apiUrl: new URL(apiUrl),
    environment,
    budget,
    wallMs: () => WALL_MS,
    http: async (request) => {
      sent.push({ ...request, atMs: clock.elapsedMs })
      const answer = (answers.length > 1 ? answers.shift() : answers[0]) as Answer
      if (answer instanceof HttpFailure) throw answer
      const { status, body, headers = {} } = answer
      const type = { 'content-type': 'application/json; charset=utf-8' }
      return { status, headers: { ...type, ...headers }, text: JSON.stringify(body) ?? '' }
    },
  })
}

const where = { owner: 'octo', repo: 'game' }
const call = (octokit: Parameters<Parameters<GitHubClient['repeat']>[0]>[0]) =>
  octokit.rest.issues.listComments({ ...where, issue_number: 12 })
const creation: typeof call = (octokit) =>
  octokit.rest.issues.createComment({ ...where, issue_number: 12, body: 'hello' }) as never

const failureOf = async (work: Promise<unknown>) => {
  const thrown = await clock.run(
    work.then(
      () => undefined,
      (error: unknown) => error,
    ),
  )
  expect(thrown).toBeInstanceOf(ActionError)
  return thrown as ActionError
}
const times = () => sent.map(({ atMs }) => Math.round(atMs))

describe('a request', () => {
  test('carries the token, has a deadline and ends with the budget', async () => {
    answers = [{ status: 201, body: { id: 1 } }]
    expect(await clock.run(client.create(creation))).toEqual({ id: 1 })
    expect(sent).toMatchObject([
      {
        method: 'POST',
        body: '{"body":"hello"}',
        deadlineMs: 10_000,
        maxReplyBytes: 32 * 1024 * 1024,
      },
    ])
    expect(sent[0]?.url.href).toBe('https://api.github.com/repos/octo/game/issues/12/comments')
    expect(sent[0]?.headers).toMatchObject({ authorization: 'token ghs_token' })
    expect(sent[0]?.headers?.['user-agent']).toMatch(/^deploy-game-server/)
    expect(sent[0]?.signal).toBe(budget.signal)
  })

  test('of a read has no body', async () => {
    await clock.run(client.repeat(call))
    expect(sent[0]).not.toHaveProperty('body')
  })

  test.each(['https://git.example.com/api/v3', 'https://git.example.com/api/v3//'])(
    'goes below the path of the API (%s)',
    async (apiUrl) => {
      await open(apiUrl).repeat(call)
      const url = 'https://git.example.com/api/v3/repos/octo/game/issues/12/comments'
      expect(sent[0]?.url.href).toBe(url)
    },
  )

  test('to another host is not sent, and not tried again', async () => {
    const elsewhere: typeof call = (octokit) =>
      octokit.request('GET https://evil.example/') as never
    const error = await failureOf(client.repeat(elsewhere))
    expect(error).toMatchObject({
      message: expect.stringContaining("evil.example is not GitHub's"),
    })
    expect(sent).toEqual([])
  })

  test('leaves the environment as it was', async () => {
    const environment = { GITHUB_EVENT_PATH: '/tmp/event.json' }
    await open('https://api.github.com', environment).repeat(call)
    expect(environment).toEqual({ GITHUB_EVENT_PATH: '/tmp/event.json' })
    const without = {}
    await open('https://api.github.com', without).repeat(call)
    expect(Object.keys(without)).toEqual([])
  })

  test.each([
    ['of another name', { name: 'Error', status: 404 }],
    ['without a status', { name: 'HttpError', status: '404' }],
  ])('an error %s is thrown as it is, too', async (_, fields) => {
    const odd = Object.assign(new Error('odd'), fields)
    await expect(clock.run(client.repeat(() => Promise.reject(odd)))).rejects.toBe(odd)
  })

  test('writes nothing to the console by itself', async () => {
    const said = vi.spyOn(console, 'warn').mockReturnValue()
    const headers = { deprecation: 'true', link: '<https://x>; rel="deprecation"' }
    answers = [{ status: 200, body: [], headers }]
    await clock.run(client.repeat(call))
    expect(said).not.toHaveBeenCalled()
  })

  test('an error of our own code is thrown as it is, at once', async () => {
    const bug = new TypeError('x is not a function')
    const work = client.repeat(() => {
      throw bug
    })
    await expect(clock.run(work)).rejects.toBe(bug)
    expect(clock.elapsedMs).toBe(0)
  })
})

describe('what a failed request says', () => {
  const lost = (reason: HttpFailureReason) => new HttpFailure(reason, `it was ${reason}`)

  test.each<[string, Answer, object]>([
    ['401', { status: 401 }, { kind: 'unauthorized' }],
    ['403', { status: 403 }, { kind: 'forbidden' }],
    ['404', { status: 404 }, { kind: 'not-found' }],
    ['410', { status: 410 }, { kind: 'not-found' }],
    ['422', { status: 422, body: { message: 'Too long' } }, { message: 'Too long' }],
    ['400', { status: 400, body: { message: 7 } }, { message: 'GitHub gave no reason' }],
    [
      '302',
      { status: 302 },
      { message: 'GitHub answered with a redirect that cannot be followed (HTTP 302)' },
    ],
    [
      '422 with reasons',
      {
        status: 422,
        body: {
          message: 'Validation Failed',
          errors: [
            {
              resource: 'IssueComment',
              field: 'body',
              code: 'custom',
              message: 'body is too long',
            },
            { resource: 'Deployment', field: 'ref', code: 'invalid' },
            'No ref found',
            'One more',
          ],
        },
      },
      { message: 'Validation Failed: body is too long, ref invalid, No ref found' },
    ],
    [
      '422 with reasons that are none',
      { status: 422, body: { message: 'No', errors: [null, {}, { field: 7 }] } },
      { message: 'No' },
    ],
    [
      '422 with a reason that is no list',
      { status: 422, body: { errors: 'x' } },
      { message: 'GitHub gave no reason' },
    ],
    ['300', { status: 300 }, { kind: 'refused' }],
    [
      'a bad certificate',
      lost('untrusted'),
      { kind: 'untrusted-certificate', message: 'GitHub gave no answer: it was untrusted' },
    ],
  ])('%s: final', async (_, answer, expected) => {
    answers = [answer]
    expect(await failureOf(client.repeat(call))).toMatchObject(expected)
    expect(sent).toHaveLength(1)
  })

  test.each<[string, Answer, object]>([
    ['500', { status: 500 }, { kind: 'server-fault' }],
    ['503', { status: 503 }, { kind: 'server-fault' }],
    ['a broken connection', lost('broken'), { kind: 'connection-lost' }],
    ['no reply in time', lost('deadline'), { kind: 'connection-lost' }],
    ['no connection', lost('unreachable'), { kind: 'unreachable' }],
  ])('%s: tried again after 0.5, 2 and 5 s', async (_, answer, expected) => {
    answers = [answer]
    expect(await failureOf(client.repeat(call))).toMatchObject(expected)
    expect(times()).toEqual([0, 500, 2_500, 7_500])
  })

  test('names the request, without its query', async () => {
    answers = [{ status: 404 }]
    const search: typeof call = (octokit) =>
      octokit.rest.pulls.list({ ...where, head: 'octo:secret-branch' }) as never
    const { request } = await failureOf(client.repeat(search))
    expect(request).toBe('GET /repos/octo/game/pulls → 404')
  })

  test('that the step has ended, where it was given up', async () => {
    answers = [lost('aborted')]
    const work = client.repeat(call)
    budget.end()
    const error = await failureOf(work)
    expect(error).toMatchObject({
      message: 'GitHub had not answered when the step ended',
      request: 'GET /repos/octo/game/issues/12/comments',
    })
    expect(sent).toHaveLength(1)
  })

  test('holds nothing of what was sent', async () => {
    answers = [{ status: 401, body: { message: 'Bad credentials' } }]
    const error = await failureOf(client.repeat(call))
    expect(JSON.stringify([error, error.cause, error.message])).not.toContain('ghs_token')
  })
})

describe('a redirect', () => {
  const moved = (status: number, location: string) => ({ status, headers: { location } })
  const urls = () => sent.map(({ url }) => url.href)
  const START = 'https://api.github.com/repos/octo/game/issues/12/comments'
  const MOVED = 'https://api.github.com/repositories/7/issues/12/comments'

  test.each([301, 302, 307, 308])(
    'of a read (%i) is followed on the same server',
    async (status) => {
      answers = [moved(status, `${MOVED}?page=1`), { status: 200, body: [7] }]
      expect(await clock.run(client.repeat(call))).toEqual([7])
      expect(urls()).toEqual([START, `${MOVED}?page=1`])
      expect(sent[1]?.headers).toMatchObject({ authorization: 'token ghs_token' })
    },
  )

  test.each([307, 308])('of a creation (%i) is followed with the same request', async (status) => {
    answers = [
      moved(status, '/repositories/7/issues/12/comments'),
      { status: 201, body: { id: 3 } },
    ]
    expect(await clock.run(client.create(creation))).toEqual({ id: 3 })
    expect(urls()).toEqual([START, MOVED])
    expect(sent[1]).toMatchObject({ method: 'POST', body: '{"body":"hello"}' })
  })

  test.each([
    ['another server', 301, 'https://evil.example/repositories/7', call],
    ['another port', 307, 'https://api.github.com:8443/repositories/7', call],
    ['no encryption', 301, 'http://api.github.com/repositories/7', call],
    ['a user name', 301, 'https://me@api.github.com/repositories/7', call],
    ['no URL', 301, 'https://', call],
    ['another method', 301, MOVED, creation],
    ['a page for people', 303, MOVED, call],
  ])('to %s is not followed', async (_, status, location, request) => {
    answers = [moved(status, location), { status: 200, body: [] }]
    const { message } = await failureOf(client.repeat(request))
    expect(message).toContain(`a redirect that cannot be followed (HTTP ${status})`)
    expect(urls()).toEqual([START])
  })

  test('that leads nowhere ends after three', async () => {
    answers = [moved(301, MOVED)]
    await failureOf(client.repeat(call))
    expect(urls()).toEqual([START, MOVED, MOVED, MOVED])
  })
})

describe('a change', () => {
  test.each<[string, Answer]>([
    ['the changed thing', { status: 200, body: { id: 3 } }],
    ['any object', { status: 201, body: {} }],
    ['nothing at all', { status: 204 }],
  ])('is done where the reply is %s', async (_, answer) => {
    answers = [answer]
    await clock.run(client.change(call as never))
    expect(sent).toHaveLength(1)
  })

  test('is sent again where the reply is something else, such as the page of a proxy', async () => {
    answers = [
      { status: 200, body: 'Log in' },
      { status: 200, body: { id: 3 } },
    ]
    await clock.run(client.change(call as never))
    expect(times()).toEqual([0, 500])
  })

  test('fails where it never is', async () => {
    answers = [{ status: 200, body: 'Log in' }]
    expect(await failureOf(client.change(call as never))).toMatchObject({
      kind: 'malformed-reply',
      message: "GitHub's reply gave no JSON object",
    })
    expect(sent).toHaveLength(4)
  })
})

describe('a creation', () => {
  test.each([500, 502, 504])(
    'that is answered with %i may have happened: not repeated',
    async (status) => {
      answers = [{ status }, { status: 201 }]
      expect(await failureOf(client.create(creation))).toMatchObject({ kind: 'server-fault' })
      expect(sent).toHaveLength(1)
    },
  )

  test('whose reply is lost is not repeated', async () => {
    answers = [new HttpFailure('broken', 'reset'), { status: 201 }]
    await failureOf(client.create(creation))
    expect(sent).toHaveLength(1)
  })

  test('that is refused is not repeated', async () => {
    answers = [{ status: 422 }, { status: 201 }]
    await failureOf(client.create(creation))
    expect(sent).toHaveLength(1)
  })

  test.each<[string, Answer]>([
    ['was not sent', new HttpFailure('unreachable', 'no connection')],
    ['met a rate limit', { status: 429, headers: { 'retry-after': '1' } }],
  ])('that %s is repeated', async (_, answer) => {
    answers = [answer, { status: 201, body: { id: 3 } }]
    expect(await clock.run(client.create(creation))).toEqual({ id: 3 })
    expect(sent).toHaveLength(2)
  })
})

describe('a rate limit is waited for', () => {
  const reset = (inS: number) => String(WALL_MS / 1_000 + inS)
  const secondary =
    'https://docs.github.com/free-pro-team@latest/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits'

  test.each<[string, Answer, number]>([
    ['429 with a time', { status: 429, headers: { 'retry-after': '7' } }, 7_000],
    ['403 with a time', { status: 403, headers: { 'retry-after': '7' } }, 7_000],
    ['a time that cannot be read', { status: 403, headers: { 'retry-after': 'soon' } }, 60_000],
    ['429 without a time', { status: 429 }, 60_000],
    [
      '403 with only the page about secondary limits',
      { status: 403, body: { documentation_url: secondary } },
      60_000,
    ],
    [
      'the hour is used up',
      { status: 403, headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset(90) } },
      90_000,
    ],
    [
      'the hour is over just now',
      { status: 429, headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset(-5) } },
      1_000,
    ],
    [
      'a reset in a thousand years: an hour',
      { status: 403, headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset(9e9) } },
      3_600_000,
    ],
    [
      'a reset of too many digits',
      {
        status: 429,
        headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1'.repeat(13) },
      },
      60_000,
    ],
    [
      'a reset with a unit',
      { status: 429, headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '9s' } },
      60_000,
    ],
    [
      'a reset that is no number',
      { status: 429, headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': 'x9' } },
      60_000,
    ],
  ])('%s', async (_, answer, pauseMs) => {
    answers = [answer, { status: 200, body: [] }]
    await clock.run(client.repeat(call))
    expect(times()).toEqual([0, pauseMs])
  })

  test.each<[string, Answer]>([
    [
      'requests are left',
      { status: 403, headers: { 'x-ratelimit-remaining': '9', 'x-ratelimit-reset': reset(9) } },
    ],
    ['no reset is named', { status: 403, headers: { 'x-ratelimit-remaining': '0' } }],
    [
      'another page is named',
      { status: 403, body: { documentation_url: 'https://docs.github.com/rest' } },
    ],
    ['the status is another', { status: 404, headers: { 'retry-after': '7' } }],
  ])('but a refusal is none where %s', async (_, answer) => {
    answers = [answer]
    expect((await failureOf(client.repeat(call))).retryAfterMs).toBeUndefined()
    expect(sent).toHaveLength(1)
  })

  test('is the error where there is no time for it', async () => {
    budget.limit(5_000)
    answers = [{ status: 429, headers: { 'retry-after': '30' } }]
    expect(await failureOf(client.repeat(call))).toMatchObject({
      kind: 'rate-limited',
      retryAfterMs: 30_000,
    })
    expect(times()).toEqual([0])
  })
})

describe('a list', () => {
  const next = { link: '<https://api.github.com/x?page=2>;rel="next", <https://x>; rel="last"' }
  const read = (entry: unknown) => {
    const { id } = entry as { id?: number }
    return id === undefined ? undefined : { id }
  }
  const pageNumbers = () => sent.map(({ url }) => url.searchParams.get('page'))
  const pages = (isEnough?: (page: readonly { id: number }[]) => boolean) =>
    clock.run(
      client.pages(
        (octokit, page) => octokit.rest.issues.listComments({ ...where, issue_number: 12, page }),
        read,
        isEnough,
      ),
    )

  test('of several pages is read to its end', async () => {
    answers = [
      { status: 200, body: [{ id: 1 }, {}], headers: next },
      { status: 200, body: [{ id: 2 }], headers: next },
      { status: 200, body: [{ id: 3 }], headers: { link: '<https://x>; rel="prev"' } },
    ]
    expect(await pages()).toEqual([{ id: 1 }, { id: 2 }, { id: 3 }])
    expect(pageNumbers()).toEqual(['1', '2', '3'])
  })

  test('ends where it is enough', async () => {
    answers = [
      { status: 200, body: [{ id: 9 }], headers: next },
      { status: 200, body: [{ id: 8 }], headers: next },
    ]
    expect(await pages((page) => page.some(({ id }) => id < 9))).toEqual([{ id: 9 }, { id: 8 }])
  })

  test('without end is read for a hundred pages', async () => {
    answers = [{ status: 200, body: [{ id: 1 }], headers: next }]
    await pages()
    expect(sent).toHaveLength(100)
    expect(pageNumbers().at(-1)).toBe('100')
  })

  test('holds an entry once that moved to the next page meanwhile', async () => {
    answers = [
      { status: 200, body: [{ id: 3 }, { id: 2 }], headers: next },
      { status: 200, body: [{ id: 2 }, { id: 1 }] },
    ]
    expect(await pages()).toEqual([{ id: 3 }, { id: 2 }, { id: 1 }])
  })

  test('goes on where one page failed for a moment', async () => {
    answers = [
      { status: 200, body: [{ id: 1 }], headers: next },
      { status: 502 },
      { status: 200, body: [{ id: 2 }] },
    ]
    expect(await pages()).toEqual([{ id: 1 }, { id: 2 }])
    expect(pageNumbers()).toEqual(['1', '2', '2'])
  })

  test('that is null is empty', async () => {
    answers = [{ status: 200, body: null }]
    expect(await pages()).toEqual([])
    expect(await clock.run(client.list(call))).toEqual([])
  })

  test.each(['<html>busy</html>', {}, { message: 'later' }])(
    'that is %j is none: asked for again, then an error',
    async (body) => {
      answers = [{ status: 200, body }]
      expect(await failureOf(client.list(call))).toMatchObject({
        kind: 'malformed-reply',
        message: "GitHub's reply gave no list",
      })
      expect(times()).toEqual([0, 500, 2_500, 7_500])
    },
  )

  test('is refused as everything else', async () => {
    answers = [{ status: 403 }]
    await failureOf(client.list(call))
    expect(sent).toHaveLength(1)
  })
})
