import { describe, expect, it } from 'vitest'
import { HttpFailure } from '../../src/net/http-failure.ts'
import type { HttpClient, HttpReply } from '../../src/net/request.ts'
import {
  createRestClient,
  type RestOptions,
  type RestRequest,
  refusalError,
} from '../../src/provider/rest-client.ts'

type Sent = Parameters<HttpClient>[0]

/** Sends one request, and gives what went out. */
async function send(request: RestRequest, options: Partial<RestOptions> = {}): Promise<Sent> {
  const sent: Sent[] = []
  const client = createRestClient({
    http: async (one) => {
      sent.push(one)
      return { status: 200, headers: {}, text: '' }
    },
    baseUrl: new URL('https://api.test/base/'),
    headers: { authorization: 'token secret' },
    who: 'the API',
    ...options,
  })
  await client(request, { deadlineMs: 1_000, signal: new AbortController().signal })
  expect(sent).toHaveLength(1)
  return sent[0] as Sent
}

const GET = { method: 'GET', path: '/v1/x' } as const

describe('a request', () => {
  it('without a body carries credentials, what it accepts and who asks', async () => {
    const sent = await send(GET)
    expect(sent.url.href).toBe('https://api.test/base/v1/x')
    expect(sent.headers).toEqual({
      authorization: 'token secret',
      accept: 'application/json',
      'user-agent': 'deploy-game-server',
    })
    expect(sent).not.toHaveProperty('body')
  })

  it.each([{ a: 1 }, null, 0, false, ''])('carries the body %j as JSON', async (body) => {
    const sent = await send({ method: 'POST', path: '/v1/x', body })
    expect(sent.body).toBe(JSON.stringify(body))
    expect(sent.headers).toMatchObject({ 'content-type': 'application/json' })
  })

  it('carries its query, and has none of the base', async () => {
    const baseUrl = new URL('https://api.test/?old=1')
    expect((await send({ ...GET, query: { q: 'a b&c' } }, { baseUrl })).url.search).toBe(
      '?q=a+b%26c',
    )
    expect((await send(GET, { baseUrl })).url.search).toBe('')
  })

  it('says how much of the reply is read', async () => {
    expect(await send({ ...GET, maxReplyBytes: 0, keepsEnd: true })).toMatchObject({
      maxReplyBytes: 0,
      keepsEnd: true,
    })
    const plain = await send(GET)
    expect(plain).not.toHaveProperty('maxReplyBytes')
    expect(plain).not.toHaveProperty('keepsEnd')
  })

  it.each([
    [undefined, 1_000],
    [400, 400],
    [5_000, 1_000],
  ])(
    'waits as long as its call and the client (%s ms) allow',
    async (longestCallMs, deadlineMs) => {
      const options = longestCallMs === undefined ? {} : { longestCallMs }
      expect((await send(GET, options)).deadlineMs).toBe(deadlineMs)
    },
  )
})

describe('a path with a name of nothing but dots', () => {
  it.each([
    '/v1/app/..',
    '/v1/app/.',
    '/v1/app/../version',
    '/v1/./version',
    '/v1/app/%2e%2E',
    '/v1/app/.%2e/x',
    '..',
    './x',
  ])('%s is never sent: it would name something else', async (path) => {
    await expect(send({ method: 'DELETE', path })).rejects.toMatchObject({
      kind: 'refused',
      request: `DELETE /base${path}`,
    })
  })

  it.each(['/v1/v1.2', '/v1/...', '/v1/.hidden', '/v1/a..', '/v1/..a/b', '/v1/%2e%2e%2e'])(
    '%s is a name like others',
    async (path) => {
      expect((await send({ method: 'DELETE', path })).url.pathname).toBe(`/base${path}`)
    },
  )
})

describe('a request without a whole reply', () => {
  const failing = (thrown: unknown) => {
    const http = async () => {
      throw thrown
    }
    return send(GET, { http })
  }

  it.each([
    ['unreachable', 'unreachable'],
    ['untrusted', 'untrusted-certificate'],
    ['broken', 'connection-lost'],
    ['deadline', 'connection-lost'],
    ['aborted', 'connection-lost'],
    ['too-large', 'connection-lost'],
  ] as const)('(%s) is an error that names who was asked', async (reason, kind) => {
    await expect(failing(new HttpFailure(reason, 'why'))).rejects.toMatchObject({
      kind,
      message: expect.stringMatching(/^the API .*why$/),
      request: 'GET /base/v1/x',
      next: expect.stringMatching(/\.$/),
    })
  })

  it('hides no fault of our own', async () => {
    await expect(failing(new TypeError('a bug'))).rejects.toThrow(TypeError)
  })
})

describe('a refusal as an error', () => {
  const reply = (status: number, headers: HttpReply['headers'] = {}) => {
    return { status, headers, text: '', request: 'GET /x' }
  }
  const refusal = { what: 'It failed', message: '', next: {} }

  it('says what could not be done, and why where the provider says so', () => {
    expect(refusalError(reply(409), refusal)).toMatchObject({
      kind: 'refused',
      message: 'It failed (HTTP 409)',
      request: 'GET /x → 409',
      next: undefined,
      retryAfterMs: undefined,
    })
    expect(refusalError(reply(409), { ...refusal, message: 'why' }).message).toBe(
      'It failed (HTTP 409): why',
    )
  })

  it.each([
    [{ location: 'https://www.example.com/login?x=1' }, ': it redirects to www.example.com'],
    [{ location: '/elsewhere' }, ' (HTTP 302)'],
    [{}, ' (HTTP 302)'],
  ])('says where a redirect leads that was not followed: %j', (headers, text) => {
    const { message } = refusalError(reply(302, headers as HttpReply['headers']), refusal)
    expect(message).toContain(text)
    expect(message).not.toContain('x=1')
  })

  it('has the kind of its status unless the caller knows better, and its advice', () => {
    const next = { refused: 'a', 'not-found': 'b' } as const
    expect(refusalError(reply(400), { ...refusal, next })).toMatchObject({
      kind: 'refused',
      next: 'a',
    })
    expect(refusalError(reply(400), { ...refusal, next, kind: 'not-found' })).toMatchObject({
      kind: 'not-found',
      next: 'b',
    })
  })

  it('says when to come back, by the header before the body', () => {
    const limited = reply(429, { 'retry-after': '7' })
    expect(refusalError(limited, { ...refusal, retryAfter: '9' }).retryAfterMs).toBe(7_000)
    expect(refusalError(reply(429), { ...refusal, retryAfter: '9' }).retryAfterMs).toBe(9_000)
  })
})
