import { expect, test } from 'vitest'
import type { ReportedDeployment, ReportedRequest } from '../../emulator/src/report.ts'
import { buildSummary } from '../../emulator/src/summary.ts'

const same = (text: string) => text
const poll: ReportedRequest = {
  method: 'GET',
  path: '/v1/status/abc',
  query: '',
  status: 200,
  fault: null,
  seconds: 1.25,
}
const server: ReportedDeployment = {
  id: 'abc',
  application: 'my-game',
  version: 'v1',
  tags: [],
  status: 'READY',
  running: true,
}

test('equal requests share a row, and what is left running is said first', () => {
  const requests = [poll, poll, { ...poll, status: null, fault: 'hang' }, poll]
  const summary = buildSummary({ requests, requestCount: 4, deployments: [server] }, same)
  expect(summary).toContain('4 requests, 1 deployment, **1 server left running**.')
  expect(summary).toMatch(/\| 1\.3 s \| <code>GET [^|]*abc<\/code> \| 200 \| 2 \|/)
  expect(summary).toContain('no answer &#40;fault&#58; hang&#41;')
})

test('an emulator that nobody asked has no tables', () => {
  const summary = buildSummary({ requests: [], requestCount: 0, deployments: [] }, same)
  expect(summary).toContain('0 requests, 0 deployments, nothing left running.')
  expect(summary).not.toContain('|')
})

test('names and paths cannot become markup', () => {
  const hostile = '</code></details>|`[x](http://evil)<img src=x>'
  const summary = buildSummary(
    {
      requests: [{ ...poll, path: `/v1/${hostile}` }],
      requestCount: 1,
      deployments: [{ ...server, version: hostile, status: hostile }],
    },
    same,
  )
  expect(summary).not.toContain('<img')
  expect(summary).not.toContain('](http')
  expect(summary.match(/<\/details>/g)).toHaveLength(1)
})

test('stays within what GitHub takes, however much was asked', () => {
  const requests = Array.from({ length: 1_000 }, (_, index) => ({
    ...poll,
    path: `/v1/status/${index}${'x'.repeat(5_000)}`,
  }))
  const summary = buildSummary({ requests, requestCount: 1_000, deployments: [] }, same)
  expect(Buffer.byteLength(summary)).toBeLessThan(600_000)
  expect(summary).toContain('</details>')
})
