import { describe, expect, it, test } from 'vitest'
import { ActionError } from '../../src/base/errors.ts'
import {
  causeOf,
  causeOfOne,
  firstBad,
  headline,
  isReportedFailure,
  shorten,
} from '../../src/report/headline.ts'
import type { DeploymentState, Outcome, RunState } from '../../src/state/state.ts'
import { deploymentReport, runReport } from './fixtures.ts'
import { asRead, shown } from './plain.ts'
import { crashedServer, MONTREAL } from './sample-servers.ts'

const headingOf = (more: Partial<RunState>) => asRead(headline(runReport(more), shown))
const refused = (what: string) => new ActionError({ kind: 'refused', what })
const failedBy = (what: string) => new ActionError({ kind: 'deployment-failed', what })

/** A server that ended so, in a place or in none that is known. */
function server(outcome: Outcome, location?: string, more: Partial<DeploymentState> = {}) {
  const facts = location === undefined ? {} : { location, host: 'a.example' }
  return deploymentReport({
    outcome,
    observation: { state: 'succeeded', status: 'READY', known: true, facts },
    ...more,
  })
}
const servers = (outcome: Outcome, ...places: string[]) =>
  places.map((place) => server(outcome, place))

describe('the heading of a success', () => {
  test.each<[string, Partial<RunState>, string]>([
    [
      'names the place of a single server as it is given',
      { deployments: servers('succeeded', 'Paris, France') },
      '✅ my-game v1 is up in Paris, France',
    ],
    [
      'names the cities of a few',
      { deployments: servers('succeeded', 'Paris, France', 'Oslo, Norway', 'Rome, Italy') },
      '✅ my-game v1 is up in Paris, Oslo and Rome',
    ],
    [
      'counts more than three',
      { deployments: servers('succeeded', 'A', 'B', 'C', 'D') },
      '✅ my-game v1 is up on 4 servers',
    ],
    [
      'counts servers of one city',
      { deployments: servers('succeeded', 'Paris, France', 'Paris, France') },
      '✅ my-game v1 is up on 2 servers',
    ],
    [
      'counts servers of which a place is not known',
      { deployments: [server('succeeded', 'Paris'), server('succeeded')] },
      '✅ my-game v1 is up on 2 servers',
    ],
    [
      'counts only those that are up',
      { deployments: [...servers('succeeded', 'Paris'), ...servers('stopped', 'Oslo')] },
      '✅ my-game v1 is up in Paris',
    ],
    [
      'names the provider where there is no address',
      { deployments: [server('succeeded')] },
      '✅ my-game v1 succeeded on Edgegap',
    ],
    [
      'uses the word of the provider for it',
      { deployments: [server('succeeded')], successWord: 'published', version: '' },
      '✅ my-game is published on Edgegap',
    ],
    [
      'says where a server with an address is when nobody knows its place',
      { deployments: [server('succeeded', '')] },
      '✅ my-game v1 is up on Edgegap',
    ],
    [
      'of a version names what was done with it',
      { deployments: [], versionAction: 'updated' },
      '✅ version v1 of my-game is updated',
    ],
    [
      'of a version that was as it should be',
      { deployments: [], versionAction: 'reused' },
      '✅ version v1 of my-game is unchanged',
    ],
    [
      'of nothing known is that of the provider',
      { deployments: [], versionAction: '' },
      '✅ my-game v1 succeeded on Edgegap',
    ],
    [
      'of no version is that of the provider',
      { deployments: [], version: '', versionAction: 'created' },
      '✅ my-game succeeded on Edgegap',
    ],
    [
      'of servers names the servers, whatever was done with the version',
      { deployments: servers('succeeded', 'Paris'), versionAction: 'created' },
      '✅ my-game v1 is up in Paris',
    ],
    [
      'has a word where the application has no name',
      { deployments: servers('succeeded', 'Paris'), application: '', version: '' },
      '✅ The server is up in Paris',
    ],
  ])('%s', (_, more, heading) => {
    expect(headingOf(more)).toBe(heading)
  })
})

