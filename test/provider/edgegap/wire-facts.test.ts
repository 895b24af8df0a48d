import { describe, expect, it } from 'vitest'
import {
  asPortless,
  expectMessage,
  isApiError,
  readDeployments,
  readMembership,
  readProblem,
  readStatus,
  toDegrees,
} from '../../../src/provider/edgegap/wire.ts'

const request = 'GET /x'
const PORTS = { game: { name: 'game', internal: 7777, external: 31_500, protocol: 'UDP' } }

function status(fields: Record<string, unknown>) {
  return readStatus(JSON.stringify(fields), 'a', request)
}

describe('a status that says ready', () => {
  const ready = (fields: Record<string, unknown>) =>
    status({ current_status: 'Status.READY', fqdn: 'h', ...fields }).state

  it.each([{ ports: {} }, { ports: null }, {}])(
    'counts where it names no port only for a version that has none: %j',
    (fields) => {
      const reading = status({ current_status: 'Status.READY', fqdn: 'h', ...fields })
      expect(reading).toMatchObject({ state: 'pending', namesNoPort: true })
      expect(asPortless(reading).state).toBe('succeeded')
    },
  )

  it('counts once a port leads to it', () => {
    expect(ready({ ports: PORTS })).toBe('succeeded')
    expect(ready({ ports: { ...PORTS, web: {} } })).toBe('succeeded')
  })

  it.each([{ game: { internal: 7777 } }, { game: { internal: 7777, external: null }, web: {} }])(
    'is waited on while none of its ports leads anywhere: %j',
    (ports) => {
      expect(ready({ ports })).toBe('pending')
    },
  )

  it('and failed is a failure, also where nobody reaches it', () => {
    expect(ready({ fqdn: null, error: true })).toBe('failed')
  })
})

describe('a status', () => {
  it('says how long the deployment may run, where that has an end', () => {
    expect(status({ max_duration: 60 }).facts.maxMinutes).toBe(60)
    expect(status({ max_duration: '1' }).facts.maxMinutes).toBe(1)
    for (const max_duration of [0, -1, null, undefined, 'x']) {
      expect(status({ max_duration }).facts).not.toHaveProperty('maxMinutes')
    }
  })

  it('says whether the deployment ends or has ended', () => {
    expect(status({ current_status: 'Status.TERMINATING' }).end).toBe('ending')
    expect(status({ current_status: 'terminated' }).end).toBe('ended')
    for (const current_status of ['READY', 'ERROR', 'constructor', undefined]) {
      expect(status({ current_status })).not.toHaveProperty('end')
    }
  })

  it('says why, in the words of Edgegap, also before it has failed', () => {
    const error_detail = 'image is large'
    expect(status({ current_status: 'DEPLOYING', error_detail }).reason).toBe(error_detail)
    expect(status({ current_status: 'TERMINATED', error_detail }).reason).toBe(error_detail)
    expect(status({ current_status: 'TERMINATING' }).reason).toBe('it was terminated')
    expect(status({ current_status: 'ERROR', error_detail: '' }).reason).toContain(
      'without details',
    )
    expect(status({ current_status: 'DEPLOYING' })).not.toHaveProperty('reason')
  })

  it.each([
    ['Pull image timeout exceeded', 'raise time_to_deploy'],
    ['Image pull timed out', 'raise time_to_deploy'],
    ['Unable to pull image from registry', 'registry-username'],
    ['Failed to pull image: manifest unknown', 'was pushed under this tag'],
    ['registry: access denied', 'registry-username'],
    ['toomanyrequests: You have reached your unauthenticated pull rate limit', 'limits pulls'],
  ])('has advice where a failure is about the image: %s', (error_detail, advice) => {
    expect(status({ current_status: 'ERROR', error_detail }).next).toContain(advice)
  })

  it.each([
    ['ERROR', 'kicked'],
    ['ERROR', 'no capacity'],
    ['ERROR', 'health check timeout'],
    ['DEPLOYING', 'Pull image timeout exceeded'],
  ])('has no advice of its own for %s: %s', (current_status, error_detail) => {
    expect(status({ current_status, error_detail })).not.toHaveProperty('next')
  })

  it('is no longer than a word is', () => {
    expect(status({ current_status: 'x'.repeat(1_000) }).status).toBe('x'.repeat(200))
  })

  it('of another deployment is refused, with the request', () => {
    expect(() => status({ request_id: 'b' })).toThrow(
      expect.objectContaining({ kind: 'malformed-reply', request }),
    )
    expect(status({ request_id: 'a' }).state).toBe('pending')
  })

  it('keeps the order of the ports, also where they are called by numbers', () => {
    const body = '{"fqdn":"h","ports":{"web":{"external":1},"80":{"external":2}}}'
    expect(readStatus(body, 'a', request).facts.ports?.map(({ name }) => name)).toEqual([
      'web',
      '80',
    ])
  })
})

