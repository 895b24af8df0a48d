import { describe, expect, it, test } from 'vitest'
import { ActionError } from '../../src/base/errors.ts'
import { alertBox, codeBlock, factTable, folded, table } from '../../src/report/markdown.ts'
import { buildSummary } from '../../src/report/summary.ts'
import { toLine } from '../../src/runner/plain-text.ts'
import type { DeploymentState, RunState } from '../../src/state/state.ts'
import { deploymentReport, runReport } from './fixtures.ts'
import { asRead } from './plain.ts'
import { crashedServer, MONTREAL } from './sample-servers.ts'

const clean = (text: string) => toLine(text)
const summaryOf = (more: Partial<RunState>) => buildSummary(runReport(more), clean)
const textOf = (more: Partial<RunState>) => asRead(summaryOf(more))
const error = new ActionError({ kind: 'deployment-failed', what: 'It broke.' })
const failed = (id: string, tail: string[] = [], more: Partial<DeploymentState> = {}) =>
  deploymentReport({ id, outcome: 'failed', error, log: { tail, isCut: false }, ...more })
const { id: _, error: _e, ...unborn } = deploymentReport({ outcome: 'rejected' })

describe('the summary of one server', () => {
  it('of which nothing is known has a heading alone', () => {
    const server: DeploymentState = { ...unborn, outcome: 'started', id: ' ', elapsedMs: 0 }
    const { observation: _, source: _s, ...bare } = server
    const report = {
      outcome: 'started' as const,
      deployments: [{ ...bare, target: { name: 'my-game', where: '' }, timeline: [] }],
    }
    expect(textOf(report).split('\n').filter(Boolean)).toEqual([
      '🚀 my-game v1 is starting in my-game',
      expect.stringMatching(/^─+$/),
      'It was accepted; this step does not wait for it (wait: none).',
    ])
  })

  it('that is up has no log where there is none, and one where there is', () => {
    expect(textOf({})).not.toContain('listening')
    const log = { tail: ['listening'], isCut: false }
    expect(textOf({ deployments: [deploymentReport({ log })] })).toContain('listening')
  })

  it('that failed has no address, nor what is said of one that is up', () => {
    const reason = 'the disk is full'
    const { observation } = deploymentReport()
    const bad = { ...observation, state: 'failed', reason } as NonNullable<typeof observation>
    const text = textOf({
      outcome: 'failed',
      deployments: [failed('a1', [], { observation: bad })],
    })
    expect(text).not.toContain('Connect')
    expect(text).not.toContain('NOTE')
  })

  it('counts only servers that were created, or refused for a reason', () => {
    const deployments = [deploymentReport(), unborn, unborn]
    expect(textOf({ deployments })).toContain('Connect to gameport')
    expect(textOf({ outcome: 'rejected', deployments: [{ ...unborn, error }] })).toContain(
      'Asked for',
    )
  })
})

describe('what else was stopped', () => {
  test.each<[string, Partial<RunState>, string | undefined]>([
    ['is listed', { stoppedIds: ['lost-1', 'lost-2'] }, 'Also stopped: lost-1 and lost-2'],
    ['is not the server itself', { stoppedIds: ['a69f8e3e0555'] }, undefined],
    ['is not what was replaced', { stoppedIds: ['old'], replacedIds: ['old'] }, undefined],
    [
      'is what was to be replaced by a server that failed',
      { deployments: [failed('b2')], stoppedIds: ['b2', 'old'], replacedIds: ['old'] },
      'Also stopped: old',
    ],
    [
      'stands below many servers too',
      { deployments: [deploymentReport(), failed('b2')], stoppedIds: ['b2', 'lost'] },
      'Also stopped: lost',
    ],
    ['stands below none too', { deployments: [], stoppedIds: ['lost'] }, 'Also stopped: lost'],
  ])('%s', (_, more, line) => {
    const found = textOf(more)
      .split('\n')
      .find((one) => one.startsWith('Also stopped'))
    expect(found).toBe(line)
  })
})

