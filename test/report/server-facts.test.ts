import { describe, expect, it, test } from 'vitest'
import type { Facts, Port } from '../../src/provider/provider.ts'
import {
  connectParts,
  distanceText,
  factRows,
  ids,
  runRows,
} from '../../src/report/server-facts.ts'
import type { DeploymentState, LifetimeState, RunState } from '../../src/state/state.ts'
import { deploymentReport, runReport } from './fixtures.ts'
import { asRead, shown } from './plain.ts'

const PORT: Port = {
  name: 'gameport',
  internal: 7777,
  external: 31_500,
  protocol: 'UDP',
  address: 'a.example:31500',
}

function serverWith(facts: Facts, more: Partial<DeploymentState> = {}): DeploymentState {
  const observation = { state: 'succeeded', status: 'READY', known: true, facts } as const
  return deploymentReport({ observation, ...more })
}

/** A cell as a person reads it, its lines apart. */
const cell = (value: string) => value.split('<br>').map((line) => asRead(line))

/** The rows by their labels. */
function rowsOf(server: DeploymentState, more: Partial<RunState> = {}) {
  const report = runReport({ deployments: [server], ...more })
  const rows = factRows(report, server, shown).map(([label, value]) => [label, cell(value)])
  return Object.fromEntries(rows) as Record<string, string[] | undefined>
}

describe('how players reach a server', () => {
  test.each<[string, Facts, string]>([
    [
      'by its first port',
      { ports: [PORT] },
      'Connect to gameport (UDP 7777):\n\n    a.example:31500',
    ],
    [
      'by the first of several',
      { ports: [PORT, { ...PORT, name: 'web' }] },
      'Connect to gameport (UDP 7777):\n\n    a.example:31500',
    ],
    [
      'by a port that is called by its number',
      { ports: [{ ...PORT, name: '7777' }] },
      'Connect to 7777 (UDP):\n\n    a.example:31500',
    ],
    [
      'by a port whose own number is not known',
      { ports: [{ ...PORT, internal: undefined }] },
      'Connect to gameport (UDP):\n\n    a.example:31500',
    ],
    [
      'by a port of an unknown kind',
      { ports: [{ ...PORT, protocol: '', internal: undefined }] },
      'Connect to gameport:\n\n    a.example:31500',
    ],
    [
      'by a port without a name',
      { ports: [{ ...PORT, name: '' }] },
      'Connect to (UDP 7777):\n\n    a.example:31500',
    ],
    ['by its host alone', { host: 'a.example', ports: [] }, 'Connect:\n\n    a.example'],
    ['not at all', { ip: '203.0.113.9' }, ''],
  ])('%s', (_, facts, text) => {
    expect(asRead(connectParts(serverWith(facts), shown))).toBe(text)
  })

  it('is not known before it was observed', () => {
    const { observation: _, ...unseen } = deploymentReport()
    expect(connectParts(unseen, shown)).toEqual([])
  })
})

