import { describe, expect, it, test } from 'vitest'
import { ActionError } from '../../src/base/errors.ts'
import { buildProblemsSummary } from '../../src/report/problems-summary.ts'
import { buildSummary } from '../../src/report/summary.ts'
import { toLine } from '../../src/runner/plain-text.ts'
import { markdownToText } from '../harness/markdown-text.ts'
import { deploymentReport, runReport } from './fixtures.ts'
import { crashedServer, upServer } from './sample-servers.ts'
import { scenes, wrongInputs } from './scenes.ts'

const clean = (text: string) => toLine(text)
const textOf = (name: string) => markdownToText(buildSummary(scenes[name] ?? runReport(), clean))
const PLACE = { name: 'montreal', where: '45.50,-73.57', location: 'Montreal, Canada' }
const CRASH = 'its process ended (exit code 139, SIGSEGV, restarted 3 times)'

describe('the heading says in a sentence what happened', () => {
  test.each([
    ['success', '✅ my-game v1.4.2 is up in Montreal, Canada'],
    ['three-servers', '✅ my-game v1.4.2 is up in Montreal, Frankfurt and Osaka'],
    ['failure', `❌ my-game v1.4.2 failed: ${CRASH}`],
    ['three-servers-one-failed', `❌ 1 of 3 servers of my-game v1.4.2 failed: ${CRASH}`],
    ['fifty-servers', '❌ 2 of 50 servers of my-game v1.4.2 failed'],
    ['timed-out', '⏱️ my-game v1.4.2 was not ready in time'],
    [
      'rejected',
      '❌ my-game v1.4.2 was refused: Edgegap does not accept the token: Invalid token header',
    ],
    ['started', '🚀 my-game v1.4.2 is starting in frankfurt'],
    ['cancelled', '🚫 The deploy of my-game v1.4.2 was cancelled'],
    ['stopped', '🛑 2399b4ad8360 is stopped'],
    ['nothing-to-stop', '🛑 2399b4ad8360 was not running, so nothing was stopped'],
    ['group-stopped', '🛑 3 servers of my-game with the tag pr-12 are stopped'],
    ['version-only', '✅ version v1.4.2 of my-game is created'],
    ['dry-run', '📋 Dry run: 5 changes planned for my-game v1.4.2, and nothing was changed'],
    ['rockit-edge', '✅ my_game is published on ROCKIT Edge'],
    [
      'rockit-edge-failure',
      '❌ my_game failed: publishing failed on eu-west, succeeded on us-east',
    ],
  ])('%s', (name, sentence) => {
    expect(textOf(name).split('\n')[0]).toBe(sentence)
  })

  it('names the cause of a dry run that found a fault', () => {
    const error = new ActionError({ kind: 'refused', what: 'The image has no tag v9.' })
    const plan = { changes: [], checks: [] }
    const report = runReport({ deployments: [], outcome: 'rejected', error, plan })
    expect(markdownToText(buildSummary(report, clean))).toMatch(
      /^❌ Dry run: my-game v1 would fail: The image has no tag v9\n/,
    )
  })

  it('is short, however long the cause is, and then the box has all of it', () => {
    const what = 'because '.repeat(30).trim()
    const error = new ActionError({ kind: 'refused', what })
    const report = runReport({ deployments: [], outcome: 'rejected', error })
    const [heading = '', ...rest] = buildSummary(report, clean).split('\n')
    expect(heading.length).toBeLessThan(200)
    expect(rest.join('\n')).toContain(what)
  })
})

