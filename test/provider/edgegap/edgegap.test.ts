import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ActionError } from '../../../src/base/errors.ts'
import { createEdgegapClient } from '../../../src/provider/edgegap/client.ts'
import type { Provider } from '../../../src/provider/provider.ts'
import { type EdgegapEmulator, startEdgegapEmulator } from '../../emulator/edgegap/emulator.ts'
import { ready } from '../../emulator/edgegap/script.ts'
import type { Fault } from '../../emulator/faults.ts'
import { call } from './fake-api.ts'
import { openEdgegap } from './opening.ts'

let edgegap: EdgegapEmulator

beforeEach(async () => {
  edgegap = await startEdgegapEmulator({
    script: ready(0),
    terminateAfterMs: 0,
    rateLimits: { listPerSecond: 1_000, statusPerSecond: 1_000, deployPerSecond: 1_000 },
  })
})

afterEach(() => edgegap.close())

const open = (inputs: Record<string, string> = {}): Promise<Provider> =>
  openEdgegap(edgegap, inputs)

async function create(given?: Provider, deadlineMs?: number) {
  const provider = given ?? (await open())
  const [target] = provider.targets
  if (!target) throw new Error('no target')
  return await provider.create(target, { tag: 'tag-1', webhook: undefined }, call(deadlineMs))
}

const unit = { method: 'POST', path: /deployments/ } as const

describe('the request', () => {
  it('goes to the host that was named, whatever the path of the base', async () => {
    const asked: URL[] = []
    for (const base of [
      'https://api.test',
      'https://api.test/',
      'https://api.test/a/b/',
      'https://api.test//',
      'https://api.test//evil.test/',
    ]) {
      const send = createEdgegapClient(
        async ({ url }) => {
          asked.push(url)
          return { status: 200, headers: {}, text: '' }
        },
        new URL(base),
        'secret',
      )
      await send({ method: 'GET', path: '/v1/x', query: { q: 'a&b' } }, call())
    }
    expect(asked.map(({ host }) => host)).toEqual(Array.from({ length: 5 }, () => 'api.test'))
    expect(asked.map(({ pathname }) => pathname)).toEqual([
      '/v1/x',
      '/v1/x',
      '/a/b/v1/x',
      '/v1/x',
      '//evil.test/v1/x',
    ])
    expect(asked[0]?.search).toBe('?q=a%26b')
  })

  it('carries the token as Edgegap wants it, and nothing of it in errors', async () => {
    edgegap.revokeToken()
    const result = await create()
    expect(edgegap.requests[0]?.headers.authorization).toBe(`token ${edgegap.settings.token}`)
    expect(JSON.stringify(result)).not.toContain(edgegap.settings.token)
  })
})

