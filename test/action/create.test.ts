import { describe, expect, test } from 'vitest'
import { ready } from '../emulator/edgegap/script.ts'
import type { Effect } from '../emulator/faults.ts'
import {
  annotations,
  CREATE,
  deploy,
  type Edgegap,
  expectAllOutputs,
  expectNothingLeft,
  LIST,
  onlyError,
  startEdgegap,
  tagOf,
  wireLog,
} from './deploy.ts'

/** Between two creates the first one's tag has been looked up, and each create has a tag of its own. */
function expectNoBlindRepeat(edgegap: Edgegap): void {
  const { requests } = edgegap
  const creates = edgegap.requestsTo('POST', CREATE)
  const tags = creates.map(tagOf)
  expect(new Set(tags).size).toBe(tags.length)
  for (const [index, create] of creates.slice(0, -1).entries()) {
    const next = creates[index + 1]
    const between = requests.slice(requests.indexOf(create), next && requests.indexOf(next))
    const asked = between.filter(({ path }) => LIST.test(path)).map(({ query }) => query.query)
    expect(asked.join()).toContain(tags[index])
  }
}

describe.concurrent('an accepted create', () => {
  test('carries location, environment, tags and a tag of its own, in one request', async () => {
    await using edgegap = await startEdgegap()
    const secret = 'k3y-to-the-vault'
    const { main, post } = await deploy(
      edgegap,
      {
        locations: 'berlin 52.52,13.40',
        env: 'MODE=deathmatch\n# a comment\n\nEMPTY=\nEQ=a=b',
        'secret-env': `KEY=${secret}`,
        tags: 'nightly\nnightly\npr-7',
      },
      { secrets: [secret] },
    )
    expect(main).toMatchObject({ exitCode: 0, conclusion: 'success' })
    const [create, ...more] = edgegap.requestsTo('POST', CREATE)
    expect(more).toEqual([])
    expect(create?.body).toEqual({
      application: 'my-game',
      version: 'v1',
      users: [{ user_type: 'geo_coordinates', user_data: { latitude: 52.52, longitude: 13.4 } }],
      environment_variables: [
        { key: 'MODE', value: 'deathmatch', is_hidden: false },
        { key: 'EMPTY', value: '', is_hidden: false },
        { key: 'EQ', value: 'a=b', is_hidden: false },
        { key: 'KEY', value: secret, is_hidden: true },
      ],
      tags: [expect.stringMatching(/^dgs-16874210993-[0-9a-f]{12}$/), 'nightly', 'pr-7'],
    })
    expect(create?.headers.authorization).toBe(`token ${edgegap.settings.token}`)
    // Nothing was asked for that was not needed: one create, looks at the status, and that is all.
    expect(new Set(wireLog(edgegap))).toEqual(
      new Set(['POST /v2/deployments', 'GET /v1/status/ID']),
    )
    expect(post?.log).toEqual([])
  })

  test('may name the players instead of a place', async () => {
    await using edgegap = await startEdgegap()
    await deploy(edgegap, { locations: 'friends 203.0.113.7, 2001:db8::1' })
    expect(edgegap.requestsTo('POST', CREATE)[0]?.body).toMatchObject({
      users: [
        { user_type: 'ip_address', user_data: { ip_address: '203.0.113.7' } },
        { user_type: 'ip_address', user_data: { ip_address: '2001:db8::1' } },
      ],
    })
  })
})

