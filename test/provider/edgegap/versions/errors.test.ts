import { describe, expect, it } from 'vitest'
import type { EdgegapReply } from '../../../../src/provider/edgegap/client.ts'
import {
  describeReply,
  refusal,
  toReplyError,
  writeRefusal,
} from '../../../../src/provider/edgegap/versions/errors.ts'
import { imageOf } from './scripted.ts'

const app = { application: 'my-game' }
const reply = (status: number, body: unknown = { message: 'no' }) =>
  ({
    ...{ status, headers: {}, request: 'PATCH /v1/x' },
    text: typeof body === 'string' ? body : JSON.stringify(body),
  }) as EdgegapReply

interface Context {
  hasLogin?: boolean
  hasResources?: boolean
}

const refused = (status: number, body?: unknown, { hasLogin = false, ...more }: Context = {}) =>
  writeRefusal(app, reply(status, body), 'It was not made', {
    image: imageOf('new'),
    hasLogin,
    ...more,
  })

describe('an error reply', () => {
  it('tells what failed, with Edgegap’s reason and the request', () => {
    const error = toReplyError(reply(400), 'It was not made', { refused: 'Do this.' })
    expect(error).toMatchObject({
      ...{ kind: 'refused', next: 'Do this.', request: 'PATCH /v1/x → 400' },
      message: 'It was not made (HTTP 400): no',
    })
  })

  it.each(['{"private_token": "secret-1"', 'secret-1', '<html>secret-1'])(
    'that is no JSON is not shown: %s',
    (body) => {
      expect(toReplyError(reply(500, body), 'It failed').message).toBe('It failed (HTTP 500)')
      expect(describeReply(reply(500, body), 'It failed')).not.toContain('secret-1')
    },
  )

  it.each([null, '"text"', [], {}])('without a reason has none: %j', (body) => {
    const text = JSON.stringify(body)
    expect(toReplyError(reply(400, text), 'It failed').message).toBe('It failed (HTTP 400)')
  })

  it('in a few words is a sentence with the request', () => {
    expect(describeReply(reply(403), 'Edgegap refused')).toBe(
      'Edgegap refused (HTTP 403): no (PATCH /v1/x → 403)',
    )
  })
})

describe('a refusal', () => {
  it('to read leads to the application where nothing is known', () => {
    expect(refusal(app, reply(404), 'x')).toMatchObject({ kind: 'not-found' })
    expect(refusal(app, reply(404), 'x').next).toContain('organization has no "my-game"')
    expect(refusal(app, reply(401), 'x').next).toContain('api-token')
  })

  it('to write leads to the application where nothing is known', () => {
    const error = refused(404)
    expect(error).toMatchObject({ kind: 'not-found', message: 'It was not made (HTTP 404): no' })
    expect(error.next).toContain('An application is never created')
  })

  it.each([
    [424, 'no'],
    [424, ''],
    [400, 'Unable to login with the given credentials'],
    [400, 'The log in failed'],
    [400, 'bad credential'],
    [400, 'LOGIN'],
  ])('of the image names registry, image and tag: %i %s', (status, message) => {
    for (const hasLogin of [true, false]) {
      const error = refused(status, { message }, { hasLogin })
      expect(error.kind).toBe('refused')
      expect(error.message).toContain(
        'It was not made: it could not pull the image my-org/my-game with the tag new from registry.edgegap.com',
      )
      const advice = hasLogin ? 'and that registry-username' : 'unless it is public, give registry-'
      expect(error.next).toContain('Check that registry.edgegap.com/my-org/my-game:new was pushed')
      expect(error.next).toContain(advice)
    }
  })

  it.each([
    [401, 'credential'],
    [403, 'login'],
    [422, 'login'],
    [400, 'logs in'],
    [400, 'lo gin'],
  ])('is not of the image only because of a word: %i %s', (status, message) => {
    expect(refused(status, { message }).message).not.toContain('could not pull')
  })

  it.each([
    ['You have reached you Application Version limit of 2', {}, 'as many versions as it may'],
    ['LIMIT', { hasResources: true }, 'as many versions as it may'],
    ['req_cpu: cannot be changed', { hasResources: true }, 'another cpu or memory for a version'],
    ['bad', {}, 'does not take them as they are'],
    ['bad', { hasResources: false }, 'does not take them as they are'],
  ])('of the inputs says what to check: %s %j', (message, context, advice) => {
    expect(refused(400, { message }, context).next).toContain(advice)
  })
})