describe('the heading of servers that are not waited for', () => {
  const starting = (name: string) =>
    deploymentReport({ outcome: 'started', target: { name, where: '' } })
  const unplaced = (name: string): DeploymentState => ({
    target: { name, where: '' },
    outcome: 'started',
    timeline: [],
    elapsedMs: 0,
  })

  test.each<[string, DeploymentState[], string]>([
    ['the place that it has', [starting('paris')], 'in New York, United States'],
    ['else the one that was asked for', [unplaced('paris')], 'in paris'],
    ['each of a few', [unplaced('paris'), unplaced('oslo')], 'in paris and oslo'],
  ])('says %s', (_, deployments, where) => {
    expect(headingOf({ outcome: 'started', deployments })).toBe(
      `🚀 my-game v1 is starting ${where}`,
    )
  })
})

it('names the provider where nothing was begun', () => {
  expect(headingOf({ outcome: 'started', deployments: [] })).toBe(
    '🚀 my-game v1 is starting on Edgegap',
  )
})

describe('the heading of a failure', () => {
  const late = (id: string) =>
    server('timed-out', undefined, {
      id,
      error: new ActionError({ kind: 'timed-out', what: 'late' }),
    })
  const failed = (what: string) => server('failed', undefined, { error: failedBy(what) })
  const up = server('succeeded', 'Paris')

  test.each<[string, Partial<RunState>, string]>([
    [
      'of a refusal gives its cause',
      { outcome: 'rejected', deployments: [], error: refused('No quota. Ask for more.') },
      '❌ my-game v1 was refused: No quota',
    ],
    [
      'of a refusal without a cause is short',
      { outcome: 'rejected', deployments: [] },
      '❌ my-game v1 was refused',
    ],
    [
      'of a single late server has no cause',
      { outcome: 'timed-out', deployments: [late('a')] },
      '⏱️ my-game v1 was not ready in time',
    ],
    [
      'of several late ones counts them',
      { outcome: 'timed-out', deployments: [late('a'), up, late('b')] },
      '⏱️ 2 of 3 servers of my-game v1 not ready in time',
    ],
    [
      'of one failed server gives the cause',
      { outcome: 'failed', deployments: [failed('It broke; badly.')] },
      '❌ my-game v1 failed: It broke',
    ],
    [
      'of several that failed alike gives the cause',
      { outcome: 'failed', deployments: [failed('It broke'), failed('It broke.'), up] },
      '❌ 2 of 3 servers of my-game v1 failed: It broke',
    ],
    [
      'of several that failed differently only counts them',
      { outcome: 'failed', deployments: [failed('one'), failed('two'), up] },
      '❌ 2 of 3 servers of my-game v1 failed',
    ],
    [
      'of the run itself says nothing of its servers',
      { outcome: 'failed', deployments: [up, up], error: refused('Promoted by another') },
      '❌ my-game v1 failed: Promoted by another',
    ],
    [
      'of the run itself by its time says nothing of its servers either',
      { outcome: 'timed-out', deployments: [up, up], error: refused('x') },
      '⏱️ my-game v1 was not ready in time',
    ],
    [
      'does not count servers that were never created',
      {
        outcome: 'failed',
        deployments: [failed('It broke'), server('rejected', undefined, { error: refused('no') })],
      },
      '❌ my-game v1 failed: It broke',
    ],
    [
      'of a cancel gives no cause',
      { outcome: 'cancelled', error: new ActionError({ kind: 'cancelled', what: 'x' }) },
      '🚫 The deploy of my-game v1 was cancelled',
    ],
  ])('%s', (_, more, heading) => {
    expect(headingOf(more)).toBe(heading)
  })
})