describe('the summary of a server that is up', () => {
  const summary = buildSummary(scenes.success ?? runReport(), clean)
  const text = textOf('success')

  it('has the address alone in a block of code, where it can be copied', () => {
    expect(summary).toContain('\n\n```text\n2399b4ad8360.pr.edgegap.net:31504\n```\n\n')
    expect(summary.split('31504')).toHaveLength(2)
  })

  it('says what was asked for and what came of it', () => {
    expect(text).toMatch(/Asked for +new-york \(40\.71,-74\.01\), placed 530 km away/)
    expect(text).toMatch(/Answers +✅ gameport by a2s after 600 ms: my-game arena, 0 of 16 players/)
  })

  it('warns of a place that is far off', () => {
    const far = upServer({ ...PLACE, distanceKm: 5_851.2 }, 'a69f8e3e0555', 1_000)
    const report = runReport({ deployments: [far] })
    expect(markdownToText(buildSummary(report, clean))).toContain('placed 5,850 km away ⚠️')
  })

  it('does not repeat a place that is where it was asked for', () => {
    const report = runReport({ deployments: [upServer(PLACE, 'a69f8e3e0555', 1_000)] })
    const repeated = markdownToText(buildSummary(report, clean))
    expect(repeated).not.toContain('Asked for')
    expect(repeated.split('Montreal')).toHaveLength(2)
  })

  it('says how long it lives and who stops it', () => {
    expect(text).toContain('the next deploy of the group pr-12 replaces it')
    expect(text).toContain('Edgegap stops it after 60 minutes, at about 13:04 UTC')
    const lifetime = { endsWithJob: true, maxMinutes: 1_440 }
    const three = markdownToText(
      buildSummary({ ...(scenes['three-servers'] ?? runReport()), lifetime }, clean),
    )
    expect(three).toContain('this job stops them when it ends')
    expect(three).toContain('Edgegap stops them after 24 hours')
  })

  it('has a chart of what took how long, on one clock', () => {
    const chart = /```mermaid\n([\s\S]*?)\n```/.exec(summary)?.[1]?.replaceAll('\u200b', '')
    const tasks = chart?.split('\n').filter((line) => line.startsWith('    ') && / :/.test(line))
    expect(tasks?.map((line) => line.trim())).toEqual([
      'version created · 1.3 s :0, 1300ms',
      'seeking · 1.6 s :1980, 1612ms',
      'deploying · 2.5 s :3592, 2538ms',
      'ready · at 6.1 s :milestone, 6130, 0ms',
      'probe · 600 ms :6130, 600ms',
    ])
  })

  it('shows what else the provider says of it', () => {
    const server = deploymentReport()
    const observation = { ...server.observation, reason: 'the build equals the current one' }
    const deployments = [{ ...server, observation } as typeof server]
    const shown = markdownToText(buildSummary(runReport({ deployments }), clean))
    expect(shown).toContain('│ NOTE\n│ the build equals the current one.')
  })
})