describe('the facts of a server', () => {
  it('are only those that there are', () => {
    const { source: _, ...server } = serverWith({ location: 'New York' }, { elapsedMs: 0 })
    expect(rowsOf(server)).toEqual({ Deployment: ['a69f8e3e0555'] })
  })

  it('have its further ports, each with its address', () => {
    const web = { ...PORT, name: 'web', internal: 8080, protocol: 'HTTPS', address: 'a.example:2' }
    const admin = { ...PORT, name: 'admin', address: 'a.example:3' }
    expect(rowsOf(serverWith({ ports: [PORT] }))['Other ports']).toBeUndefined()
    expect(rowsOf(serverWith({ ports: [PORT, web, admin] }))['Other ports']).toEqual([
      'web (HTTPS 8080) → a.example:2',
      'admin (UDP 7777) → a.example:3',
    ])
  })

  it('name thirty further ports and count the rest', () => {
    const ports = (count: number) =>
      rowsOf(serverWith({ ports: Array.from({ length: count }, () => PORT) }))['Other ports'] ?? []
    expect(ports(31)).toHaveLength(30)
    expect(ports(33)).toHaveLength(31)
    expect(ports(33).at(-1)).toBe('2 more in the output ports')
  })

  it('have what else the provider says, unless it is empty', () => {
    const details = [
      ['Build', 'b-1'],
      ['Changed', ''],
    ] as const
    expect(rowsOf(serverWith({ details })).Changed).toBeUndefined()
    expect(rowsOf(serverWith({ details }))).toMatchObject({ Build: ['b-1'] })
  })

  test.each<[string, Partial<DeploymentState>, Facts, string | undefined]>([
    ['up', {}, { host: 'a.example', ip: '203.0.113.9' }, 'IP 203.0.113.9 · ready after 4.2 s'],
    ['up, its host being its IP', {}, { host: '::1', ip: '::1' }, 'ready after 4.2 s'],
    ['done without a host', {}, {}, 'done after 4.2 s'],
    ['up at once', { elapsedMs: 0 }, { host: 'a.example' }, undefined],
    ['only starting', { outcome: 'started' }, { ip: '203.0.113.9' }, 'IP 203.0.113.9'],
    ['failed', { outcome: 'failed' }, { ip: '203.0.113.9' }, undefined],
  ])('have its id and, where it is %s, what else is known', (_, more, facts, also) => {
    const expected = also === undefined ? 'a69f8e3e0555' : `a69f8e3e0555 · ${also}`
    expect(rowsOf(serverWith(facts, more)).Deployment).toEqual([expected])
  })

  it('have no row for an id where there is none', () => {
    const { id: _, ...unborn } = serverWith({}, { outcome: 'failed' })
    expect(rowsOf(unborn).Deployment).toBeUndefined()
  })
})

describe('what was asked for', () => {
  const target = { name: 'new-york', where: '40.71,-74.01' }
  test.each<[string, Partial<DeploymentState>, Facts, string | undefined]>([
    ['with its place', { target }, {}, 'new-york (40.71,-74.01)'],
    ['by its place alone', { target: { name: '1.2.3.4', where: '1.2.3.4' } }, {}, '1.2.3.4'],
    ['by its name alone', { target: { name: 'paris', where: '' } }, {}, 'paris'],
    ['and was given', { target }, { location: 'New York, United States' }, undefined],
    [
      'and was given, by another spelling',
      { target: { name: 'Sao-Paulo', where: 'x' } },
      { location: 'São Paulo' },
      undefined,
    ],
    [
      'and was given near it',
      { target },
      { location: 'New York', distanceKm: 12.4 },
      'new-york (40.71,-74.01), placed 12 km away',
    ],
    [
      'and was given as another',
      { target },
      { location: 'Newark' },
      'new-york (40.71,-74.01) → Newark',
    ],
    [
      'of a server that failed',
      { target, outcome: 'failed' },
      { location: 'New York' },
      'new-york (40.71,-74.01) → New York',
    ],
    [
      'of a server that failed far off',
      { target, outcome: 'failed' },
      { location: 'Tokyo', distanceKm: 10_800 },
      'new-york (40.71,-74.01) → Tokyo, 10,800 km away ⚠️',
    ],
  ])('%s', (_, more, facts, text) => {
    expect(rowsOf(serverWith(facts, more))['Asked for']?.join()).toBe(text)
  })

  it('is not said where a server is called as its application', () => {
    const server = serverWith({}, { target: { name: 'my-game', where: '' } })
    expect(rowsOf(server)['Asked for']).toBeUndefined()
  })
})

describe('a distance', () => {
  test.each([
    [undefined, ''],
    [0, ''],
    [0.9, ''],
    [1, '1 km away'],
    [99.4, '99 km away'],
    [99.9, '100 km away'],
    [100, '100 km away'],
    [104, '100 km away'],
    [105, '110 km away'],
    [999, '1,000 km away'],
    [1_494, '1,490 km away'],
    [1_495, '1,500 km away ⚠️'],
    [12_345_678, '12,345,680 km away ⚠️'],
  ])('of %s km is %j', (km, text) => {
    expect(distanceText(km)).toBe(text)
  })
})