describe.concurrent('a create whose reply is lost', () => {
  const handled: [string, Effect][] = [
    ['reset', { kind: 'reset', when: 'after' }],
    ['cut in the middle', { kind: 'truncate' }],
    ['no JSON', { kind: 'malformed', body: '<html>hello</html>' }],
    ['half of the JSON', { kind: 'malformed' }],
    ['JSON without an id', { kind: 'malformed', body: '{}' }],
    ['an id that is a path', { kind: 'malformed', body: '{"request_id":"../../v1/apps"}' }],
    ['a 500', { kind: 'status', status: 500, body: { message: 'oops' }, when: 'after' }],
    ['a 502 page', { kind: 'status', status: 502, body: '<h1>Bad Gateway</h1>', when: 'after' }],
    ['a 429', { kind: 'status', status: 429, when: 'after' }],
    ['a redirect', { kind: 'status', status: 307, headers: { location: '/x' }, when: 'after' }],
    ['too large', { kind: 'oversize', bytes: 5 * 1024 * 1024 }],
  ]

  test.each(handled)('(%s) is found by its tag and not repeated', async (_name, effect) => {
    await using edgegap = await startEdgegap()
    edgegap.faults.order({ ...effect, method: 'POST', path: CREATE, times: 1 })
    const { main } = await deploy(edgegap)
    expect(main.exitCode).toBe(0)
    expect(edgegap.created).toBe(1)
    expect(main.outputs['deployment-id']).toBe(edgegap.deployments[0]?.id)
    expect(annotations(main, 'error')).toEqual([])
  })

  test.each([
    ['ignores the filter', { ignoreFilters: true }],
    ['shows no tags', { tagsInRows: false }],
    ['ignores the filter and shows no tags', { ignoreFilters: true, tagsInRows: false }],
  ])('is found where the list %s, among others', async (_name, settings) => {
    await using edgegap = await startEdgegap({ ...settings, defaultPageSize: 2, maxPageSize: 2 })
    for (let count = 0; count < 5; count += 1) edgegap.addDeployment({ tags: ['dgs', 'dgs-1'] })
    edgegap.faults.order({ kind: 'reset', when: 'after', method: 'POST', times: 1 })
    const { main } = await deploy(edgegap)
    expect(main.exitCode).toBe(0)
    expect(edgegap.created).toBe(1)
    expect(main.outputs['deployment-id']).toBe(edgegap.deployments.at(-1)?.id)
    // The strangers' deployments were left alone.
    expect(edgegap.stopped()).toEqual([])
  })

  test('is found where the list lags behind', async () => {
    await using edgegap = await startEdgegap({ listLagMs: 1_000 })
    edgegap.faults.order({ kind: 'reset', when: 'after', method: 'POST', times: 1 })
    const { main } = await deploy(edgegap)
    expect(main.exitCode).toBe(0)
    expect(edgegap.created).toBe(1)
  })

  test('is stopped as extra where the list showed it only after a second one was made', async () => {
    await using edgegap = await startEdgegap({ listLagMs: 5_000, script: ready(4_000) })
    edgegap.faults.order({ kind: 'reset', when: 'after', method: 'POST', times: 1 })
    const { main } = await deploy(edgegap)
    expect(main.exitCode).toBe(0)
    expectNoBlindRepeat(edgegap)
    const [first, second, ...more] = edgegap.deployments
    expect(more).toEqual([])
    expect(edgegap.live()).toEqual([second])
    expect(main.outputs).toMatchObject({
      'deployment-id': second?.id,
      'stopped-ids': JSON.stringify([first?.id]),
    })
  })

  test('is the post step’s to stop where the list shows it only after the step', async () => {
    await using edgegap = await startEdgegap()
    // Not listed at all while main runs.
    edgegap.settings.listLagMs = Number.POSITIVE_INFINITY
    edgegap.faults.order({ kind: 'reset', when: 'after', method: 'POST', times: 1 })
    const { main, post } = await deploy(
      edgegap,
      {},
      {
        beforePost: async () => {
          edgegap.settings.listLagMs = 0
        },
      },
    )
    const [first, second] = edgegap.deployments
    expect(main.outputs['deployment-id']).toBe(second?.id)
    expect(post?.exitCode).toBe(0)
    expect(edgegap.live()).toEqual([second])
    expect(first?.stopRequestedAt).toBeDefined()
  })

  test('and cannot be looked up: nothing further is created, and the tag to look for is told', async () => {
    await using edgegap = await startEdgegap()
    edgegap.faults.order({ kind: 'reset', when: 'after', method: 'POST', times: 1 })
    edgegap.faults.order({ kind: 'status', status: 500, path: LIST })
    const { main, post } = await deploy(
      edgegap,
      {},
      {
        beforePost: async () => edgegap.faults.clear(),
      },
    )
    expect(main.exitCode).toBe(1)
    expect(edgegap.requestsTo('POST', CREATE)).toHaveLength(1)
    const [create] = edgegap.requestsTo('POST', CREATE)
    expect(onlyError(main)).toContain(create && tagOf(create))
    expectAllOutputs(main)
    expect(main.outputs.outcome).toBe('failed')
    // The post step finds it when the provider is well again.
    expect(post?.exitCode).toBe(0)
    expectNothingLeft(edgegap)
  })

  test('and cannot be looked up in the post step either: that step fails and says so', async () => {
    await using edgegap = await startEdgegap()
    edgegap.faults.order({ kind: 'reset', when: 'after', method: 'POST', times: 1 })
    edgegap.faults.order({ kind: 'status', status: 403, path: LIST })
    const { post } = await deploy(edgegap)
    const [create] = edgegap.requestsTo('POST', CREATE)
    expect(post).toMatchObject({ exitCode: 1 })
    expect(post && onlyError(post)).toContain(create && tagOf(create))
  })
})