describe('a create', () => {
  it('that is accepted has an id, and carries place, environment, tags and tag', async () => {
    const provider = await open({
      env: 'A=1',
      'secret-env': 'B=2',
      tags: 'nightly',
      locations: 'here 203.0.113.7, 2001:db8::1',
    })
    const result = await create(provider)
    expect(result).toEqual({ kind: 'created', id: edgegap.deployments[0]?.id })
    expect(edgegap.requests[0]?.body).toEqual({
      application: 'my-game',
      version: 'v1',
      users: ['203.0.113.7', '2001:db8::1'].map((ip_address) => ({
        user_type: 'ip_address',
        user_data: { ip_address },
      })),
      environment_variables: [
        { key: 'A', value: '1', is_hidden: false },
        { key: 'B', value: '2', is_hidden: true },
      ],
      tags: ['tag-1', 'nightly'],
    })
  })

  it('reports to the webhook in each of the three fields of v2', async () => {
    const provider = await open()
    const [target] = provider.targets
    const webhook = new URL('https://hook.test/x')
    if (target) await provider.create(target, { tag: 'm', webhook }, call())
    const url = 'https://hook.test/x'
    expect(edgegap.requests[0]?.body).toMatchObject({
      webhook_on_ready: { url },
      webhook_on_error: { url },
      webhook_on_terminated: { url },
    })
  })

  it('for an unknown application is refused for good, with what to do', async () => {
    expect(await create(await open({ application: 'nothing' }))).toMatchObject({
      kind: 'refused',
      error: { kind: 'refused', next: expect.stringContaining('application and version') },
    })
    edgegap.settings.unknownApplicationStatus = 404
    expect(await create(await open({ application: 'nothing' }))).toMatchObject({
      kind: 'refused',
      error: { kind: 'not-found' },
    })
  })

  it('without a place names the failed deployment that it left behind', async () => {
    edgegap.refuseCreates(1)
    const result = await create()
    const [deployment] = edgegap.deployments
    expect(result).toMatchObject({
      kind: 'refused',
      id: deployment?.id,
      error: { kind: 'no-capacity' },
    })
  })

  const refusing: [status: number, body: unknown, expected: object][] = [
    [400, { message: 'no' }, { kind: 'refused', error: { kind: 'refused' } }],
    [401, {}, { kind: 'refused', error: { kind: 'unauthorized' } }],
    [403, {}, { kind: 'refused', error: { kind: 'forbidden' } }],
    [409, {}, { kind: 'refused', error: { kind: 'refused' } }],
    [422, {}, { kind: 'refused', mayExist: true, error: { kind: 'no-capacity' } }],
    [422, 'no json', { kind: 'refused', mayExist: true, error: { kind: 'no-capacity' } }],
    [
      422,
      { request_id: '../../evil' },
      { kind: 'refused', mayExist: true, error: { kind: 'no-capacity' } },
    ],
    [429, {}, { kind: 'unknown', error: { kind: 'rate-limited' } }],
    [500, {}, { kind: 'unknown', error: { kind: 'server-fault' } }],
    [502, '<html>', { kind: 'unknown', error: { kind: 'server-fault' } }],
    [503, {}, { kind: 'unknown', error: { kind: 'server-fault' } }],
    [302, {}, { kind: 'unknown', error: { kind: 'malformed-reply' } }],
    [200, {}, { kind: 'unknown' }],
    [202, { request_id: '../../evil' }, { kind: 'unknown' }],
    [202, 'no json', { kind: 'unknown', error: { kind: 'malformed-reply' } }],
    [204, undefined, { kind: 'unknown', error: { kind: 'malformed-reply' } }],
    [200, { request_id: 'abc' }, { kind: 'created', id: 'abc' }],
    [201, { request_id: 'abc', message: null }, { kind: 'created', id: 'abc' }],
  ]
  it.each(refusing)('answered with %d %j', async (status, body, expected) => {
    edgegap.faults.order({ ...unit, kind: 'status', status, body })
    const result = await create()
    expect(result).toMatchObject(expected)
    if (result.kind === 'refused') expect(result.id).toBeUndefined()
  })

  it('that is limited says when to come back, where Edgegap said', async () => {
    const headers = { 'retry-after': '7' }
    edgegap.faults.order({ ...unit, kind: 'status', status: 429, headers })
    expect(await create()).toMatchObject({ error: { retryAfterMs: 7_000 } })
  })

  it.each<Fault>([
    { kind: 'reset' },
    { kind: 'reset', when: 'after' },
    { kind: 'hang', when: 'after' },
    { kind: 'truncate' },
    { kind: 'stall-body' },
    { kind: 'malformed' },
  ])('whose reply is lost (%j) may exist', async (fault) => {
    edgegap.faults.order({ ...unit, ...fault })
    expect((await create(await open(), 300)).kind).toBe('unknown')
  })

  it('that never left may be tried again', async () => {
    const provider = await open({ 'api-url': 'http://127.0.0.1:1' })
    expect(await create(provider)).toMatchObject({
      kind: 'try-again',
      error: { kind: 'unreachable', request: 'POST /v2/deployments' },
    })
  })
})