describe('what answered', () => {
  const probe = { port: 'gameport', protocol: 'a2s', seconds: 1.5, detail: '' } as const
  it('is said for each probe', () => {
    const probes = [
      { ...probe, answered: true, detail: '0 of 16 players' },
      { ...probe, answered: true },
      { ...probe, answered: false, detail: 'no reply' },
    ]
    expect(rowsOf(serverWith({}, { probes })).Answers).toEqual([
      '✅ gameport by a2s after 1.5 s: 0 of 16 players',
      '✅ gameport by a2s after 1.5 s',
      '❌ gameport by a2s not within 1.5 s: no reply',
    ])
  })

  it('is said for twenty probes', () => {
    const probes = Array.from({ length: 21 }, () => ({ ...probe, answered: true }))
    expect(rowsOf(serverWith({}, { probes })).Answers).toHaveLength(20)
  })
})

describe('what brought the news', () => {
  test.each<[string, Partial<RunState>, Partial<DeploymentState>, string | undefined]>([
    [
      'the webhook',
      { tunnel: 'ssh', tunnelError: 'late' },
      { source: 'webhook' },
      'webhook through the tunnel ssh',
    ],
    ['polling', {}, {}, 'status checks'],
    [
      'polling, with the reason',
      { tunnelError: 'no sshd' },
      {},
      'status checks · no webhook: no sshd',
    ],
    ['of a failure too', {}, { outcome: 'failed' }, 'status checks'],
    ['nothing where it was stopped', {}, { outcome: 'stopped' }, undefined],
  ])('is %s', (_, run, more, text) => {
    expect(rowsOf(serverWith({}, more), run)['Reported by']?.join()).toBe(text)
  })
})

describe('the facts of a run', () => {
  function runRowsOf(more: Partial<RunState>) {
    const rows = runRows(runReport({ ...more }), undefined, shown)
    return Object.fromEntries(rows.map(([label, value]) => [label, cell(value)]))
  }

  test.each<[string, Partial<RunState>, Record<string, string[]>]>([
    ['nothing', {}, {}],
    ['an image', { image: 'r/g:1' }, { Image: ['r/g:1'] }],
    ['an image of before alone', { previousImage: 'r/g:1' }, {}],
    ['a version created', { versionAction: 'created' }, { Image: ['version v1 created'] }],
    [
      'a version updated',
      { image: 'r/g:2', previousImage: 'r/g:1', versionAction: 'updated' },
      { Image: ['r/g:2 (was r/g:1) · version v1 updated'] },
    ],
    [
      'a version that had this image before',
      { image: 'r/g:1', previousImage: 'r/g:1', versionAction: 'reused' },
      { Image: ['r/g:1'] },
    ],
    [
      'a promotion to its image',
      { image: 'r/g:2', promoted: [{ version: 'prod', from: 'r/g:1', to: 'r/g:2' }] },
      { Image: ['r/g:2'], Promoted: ['prod (was r/g:1)'] },
    ],
    [
      'promotions of all kinds',
      {
        promoted: [
          { version: 'a', from: 'r/g:1', to: 'r/g:2' },
          { version: 'b', from: '', to: 'r/g:2' },
          { version: 'c', from: 'r/g:2', to: 'r/g:2' },
          { version: 'd', from: 'r/g:1', to: '' },
        ],
      },
      {
        Promoted: [
          'a now has r/g:2 (was r/g:1)',
          'b now has r/g:2',
          'c now has r/g:2',
          'd (was r/g:1)',
        ],
      },
    ],
    ['a replacement', { replacedIds: ['a1', 'b2'] }, { Replaced: ['a1 and b2'] }],
  ])('with %s', (_, more, rows) => {
    expect(runRowsOf(more)).toEqual(rows)
  })
})