describe.concurrent('a create that failed for a moment', () => {
  const unhandled: [string, Effect][] = [
    ['a reset', { kind: 'reset' }],
    ['a 503', { kind: 'status', status: 503, headers: { 'retry-after': 'soon' } }],
  ]

  test.each(unhandled)('(%s) is repeated once its tag was looked up', async (_name, effect) => {
    await using edgegap = await startEdgegap()
    edgegap.faults.order({ ...effect, method: 'POST', path: CREATE, times: 1 })
    const { main } = await deploy(edgegap)
    expect(main.exitCode).toBe(0)
    expect(edgegap.created).toBe(1)
    expect(edgegap.requestsTo('POST', CREATE)).toHaveLength(2)
    expectNoBlindRepeat(edgegap)
    expect(annotations(main, 'error')).toEqual([])
  })

  test('(a 429) is repeated as late as Retry-After says', async () => {
    await using edgegap = await startEdgegap()
    edgegap.faults.order({
      kind: 'status',
      status: 429,
      headers: { 'retry-after': '3' },
      method: 'POST',
      times: 1,
    })
    const { main } = await deploy(edgegap)
    expect(main.exitCode).toBe(0)
    expect(edgegap.created).toBe(1)
    expectNoBlindRepeat(edgegap)
    const [first, second] = edgegap.requestsTo('POST', CREATE)
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(3_000)
  })

  test('is given up where no connection comes up: rejected, nothing is left to clean up', async () => {
    await using edgegap = await startEdgegap()
    // Nobody listens there, and no server of another test is ever given that port.
    const { main, post } = await deploy(edgegap, { 'api-url': 'http://127.0.0.1:1' })
    expect(main.outputs.outcome).toBe('rejected')
    expectAllOutputs(main)
    expect(onlyError(main)).toMatch(/gave no answer.*ECONNREFUSED.*Check that this runner/)
    expect(post?.log).toEqual([])
  })
})

