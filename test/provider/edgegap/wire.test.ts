import { describe, expect, it } from 'vitest'
import {
  asPortless,
  readCreatedId,
  readDeployments,
  readLogs,
  readMembership,
  readProblem,
  readStatus,
  readWebhook,
} from '../../../src/provider/edgegap/wire.ts'

const id = 'a69f8e3e0555'
const request = 'GET /x'
const malformed = expect.objectContaining({
  kind: expect.stringMatching(/^(malformed-reply|not-the-api)$/),
  request,
})

function status(fields: Record<string, unknown>) {
  return readStatus(JSON.stringify({ request_id: id, ...fields }), id, request)
}

/** Where players reach it: what a server needs that is ready. */
const REACHED = { fqdn: 'h', ports: { gameport: { internal: 7777, external: 31500 } } }

const notJson = [
  '',
  ' ',
  '{"request_id": "a69f',
  '<html>502</html>',
  'null',
  '[]',
  '"x"',
  '1',
  'true',
]
const strange: unknown[] = [null, [], {}, [1], { a: 1 }, { toString: null }]
const oddIds = ['', '../x', 'a/b', 'a?b', 'a b', 'ü', 'a%2e', 'x'.repeat(65), 'a\n', '.', '::x']

describe('the states', () => {
  const known = [
    ['INITIALIZING', 'pending'],
    ['SEEKING', 'pending'],
    ['SEEKED', 'pending'],
    ['SCANNING', 'pending'],
    ['DEPLOYING', 'pending'],
    ['READY', 'succeeded'],
    ['ERROR', 'failed'],
    ['TERMINATING', 'failed'],
    ['TERMINATED', 'failed'],
  ] as const

  it.each(known)('%s is %s, with and without prefix, in any case', (name, state) => {
    const label = name.charAt(0) + name.slice(1).toLowerCase()
    for (const spelled of [
      name,
      `Status.${name}`,
      `status.${name.toLowerCase()}`,
      `STATUS.${label}`,
      label,
      ` ${name}\n`,
    ]) {
      const reading = status({ current_status: spelled, ...REACHED })
      expect(reading).toMatchObject({ state, known: true, status: spelled })
    }
  })

  it.each([
    'REBALANCING',
    'Status.NEW',
    'READY!',
    'NOT READY',
    'ALREADY',
    'Status.Status.READY',
    'REStatus.ADY',
  ])('%s is unknown, and waited on', (name) => {
    expect(status({ current_status: name })).toMatchObject({
      state: 'pending',
      known: false,
      status: name,
    })
  })

  it.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])(
    '%s is unknown too',
    (name) => {
      expect(status({ current_status: name })).toMatchObject({ state: 'pending', known: false })
    },
  )

  it.each(strange)('error: %j beside it is no error', (value) => {
    const ready = status({ current_status: 'READY', error: value, ...REACHED })
    expect(ready.state).toBe('succeeded')
  })

  it.each([...strange, undefined])('%j is no status, and waited on', (value) => {
    expect(status({ current_status: value })).toMatchObject({
      state: 'pending',
      known: false,
      status: '',
    })
  })

  it('that is ready with an error is a failure', () => {
    for (const error of [true, 1, 'true', 'True', 'YES', '1']) {
      expect(status({ current_status: 'READY', error })).toMatchObject({ state: 'failed' })
    }
    for (const error of [false, null, 0, 'false', '', undefined]) {
      const ready = status({ current_status: 'READY', ...REACHED, error })
      expect(ready).toMatchObject({ state: 'succeeded' })
    }
  })

  const noWhere = { fqdn: '', public_ip: null }
  it.each([
    ['no host', noWhere, false],
    ['no host and no port', { ...noWhere, ports: {} }, false],
    ['a port that leads nowhere yet', { ports: { gameport: { internal: 7777 } } }, false],
    ['no port', { ports: {} }, true],
    ['null for ports', { ports: null }, true],
    ['no word of ports', { ports: undefined }, true],
  ])('that is ready with %s is not ready: nobody could reach it', (_, fields, namesNoPort) => {
    const reading = status({ current_status: 'READY', ...REACHED, ...fields })
    expect(reading).toMatchObject({
      state: 'pending',
      status: 'READY',
      endsUnannounced: true,
      reason: 'it has no address that players could use yet',
      next: expect.stringContaining('ports'),
    })
    expect(reading.namesNoPort ?? false).toBe(namesNoPort)
  })

  it('that is ready by its public address alone is ready', () => {
    const reading = status({
      ...REACHED,
      fqdn: '',
      public_ip: '203.0.113.1',
      current_status: 'READY',
    })
    expect(reading.state).toBe('succeeded')
    expect(reading).not.toHaveProperty('endsUnannounced')
  })

  it('that is ready, of a version that has no port, is ready', () => {
    const reading = status({ current_status: 'READY', fqdn: 'h', ports: {} })
    expect(asPortless(reading)).toEqual({
      state: 'succeeded',
      status: 'READY',
      known: true,
      facts: { host: 'h', ports: [] },
      reason: 'its version has no port, so it has no address',
    })
  })

  it('that failed names no address, and nobody waits for one', () => {
    const reading = status({ current_status: 'ERROR', ports: {} })
    expect(reading).not.toHaveProperty('endsUnannounced')
    expect(reading).not.toHaveProperty('namesNoPort')
  })

  it('that runs is not ready: the schema defaults `running` to true', () => {
    expect(status({ running: true, current_status: 'DEPLOYING' }).state).toBe('pending')
    expect(status({ running: true }).state).toBe('pending')
  })

  it('that failed says why, in the words of Edgegap where it has some', () => {
    expect(status({ current_status: 'ERROR', error_detail: 'no image' }).reason).toBe('no image')
    expect(status({ current_status: 'ERROR', error_detail: null }).reason).toContain(
      'without details',
    )
    expect(status({ current_status: 'TERMINATED' }).reason).toContain('it was terminated')
    expect(status({ current_status: 'DEPLOYING' }).reason).toBeUndefined()
  })
})

