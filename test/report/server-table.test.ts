import { describe, expect, it, test } from 'vitest'
import { ActionError } from '../../src/base/errors.ts'
import { serverParts } from '../../src/report/server-table.ts'
import type { DeploymentState, Outcome } from '../../src/state/state.ts'
import { deploymentReport } from './fixtures.ts'
import { asRead, shown } from './plain.ts'

const NOTHING = { state: 'pending', status: '', known: true, facts: {} } as const

/** A server of which nothing is known but how it ended. */
function bare(
  name: string,
  outcome: Outcome,
  more: Partial<DeploymentState> = {},
): DeploymentState {
  const target = { name, where: '' }
  return { target, outcome, timeline: [], elapsedMs: 0, ...more }
}

const up = (name: string, elapsedMs: number, more: Partial<DeploymentState> = {}) =>
  deploymentReport({ target: { name, where: '' }, elapsedMs, ...more })

const partsOf = (servers: readonly DeploymentState[]) => serverParts(servers, shown)
const countsOf = (servers: readonly DeploymentState[]) => asRead(partsOf(servers)[0] ?? '')

/** The open table: its header and its rows, cell by cell. */
function tableOf(servers: readonly DeploymentState[], part = 1): string[][] {
  const lines = (partsOf(servers)[part] ?? '').split('\n').filter((line) => line.startsWith('|'))
  return lines
    .filter((_, index) => index !== 1)
    .map((line) =>
      line
        .slice(2, -2)
        .split(' | ')
        .map((cell) => asRead(cell)),
    )
}

describe('the counts of many servers', () => {
  it('name every outcome that occurs, good ones first', () => {
    const outcomes: Outcome[] = [
      ...(['planned', 'cancelled', 'timed-out', 'rejected', 'failed'] as const),
      ...(['stopped', 'started', 'succeeded', 'failed'] as const),
    ]
    expect(countsOf(outcomes.map((outcome) => bare('a', outcome)))).toBe(
      '✅ 1 up · 🚀 1 starting · 🛑 1 stopped · ❌ 2 failed · ❌ 1 refused · ⏱️ 1 not ready in time · 🚫 1 cancelled · 📋 1 planned',
    )
  })

  it('say how long those that are up took, and which one took longest', () => {
    const servers = [up('rome', 4_000), up('oslo', 12_000), up('paris', 3_000)]
    expect(countsOf(servers)).toBe('✅ 3 up · ready after 3.0 s to 12.0 s, slowest: oslo')
  })

  it.each<[string, DeploymentState[], string]>([
    [
      'a single one',
      [up('a', 3_000), bare('b', 'failed', { elapsedMs: 9_000 })],
      '✅ 1 up · ❌ 1 failed',
    ],
    ['those that took no time', [up('a', 0), up('b', 3_000)], '✅ 2 up'],
    [
      'those that are only starting',
      [bare('a', 'started', { elapsedMs: 5 }), bare('b', 'started', { elapsedMs: 9 })],
      '🚀 2 starting',
    ],
  ])('say nothing of the time of %s', (_, servers, text) => {
    expect(countsOf(servers)).toBe(text)
  })
})

