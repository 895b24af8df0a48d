import { describe, expect, test } from 'vitest'
import { error, ready } from '../emulator/edgegap/script.ts'
import { startStep } from '../harness/step.ts'
import {
  CREATE,
  deploy,
  type Edgegap,
  expectNothingLeft,
  LIST,
  onlyError,
  STATUS,
  STOP,
  startEdgegap,
  stop,
  tagOf,
} from './deploy.ts'

/** A post step whose inputs are evaluated anew, as the runner does, to something else. */
async function postWith(edgegap: Edgegap, change: Record<string, string>) {
  const job = await deploy(edgegap, { 'stop-after-job': 'true' }, { runnerLost: true })
  const inputs = {
    'api-token': edgegap.settings.token,
    'api-url': edgegap.url,
    application: 'my-game',
    version: 'v1',
    ...change,
  }
  const step = startStep({ entry: 'post', inputs, state: job.main.state })
  return { id: job.main.outputs['deployment-id'], post: await step.done }
}

describe.concurrent('a post step whose inputs have another value by now', () => {
  test.each([
    ['version', ''],
    ['api-url', 'https://elsewhere.invalid'],
    ['timeout', 'soon'],
  ])('stops the server all the same (%s)', async (input, value) => {
    await using edgegap = await startEdgegap({ script: ready(100) })
    const { post } = await postWith(edgegap, { [input]: value })
    expect(post.exitCode).toBe(0)
    expectNothingLeft(edgegap)
  })

  test('is red and names the server where the token is another: all would look gone to it', async () => {
    await using edgegap = await startEdgegap({ script: ready(100) })
    const { post, id } = await postWith(edgegap, { 'api-token': 'another-organization' })
    expect(post.exitCode).toBe(1)
    expect(onlyError(post)).toContain(id)
    expect(edgegap.requestsTo('DELETE', STOP)).toEqual([])
  })
})

describe.concurrent('an answer that is not of the API', () => {
  const page = { body: '<html>welcome</html>', headers: { 'content-type': 'text/html' } }

  test.each([200, 404, 410])('ends no server (%d)', async (status) => {
    await using edgegap = await startEdgegap({ script: error(100, 'broken') })
    edgegap.faults.order({ kind: 'status', status, ...page, path: STOP, times: 1 })
    await deploy(edgegap)
    expectNothingLeft(edgegap)
  })

  test('makes no stop green', async () => {
    await using edgegap = await startEdgegap()
    const { id } = edgegap.addDeployment()
    edgegap.faults.order({ kind: 'status', status: 404, ...page })
    const { main } = await stop(edgegap, id)
    expect(main.exitCode).toBe(1)
  })
})

describe.concurrent('the server that is kept', () => {
  test('is not the one that is stopped as lost', async () => {
    await using edgegap = await startEdgegap({ script: ready(100) })
    // Lost, and not listed while it is looked for.
    edgegap.faults.order({ kind: 'reset', when: 'after', method: 'POST', path: CREATE, times: 1 })
    edgegap.faults.order({
      kind: 'status',
      status: 200,
      body: { data: [], pagination: { has_next: false } },
      path: LIST,
      times: 4,
    })
    const { main } = await deploy(edgegap)
    expect(main.outputs.outcome).toBe('succeeded')
    const stopped = JSON.parse(main.outputs['stopped-ids'] ?? '[]') as string[]
    expect(stopped).not.toContain(main.outputs['deployment-id'])
    expect(edgegap.live().map(({ id }) => id)).toEqual([main.outputs['deployment-id']])
  })

  test('is not stopped by a post step that ends the other one with its tag', async () => {
    await using edgegap = await startEdgegap({ script: ready(100) })
    edgegap.faults.order({ kind: 'reset', when: 'after', method: 'POST', path: CREATE, times: 1 })
    const body = { data: [], pagination: { has_next: false } }
    edgegap.faults.order({ kind: 'status', status: 200, body, path: LIST, times: 1 })
    // Main cannot stop the other one.
    edgegap.faults.order({ kind: 'status', status: 403, method: 'DELETE', path: STOP })
    const { main, post } = await deploy(
      edgegap,
      {},
      {
        mainControl: async () => {
          const create = await edgegap.whenRequested('POST', CREATE, { timeoutMs: 20_000 })
          edgegap.addDeployment({ tags: [tagOf(create)] }, ready(100))
        },
        beforePost: async () => edgegap.faults.clear(),
      },
    )
    expect(main).toMatchObject({ exitCode: 0, outputs: { outcome: 'succeeded' } })
    expect(post?.exitCode).toBe(0)
    expect(edgegap.live().map(({ id }) => id)).toEqual([main.outputs['deployment-id']])
  })

  test('that cannot be named in a request is created once, and told', async () => {
    await using edgegap = await startEdgegap({ script: ready(100) })
    const body = { request_id: '../../evil' }
    edgegap.faults.order({ kind: 'status', status: 202, body, path: CREATE })
    const { main } = await deploy(edgegap)
    expect(main.exitCode).toBe(1)
    expect(edgegap.requestsTo('POST', CREATE)).toHaveLength(1)
    expect(onlyError(main)).toMatch(/Look for the tag dgs-/)
    expect(edgegap.requestsTo('GET', STATUS)).toEqual([])
  })
})
