import { describe, expect, test } from 'vitest'
import { compareRuns, isSuperseded, type RunKey, runName } from '../../src/github/run-order.ts'
import {
  afterPost,
  briefView,
  cleanView,
  type PostEnd,
  pageOf,
  type RunView,
} from '../../src/github/run-view.ts'
import { readSaved, writeSaved } from '../../src/github/saved.ts'
import type { Outcome } from '../../src/state/state.ts'
import { viewOf } from './stage.ts'

const [server] = viewOf().deployments
if (!server) throw new Error('no server')
const withPorts = (...ports: [protocol: string, address: string][]) =>
  viewOf({
    deployments: ports.map(([protocol, address]) => {
      return { ...server, ports: [{ name: 'port', protocol, address }] }
    }),
  })

describe('the page of a run', () => {
  test.each([
    ['http', 'a.example.com:80', 'http://a.example.com/'],
    ['HTTPS', 'a.example.com:443', 'https://a.example.com/'],
    [' https ', 'a.example.com:8443', 'https://a.example.com:8443/'],
    ['ws', '10.0.0.1:9001', 'http://10.0.0.1:9001/'],
    ['wss', 'a-b_c.example.com:9001', 'https://a-b_c.example.com:9001/'],
    ['https', '[2001:db8::1]:31000', 'https://[2001:db8::1]:31000/'],
  ])('of a port of kind %j at %s is %s', (protocol, address, page) => {
    expect(pageOf(withPorts([protocol, address]))).toBe(page)
  })

  test.each([
    ['udp', 'a.example.com:7777'],
    ['tcp/udp', 'a.example.com:7777'],
    ['constructor', 'a.example.com:7777'],
    ['https', ''],
    ['https', 'user:secret@evil.example:1'],
    ['https', 'a.example.com/path'],
    ['https', 'a.example.com:1 '],
    ['https', ' a.example.com:1'],
    ['https', 'a.example.com:port'],
  ])('of a port of kind %j at %j is none', (protocol, address) => {
    expect(pageOf(withPorts([protocol, address]))).toBeUndefined()
  })

  test('is that of the first port that has one, of any server', () => {
    const view = withPorts(['udp', 'a.example:1'], ['https', 'b c'], ['ws', 'd:4'], ['http', 'e:5'])
    expect(pageOf(view)).toBe('http://d:4/')
  })
})

test('a view is cleaned in every text, and in nothing else', () => {
  const view = viewOf({ error: 'It failed' })
  const cleaned = cleanView(view, (text) => `<${text}>`)
  expect(cleaned).toEqual({
    outcome: 'succeeded',
    seconds: 12.34,
    provider: '<Edgegap>',
    application: '<my-game>',
    version: '<1.4.2>',
    image: '<registry.example.com/my-game:1.4.2>',
    error: '<It failed>',
    deployments: [
      {
        id: '<a1b2c3>',
        outcome: 'succeeded',
        location: '<Montreal>',
        address: '<a1b2c3.pr.example.com:31504>',
        ports: [
          { name: '<game>', protocol: '<UDP>', address: '<a1b2c3.pr.example.com:31504>' },
          { name: '<web>', protocol: '<HTTPS>', address: '<a1b2c3.pr.example.com:31505>' },
        ],
      },
    ],
  })
})

describe('a run after its post step', () => {
  const [a, b] = [
    { ...server, id: 'a' },
    { ...server, id: 'b' },
  ]
  const LEFT = 'b could not be stopped and may still run.'
  const outcomes = ({ outcome, deployments }: RunView) => [
    outcome,
    ...deployments.map((one) => one.outcome),
  ]

  test.each<[string, PostEnd, Outcome[], string]>([
    ['both ended', { endedIds: ['a', 'b'], leftIds: [] }, ['stopped', 'stopped', 'stopped'], ''],
    [
      'one may still run',
      { endedIds: ['a'], leftIds: ['b'] },
      ['succeeded', 'stopped', 'succeeded'],
      LEFT,
    ],
    [
      'none was to be stopped',
      { endedIds: [], leftIds: [] },
      ['succeeded', 'succeeded', 'succeeded'],
      '',
    ],
    [
      'another one may still run',
      { endedIds: ['a', 'b'], leftIds: ['c'] },
      ['succeeded', 'stopped', 'stopped'],
      'c could not be stopped and may still run.',
    ],
    ['others ended', { endedIds: ['c'], leftIds: [] }, ['succeeded', 'succeeded', 'succeeded'], ''],
  ])('of which %s says what of it is up', (_, end, expected, error) => {
    const after = afterPost(viewOf({ deployments: [a, b] }), end)
    expect(outcomes(after)).toEqual(expected)
    expect(after.error).toBe(error)
  })

  test('that was killed is cancelled, with all that had not ended', () => {
    const open = { ...a, outcome: undefined }
    const killed = viewOf({
      outcome: undefined,
      deployments: [open, { ...b, outcome: 'rejected' }],
    })
    const after = afterPost(killed, { endedIds: ['a'], leftIds: [] })
    expect(outcomes(after)).toEqual(['cancelled', 'cancelled', 'rejected'])
  })

  test('that failed says why, and what may still run', () => {
    const failed = viewOf({ outcome: 'failed', error: 'It crashed' })
    const after = afterPost(failed, { endedIds: [], leftIds: ['b'] })
    expect(after.error).toBe(`It crashed. ${LEFT}`)
    expect(after.outcome).toBe('failed')
  })
})

