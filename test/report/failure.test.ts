import { describe, expect, it, test } from 'vitest'
import { ActionError } from '../../src/base/errors.ts'
import { cancelSentences } from '../../src/report/cancel-text.ts'
import { failureBox } from '../../src/report/failure.ts'
import type { DeploymentState, RunState } from '../../src/state/state.ts'
import { deploymentReport, runReport } from './fixtures.ts'
import { asRead, shown } from './plain.ts'
import { crashedServer, lateServer, MONTREAL } from './sample-servers.ts'

const boxOf = (more: Partial<RunState>, deployment?: DeploymentState) =>
  asRead(
    failureBox(
      runReport({ deployments: deployment ? [deployment] : [], ...more }),
      deployment,
      shown,
    ),
  )
    .replaceAll('│ ', '')
    .replaceAll('│', '')

const refused = (what: string, more: { next?: string; request?: string } = {}) =>
  new ActionError({ kind: 'refused', what, ...more })
const LONG = 'because '.repeat(30).trim()

describe('the box of a failed run', () => {
  it('is missing where nothing failed', () => {
    expect(failureBox(runReport(), deploymentReport(), shown)).toEqual([])
  })

  it('is missing where the heading says all', () => {
    const report = runReport({ outcome: 'rejected', deployments: [], error: refused('No quota.') })
    expect(failureBox(report, undefined, shown)).toEqual([])
  })

  test.each<[string, ActionError, string]>([
    ['the advice', refused('No quota', { next: 'Ask for more' }), 'What to do: Ask for more.'],
    [
      'the request',
      refused('No quota', { request: 'POST /v1/a → 422' }),
      'The request was POST /v1/a → 422.',
    ],
    ['what did not fit into the heading', refused(LONG), `${LONG}.`],
    ['all sentences where there are two', refused('One. Two'), 'One. Two.'],
    [
      'all of it at once',
      refused('One. Two.', { next: 'Do this', request: 'GET /a → 500' }),
      'One. Two. The request was GET /a → 500.\n\nWhat to do: Do this.',
    ],
  ])('has %s', (_, error, text) => {
    expect(boxOf({ outcome: 'rejected', error })).toBe(`CAUTION\n${text}`)
  })

  it('says of a time-out what the heading leaves out', () => {
    const late = lateServer(MONTREAL, 'a1')
    expect(boxOf({ outcome: 'timed-out', stoppedIds: ['a1'] }, late)).toBe(
      [
        'CAUTION',
        'a1 was not ready within 5m 00s; its last status was Status.DEPLOYING. It is stopped; nothing is left running.',
        '',
        'What to do: Raise timeout if it only needs longer: the first start of a new image takes the time of its download.',
      ].join('\n'),
    )
  })

  it('repeats a short cause where the time decided, since the heading has none', () => {
    expect(boxOf({ outcome: 'timed-out', error: refused('Too slow') })).toBe('CAUTION\nToo slow.')
    const error = new ActionError({ kind: 'timed-out', what: 'Too slow' })
    expect(boxOf({ outcome: 'failed', error })).toBe('CAUTION\nToo slow.')
  })
})