describe('the summary of a server that failed', () => {
  const summary = buildSummary(scenes.failure ?? runReport(), clean)

  it('says what the provider reported, what to do, and that nothing is left', () => {
    const text = textOf('failure')
    expect(text).toContain(
      'Edgegap reported Status.ERROR after 2.7 s: Container exited with code 139 during startup. It is stopped; nothing is left running.',
    )
    expect(text).toContain('What to do: Read the end of its log below.')
    expect(textOf('kept')).toContain(
      'Left running for you to look at: c690e9c0c310. You pay for it until you stop it.',
    )
  })

  it('has the last errors of its log open and marked, and all of it folded', () => {
    const [open = '', rest = ''] = summary.split('<details>')
    expect(open).toContain('\n- ERROR: HTTP 401 from master: token expired\n')
    expect(open).toContain('\n     at: register (net/master.cpp:214)\n')
    expect(open).not.toContain('END OF BACKTRACE')
    expect(rest).toMatch(/^<summary>All 15 lines of its log<\/summary>\n\n```text\nGodot Engine/)
    expect(rest).toContain('-- END OF BACKTRACE --\n```\n\n</details>')
  })

  it('folds nothing where all of a short log is open', () => {
    const error = new ActionError({ kind: 'deployment-failed', what: 'x' })
    const log = { tail: ['one', '```', 'two'], isCut: false }
    const deployments = [deploymentReport({ outcome: 'failed', error, log })]
    const short = buildSummary(runReport({ outcome: 'failed', deployments }), clean)
    expect(short).toContain('````diff\n  one\n  ```\n  two\n````')
    expect(short).not.toContain('<details>')
  })

  it('gives the advice and the request of an error that has some', () => {
    expect(textOf('rejected')).toContain('The request was POST /v2/deployments → 401.')
    expect(textOf('rejected')).toContain('What to do: Create a new token in the dashboard')
  })
})

describe('the summary of a run that failed although its server is up', () => {
  it('says why, and still has the address', () => {
    const error = new ActionError({
      kind: 'refused',
      what: 'The version prod was moved by somebody else since this run began.',
    })
    const text = markdownToText(buildSummary(runReport({ outcome: 'failed', error }), clean))
    expect(text.split('\n')[0]).toBe(
      '❌ my-game v1 failed: The version prod was moved by somebody else since this run began',
    )
    expect(text).toContain('    a69f8e3e0555.pr.edgegap.net:31500')
  })

  it('does not put a silent server down to the provider', () => {
    const error = new ActionError({
      kind: 'deployment-failed',
      what: 'a69f8e3e0555 is ready, but gameport did not answer a2s within 1m 00s.',
    })
    const probes = [
      { port: 'gameport', protocol: 'a2s', answered: false, seconds: 60, detail: 'no reply' },
    ] as const
    const log = { tail: ['listening'], isCut: false, crash: 'exit code 0' }
    const deployments = [deploymentReport({ outcome: 'failed', error, probes, log })]
    const text = markdownToText(buildSummary(runReport({ outcome: 'failed', deployments }), clean))
    expect(text.split('\n')[0]).toContain('failed: a69f8e3e0555 is ready, but gameport did not')
    expect(text).not.toContain('Edgegap reported')
    expect(text).toMatch(/Answers +❌ gameport by a2s not within 60\.0 s: no reply/)
  })
})

describe('the summary of many servers', () => {
  it('counts how they ended, puts what went wrong first and folds the rest', () => {
    const text = textOf('fifty-servers')
    expect(text).toContain('✅ 48 up · ❌ 1 failed · ⏱️ 1 not ready in time · ready after 2.9 s')
    const rows = text.split('\n').filter((line) => /^(✅|❌|⏱️) \S+-\d+ /.test(line))
    expect(rows).toHaveLength(50)
    expect(rows[0]).toMatch(/^❌ sydney-18 .* 2\.7 s +2399bcb3b9f9$/)
    expect(rows[1]).toMatch(/^⏱️ sydney-32 .*not ready in time/)
    expect(text).toContain('▸ 35 more servers')
    expect(text).toContain('sydney-18: Edgegap reported Status.ERROR')
  })

  it('has one bar for each in the chart, and none for more than a picture holds', () => {
    const summary = buildSummary(scenes['three-servers-one-failed'] ?? runReport(), clean)
    expect(summary.match(/^ {2}section/gm)).toHaveLength(3)
    expect(summary.match(/:crit, /g)).toHaveLength(1)
    expect(textOf('fifty-servers')).not.toContain('█')
  })

  it('names the cause only of one in the heading, and each one in its row', () => {
    const error = new ActionError({ kind: 'refused', what: 'Out of quota.' })
    const deployments = [
      crashedServer(PLACE, 'c690e9c0c310'),
      deploymentReport({ outcome: 'failed', error }),
    ]
    const text = markdownToText(buildSummary(runReport({ outcome: 'failed', deployments }), clean))
    expect(text.split('\n')[0]).toBe('❌ 2 of 2 servers of my-game v1 failed')
    expect(text).toContain(CRASH)
    expect(text).toMatch(/❌ new-york .*Out of quota/)
  })
})

test('wrong inputs have a summary that lists every one of them', () => {
  expect(markdownToText(buildProblemsSummary(wrongInputs, clean))).toBe(
    [
      '❌ 3 inputs are wrong, so nothing was sent',
      '─'.repeat(41),
      '',
      ...wrongInputs.map((problem) => `- ${problem}`),
      '',
      '│ NOTE',
      '│ Correct the with block of this step, then run the job again.',
    ].join('\n'),
  )
})