describe('what carries a tag', () => {
  const find = async (tags: string[]) => (await open()).findByTags(tags, call())

  it('is found, for several tags in one request', async () => {
    const [a, b] = [
      edgegap.addDeployment({ tags: ['m1', 'x'] }),
      edgegap.addDeployment({ tags: ['m2'] }),
    ]
    edgegap.addDeployment({ tags: ['m10'] })
    expect(await find(['m1', 'm2', 'm3'])).toEqual(
      new Map([
        [a.id, 'm1'],
        [b.id, 'm2'],
      ]),
    )
    expect(edgegap.requestsTo('GET', /deployments$/)).toHaveLength(1)
  })

  it('is nothing of a stranger’s, even where the server ignores the filter', async () => {
    edgegap.settings.ignoreFilters = true
    const ours = edgegap.addDeployment({ tags: ['m1'] })
    for (let count = 0; count < 5; count++) edgegap.addDeployment({ tags: ['m1-not', 'xm1'] })
    expect(await find(['m1'])).toEqual(new Map([[ours.id, 'm1']]))
  })

  it('is looked for on every page', async () => {
    edgegap.settings.ignoreFilters = true
    edgegap.settings.maxPageSize = 10
    const ours = edgegap.addDeployment({ tags: ['m1'] })
    for (let count = 0; count < 45; count++) edgegap.addDeployment()
    expect(await find(['m1'])).toEqual(new Map([[ours.id, 'm1']]))
    const pages = edgegap.requestsTo('GET', /deployments$/).map(({ query }) => query.page)
    // Twice, for a list of several pages may change while it is read.
    expect(pages.join('')).toBe('1234512345')
  })

  it('is asked for by status where rows do not tell their tags', async () => {
    edgegap.settings.ignoreFilters = true
    edgegap.settings.tagsInRows = false
    const ours = edgegap.addDeployment({ tags: ['m1'] })
    edgegap.addDeployment({ tags: ['other'] })
    expect(await find(['m1'])).toEqual(new Map([[ours.id, 'm1']]))
  })

  it('is not known where neither rows nor statuses show tags, and not "nothing"', async () => {
    edgegap.settings.tagsInRows = false
    edgegap.settings.tagsInStatus = false
    edgegap.addDeployment({ tags: ['m1'] })
    await expect(find(['m1'])).rejects.toMatchObject({ kind: 'malformed-reply' })
  })

  it('is not known where the list does not end, and not "nothing"', async () => {
    const body = { data: [], pagination: { has_next: true } }
    edgegap.faults.order({ path: /deployments$/, kind: 'status', status: 200, body })
    await expect(find(['m1'])).rejects.toMatchObject({ kind: 'malformed-reply' })
    expect(edgegap.requests.length).toBeLessThanOrEqual(50)
  })

  it.each([
    { kind: 'status', status: 200, body: {} },
    { kind: 'status', status: 200, body: { data: null } },
    { kind: 'status', status: 400, body: {} },
    { kind: 'status', status: 500 },
    { kind: 'truncate' },
  ] as Fault[])('is not known after %j', async (fault) => {
    edgegap.faults.order({ ...fault, path: /deployments$/ })
    await expect(find(['m1'])).rejects.toMatchObject({ name: 'ActionError' })
  })
})

