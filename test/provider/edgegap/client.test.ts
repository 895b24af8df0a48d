import { describe, expect, it } from 'vitest'
import { replyError } from '../../../src/provider/edgegap/client.ts'
import { readCreate } from '../../../src/provider/edgegap/create-reply.ts'

const PAGE = '<!doctype html><title>Welcome</title>'

function reply(status: number, body: unknown = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return { status, headers: {}, text, request: 'POST /v2/deployments' }
}

describe('an error reply', () => {
  it.each([
    [301, 'malformed-reply'],
    [400, 'refused'],
    [401, 'unauthorized'],
    [403, 'forbidden'],
    [404, 'not-found'],
    [409, 'refused'],
    [422, 'no-capacity'],
    [429, 'rate-limited'],
    [500, 'server-fault'],
    [503, 'server-fault'],
  ])('%d is %s, with the request', (status, kind) => {
    expect(replyError(reply(status), 'It failed', '')).toMatchObject({
      kind,
      message: `It failed (HTTP ${status})`,
      request: `POST /v2/deployments → ${status}`,
    })
  })

  it.each([302, 400, 401, 403, 404, 410, 422, 499])(
    '%d with a web page is of something else than the API',
    (status) => {
      expect(replyError(reply(status, PAGE), 'It failed', '')).toMatchObject({
        kind: 'not-the-api',
        request: `POST /v2/deployments → ${status}`,
        next: expect.stringContaining('api-url'),
      })
    },
  )

  it.each([
    [429, 'rate-limited'],
    [500, 'server-fault'],
    [502, 'server-fault'],
  ])('%d with a web page is what gateways send for %s', (status, kind) => {
    expect(replyError(reply(status, PAGE), 'It failed', '')).toMatchObject({ kind })
  })

  it('has the words of Edgegap, and advice for its kind', () => {
    expect(replyError(reply(401), 'It failed', 'bad token')).toMatchObject({
      message: 'It failed (HTTP 401): bad token',
      next: expect.stringContaining('api-token'),
    })
  })

  it('has the advice of its caller, where that knows better', () => {
    const next = { refused: 'Do this.', unauthorized: 'Do that.' }
    expect(replyError(reply(400), 'It failed', '', next).next).toBe('Do this.')
    expect(replyError(reply(401), 'It failed', '', next).next).toBe('Do that.')
    expect(replyError(reply(429), 'It failed', '', next).next).toContain('organization')
    expect(replyError(reply(409), 'It failed', '').next).toBeUndefined()
  })

  it('may mean that an id is not known, whatever its status', () => {
    expect(replyError(reply(400), 'It failed', '', {}, true)).toMatchObject({ kind: 'not-found' })
  })
})

describe('the reply to a create', () => {
  it.each([
    [199, 'unknown'],
    [200, 'created'],
    [202, 'created'],
    [299, 'created'],
    [300, 'unknown'],
    [399, 'unknown'],
    [400, 'refused'],
    [428, 'refused'],
    [429, 'unknown'],
    [499, 'refused'],
    [500, 'unknown'],
  ])('%d with an id: %s', async (status, kind) => {
    expect(await readCreate(reply(status, { request_id: 'abc' }))).toMatchObject({ kind })
  })

  it('that accepts without an id leaves something behind that must be found', async () => {
    expect(await readCreate(reply(202))).toMatchObject({ kind: 'unknown', isAccepted: true })
  })

  it('that is a web page with a good status is nothing that Edgegap accepted', async () => {
    const result = await readCreate(reply(200, PAGE))
    expect(result).toMatchObject({
      kind: 'unknown',
      error: { kind: 'not-the-api', request: 'POST /v2/deployments → 200' },
    })
    expect(result).not.toHaveProperty('isAccepted')
  })

  it('says who failed: Edgegap, or the request', async () => {
    const error = async (status: number) => {
      const result = await readCreate(reply(status, { message: 'why' }))
      return 'error' in result ? result.error.message : ''
    }
    expect(await error(500)).toBe('Edgegap failed to create the deployment (HTTP 500): why')
    expect(await error(499)).toBe('Edgegap refused the deployment (HTTP 499): why')
  })

  it('that refuses names the failed deployment that exists all the same', async () => {
    const body = { request_id: 'abc', message: 'No server' }
    expect(await readCreate(reply(422, body))).toEqual({
      kind: 'refused',
      error: expect.objectContaining({ kind: 'no-capacity' }),
      id: 'abc',
    })
  })

  it.each([{}, '', 'no json', '[]'])('that refuses with 422 and %j may leave one', async (body) => {
    const result = await readCreate(reply(422, body))
    expect(result).toMatchObject({ kind: 'refused', mayExist: true })
    expect(result).not.toHaveProperty('id')
  })

  it('that refuses otherwise has made nothing, even if it names an id', async () => {
    expect(await readCreate(reply(400, { request_id: 'abc' }))).toEqual({
      kind: 'refused',
      error: expect.objectContaining({ kind: 'refused' }),
    })
  })

  it.each([
    [400, true],
    [422, true],
    [401, false],
    [404, false],
    [500, false],
  ])('%d may come from a limit of the account: %s', async (status, isHinted) => {
    const result = await readCreate(reply(status), ' HINT')
    const next = 'error' in result ? result.error.next : ''
    expect(next?.endsWith(' HINT')).toBe(isHinted)
  })

  it('has advice without a hint', async () => {
    for (const status of [400, 404, 422]) {
      const result = await readCreate(reply(status))
      expect('error' in result && result.error.next).toMatch(/\.$/)
    }
  })
})