describe('the table of many servers', () => {
  it('has what went wrong first, the rest as it was asked for', () => {
    const outcomes = [
      'succeeded',
      'failed',
      'stopped',
      'started',
      'timed-out',
      'cancelled',
    ] as const
    const servers = outcomes.map((outcome) => bare(outcome, outcome))
    expect(tableOf(servers).map(([first]) => first)).toEqual([
      'Asked for',
      '❌ failed',
      '⏱️ timed-out',
      '🚫 cancelled',
      '✅ succeeded',
      '🛑 stopped',
      '🚀 started',
    ])
  })

  it('has only columns that have something in them', () => {
    expect(tableOf([bare('a', 'started'), bare('b', 'started')])).toEqual([
      ['Asked for'],
      ['🚀 a'],
      ['🚀 b'],
    ])
  })

  it('has place, address, time and id of those that are up', () => {
    const near = {
      ...deploymentReport().observation,
      facts: { ...deploymentReport().observation?.facts, distanceKm: 20 },
    }
    const servers = [
      up('a', 4_230),
      up('b', 0, { observation: near as NonNullable<DeploymentState['observation']> }),
    ]
    const address = 'a69f8e3e0555.pr.edgegap.net:31500'
    expect(tableOf(servers)).toEqual([
      ['Asked for', 'Placed in', 'Address', 'Took', 'Deployment'],
      ['✅ a', 'New York, United States', address, '4.2 s', 'a69f8e3e0555'],
      ['✅ b', 'New York, United States, 20 km away', address, '', 'a69f8e3e0555'],
    ])
  })

  it('calls its column after what is in it', () => {
    const error = new ActionError({ kind: 'refused', what: 'Out of quota' })
    const host = { ...NOTHING, facts: { host: 'a.example' } }
    const [header] = tableOf([up('a', 0, { observation: host }), bare('b', 'failed', { error })])
    expect(header).toContain('Address or cause')
  })

  it('has the host where there is no port, and nothing where there is neither', () => {
    const of = (facts: object) => up('a', 0, { observation: { ...NOTHING, facts } })
    expect(tableOf([of({ host: 'a.example', ports: [] }), of({})])).toEqual([
      ['Asked for', 'Address', 'Deployment'],
      ['✅ a', 'a.example', 'a69f8e3e0555'],
      ['✅ a', '', 'a69f8e3e0555'],
    ])
  })

  it('has the cause of those that failed, and a word for those that need none', () => {
    const error = new ActionError({ kind: 'refused', what: 'Out of quota. Ask for more.' })
    const ends: Outcome[] = ['rejected', 'failed', 'timed-out', 'stopped', 'cancelled']
    const table = tableOf(ends.map((outcome) => bare(outcome, outcome, { error })))
    expect(table).toEqual([
      ['Asked for', 'Address or cause'],
      ['❌ rejected', 'Out of quota'],
      ['❌ failed', 'Out of quota'],
      ['⏱️ timed-out', 'not ready in time'],
      ['🚫 cancelled', 'cancelled'],
      ['🛑 stopped', 'stopped'],
    ])
  })

  it('has rows that stay rows: a long name is cut, and a time is not broken', () => {
    const long = up('n'.repeat(300), 4_230, { id: 'i'.repeat(300) })
    const [, table = ''] = partsOf([long, up('b', 1)])
    expect(table).toContain('4.2&nbsp;s')
    const [, row = []] = tableOf([long, up('b', 1)])
    expect(row[0]).toContain('(300 characters)')
    expect(row[0]?.length).toBeLessThan(140)
    expect(row.at(-1)?.length).toBeLessThan(140)
  })
})

describe('a long table', () => {
  const good = (count: number) => Array.from({ length: count }, (_, n) => up(`up-${n}`, 1_000))
  const bad = (count: number) => Array.from({ length: count }, (_, n) => bare(`bad-${n}`, 'failed'))

  test.each<[number, number, number, string | undefined]>([
    [15, 0, 15, undefined],
    [16, 0, 15, '▸ 1 more server'],
    [20, 3, 15, '▸ 8 more servers'],
    // All that went wrong stands open.
    [5, 20, 20, '▸ 5 more servers'],
    [0, 20, 20, undefined],
  ])('of %d good and %d bad ones has %d open rows', (up, down, open, fold) => {
    const servers = [...good(up), ...bad(down)]
    expect(tableOf(servers)).toHaveLength(1 + open)
    const [, , folded] = partsOf(servers)
    expect(folded === undefined ? undefined : asRead(folded).split('\n')[0]).toBe(fold)
  })

  it('has the others in its fold', () => {
    const servers = good(17)
    expect(tableOf(servers, 2).map(([first]) => first)).toEqual([
      'Asked for',
      '✅ up-15',
      '✅ up-16',
    ])
    expect(partsOf(servers)).toHaveLength(3)
  })

  it('ends after two hundred rows, and counts all', () => {
    expect(partsOf(good(200))).toHaveLength(3)
    const parts = partsOf(good(203))
    expect(asRead(parts[0] ?? '')).toContain('✅ 203 up')
    expect(tableOf(good(203), 2)).toHaveLength(1 + 185)
    expect(asRead(parts.at(-1) ?? '')).toBe('3 more are in the output deployments.')
    expect(asRead(partsOf(good(201)).at(-1) ?? '')).toBe('1 more is in the output deployments.')
  })
})