describe('the summary without a server', () => {
  const stop = { group: 'pr-12', onlyAccepted: false }
  const linesOf = (more: Partial<RunState>) =>
    textOf({ outcome: 'stopped', deployments: [], ...more })
      .split('\n')
      .filter(Boolean)
      .slice(2)

  test.each<[string, Partial<RunState>, string[]]>([
    ['of one stop is its heading', { stop, stoppedIds: ['a1'] }, []],
    ['of several stops lists them', { stop, stoppedIds: ['a1', 'b2'] }, ['Stopped: a1 and b2']],
    [
      'of stops that are not waited for says so',
      { stop: { ...stop, onlyAccepted: true }, stoppedIds: ['a1', 'b2'] },
      ['Stops accepted: a1 and b2'],
    ],
    [
      'of a stop that was cancelled has them in its box',
      { stop, outcome: 'cancelled', stoppedIds: ['a1', 'b2'] },
      ['│ NOTE', '│ Stopped a1, b2.'],
    ],
    [
      'of a version has its image',
      { outcome: 'succeeded', versionAction: 'created', image: 'r/g:1' },
      ['Image   r/g:1 · version v1 created'],
    ],
    [
      'that failed has its box',
      { outcome: 'rejected', error: new ActionError({ kind: 'refused', what: 'No.', next: 'Do' }) },
      ['│ CAUTION', '│ What to do: Do.'],
    ],
  ])('%s', (_, more, lines) => {
    expect(linesOf(more)).toEqual(lines)
  })

  it('has what the run took time for, where servers were begun', () => {
    expect(summaryOf({ deployments: [{ ...unborn, outcome: 'rejected' }] })).toContain('mermaid')
    expect(summaryOf({ deployments: [] })).not.toContain('mermaid')
  })
})

describe('the summary of a dry run', () => {
  const plan = {
    changes: [{ kind: 'create', what: 'a server', detail: '' }],
    checks: [{ what: 'token', result: 'good', detail: '' }],
  } as const
  it('has its plan, and nothing of servers', () => {
    const text = textOf({ plan })
    expect(text).toContain('1. ➕ create a server')
    expect(text).not.toContain('Connect')
    expect(textOf({ outcome: 'planned' })).toContain('This run would change nothing.')
  })

  it('that would fail says what to do, above the plan', () => {
    const refused = new ActionError({ kind: 'refused', what: 'No tag v9.', next: 'Push it.' })
    expect(textOf({ outcome: 'rejected', plan, error: refused, deployments: [] })).toMatch(
      /What to do: Push it\.[\s\S]*1\. ➕ create a server/,
    )
  })
})

describe('the logs of many servers', () => {
  const summaryWith = (deployments: DeploymentState[]) =>
    summaryOf({ outcome: 'failed', deployments })

  it('are open for the one that decided, folded for the others, with what ended them', () => {
    const crash = { tail: ['second'], isCut: false, crash: 'exit code 1' }
    const summary = summaryWith([
      failed('a1', ['first']),
      failed('b2', [], { log: crash, target: { name: 'paris', where: '' } }),
      failed('c3', []),
      deploymentReport(),
    ])
    expect(summary).toContain('```diff\n  first\n```')
    expect(asRead(summary)).toContain('▸ Log of paris b2 · exit code 1')
    expect(summary).toContain('```text\nsecond\n```')
    expect(summary.match(/Log of/g)).toHaveLength(1)
  })

  it('are those of servers that were stopped and have no id too', () => {
    const { id: _, ...lost } = failed('x', ['line'])
    expect(asRead(summaryWith([failed('a1'), lost]))).toContain('▸ Log of new-york\n')
  })

  it('are ten beside the first, and the rest is counted', () => {
    const many = (count: number) =>
      asRead(summaryWith(Array.from({ length: count }, (_, n) => failed(`s${n}`, ['line']))))
    expect(many(11).match(/Log of/g)).toHaveLength(10)
    expect(many(11)).not.toContain('more log')
    expect(many(12)).toContain('1 more log is in the log of this step.')
    expect(many(13)).toContain('2 more logs are in the log of this step.')
  })

  it('share the room that there is', () => {
    const tail = Array.from({ length: 500 }, () => 'x'.repeat(1_023))
    const one = summaryOf({ outcome: 'failed', deployments: [failed('a1', tail)] })
    expect(one).toContain('The last 400 lines of its log')
    const two = summaryWith([failed('a1', tail), failed('b2', tail)])
    expect(two).toContain('The last 200 lines of its log')
    expect(two.match(/^x{1023}$/gm)).toHaveLength(400)
  })

  it('are none where only the others have one', () => {
    const summary = summaryWith([
      failed('a1', []),
      { ...deploymentReport(), log: { tail: ['up'], isCut: false } },
    ])
    expect(summary).toContain('<summary>Log of')
    expect(summary).not.toContain('```diff')
  })
})

describe('the summary of many servers', () => {
  it('has what holds for all of them, and their chart', () => {
    const deployments = [deploymentReport(), deploymentReport({ id: 'b2' })]
    const summary = summaryOf({ deployments, image: 'r/g:1' })
    expect(asRead(summary)).toContain('Image   r/g:1')
    expect(summary).toContain('```mermaid')
    expect(summaryOf({ deployments })).not.toContain('<table>')
  })

  it('has the box of the one that decided', () => {
    const deployments = [deploymentReport(), crashedServer(MONTREAL, 'c3')]
    expect(textOf({ outcome: 'failed', deployments })).toContain(
      'montreal: Edgegap reported Status.ERROR after 2.7 s: Container exited',
    )
  })
})