describe('the heading of a stop', () => {
  const one = { id: 'a1', onlyAccepted: false }
  const group = { group: 'pr-12', onlyAccepted: false }
  const all = { onlyAccepted: false }
  const stopped = (more: Partial<RunState>) =>
    headingOf({ outcome: 'stopped', deployments: [], ...more })

  test.each<[string, Partial<RunState>, string]>([
    ['one', { stop: one, stoppedIds: ['a1'] }, '🛑 a1 is stopped'],
    [
      'one that is not waited for',
      { stop: { ...one, onlyAccepted: true }, stoppedIds: ['a1'] },
      '🛑 a1 is being stopped',
    ],
    ['one that is gone', { stop: one }, '🛑 a1 was not running, so nothing was stopped'],
    [
      'a group of one',
      { stop: group, stoppedIds: ['a1'] },
      '🛑 1 server of my-game with the tag pr-12 is stopped',
    ],
    [
      'a group',
      { stop: { ...group, onlyAccepted: true }, stoppedIds: ['a1', 'b2'] },
      '🛑 2 servers of my-game with the tag pr-12 are being stopped',
    ],
    [
      'a whole application',
      { stop: all, stoppedIds: ['a1', 'b2'] },
      '🛑 2 servers of my-game are stopped',
    ],
    [
      'an empty group',
      { stop: group },
      '🛑 No server of my-game with the tag pr-12 was running, so nothing was stopped',
    ],
    [
      'one, cancelled',
      { stop: one, outcome: 'cancelled', error: refused('x') },
      '🚫 The stop of a1 was cancelled',
    ],
    [
      'a group, cancelled',
      { stop: group, outcome: 'cancelled' },
      '🚫 The stop of servers of my-game with the tag pr-12 was cancelled',
    ],
    [
      'one, too late',
      { stop: one, outcome: 'timed-out', error: refused('x') },
      '⏱️ a1 was not gone in time',
    ],
    [
      'an application, too late',
      { stop: all, outcome: 'timed-out' },
      '⏱️ Not all servers of my-game were gone in time',
    ],
    [
      'one, in vain',
      { stop: one, outcome: 'failed', error: refused('No right to.') },
      '❌ a1 was not stopped: No right to',
    ],
    [
      'a group, in vain',
      { stop: group, outcome: 'failed', error: refused('No right to.') },
      '❌ Not all servers of my-game with the tag pr-12 were stopped: No right to',
    ],
  ])('of %s', (_, more, heading) => {
    expect(stopped(more)).toBe(heading)
  })
})

describe('the heading of a dry run', () => {
  const change = { kind: 'create', what: 'a server', detail: '' } as const
  test.each<[string, Partial<RunState>, string]>([
    [
      'counts one change',
      { plan: { changes: [change], checks: [] } },
      '📋 Dry run: 1 change planned for my-game v1, and nothing was changed',
    ],
    [
      'counts none where no plan came up',
      { outcome: 'planned' },
      '📋 Dry run: 0 changes planned for my-game v1, and nothing was changed',
    ],
    [
      'gives the cause of a failure',
      { outcome: 'failed', plan: { changes: [], checks: [] }, error: refused('No tag v9.') },
      '❌ Dry run: my-game v1 would fail: No tag v9',
    ],
    [
      'of a stop is that of the dry run',
      { outcome: 'planned', stop: { id: 'a1', onlyAccepted: false } },
      '📋 Dry run: 0 changes planned for my-game v1, and nothing was changed',
    ],
    [
      'is good in spite of an error that did not decide it',
      { outcome: 'planned', error: refused('x') },
      '📋 Dry run: 0 changes planned for my-game v1, and nothing was changed',
    ],
  ])('%s', (_, more, heading) => {
    expect(headingOf({ deployments: [], ...more })).toBe(heading)
  })
})

