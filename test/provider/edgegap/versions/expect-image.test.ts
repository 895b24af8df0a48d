import { describe, expect, it } from 'vitest'
import { ActionError } from '../../../../src/base/errors.ts'
import { expectImage } from '../../../../src/provider/edgegap/versions/expect-image.ts'
import { failure } from './rig.ts'
import { type Answer, callWithin, imageOf, inTurn, scripted, versionJson } from './scripted.ts'

const shows = (tag: string): Answer => ({ body: versionJson(tag) })
const fault = new ActionError({ kind: 'connection-lost', what: 'the line went dead' })

/** What comes of the check of a version that was moved from v1 to v2, by what Edgegap answers. */
function check(...answers: Answer[]) {
  const api = scripted(inTurn(...answers))
  const images = { image: imageOf('v2'), previousImage: imageOf('v1') }
  return { api, checked: expectImage(api, 'prod', images, callWithin(60_000)) }
}

describe('a version whose servers were just created', () => {
  it.each([
    ['shows its image', [shows('v2')], 1],
    ['shows the image from before for a while', [shows('v1'), shows('v1'), shows('v2')], 3],
    ['was deleted, which no running server minds', [{ status: 404, body: {} }], 1],
    ['cannot be read, which proves nothing', [{ fault }], 4],
  ] as const)('passes where it %s', async (_, answers, requests) => {
    const { api, checked } = check(...answers)
    await expect(checked).resolves.toBeUndefined()
    expect(api.sent).toHaveLength(requests)
  })

  it('fails where somebody else has moved it, and names both images', async () => {
    const { api, checked } = check(shows('v3'))
    const error = await failure(checked)
    expect(error).toMatchObject({ kind: 'refused' })
    expect(error.message).toContain('to registry.edgegap.com/my-org/my-game:v3 while')
    expect(error.message).toContain('may not run registry.edgegap.com/my-org/my-game:v2')
    expect(api.sent).toHaveLength(1)
  })

  it('fails where somebody moved it back for good', async () => {
    const { checked } = check(shows('v1'))
    expect((await failure(checked)).message).toContain('my-game:v1 while')
  })
})