describe('how long a server lives', () => {
  const accepted = { acceptedWallMs: Date.UTC(2026, 10, 25, 23, 30) }
  function lifetimeOf(
    lifetime: LifetimeState,
    server = deploymentReport(accepted),
    more: DeploymentState[] = [],
  ) {
    const report = runReport({ deployments: [server, ...more], lifetime })
    const only = more.length === 0 ? server : undefined
    const [row] = runRows(report, only, shown).filter(([label]) => label === 'Lifetime')
    return row ? cell(row[1]) : undefined
  }

  test.each<[LifetimeState, string[]]>([
    [{ endsWithJob: false }, ['until somebody stops it']],
    [{ endsWithJob: true }, ['this job stops it when it ends']],
    [
      { endsWithJob: true, replacedInGroup: 'pr-12', maxMinutes: 60 },
      [
        'this job stops it when it ends',
        'the next deploy of the group pr-12 replaces it',
        'Edgegap stops it after 60 minutes, at about 00:30 UTC',
      ],
    ],
    [
      { endsWithJob: false, maxMinutes: 1 },
      ['Edgegap stops it after 1 minute, at about 23:31 UTC'],
    ],
    [
      { endsWithJob: false, maxMinutes: 119 },
      ['Edgegap stops it after 119 minutes, at about 01:29 UTC'],
    ],
    [
      { endsWithJob: false, maxMinutes: 120 },
      ['Edgegap stops it after 2 hours, at about 01:30 UTC'],
    ],
    [
      { endsWithJob: false, maxMinutes: 150 },
      ['Edgegap stops it after 150 minutes, at about 02:00 UTC'],
    ],
    [
      { endsWithJob: false, maxMinutes: 1_439 },
      ['Edgegap stops it after 1439 minutes, at about 23:29 UTC'],
    ],
    [
      { endsWithJob: false, maxMinutes: 1_440 },
      ['Edgegap stops it after 24 hours, at about 2026-11-26 23:30 UTC'],
    ],
    [{ endsWithJob: false, maxMinutes: 1e15 }, [`Edgegap stops it after ${1e15} minutes`]],
    [
      { endsWithJob: false, maxMinutes: 0 },
      ['Edgegap stops it after 0 minutes, at about 23:30 UTC'],
    ],
  ])('%j', (lifetime, lines) => {
    expect(lifetimeOf(lifetime)).toEqual(lines)
  })

  it('is said without a time of day where nobody knows when it began', () => {
    expect(lifetimeOf({ endsWithJob: false, maxMinutes: 60 }, deploymentReport())).toEqual([
      'Edgegap stops it after 60 minutes',
    ])
  })

  it('is said of all where there are several', () => {
    const lifetime = { endsWithJob: true, replacedInGroup: 'x', maxMinutes: 60 }
    expect(lifetimeOf(lifetime, deploymentReport(accepted), [deploymentReport()])).toEqual([
      'this job stops them when it ends',
      'the next deploy of the group x replaces them',
      'Edgegap stops them after 60 minutes',
    ])
    const none = { endsWithJob: false }
    expect(lifetimeOf(none, deploymentReport(), [deploymentReport()])).toEqual([
      'until somebody stops them',
    ])
  })

  it('is not said where nothing is up', () => {
    expect(
      lifetimeOf({ endsWithJob: true }, deploymentReport({ outcome: 'failed' })),
    ).toBeUndefined()
    const one = deploymentReport({ outcome: 'failed' })
    expect(
      lifetimeOf({ endsWithJob: true }, one, [deploymentReport({ outcome: 'started' })]),
    ).toEqual(['this job stops them when it ends'])
  })
})

describe('ids in a sentence', () => {
  const list = (count: number) => Array.from({ length: count }, (_, n) => `s${n + 1}`)
  const shownIds = (count: number) => asRead(ids(list(count), shown))

  it('are all of a few, and twenty of many', () => {
    expect(shownIds(0)).toBe('')
    expect(shownIds(1)).toBe('s1')
    expect(shownIds(3)).toBe('s1, s2 and s3')
    expect(shownIds(20)).toMatch(/s19 and s20$/)
    expect(shownIds(22)).toMatch(/s19, s20 and 2 more$/)
  })
})
