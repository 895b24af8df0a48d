import { describe, expect, it } from 'vitest'
import { ActionError } from '../../../../src/base/errors.ts'
import { readBack } from '../../../../src/provider/edgegap/versions/read-back.ts'
import { type Answer, callWithin, imageOf, inTurn, scripted, versionJson } from './scripted.ts'

const lost = new ActionError({ kind: 'connection-lost', what: 'The connection broke' })
const shows = (tag: string): Answer => ({ body: versionJson(tag) })
const [PAUSES_MS, DEADLINE_MS] = [[100, 200, 300], 60_000]

/** A version that was moved from `old` to `new` and shows one tag after the other. */
function look(answers: readonly Answer[], more: { from?: undefined; deadlineMs?: number } = {}) {
  const api = scripted(inTurn(...answers))
  const move = { version: 'prod', from: imageOf('old'), to: imageOf('new'), next: 'Look.', ...more }
  const call = callWithin(more.deadlineMs ?? DEADLINE_MS)
  return { api, result: readBack(api, move, PAUSES_MS, call) }
}

describe('a version that was moved', () => {
  it('shows its new image', async () => {
    const { api, result } = look([shows('new')])
    expect(await result).toEqual({ kind: 'moved' })
    expect(api.sent).toMatchObject([{ method: 'GET', path: '/v1/app/my-game/version/prod' }])
  })

  it('may show the image from before for a while', async () => {
    const { api, result } = look([shows('old'), shows('old'), shows('old'), shows('new')])
    expect(await result).toEqual({ kind: 'moved' })
    expect(api.pausesMs).toEqual(PAUSES_MS)
  })

  it('shows another image where it still shows the one from before after all pauses', async () => {
    const { api, result } = look([shows('old')])
    expect(await result).toMatchObject({ kind: 'other', error: { kind: 'refused', next: 'Look.' } })
    expect(api.sent).toHaveLength(4)
  })

  it('is not waited for where it shows somebody else’s image', async () => {
    const { api, result } = look([shows('old'), shows('theirs'), shows('new')])
    const end = await result
    expect(end.kind).toBe('other')
    expect('error' in end && end.error.message).toBe(
      'Edgegap accepted the move of the version prod to registry.edgegap.com/my-org/my-game:new, and shows registry.edgegap.com/my-org/my-game:theirs all the same',
    )
    expect(api.sent).toHaveLength(2)
  })

  it('is not waited for where nobody knows what it had before', async () => {
    const { api, result } = look([shows('old'), shows('new')], { from: undefined })
    expect(await result).toMatchObject({ kind: 'other' })
    expect(api.sent).toHaveLength(1)
  })

  it('is behind where no time is left to read it again', async () => {
    const { api, result } = look([{ ...shows('old'), takesMs: 50 }], { deadlineMs: 240 })
    expect(await result).toMatchObject({ kind: 'behind', error: { kind: 'refused' } })
    // 50 ms, a pause of 100, 50 ms: 40 are left, and the next pause takes 200.
    expect(api.sent.map(({ deadlineMs }) => deadlineMs)).toEqual([240, 90])
  })

  it.each<[string, Answer]>([
    ['is gone', { status: 404, body: { message: 'unknown' } }],
    ['is refused', { status: 403, body: { message: 'no' } }],
    ['gives no answer', { fault: lost }],
    ['is something else', { body: { a: 1 } }],
  ])('is unread where it %s', async (_, answer) => {
    expect(await look([answer]).result).toEqual({ kind: 'unread' })
  })
})