describe('the box of a server that the provider reports as failed', () => {
  const crashed = crashedServer(MONTREAL, 'a1')
  const { log: _, ...silent } = crashed
  const withReason = (reason: string) =>
    ({ ...silent, observation: { ...silent.observation, reason } }) as DeploymentState

  it('has its status, the time and the reason behind a crash', () => {
    expect(boxOf({ outcome: 'failed' }, crashed)).toContain(
      'Edgegap reported Status.ERROR after 2.7 s: Container exited with code 139 during startup.\n',
    )
  })

  it('does not repeat a reason that is in the heading', () => {
    expect(boxOf({ outcome: 'failed' }, silent)).toBe(
      'CAUTION\nEdgegap reported Status.ERROR after 2.7 s.',
    )
  })

  it('has a reason that did not fit into the heading', () => {
    expect(boxOf({ outcome: 'failed' }, withReason(`First. ${LONG}`))).toBe(
      `CAUTION\nEdgegap reported Status.ERROR after 2.7 s: First. ${LONG}.`,
    )
  })

  it('has a word where there is no status, and nothing where there is no reason', () => {
    const observation = { state: 'failed', status: ' ', known: true, facts: {} } as const
    expect(boxOf({ outcome: 'failed' }, { ...silent, observation })).toBe(
      'CAUTION\nEdgegap reported a failure after 2.7 s.',
    )
  })

  it('names the place where there are several', () => {
    const deployments = [deploymentReport(), silent]
    expect(boxOf({ outcome: 'failed', deployments }, silent)).toBe(
      'CAUTION\nmontreal: Edgegap reported Status.ERROR after 2.7 s.',
    )
  })

  it('says what the run failed by rather than what the server says', () => {
    expect(boxOf({ outcome: 'failed', error: refused(LONG) }, crashed)).toContain(`${LONG}.`)
  })

  test.each<[string, string[], string]>([
    [
      'that is stopped points to its log, and how to keep the next one',
      ['a1'],
      'What to do: Read the end of its log below. To look at it while it runs, set on-failure: keep.',
    ],
    ['that is not stopped points to its log', ['b2'], 'What to do: Read the end of its log below.'],
  ])('%s', (_, stoppedIds, advice) => {
    expect(boxOf({ outcome: 'failed', stoppedIds }, crashed).split('\n').at(-1)).toBe(advice)
  })

  it('gives no advice of its own where there is no log', () => {
    const empty = { ...crashed, log: { tail: [], isCut: false } }
    for (const one of [empty, silent])
      expect(boxOf({ outcome: 'failed', stoppedIds: ['a1'] }, one)).not.toContain('What to do')
  })
})

describe('what became of the servers', () => {
  const error = refused(LONG)
  const servers = (...ids: string[]) => ids.map((id) => deploymentReport({ id, outcome: 'failed' }))
  const leftOf = (more: Partial<RunState>) =>
    boxOf({ outcome: 'failed', error, ...more })
      .replace(`CAUTION\n${LONG}.`, '')
      .trim()

  test.each<[string, Partial<RunState>, string]>([
    [
      'one is stopped',
      { deployments: servers('a1'), stoppedIds: ['a1'] },
      'It is stopped; nothing is left running.',
    ],
    [
      'all are stopped',
      { deployments: servers('a1', 'b2'), stoppedIds: ['b2', 'a1'] },
      'All 2 servers are stopped; nothing is left running.',
    ],
    ['not all are stopped', { deployments: servers('a1', 'b2'), stoppedIds: ['a1'] }, ''],
    ['nothing was created', { deployments: [], stoppedIds: ['a1'] }, ''],
    [
      'one is kept',
      { deployments: servers('a1'), keptIds: ['a1'] },
      'Left running for you to look at: a1. You pay for it until you stop it.',
    ],
    [
      'two are kept',
      { deployments: servers('a1', 'b2'), keptIds: ['a1', 'b2'] },
      'Left running for you to look at: a1 and b2. You pay for them until you stop them.',
    ],
    [
      'some are left to the post step',
      { deployments: servers('a1'), stoppedIds: ['a1'], hasLeftovers: true },
      'The post step stops what was created or may have been.',
    ],
    [
      'some are left, and no post step follows',
      { deployments: servers('a1'), hasLeftovers: true, hasNoPostStep: true },
      'What was created may still run: stop it in the dashboard, you pay for it until then.',
    ],
    [
      'a stop failed',
      {
        deployments: servers('a1'),
        stoppedIds: ['a1'],
        stop: { id: 'a1', onlyAccepted: false },
        hasLeftovers: true,
      },
      '',
    ],
  ])('%s', (_, more, text) => {
    expect(leftOf(more)).toBe(text)
  })
})