describe.concurrent('a refused create', () => {
  const refusals: [number, RegExp][] = [
    [400, /refused the deployment \(HTTP 400\): No such thing\. Check application and version/],
    [401, /HTTP 401\): No such thing\. Check api-token/],
    [403, /HTTP 403\): No such thing\. This token may not/],
    [404, /HTTP 404\): No such thing\. Check application and version/],
    [409, /HTTP 409\): No such thing/],
  ]

  test.each(refusals)(
    '(%i) is told in one annotation with cause and next step',
    async (status, text) => {
      await using edgegap = await startEdgegap()
      const body = { message: 'No such thing' }
      edgegap.faults.order({ kind: 'status', status, body, method: 'POST', path: CREATE })
      const { main, post } = await deploy(edgegap)
      expect(main.exitCode).toBe(1)
      expect(onlyError(main)).toMatch(text)
      expectAllOutputs(main)
      expect(main.outputs).toMatchObject({
        outcome: 'rejected',
        'deployment-id': '',
        'stopped-ids': '[]',
        error: expect.stringContaining('No such thing'),
      })
      // Refused is refused: it is neither repeated nor looked for.
      expect(wireLog(edgegap)).toEqual(['POST /v2/deployments'])
      expect(post?.log).toEqual([])
    },
  )

  test('by a web page names the page, not application and version', async () => {
    await using edgegap = await startEdgegap()
    const body = '<!doctype html><title>Sign in</title>'
    edgegap.faults.order({ kind: 'status', status: 404, body, method: 'POST', path: CREATE })
    const { main } = await deploy(edgegap)
    expect(main.outputs.outcome).toBe('rejected')
    expect(onlyError(main)).toMatch(/web page answered.*Check api-url/)
  })

  test.each([200, 202])(
    'by a page with %i creates nothing, and is known at once',
    async (status) => {
      await using edgegap = await startEdgegap()
      edgegap.faults.order({ kind: 'status', status, body: '<html>welcome</html>' })
      const { main, post } = await deploy(edgegap)
      expect(main.outputs.outcome).toBe('rejected')
      expect(onlyError(main)).toMatch(/web page answered.*Check api-url/)
      expect(edgegap.requests).toHaveLength(2)
      expect(post?.log).toEqual([])
    },
  )

  test.each(['', '[]', 'null', '{"message":{"a":1}}', '{"detail":"because"}'])(
    'is explained whatever its body is: %s',
    async (body) => {
      await using edgegap = await startEdgegap()
      edgegap.faults.order({ kind: 'status', status: 400, body, method: 'POST', path: CREATE })
      const { main } = await deploy(edgegap)
      expect(onlyError(main)).toMatch(/HTTP 400\).*Check application and version/)
    },
  )

  test('(422) that made a deployment has it stopped', async () => {
    await using edgegap = await startEdgegap()
    edgegap.refuseCreates(1)
    const { main, post } = await deploy(edgegap)
    const [made] = edgegap.deployments
    expect(main.exitCode).toBe(1)
    expect(onlyError(main)).toMatch(
      /HTTP 422\): No server could be allocated\. No server could be placed/,
    )
    expect(main.outputs).toMatchObject({
      outcome: 'failed',
      'deployment-id': made?.id,
      'stopped-ids': JSON.stringify([made?.id]),
    })
    expectNothingLeft(edgegap)
    expect(post?.log).toEqual([])
  })

  test('(422) is stopped even with on-failure: keep, for there is no server to keep', async () => {
    await using edgegap = await startEdgegap()
    edgegap.refuseCreates(1)
    await deploy(edgegap, { 'on-failure': 'keep' })
    expectNothingLeft(edgegap)
  })

  test('(422) that the list does not show yet is stopped by the id that it carries', async () => {
    await using edgegap = await startEdgegap({ listLagMs: 60_000 })
    edgegap.refuseCreates(1, { listed: false })
    await deploy(edgegap)
    expectNothingLeft(edgegap)
  })

  test.each<[string, Effect]>([
    ['without an id', { kind: 'status', status: 422, body: { message: 'full' }, when: 'after' }],
    ['that is no JSON', { kind: 'status', status: 422, body: 'full', when: 'after' }],
    ['that is cut', { kind: 'truncate' }],
  ])('(422) %s: the failed deployment is found by its tag and stopped', async (_name, effect) => {
    await using edgegap = await startEdgegap()
    edgegap.refuseCreates(1)
    edgegap.faults.order({ ...effect, method: 'POST', path: CREATE, times: 1 })
    const { main } = await deploy(edgegap)
    expect(main.exitCode).toBe(1)
    expect(edgegap.created).toBe(1)
    expectNothingLeft(edgegap)
  })

  test('(422) without an id that the list shows late is the post step’s', async () => {
    await using edgegap = await startEdgegap({ listLagMs: Number.POSITIVE_INFINITY })
    edgegap.refuseCreates(1)
    const body = { message: 'full' }
    edgegap.faults.order({ kind: 'status', status: 422, body, when: 'after', method: 'POST' })
    const { main, post } = await deploy(
      edgegap,
      {},
      {
        beforePost: async () => {
          edgegap.settings.listLagMs = 0
        },
      },
    )
    expect(main.exitCode).toBe(1)
    expect(edgegap.requestsTo('POST', CREATE)).toHaveLength(1)
    expect(post?.exitCode).toBe(0)
    expectNothingLeft(edgegap)
  })
})