describe('a status', () => {
  it.each(notJson)('that is %j is malformed', (body) => {
    expect(() => readStatus(body, id, request)).toThrow(malformed)
  })

  it('of another deployment is malformed', () => {
    const body = JSON.stringify({ request_id: 'other', current_status: 'READY' })
    expect(() => readStatus(body, id, request)).toThrow(malformed)
  })

  it('is of this deployment whatever letters its id is spelt in', () => {
    const body = JSON.stringify({
      ...{ request_id: id.toUpperCase(), current_status: 'READY' },
      ...REACHED,
    })
    expect(readStatus(body, id, request).state).toBe('succeeded')
  })

  it('without an id is taken for the one that was asked for', () => {
    const body = JSON.stringify({ current_status: 'READY', ...REACHED })
    expect(readStatus(body, id, request).state).toBe('succeeded')
  })

  it('does not show the text of a malformed reply: it may be anybody’s page', () => {
    try {
      readStatus('<html>secret</html>', id, request)
      expect.fail()
    } catch (thrown) {
      expect(String(thrown)).not.toContain('secret')
    }
  })
})

describe('the facts', () => {
  const ports = {
    gameport: { name: 'gameport', internal: 7777, external: 31500, protocol: 'UDP', link: 'x' },
  }

  it('are host, address, place and ports', () => {
    const location = { city: 'New York', country: 'United States', latitude: 40.7 }
    expect(
      status({ fqdn: 'h.edgegap.net', public_ip: '203.0.113.9', location, ports }).facts,
    ).toEqual({
      host: 'h.edgegap.net',
      ip: '203.0.113.9',
      location: 'New York, United States',
      ports: [
        {
          name: 'gameport',
          internal: 7777,
          external: 31500,
          protocol: 'UDP',
          address: 'h.edgegap.net:31500',
        },
      ],
    })
  })

  it('may come as strings, without a name, and by number', () => {
    const unnamed = { '7777': { internal: '7777', external: ' 31500 ', protocol: null } }
    expect(status({ fqdn: 'h', ports: unnamed }).facts.ports).toEqual([
      { name: '7777', internal: 7777, external: 31500, protocol: '', address: 'h:31500' },
    ])
  })

  it('have no address before there is a host', () => {
    expect(status({ fqdn: '', public_ip: null, ports }).facts).toEqual({ ports: [] })
  })

  it('use the public address where there is no name, an IPv6 address in brackets', () => {
    expect(status({ public_ip: '203.0.113.9', ports }).facts.ports?.[0]?.address).toBe(
      '203.0.113.9:31500',
    )
    expect(status({ public_ip: '2001:db8::1', ports }).facts.ports?.[0]?.address).toBe(
      '[2001:db8::1]:31500',
    )
  })

  it.each([undefined, null, '', 'x', 0, -1, 65_536, 1.5, true, [], {}, '0x10000', 'NaN'])(
    'have no port whose number is %j',
    (external) => {
      expect(status({ fqdn: 'h', ports: { a: { external } } }).facts.ports).toEqual([])
    },
  )

  it.each([null, undefined, [], 'x', 1, { a: null }, { a: [] }, { a: 'x' }])(
    'have no ports where those are %j',
    (value) => {
      expect(status({ fqdn: 'h', ports: value }).facts.ports).toEqual([])
    },
  )

  it('take ports of any name', () => {
    const body = `{"fqdn":"h","ports":{"__proto__":{"external":1},"constructor":{"external":2}}}`
    const { facts } = readStatus(body, id, request)
    expect(facts.ports?.map(({ name }) => name)).toEqual(['__proto__', 'constructor'])
  })

  it.each([null, [], 'x', { city: null, country: 3 }, {}])('bear a location of %j', (location) => {
    expect(status({ location }).state).toBe('pending')
  })
})