describe('the box of a cancelled run', () => {
  it('says what is left', () => {
    const deployments = [deploymentReport({ id: 'a1', outcome: 'cancelled' })]
    expect(boxOf({ outcome: 'cancelled', deployments, stoppedIds: ['a1'] })).toBe(
      'NOTE\nIt is stopped; nothing is left running.',
    )
    expect(boxOf({ outcome: 'cancelled', deployments, hasLeftovers: true })).toBe(
      'WARNING\nThe post step stops what was created or may have been.',
    )
    expect(boxOf({ outcome: 'cancelled', deployments: [] })).toBe('NOTE\nNothing was created.')
  })
})

describe('what a cancelled run says of what it had created', () => {
  const servers = (...ids: string[]) =>
    ids.map((id) => deploymentReport({ id, outcome: 'cancelled' }))
  const inPlace = (...ids: string[]) =>
    servers(...ids).map((one): DeploymentState => ({ ...one, isInPlace: true }))
  const lost = new ActionError({ kind: 'unresolved-create', what: 'An import may have begun' })
  const { id: _, ...unborn } = deploymentReport({ outcome: 'cancelled' })

  test.each<[string, Partial<RunState>, string[]]>([
    ['nothing was created', { deployments: [] }, ['Nothing was created.']],
    ['nothing got an id', { deployments: [unborn] }, ['Nothing was created.']],
    [
      'one may have been created',
      { deployments: [{ ...unborn, error: lost }] },
      ['An import may have begun.'],
    ],
    [
      'it is stopped',
      { deployments: servers('a1', 'b2'), stoppedIds: ['a1', 'b2'] },
      ['Stopped a1, b2.'],
    ],
    [
      'the post step has something to do',
      { deployments: servers('a1', 'b2'), stoppedIds: ['a1'], hasLeftovers: true },
      ['Stopped a1.', 'The post step stops what was created or may have been.'],
    ],
    [
      'it cannot be stopped',
      { deployments: servers('a1') },
      ['a1 cannot be taken back and goes on.'],
    ],
    [
      'they cannot be stopped',
      { deployments: servers('a1', 'b2') },
      ['a1, b2 cannot be taken back and go on.'],
    ],
    [
      'it took the place of an older one',
      { deployments: inPlace('a1'), stoppedIds: ['old'] },
      ['Stopped old.', 'a1 stays in place of what was replaced.'],
    ],
    [
      'several took the place of older ones',
      { deployments: [...inPlace('a1', 'b2'), unborn], hasLeftovers: true },
      ['a1, b2 stay in place of what was replaced.'],
    ],
    [
      'a version was created',
      { deployments: [], versionAction: 'created' },
      ['The version v1 was created, and stays; no server was created.'],
    ],
    [
      'a version was updated',
      { deployments: [], versionAction: 'updated' },
      ['The version v1 was updated, and stays; no server was created.'],
    ],
    [
      'it broke off while a version was made',
      { deployments: [], isVersionUnclear: true },
      [
        'No server was created. The version v1 may have been made or changed: look in the dashboard.',
      ],
    ],
    [
      'a version was only used',
      { deployments: [], versionAction: 'reused' },
      ['Nothing was created.'],
    ],
    [
      'a stop was cancelled',
      { deployments: [], stop: { id: 'a1', onlyAccepted: false } },
      ['As far as is known, nothing was stopped.'],
    ],
    [
      'a stop was cancelled after it was accepted',
      { deployments: [], stop: { id: 'a1', onlyAccepted: true }, stoppedIds: ['a1'] },
      ['Stops accepted: a1.'],
    ],
    [
      'a stop was cancelled after it was done',
      { deployments: [], stop: { id: 'a1', onlyAccepted: false }, stoppedIds: ['a1'] },
      ['Stopped a1.'],
    ],
  ])('where %s', (_, more, sentences) => {
    expect(cancelSentences(runReport({ outcome: 'cancelled', ...more }))).toEqual(sentences)
  })

  it('is so without an id for what is in place, too', () => {
    expect(
      cancelSentences(
        runReport({ outcome: 'cancelled', deployments: [{ ...unborn, isInPlace: true }] }),
      ),
    ).toEqual(['Nothing was created.'])
  })
})