describe('which of two runs is newer', () => {
  const key = (id: number, number: number, attempt: number): RunKey => ({ id, number, attempt })

  test.each([
    ['the id, whatever the number of another workflow', key(9, 1, 1), key(8, 50, 3)],
    ['the number, where no id is known', key(0, 8, 1), key(0, 7, 3)],
    ['the attempt', key(9, 7, 2), key(9, 7, 1)],
  ])('is decided by %s', (_, newer, older) => {
    expect(compareRuns(newer, older)).toBeGreaterThan(0)
    expect(compareRuns(older, newer)).toBeLessThan(0)
    expect(compareRuns(newer, newer)).toBe(0)
    expect(runName(newer)).not.toBe(runName(older))
  })

  test.each([
    ['an older one never wins', key(8, 6, 1), false, key(9, 7, 1), false],
    ['it is itself no other', key(9, 7, 1), false, key(9, 7, 1), false],
    ['a newer one wins', key(10, 8, 1), false, key(9, 7, 1), true],
    [
      'a newer one wins over a first attempt, even when it had ended',
      key(10, 8, 1),
      true,
      key(9, 7, 1),
      true,
    ],
    ['a new attempt wins over one that had ended', key(10, 8, 1), true, key(9, 7, 2), false],
    ['a newer one wins over a new attempt beside it', key(10, 8, 1), false, key(9, 7, 2), true],
  ])('%s', (_, theirs, wasOver, ours, isSupersededByThem) => {
    expect(isSuperseded(ours, theirs, wasOver)).toBe(isSupersededByThem)
  })
})

test('of hundreds of ports only the first that has a page is kept', () => {
  const ports = (viewOf().deployments[0]?.ports ?? []).concat(server.ports)
  const [one] = briefView(viewOf({ deployments: [{ ...server, ports }] })).deployments
  expect(one).toEqual({ ...server, ports: [ports[1]] })
})

describe('what the main step saves', () => {
  const manyServers = (count: number) =>
    briefView(
      viewOf({
        deployments: Array.from({ length: count }, (_, index) => ({
          ...server,
          id: `${index}`.padStart(12, '0'),
          ports: Array.from({ length: 100 }, (_, port) => {
            return {
              name: `web-${port}`,
              protocol: 'HTTPS',
              address: `a.example.com:${1_000 + port}`,
            }
          }),
        })),
      }),
    )

  test.each([0, 1, 100])('of %i servers tells of each, and the page of its first port', (count) => {
    const view = manyServers(count)
    const read = readSaved(writeSaved({ view })).view
    expect(read?.deployments.map(({ id }) => id)).toEqual(view.deployments.map(({ id }) => id))
    if (read) expect(pageOf(read)).toBe(pageOf(view))
  })

  test.each([500, 5_000])('of %i servers fits into an environment variable', (count) => {
    const json = writeSaved({ view: manyServers(count), record: { key: 'k' }, comment: { id: 7 } })
    expect(Buffer.byteLength(json)).toBeLessThan(128 * 1024)
    const { view, record, comment } = readSaved(json)
    expect(view?.deployments.length).toBeGreaterThan(100)
    expect({ record, comment }).toEqual({ record: { key: 'k' }, comment: { id: 7 } })
  })

  test('never grows with texts that have no end', () => {
    const json = writeSaved({ view: { ...manyServers(3), error: 'x'.repeat(70_000) } })
    expect(readSaved(json).view?.deployments).toEqual([])
  })

  test('may be nothing of a run yet', () => {
    expect(readSaved(writeSaved({ comment: { pull: null } }))).toEqual({ comment: { pull: null } })
  })
})

describe('what the main step saved', () => {
  test('is read as it was written', () => {
    const saved = { view: viewOf(), record: { key: 'k', id: 3 }, comment: { pull: 12, id: 4 } }
    expect(readSaved(JSON.stringify(saved))).toEqual(saved)
  })

  test('that there is no pull request is kept', () => {
    expect(readSaved('{"comment":{"pull":null}}')).toEqual({ comment: { pull: null } })
  })

  test.each([
    'succeeded',
    'failed',
    'rejected',
    'timed-out',
    'cancelled',
    'started',
    'stopped',
    'planned',
  ])('the outcome %s is known', (outcome) => {
    expect(readSaved(JSON.stringify({ view: { outcome } })).view?.outcome).toBe(outcome)
  })

  test.each(['', 'null', '[]', '{', '7', '{}'])('is nothing where it is %j', (json) => {
    expect(readSaved(json)).toEqual({})
  })

  test('has no part that is not as it is written', () => {
    const nothing = {
      outcome: undefined,
      ...{ provider: '', application: '', version: '', image: '', error: '' },
      seconds: undefined,
    }
    const port = { name: '', protocol: '', address: '' }
    const odd = {
      view: {
        outcome: 'constructor',
        provider: 7,
        seconds: '12',
        deployments: [null, { id: 5, outcome: 'nonsense', ports: [7] }],
      },
      record: { key: 5, id: -1 },
      comment: { pull: 'twelve', id: 1.5 },
    }
    const server = { id: '', outcome: undefined, location: '', address: '' }
    expect(readSaved(JSON.stringify(odd))).toEqual({
      view: {
        ...nothing,
        deployments: [
          { ...server, ports: [] },
          { ...server, ports: [port] },
        ],
      },
      record: {},
      comment: {},
    })
    expect(readSaved('{"view":null,"record":null,"comment":null}')).toEqual({
      view: { ...nothing, deployments: [] },
      record: {},
      comment: {},
    })
  })

  test('has no time that is no finite number', () => {
    expect(readSaved('{"view":{"seconds":1e999}}').view?.seconds).toBeUndefined()
    expect(readSaved('{"view":{"seconds":0}}').view?.seconds).toBe(0)
  })
})