describe('where a deployment is', () => {
  it.each([
    [{ city: 'Paris', country: 'France' }, 'Paris, France'],
    [{ city: 'Singapore' }, 'Singapore'],
    [{ country: 'France' }, 'France'],
    [{ city: '', country: '' }, undefined],
    [null, undefined],
  ])('for people: %j', (location, text) => {
    expect(status({ location }).facts.location).toBe(text)
  })

  it.each([
    [
      { city: 'Paris', latitude: 48.85, longitude: '2.35' },
      { latitude: 48.85, longitude: 2.35 },
    ],
    [{ city: 'Paris', latitude: 48.85 }, undefined],
    [{ city: 'Paris', longitude: 2.35 }, undefined],
    [{ city: 'Paris', latitude: 91, longitude: 2 }, undefined],
    [{ city: 'Paris', latitude: 1, longitude: 181 }, undefined],
    [
      { city: 'Paris', latitude: -90, longitude: 180 },
      { latitude: -90, longitude: 180 },
    ],
  ])('for comparing: %j', (location, point) => {
    expect(status({ location }).place).toEqual({ city: 'Paris', ...(point && { point }) })
  })

  it('is no place without a city', () => {
    expect(
      status({ location: { country: 'France', latitude: 1, longitude: 2 } }),
    ).not.toHaveProperty('place')
    expect(status({})).not.toHaveProperty('place')
  })

  it.each([
    ['5', 5],
    [' -5.5 ', -5.5],
    [10, 10],
    [-10, -10],
    [10.01, undefined],
    ['', undefined],
    ['  ', undefined],
    ['x', undefined],
    [Number.NaN, undefined],
    [null, undefined],
    [true, undefined],
  ])('%j are the degrees %j', (value, degrees) => {
    expect(toDegrees(value, 10)).toBe(degrees)
  })
})

describe('the host', () => {
  it.each([
    'h.edgegap.net',
    'a',
    '9.example',
    'a_b-c.D',
    '203.0.113.9',
    '2001:db8::1',
    `a${'b'.repeat(252)}`,
  ])('may be %s', (fqdn) => {
    expect(status({ fqdn }).facts.host).toBe(fqdn)
  })

  // Workflows put it into shell commands.
  it.each([
    '',
    '-rf',
    '.h',
    'h h',
    'h;x',
    'h\n',
    '$(x)',
    '"h"',
    'h/x',
    'https://h',
    '::x',
    'ü.net',
    `a${'b'.repeat(253)}`,
  ])('may not be %j', (fqdn) => {
    expect(status({ fqdn, public_ip: fqdn, ports: PORTS }).facts).toEqual({ ports: [] })
  })

  it('and the address are two facts, and the name is what ports are reached by', () => {
    expect(status({ fqdn: 'h', public_ip: '203.0.113.9', ports: PORTS }).facts).toMatchObject({
      host: 'h',
      ip: '203.0.113.9',
      ports: [{ address: 'h:31500' }],
    })
    expect(status({ public_ip: '203.0.113.9' }).facts).toEqual({ ip: '203.0.113.9', ports: [] })
  })
})