describe('a cause, shortened', () => {
  const long = 'word '.repeat(30).trim()
  test.each([
    ['The first. The second.', 'The first'],
    ['The first; the second', 'The first'],
    ['One only.', 'One only'],
    ['One only;', 'One only'],
    ['one;two three', 'one;two three'],
    ['Two;. ', 'Two'],
    ['See v1.2.3 of it', 'See v1.2.3 of it'],
    [' blanks around. ', 'blanks around'],
    ['', ''],
    ['x'.repeat(110), 'x'.repeat(110)],
    ['x'.repeat(111), `${'x'.repeat(110)}…`],
    // Cut between words, unless that leaves little.
    [long, `${'word '.repeat(22).trim()}…`],
    [`${'x'.repeat(55)} ${'y'.repeat(60)}`, `${'x'.repeat(55)}…`],
    [`${'x'.repeat(54)} ${'y'.repeat(60)}`, `${'x'.repeat(54)} ${'y'.repeat(55)}…`],
  ])('%j is %j', (text, short) => {
    expect(shorten(text)).toBe(short)
  })

  it('is never cut within a character', () => {
    for (const text of [`${'x'.repeat(109)}🎮🎮`, `a${'🎮'.repeat(60)}`])
      expect(shorten(text).isWellFormed()).toBe(true)
  })
})

describe('the cause', () => {
  const crashed = crashedServer(MONTREAL, 'a1')
  it('is how the process ended, else what the provider says, else our own words', () => {
    const { log: _, ...silent } = crashed
    const text = 'Container exited with code 139 during startup'
    expect(causeOfOne(crashed)).toEqual({
      text: 'its process ended (exit code 139, SIGSEGV, restarted 3 times)',
      isReason: false,
    })
    expect(causeOfOne(silent)).toEqual({ text, isReason: true })
    const { observation: _o, ...blind } = silent
    expect(causeOfOne(blind)).toEqual({ text: 'a1 failed after 2.7 s', isReason: false })
    const { error: _e, ...nothing } = blind
    expect(causeOfOne(nothing)).toEqual({ text: '', isReason: false })
  })

  it('of a provider without a reason is our own', () => {
    const { reason: _, ...observation } = crashed.observation ?? {}
    const { log: _log, ...rest } = crashed
    const one = { ...rest, observation } as DeploymentState
    expect(causeOfOne(one)).toEqual({ text: 'a1 failed after 2.7 s', isReason: false })
  })

  it('of a run is its own error, else that of the server that decided it', () => {
    const deployments = [deploymentReport(), crashed]
    expect(causeOf(runReport({ deployments, error: refused(' Of the run. ') }))).toEqual({
      text: 'Of the run',
      isReason: false,
    })
    expect(causeOf(runReport({ deployments })).text).toContain('its process ended')
    expect(causeOf(runReport({ deployments: [] }))).toEqual({ text: '', isReason: false })
  })

  it('is the provider’s only where it says so itself', () => {
    expect(isReportedFailure(crashed)).toBe(true)
    expect(isReportedFailure({ ...crashed, outcome: 'stopped' })).toBe(false)
    expect(isReportedFailure({ ...crashed, error: refused('x') })).toBe(false)
    const { observation = { state: 'failed', status: '', known: true, facts: {} } } = crashed
    const ready = { ...crashed, observation: { ...observation, state: 'succeeded' as const } }
    expect(isReportedFailure(ready)).toBe(false)
    expect(causeOfOne(ready)).toEqual({ text: 'a1 failed after 2.7 s', isReason: false })
    const { error: _, ...without } = crashed
    expect(isReportedFailure(without)).toBe(false)
  })
})

describe('the server that decided the outcome', () => {
  const error = failedBy('x')
  const bad = (outcome: Outcome) => deploymentReport({ outcome, error })

  it('is the first of the worst', () => {
    const [cancelled, rejected, late, failed] = [
      bad('cancelled'),
      bad('rejected'),
      bad('timed-out'),
      bad('failed'),
    ]
    expect(firstBad([cancelled, rejected, late, failed, bad('failed')])).toBe(failed)
    expect(firstBad([cancelled, rejected, late])).toBe(late)
    expect(firstBad([cancelled, rejected])).toBe(rejected)
    expect(firstBad([cancelled])).toBe(cancelled)
  })

  it('has an error', () => {
    const known = bad('timed-out')
    expect(firstBad([deploymentReport({ outcome: 'failed' }), known])).toBe(known)
  })

  it('is none of those that are up', () => {
    expect(firstBad([bad('succeeded'), bad('stopped')])).toBeUndefined()
  })
})
