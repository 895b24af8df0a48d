import { expect, it } from 'vitest'
import { openEdge } from './instance.ts'

it.each([
  [409, 'refused', 'ROCKIT Edge refused the import (HTTP 409): why'],
  [499, 'refused', 'ROCKIT Edge refused the import (HTTP 499): why'],
  [500, 'try-again', 'ROCKIT Edge could not handle the import (HTTP 500): why'],
  [502, 'try-again', 'ROCKIT Edge could not handle the import (HTTP 502): why'],
])(
  'an import that is answered with %i is %s, and is said to be that',
  async (status, kind, message) => {
    const { create } = openEdge({ 'POST /builds': [[status, { message: 'why' }]] })
    expect(await create()).toMatchObject({ kind, error: { message } })
  },
)

it('an import that is refused has advice also where tasks may not be read', async () => {
  const { create } = openEdge({ 'GET /tasks': [[403, {}]], 'POST /builds': [[409, {}]] })
  expect(await create()).toMatchObject({
    kind: 'refused',
    error: { next: expect.stringMatching(/^Check the inputs\. The app may be locked/) },
  })
})
