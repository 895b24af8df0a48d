import { describe, expect, it } from 'vitest'
import { ActionError } from '../../src/base/errors.ts'
import { buildProblemsSummary } from '../../src/report/problems-summary.ts'
import { buildSummary } from '../../src/report/summary.ts'
import { toLine } from '../../src/runner/plain-text.ts'
import { Redactor } from '../../src/runner/redactor.ts'
import { SUMMARY_LIMIT_BYTES } from '../harness/file-commands.ts'
import { markdownToText } from '../harness/markdown-text.ts'
import { deploymentReport, runReport } from './fixtures.ts'
import { hostileReport } from './hostile-report.ts'
import { hostileTexts, mixtures } from './hostile-texts.ts'
import { scenes } from './scenes.ts'

const clean = (text: string) => toLine(text)

describe('every summary', () => {
  it.each(Object.keys(scenes))('of %s has no empty row, no dash for nothing', (name) => {
    const summary = buildSummary(scenes[name] ?? runReport(), clean)
    expect(summary).not.toMatch(/<td><\/td>|—|undefined|NaN|\[object/)
    expect(summary).not.toMatch(/\n{3,}/)
    expect(summary.endsWith('\n')).toBe(true)
  })

  it('has no element, link or line of a chart but its own, whatever comes from outside', () => {
    const own = ['code', 'details', 'summary', 'table', 'tr', 'td']
      .flatMap((name) => [`<${name}>`, `</${name}>`])
      .concat('<th align="left">', '</th>', '<br>')
    for (const text of [...hostileTexts, ...mixtures(60)]) {
      const whole = hostileReport(text)
      const first = whole.deployments.slice(0, 1)
      const up = whole.deployments.slice(1)
      const reports = [
        whole,
        { ...whole, deployments: first },
        { ...whole, deployments: up, outcome: 'succeeded' as const },
        {
          ...whole,
          deployments: [],
          stop: { id: text, onlyAccepted: false },
          outcome: 'stopped' as const,
        },
        {
          ...whole,
          deployments: [],
          stop: { group: text, onlyAccepted: true },
          outcome: 'stopped' as const,
        },
        {
          ...whole,
          plan: {
            changes: [{ kind: 'create' as const, what: text, detail: text }],
            checks: [{ what: text, result: 'bad' as const, detail: text }],
          },
        },
      ]
      for (const report of reports) expectInert(buildSummary(report, clean), own)
      expectInert(buildProblemsSummary([text, `timeout ${text}`], clean), own)
    }
  })

  it('shows no part of a secret, wherever a text is cut or divided', () => {
    const secret = 'York, the.secret; value 12345678'
    const redactor = new Redactor()
    redactor.add(secret)
    const report = hostileReport(`${'x'.repeat(85)}${secret} ${secret}`)
    const up = {
      ...report,
      deployments: report.deployments.slice(1),
      outcome: 'succeeded' as const,
    }
    for (const one of [report, up, ...Object.values(scenes)]) {
      const summary = markdownToText(buildSummary(one, (text) => toLine(redactor.clean(text))))
      expect(summary).not.toMatch(/York|the\.secret|12345678/)
    }
  })

  it('stays below what the runner takes and whole, however long the logs are', () => {
    const tail = Array.from({ length: 1_000 }, () => '日'.repeat(2_000))
    const error = new ActionError({ kind: 'deployment-failed', what: 'x' })
    for (const count of [1, 5, 200]) {
      const deployments = Array.from({ length: count }, () =>
        deploymentReport({ outcome: 'failed', error, log: { tail, isCut: true } }),
      )
      const summary = buildSummary(runReport({ outcome: 'failed', deployments }), clean)
      expect(Buffer.byteLength(summary)).toBeLessThan(SUMMARY_LIMIT_BYTES)
      expect(summary.split('<details>')).toHaveLength(summary.split('</details>').length)
      expect(summary).not.toContain('…\n\n…')
    }
  })

  it('stays below it with thousands of servers, ports and states', () => {
    const long = '|'.repeat(500)
    const port = {
      name: long,
      internal: 1,
      external: 2,
      protocol: 'UDP',
      address: `${'h'.repeat(253)}:31504`,
    }
    const ports = Array.from({ length: 5_000 }, () => port)
    const timeline = Array.from({ length: 5_000 }, (_, n) => ({ status: long, atMs: n }))
    const server = deploymentReport({
      timeline,
      observation: {
        state: 'succeeded',
        status: long,
        known: true,
        facts: { host: 'h', location: long, ports },
      },
    })
    for (const count of [1, 3, 5_000]) {
      const deployments = Array.from({ length: count }, () => server)
      const summary = buildSummary(runReport({ deployments }), clean)
      expect(Buffer.byteLength(summary)).toBeLessThan(SUMMARY_LIMIT_BYTES)
      expect(summary.split('<details>')).toHaveLength(summary.split('</details>').length)
      const chart = /```mermaid[\s\S]*?```/.exec(summary)?.[0] ?? ''
      expect(chart.length).toBeLessThan(50_000)
    }
  })
})

/** Nothing outside of blocks is markup of somebody else, and blocks hold what they are meant to. */
function expectInert(summary: string, own: readonly string[]): void {
  const charts = [...summary.matchAll(/^```mermaid\n([\s\S]*?)\n```$/gm)]
  const outside = summary.replace(/^(`{3,})(?:text|diff|mermaid)\n[\s\S]*?\n\1$/gm, '')
  for (const element of outside.match(/<[^>]*>?/g) ?? []) expect(own).toContain(element)
  expect(outside).not.toContain('`')
  expect(outside).not.toMatch(/\]\(|!\[|@[a-z0-9]|#\d(?!\d*;)/i)
  for (const line of outside.split('\n').filter((line) => line.startsWith('|'))) {
    expect(line.match(/\|/g)?.length).toBe(outside.match(/^\|.*$/m)?.[0].match(/\|/g)?.length)
  }
  for (const [, chart = ''] of charts) {
    const [, body = ''] = chart.split(/\n---\n/)
    for (const line of body.split('\n').slice(5)) {
      expect(line).toMatch(
        /^(?: {2}section (?:Steps|\u200b?[^:;#%{}`"<>&$\\\n]+)| {4}\u200b[^:;#%{}`"<>&$\\\n]+ :(?:crit, )?(?:milestone, )?\d+, \d+ms)$/,
      )
    }
  }
}
