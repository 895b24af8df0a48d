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
    const { post, id } = await postWith(edgegap, { 'api-token': 'another-organisation' })
    expect(post.exitCode).toBe(1)
    expect(onlyError(post)).toContain(id)
    expect(edgegap.requestsTo('DELETE', STOP)).toEqual([])
  })
})

/** A post step with a state that somebody changed in between. */
async function postWithState(edgegap: Edgegap, change: (ledger: SavedState) => unknown) {
  const job = await deploy(edgegap, { 'stop-after-job': 'true' }, { runnerLost: true })
  const ledger = JSON.stringify(change(JSON.parse(job.main.state.ledger ?? '')))
  const inputs = { 'api-token': edgegap.settings.token, 'api-url': edgegap.url }
  const step = startStep({ entry: 'post', inputs, state: { ...job.main.state, ledger } })
  return { id: job.main.outputs['deployment-id'] ?? '', post: await step.done }
}

interface SavedState {
  access: Record<string, unknown>
  entries: unknown[]
}

describe.concurrent('a saved state that was changed', () => {
  test('sends the token to no other host', async () => {
    await using edgegap = await startEdgegap({ script: ready(100) })
    await using elsewhere = await startEdgegap()
    const { post, id } = await postWithState(edgegap, ({ access, entries }) => {
      return { access: { ...access, apiUrl: elsewhere.url }, entries }
    })
    expect(post.exitCode).toBe(1)
    expect(onlyError(post)).toContain(id)
    expect(elsewhere.requests).toEqual([])
  })

  test.each([
    ['of another provider', { provider: 'rockit-edge' }],
    ['of a provider that does not exist', { provider: '__proto__' }],
    ['with other details', { own: { organization: 'x' } }],
    ['with another seal', { seal: 'a.b' }],
  ])('is refused: %s', async (_, change) => {
    await using edgegap = await startEdgegap({ script: ready(100) })
    const { post } = await postWithState(edgegap, ({ access, entries }) => {
      return { access: { ...access, ...change }, entries }
    })
    expect(post.exitCode).toBe(1)
    expect(edgegap.requestsTo('DELETE', STOP)).toEqual([])
  })

  test.each([
    ['no entry', null],
    ['one without a tag', { id: 'a69f8e3e0555' }],
    ['one whose id would be another path', { tag: 'x', id: '../../v1/apps/secret' }],
    ['one with a line break', { tag: 'x\ny' }],
  ])('has %s: it is reported, and the others are cleaned up', async (_, entry) => {
    await using edgegap = await startEdgegap({ script: ready(100) })
    const { post } = await postWithState(edgegap, ({ access, entries }) => {
      return { access, entries: [entry, ...entries] }
    })
    expect(post.exitCode).toBe(1)
    expect(onlyError(post)).toMatch(/^The saved state has 1 entry that this action did not write/)
    expectNothingLeft(edgegap)
  })
})

test('a run id that is no number is in the tags, and the post step reads them back', async () => {
  await using edgegap = await startEdgegap({ script: ready(100) })
  const env = { GITHUB_RUN_ID: 'run.1/ä b' }
  const { post } = await deploy(edgegap, { 'stop-after-job': 'true' }, { env })
  const [create] = edgegap.requestsTo('POST', CREATE)
  expect(create?.body).toHaveProperty('tags', [
    expect.stringMatching(/^dgs-run\.1---b-[0-9a-f]{12}$/),
  ])
  expect(post?.exitCode).toBe(0)
  expectNothingLeft(edgegap)
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
  test('is not the one that is cleanedUp up as extra', async () => {
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