describe('the ports', () => {
  const portsOf = (ports: unknown) => status({ fqdn: 'h', ports }).facts.ports

  it('are a hundred at most', () => {
    const many = Array.from({ length: 101 }, (_, index) => [`p${index}`, { external: 1 + index }])
    const read = portsOf(Object.fromEntries(many))
    expect(read).toHaveLength(100)
    expect(read?.at(-1)?.name).toBe('p99')
  })

  it('have names and protocols of a sensible length', () => {
    const port = { external: 1, name: 'n'.repeat(500), protocol: 'p'.repeat(500) }
    expect(portsOf({ a: port })).toMatchObject([
      { name: 'n'.repeat(100), protocol: 'p'.repeat(20) },
    ])
  })

  it('are called by their key where they have no name', () => {
    expect(portsOf({ a: { external: 1, name: '' }, b: { external: 2, name: 'c' } })).toMatchObject([
      { name: 'a' },
      { name: 'c' },
    ])
  })

  it.each([
    [1, 1],
    [65_535, 1],
    [0, 0],
    [65_536, 0],
  ])('with the number %d outside are %d', (external, count) => {
    expect(portsOf({ a: { external } })).toHaveLength(count)
  })
})

describe('a row of the list', () => {
  const rowOf = (fields: Record<string, unknown>) =>
    readDeployments(JSON.stringify({ data: [{ request_id: 'a', ...fields }] }), request).rows[0]
  const ADDRESS = { fqdn: 'h', ports: PORTS }

  it('that is ready has its address, in the order of its ports', () => {
    const body = `{"data":[{"request_id":"a","ready":true,"public_ip":"203.0.113.9",
      "ports":{"web":{"external":1},"80":{"external":2}}}]}`
    expect(readDeployments(body, request).rows).toMatchObject([
      {
        isReady: true,
        facts: {
          ip: '203.0.113.9',
          ports: [
            { name: 'web', address: '203.0.113.9:1' },
            { name: '80', address: '203.0.113.9:2' },
          ],
        },
      },
    ])
    expect(rowOf({ ...ADDRESS, ready: true })?.facts).toMatchObject({ host: 'h' })
  })

  it.each([
    [{ ready: false, ...ADDRESS }],
    [{ ...ADDRESS }],
    [{ ready: true, fqdn: 'h' }],
    [{ ready: true, fqdn: 'h', ports: {} }],
    [{ ready: true, ports: PORTS }],
    [{ ready: true, fqdn: '$(x)', ports: PORTS }],
  ])('has none where it is not ready or not in full: %j', (fields) => {
    expect(rowOf(fields)).not.toHaveProperty('facts')
  })
})

describe('whose a deployment is', () => {
  it('is said by its application and its tags, where the status has them', () => {
    expect(readMembership('{"app_name":"game","tags":["a"]}', request)).toEqual({
      application: 'game',
      tags: ['a'],
    })
    expect(readMembership('{"app_name":null}', request)).toEqual({
      application: undefined,
      tags: undefined,
    })
  })
})

describe('a reply that is not the JSON of the API', () => {
  it.each([
    ['<html>', 'not-the-api'],
    ['  <!doctype html>', 'not-the-api'],
    ['OK', 'malformed-reply'],
    ['[]', 'malformed-reply'],
    ['null', 'malformed-reply'],
    ['"{}"', 'malformed-reply'],
  ])('%j is %s', (body, kind) => {
    expect(() => expectMessage(body, request)).toThrow(expect.objectContaining({ kind, request }))
    expect(isApiError(body)).toBe(false)
  })

  it.each(['{}', '{"message":"no"}', '{"message":{}}'])('%s is JSON of it', (body) => {
    expectMessage(body, request)
    expect(isApiError(body)).toBe(true)
  })
})

describe('the words of an error reply', () => {
  it.each([
    ['  busy\n', 'busy'],
    ['<html>Bad Gateway</html>', ''],
    ['"busy"', ''],
    ['{"message":"a","error":"b","detail":"c"}', 'a'],
    ['{"error":"b","detail":"c"}', 'b'],
    ['{"message":"","error":"b"}', 'b'],
    ['{"message":5}', '5'],
    ['{"error":false,"current_status":"Status.READY"}', ''],
    ['{}', ''],
  ])('%j: %j', (body, words) => {
    expect(readProblem(body)).toBe(words)
  })
})