describe('a stop', () => {
  const stop = async (id: string) => (await open()).stop(id, call())

  it('is accepted, again accepted, and then it is gone', async () => {
    edgegap.settings.terminateAfterMs = 60_000
    const { id } = edgegap.addDeployment()
    expect(await stop(id)).toBe('accepted')
    expect(await stop(id)).toBe('accepted')
    edgegap.setStatus(id, { status: 'TERMINATED' })
    expect(await stop(id)).toBe('gone')
  })

  it.each([400, 404] as const)('of what the API does not know (%d) says so', async (status) => {
    edgegap.settings.unknownIdStatus = status
    expect(await stop('123456789abc')).toBe('unknown')
  })

  it.each([400, 404])('refused with %d is not done while the deployment lives', async (status) => {
    const { id } = edgegap.addDeployment()
    edgegap.faults.order({ method: 'DELETE', kind: 'status', status, body: { message: 'no' } })
    await expect(stop(id)).rejects.toMatchObject({ name: 'ActionError' })
  })

  it('refused although it is terminated is done', async () => {
    const { id } = edgegap.addDeployment()
    edgegap.setStatus(id, { status: 'TERMINATED' })
    edgegap.faults.order({ method: 'DELETE', kind: 'status', status: 400, body: { message: 'no' } })
    expect(await stop(id)).toBe('gone')
  })

  it.each([200, 202, 400, 404, 410])(
    'answered with %d by something else than the API is not believed',
    async (status) => {
      const { id } = edgegap.addDeployment()
      edgegap.faults.order({ kind: 'status', status, body: '<html>hello</html>' })
      await expect(stop(id)).rejects.toMatchObject({ kind: 'not-the-api' })
    },
  )

  it.each([
    [401, 'unauthorized'],
    [403, 'forbidden'],
    [429, 'rate-limited'],
    [500, 'server-fault'],
  ])('answered with %d fails as %s', async (status, kind) => {
    edgegap.faults.order({ method: 'DELETE', kind: 'status', status })
    await expect(stop('123456789abc')).rejects.toMatchObject({ kind })
  })
})

describe('a check', () => {
  const observe = async (id: string) => {
    const observed = (await (await open()).observe([id], call())).get(id)
    if (observed === undefined || observed instanceof ActionError) throw observed
    return observed
  }

  it('reads each spelling of a ready deployment', async () => {
    const { id } = edgegap.addDeployment()
    for (const statusSpelling of ['prefixed', 'bare', 'lower', 'mixed'] as const) {
      for (const numbers of ['number', 'string'] as const) {
        for (const portKeys of ['name', 'number'] as const) {
          Object.assign(edgegap.settings, { statusSpelling, numbers, portKeys })
          const reading = await observe(id)
          expect(reading.state).toBe('succeeded')
          expect(reading.facts.ports?.[0]).toMatchObject({ name: 'gameport', internal: 7777 })
        }
      }
    }
  })

  it('bears every shape of one that is not placed yet', async () => {
    const { id } = edgegap.addDeployment({}, [{ afterMs: 0, status: 'SEEKING' }])
    for (const beforeReady of ['empty', 'null', 'absent'] as const) {
      edgegap.settings.beforeReady = beforeReady
      expect(await observe(id)).toMatchObject({ state: 'pending', facts: { ports: [] } })
    }
  })

  it.each([
    [401, 'unauthorized'],
    [403, 'forbidden'],
    [404, 'not-found'],
    [429, 'rate-limited'],
    [503, 'server-fault'],
    [301, 'malformed-reply'],
  ])('answered with %d fails as %s', async (status, kind) => {
    edgegap.faults.order({ path: /status/, kind: 'status', status })
    await expect(observe('123456789abc')).rejects.toMatchObject({
      kind,
      request: `GET /v1/status/123456789abc → ${status}`,
    })
  })
})

describe('a log', () => {
  const readLog = async (id: string) => (await open()).readLog?.(id, call())

  it('has the crash log last, and how the process ended', async () => {
    const { id } = edgegap.addDeployment()
    edgegap.setLogs(id, {
      logs: 'one\r\ntwo\nthree\n',
      crashLogs: 'boom\n',
      crashData: { exit_code: 139, message: 'Segmentation fault', restart_count: 1 },
    })
    expect(await readLog(id)).toEqual({
      lines: ['one', 'two', 'three', 'boom'],
      isCut: false,
      crash: 'exit code 139, Segmentation fault, restarted once',
      restarts: 1,
    })
  })

  it('is none where there is neither log nor crash', async () => {
    const { id } = edgegap.addDeployment()
    edgegap.setLogs(id, { logs: '' })
    expect(await readLog(id)).toBeUndefined()
  })

  it('fails where the container is gone', async () => {
    const { id } = edgegap.addDeployment()
    edgegap.setStatus(id, { status: 'TERMINATED' })
    await expect(readLog(id)).rejects.toMatchObject({ kind: 'not-found' })
  })
})
