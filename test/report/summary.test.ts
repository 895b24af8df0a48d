import { describe, expect, it } from 'vitest'
import { ActionError } from '../../src/base/errors.ts'
import { buildSummary } from '../../src/report/summary.ts'
import { toLine } from '../../src/runner/plain-text.ts'
import { SUMMARY_LIMIT_BYTES } from '../harness/file-commands.ts'
import { launchReport, runReport } from './fixtures.ts'
import { hostileTexts } from './hostile-texts.ts'

const clean = (text: string) => toLine(text)

describe('the summary', () => {
  it('shows status, address, every port, location, time and the states', () => {
    const summary = buildSummary(runReport(), clean)
    expect(summary).toContain('✅ Ready')
    for (const text of ['a69f8e3e0555.pr.edgegap.net&#58;31500', 'gameport', '7777', 'UDP']) {
      expect(summary).toContain(text)
    }
    expect(summary).toContain('New York, United States')
    expect(summary).toMatch(/DEPLOYING<\/code> 120 ms → <code>Status.READY<\/code> 4.2 s/)
  })

  it('shows why it failed, what to do, and the log', () => {
    const error = new ActionError({
      kind: 'deployment-failed',
      what: 'It failed.',
      next: 'Do this.',
    })
    const log = { tail: ['one', '```', 'two'], isCut: true, crash: 'exit code 137' }
    const deployments = [launchReport({ outcome: 'failed', error, log })]
    const summary = buildSummary(runReport({ outcome: 'failed', deployments }), clean)
    expect(summary).toContain('It failed. Do this.')
    expect(summary).toContain('exit code 137')
    expect(summary).toContain('````text\none\n```\ntwo\n````')
  })

  it('has no element but its own, whatever the provider sends', () => {
    for (const text of hostileTexts) {
      const port = { name: text, internal: 1, external: 2, protocol: text, address: text }
      const details = [[text, text]] as const
      const facts = { host: text, ip: text, location: text, ports: [port], details }
      const deployments = [
        launchReport({
          observation: { state: 'failed', status: text, known: false, facts },
          error: new ActionError({ kind: 'deployment-failed', what: text, next: text }),
          timeline: [{ status: text, atMs: 1 }],
          log: { tail: [text], isCut: false, crash: text },
        }),
      ]
      const report = runReport({ deployments, application: text, version: text, outcome: 'failed' })
      const outsideOfLogs = buildSummary(report, clean).replace(/^(`{3,})text\n[\s\S]*?\n\1$/gm, '')
      const elements = outsideOfLogs.match(/<[^>]*>?/g) ?? []
      expect(new Set(elements)).toEqual(
        new Set(['<code>', '</code>', '<details>', '</details>', '<summary>', '</summary>']),
      )
      expect(outsideOfLogs).not.toContain('`')
      for (const line of outsideOfLogs.split('\n').filter((line) => line.startsWith('|'))) {
        expect([3, 5, 7]).toContain(line.match(/\|/g)?.length)
      }
    }
  })

  it('stays below what the runner takes, however long the logs are', () => {
    const tail = Array.from({ length: 1_000 }, () => '日'.repeat(2_000))
    const deployments = Array.from({ length: 5 }, () =>
      launchReport({ log: { tail, isCut: true } }),
    )
    const summary = buildSummary(runReport({ deployments }), clean)
    expect(Buffer.byteLength(summary)).toBeLessThan(SUMMARY_LIMIT_BYTES)
    expect(summary.endsWith('\n\n…\n')).toBe(true)
  })

  it('names what was stopped', () => {
    const report = runReport({ outcome: 'stopped', deployments: [], stoppedIds: ['abc', 'def'] })
    expect(buildSummary(report, clean)).toContain('<code>abc</code>, <code>def</code>')
  })
})
