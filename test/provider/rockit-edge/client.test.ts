import { expect, it } from 'vitest'
import type { HttpRequest } from '../../../src/net/request.ts'
import { RockitEdgeApi } from '../../../src/provider/rockit-edge/api.ts'
import { createRockitEdgeClient } from '../../../src/provider/rockit-edge/client.ts'
import type { RockitEdgeSettings } from '../../../src/provider/rockit-edge/settings.ts'

const call = { deadlineMs: 1_000, signal: new AbortController().signal }

function clientOf(apiUrl: string, answer: (path: string) => { status: number; json: unknown }) {
  const asked: HttpRequest[] = []
  const settings = { apiUrl: new URL(apiUrl), token: 'k', organization: 'acme', username: 'ci' }
  const send = createRockitEdgeClient(
    async (request) => {
      asked.push(request)
      const { status, json } = answer(request.url.pathname)
      return { status, headers: {}, text: JSON.stringify(json) }
    },
    settings as RockitEdgeSettings,
    undefined,
  )
  return { send, asked }
}

it.each([
  ['https://edge.x', '/be/v1/apps/a'],
  ['https://edge.x//be/v1', '/be/v1/apps/a'],
  ['https://edge.x/be//v1//', '/be/v1/apps/a'],
  ['https://edge.x//evil.example/be/v1', '/evil.example/be/v1/apps/a'],
  ['https://edge.x/proxy/', '/proxy/be/v1/apps/a'],
  ['https://edge.x/', '/be/v1/apps/a'],
  ['https://edge.x/be/v1/', '/be/v1/apps/a'],
  ['https://edge.x/be/v1/proxy', '/be/v1/proxy/be/v1/apps/a'],
  ['https://edge.x/maybe/v1', '/maybe/v1/be/v1/apps/a'],
])('the key goes to the host of api-url only: %s', async (apiUrl, path) => {
  const { send, asked } = clientOf(apiUrl, () => ({ status: 200, json: {} }))
  await send({ method: 'GET', path: '/apps/a' }, call)
  expect(asked.map(({ url }) => [url.host, url.pathname])).toEqual([['edge.x', path]])
})

it('an upload task is gone only when the list of tasks agrees', async () => {
  const notFound = { status: 404, json: { code: 404, message: 'Not Found' } }
  const gateway = clientOf('https://edge.x', () => notFound)
  await expect(new RockitEdgeApi(gateway.send, 'a').expireUpload('t', call)).rejects.toMatchObject({
    kind: 'not-found',
  })
  const empty = { status: 200, json: { tasks: [] } }
  const service = clientOf('https://edge.x', (path) => (path.endsWith('/tasks') ? empty : notFound))
  expect(await new RockitEdgeApi(service.send, 'a').expireUpload('t', call)).toBe('gone')
})

it('a web page in place of the API is named as that', async () => {
  const page = clientOf('https://edge.x', () => ({ status: 200, json: '<html>' }))
  for (const read of ['readApp', 'listTasks'] as const) {
    await expect(new RockitEdgeApi(page.send, 'a')[read](call)).rejects.toMatchObject({
      kind: 'malformed-reply',
      next: expect.stringMatching(/^Check api-url/),
    })
  }
})
