import { describe, expect, it } from 'vitest'
import { ActionError } from '../../../../src/base/errors.ts'
import { write } from '../../../../src/provider/edgegap/versions/write.ts'
import { type Answer, callWithin, inTurn, scripted } from './scripted.ts'

const request = { method: 'PATCH', path: '/v1/thing', body: { a: 1 } } as const
const lost = new ActionError({ kind: 'connection-lost', what: 'The connection broke' })
const send = (answer: Answer) =>
  write(scripted(inTurn(answer)), request, 'It was not changed', callWithin(600_000))

describe('a write', () => {
  it.each<Answer>([
    { body: {} },
    { status: 201, body: { success: true } },
    { body: { success: 'true' } },
    { status: 204, body: '' },
  ])('is done where Edgegap confirms it: %j', async (answer) => {
    expect(await send(answer)).toEqual({ kind: 'done' })
  })

  it.each([400, 401, 403, 404, 409, 422, 424])('is refused with %i', async (status) => {
    const body = { message: 'no' }
    expect(await send({ status, body })).toMatchObject({ kind: 'refused', reply: { status } })
  })

  it.each<[Answer, string]>([
    [{ status: 300 }, 'malformed-reply'],
    [{ status: 302, body: '<html>' }, 'not-the-api'],
    [{ status: 399 }, 'malformed-reply'],
    [{ status: 429, body: { message: 'too many' } }, 'rate-limited'],
    [{ status: 500, body: { message: 'broken' } }, 'server-fault'],
    [{ status: 503 }, 'server-fault'],
  ])('may have been done or not after %j', async (answer, kind) => {
    const result = await send(answer)
    expect(result).toMatchObject({ kind: 'unknown', error: { kind } })
  })

  it.each(['', 'ok', '[]', 'null', '"done"', '{"success": false}', '{"succ'])(
    'is not confirmed by a good status with %j',
    async (body) => {
      const result = await send({ status: 200, body })
      expect(result).toMatchObject({ kind: 'unknown', error: { kind: 'malformed-reply' } })
      const message = result.kind === 'unknown' ? result.error.message : ''
      expect(message).toContain('It was not changed: it did not confirm it')
    },
  )

  it('tells what could not be done, and Edgegap’s reason', async () => {
    const result = await send({ status: 500, body: { message: 'broken' } })
    const message = result.kind === 'unknown' ? result.error.message : ''
    expect(message).toBe('It was not changed (HTTP 500): broken')
  })

  it('may have been done or not when no answer came', async () => {
    expect(await send({ fault: lost })).toEqual({ kind: 'unknown', error: lost })
  })

  it('is sent once, whatever comes of it', async () => {
    const api = scripted(inTurn({ status: 503 }))
    await write(api, request, 'x', callWithin(600_000))
    expect(api.sent).toMatchObject([request])
  })

  it.each([
    [600_000, 60_000],
    [7_000, 7_000],
  ])('within %i ms may take %i', async (deadlineMs, takesMs) => {
    const api = scripted(inTurn({}))
    const call = callWithin(deadlineMs)
    await write(api, request, 'x', call)
    expect(api.sent).toMatchObject([{ deadlineMs: takesMs }])
    expect(api.sent[0]?.signal).toBe(call.signal)
  })
})