describe('the id of a create', () => {
  it.each([id, 'A_b-9'])('may be %s', (given) => {
    expect(readCreatedId(JSON.stringify({ request_id: given }), request)).toBe(given)
  })

  it.each([...oddIds, null, {}, [], undefined])('may not be %j: it goes into URLs', (given) => {
    expect(readCreatedId(JSON.stringify({ request_id: given }), request)).toBeUndefined()
  })

  it.each(notJson)('in %j is malformed', (body) => {
    expect(() => readCreatedId(body, request)).toThrow(malformed)
  })
})

describe('a problem', () => {
  it.each([
    ['{"message":"a","error":"b"}', 'a'],
    ['{"error":"b"}', 'b'],
    ['{"detail":"c"}', 'c'],
    ['{"message":null,"detail":"c"}', 'c'],
    ['{"message":{"a":1}}', ''],
    ['[]', ''],
    ['null', ''],
    ['not json', 'not json'],
    ['', ''],
  ])('in %s is %j', (body, expected) => {
    expect(readProblem(body)).toBe(expected)
  })

  it('in a page is all of it: half of a secret at a cut would not be recognised', () => {
    expect(readProblem('x'.repeat(10_000)).length).toBe(10_000)
  })
})

describe('a page of the list', () => {
  it('has rows with ids and tags, and says whether there is more', () => {
    const body = {
      data: [
        { request_id: id, tags: ['a', { name: 'b' }, 3, null] },
        { request_id: 'b1', ready: true, tags: null },
        { request_id: 'b2' },
        ...oddIds.map((odd) => ({ request_id: odd, tags: ['a'] })),
        null,
        'x',
      ],
      pagination: { has_next: true },
    }
    expect(readDeployments(JSON.stringify(body), request)).toEqual({
      rows: [
        { id, isReady: false, tags: ['a', 'b', '3', ''] },
        { id: 'b1', isReady: true, tags: undefined },
        { id: 'b2', isReady: false, tags: undefined },
        // Kept, for they may be ours; they can never be put into a request.
        ...oddIds.map(() => ({ id: undefined, isReady: false, tags: ['a'] })),
      ],
      hasNext: true,
    })
  })

  it.each([
    [{ has_next: true }, true],
    [{ has_next: 'true' }, true],
    [{ next_page_number: 2 }, true],
    [{ next_page_number: '2', has_next: null }, true],
    [{ has_next: false, next_page_number: null }, false],
    [{ has_next: false, next_page_number: 2 }, false],
    [{}, false],
    [null, false],
    [undefined, false],
    [[], false],
  ])('with the pagination %j has more: %s', (pagination, hasNext) => {
    expect(readDeployments(JSON.stringify({ data: [], pagination }), request).hasNext).toBe(hasNext)
  })

  // Whoever takes these for an empty list creates a second server.
  it.each([...notJson, '{}', '{"data":null}', '{"data":{}}', '{"message":"no"}'])(
    'that is %s is malformed',
    (body) => {
      expect(() => readDeployments(body, request)).toThrow(malformed)
    },
  )
})

it('the tags of a status are its tags, and not known where it shows none', () => {
  expect(readMembership('{"tags":["a",{"name":"b"}]}', request).tags).toEqual(['a', 'b'])
  expect(readMembership('{"tags":[]}', request).tags).toEqual([])
  expect(readMembership('{"tags":null}', request).tags).toBeUndefined()
  expect(readMembership('{}', request).tags).toBeUndefined()
})

describe('logs', () => {
  it('have the crash in words', () => {
    const crash_data = { exit_code: 137, message: 'OOMKilled', restart_count: 3 }
    const body = JSON.stringify({ logs: 'a\n', crash_logs: 'b', crash_data })
    expect(readLogs(body, request)).toEqual({
      logs: 'a\n',
      crashLogs: 'b',
      crash: 'exit code 137, OOMKilled, restarted 3 times',
      restarts: 3,
    })
  })

  it.each([
    [{ exit_code: 0 }, 'exit code 0'],
    [{ exit_code: '1', restart_count: 0 }, 'exit code 1'],
    [{ message: '' }, undefined],
    [{}, undefined],
    [null, undefined],
    [[], undefined],
  ])('with the crash data %j say %j', (crash_data, crash) => {
    expect(readLogs(JSON.stringify({ crash_data }), request)).toMatchObject({
      logs: '',
      crashLogs: '',
      crash,
    })
  })
})

describe('a webhook', () => {
  it('is about an id, and of the rest nothing is read', () => {
    const body = JSON.stringify({ request_id: id, current_status: 'READY' })
    expect(readWebhook(body)).toEqual({ kind: 'notification', id })
  })

  it.each([...notJson, ...oddIds.map((odd) => JSON.stringify({ request_id: odd }))])(
    'that is %s is ignored',
    (body) => {
      expect(readWebhook(body)).toMatchObject({ kind: 'ignored' })
    },
  )
})

it('tags of any kind are texts, or none', () => {
  const tags: unknown[] = [
    'a',
    1,
    { name: 'b' },
    { name: { toString: null } },
    { toString: null },
    null,
  ]
  const row = { request_id: id, tags }
  const { rows } = readDeployments(JSON.stringify({ data: [row] }), request)
  expect(rows[0]?.tags).toEqual(['a', '1', 'b', '', '', ''])
})