describe('the pieces of Markdown', () => {
  it('are boxes, folds, blocks and tables', () => {
    expect(alertBox('NOTE', ['one', 'two'])).toBe('> [!NOTE]\n> one\n>\n> two')
    expect(folded('title', 'content')).toBe(
      '<details><summary>title</summary>\n\ncontent\n\n</details>',
    )
    expect(codeBlock(['a', 'b'])).toBe('```text\na\nb\n```')
    expect(codeBlock(['```', '`````', '``'], 'diff')).toBe('``````diff\n```\n`````\n``\n``````')
    expect(codeBlock(['``'])).toBe('```text\n``\n```')
    expect(table(['A', 'B'], [['1', '2']])).toBe('| A | B |\n| :-- | :-- |\n| 1 | 2 |')
    expect(factTable([['Asked for it', 'x']])).toBe(
      '<table>\n<tr><th align="left">Asked&nbsp;for&nbsp;it</th><td>x</td></tr>\n</table>',
    )
  })
})

describe('the Markdown of a summary', () => {
  const target = { name: 'my-game', where: '' }
  const bare = (outcome: DeploymentState['outcome'], more: Partial<DeploymentState> = {}) => {
    const server: DeploymentState = { target, id: 'a1', outcome, timeline: [], elapsedMs: 0 }
    return { ...server, ...more }
  }
  const FACTS =
    '<table>\n<tr><th align="left">Deployment</th><td><code>a1</code></td></tr>\n</table>'
  const ROWS = '| Asked for | Deployment |\n| :-- | :-- |'
  const row = (sign: string) => `| ${sign}&nbsp;my&#45;game | <code>a1</code> |`
  const cause = (sign: string) => `| ${sign}&nbsp;my&#45;game | It broke | <code>a1</code> |`

  test.each<[string, Partial<RunState>, string[]]>([
    [
      'of one that is starting',
      { outcome: 'started', deployments: [bare('started')] },
      [
        '### 🚀 my&#45;game v1 is starting in my&#45;game',
        'It was accepted; this step does not wait for it (<code>wait&#58; none</code>).',
        FACTS,
      ],
    ],
    [
      'of one that is up',
      { deployments: [bare('succeeded')] },
      ['### ✅ my&#45;game v1 succeeded on Edgegap', FACTS],
    ],
    [
      'of one that failed',
      { outcome: 'failed', deployments: [bare('failed', { error })] },
      ['### ❌ my&#45;game v1 failed: It broke', FACTS],
    ],
    [
      'of one that was refused, of which nothing is known',
      {
        outcome: 'rejected',
        deployments: [{ target, outcome: 'rejected', error, timeline: [], elapsedMs: 0 }],
      },
      ['### ❌ my&#45;game v1 was refused: It broke'],
    ],
    [
      'of several that are up',
      { deployments: [bare('succeeded'), bare('succeeded')] },
      [
        '### ✅ my&#45;game v1 succeeded on Edgegap',
        '✅ **2** up',
        `${ROWS}\n${row('✅')}\n${row('✅')}`,
      ],
    ],
    [
      'of several of which one failed, without a log',
      { outcome: 'failed', deployments: [bare('succeeded'), bare('failed', { error })] },
      [
        '### ❌ 1 of 2 servers of my&#45;game v1 failed: It broke',
        '✅ **1** up · ❌ **1** failed',
        `| Asked for | Address or cause | Deployment |\n| :-- | :-- | :-- |\n${cause('❌')}\n| ✅&nbsp;my&#45;game |  | <code>a1</code> |`,
      ],
    ],
    ['of nothing', { outcome: 'rejected', deployments: [] }, ['### ❌ my&#45;game v1 was refused']],
    [
      'of a stop',
      { outcome: 'stopped', deployments: [], stop: { id: 'a1', onlyAccepted: false } },
      ['### 🛑 <code>a1</code> was not running, so nothing was stopped'],
    ],
  ])('%s has these parts and no other', (_, more, parts) => {
    expect(summaryOf(more)).toBe(`${parts.join('\n\n')}\n`)
  })

  it('has the empty logs of no server among those that it counts', () => {
    const withLog = Array.from({ length: 11 }, (_, n) => failed(`s${n}`, ['line']))
    const silent = Array.from({ length: 5 }, (_, n) => failed(`t${n}`))
    const [first, ...others] = withLog
    const text = textOf({
      outcome: 'failed',
      deployments: [...(first ? [first] : []), ...silent, ...others],
    })
    expect(text.match(/Log of/g)).toHaveLength(10)
    expect(text).not.toContain('more log')
  })
})
