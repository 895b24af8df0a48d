import { codeSpan, escapeMarkdown, folded, limitBytes, table } from '../../src/report/markdown.ts'
import { count, type Report, requestRuns } from './report.ts'

/** Of the requests: GitHub takes a megabyte from each step. */
const MAX_BYTES = 500_000
const MOST_ROWS = 500

/**
 * What the job's summary shows of an emulator: a sentence, its deployments, and the requests folded.
 *
 * @param clean removes secrets and makes one line of a text
 */
export function buildSummary(report: Report, clean: (text: string) => string): string {
  const { deployments, requests, requestCount } = report
  const left = deployments.filter(({ running }) => running).length
  const leftover = left === 0 ? 'nothing left running' : `**${count(left, 'server')} left running**`
  const parts = [
    '### Edgegap emulator',
    `${count(requestCount, 'request')}, ${count(deployments.length, 'deployment')}, ${leftover}.`,
    ...(deployments.length > 0 ? [deploymentTable(report, clean)] : []),
    ...(requests.length > 0 ? [foldedRequests(report, clean)] : []),
  ]
  return `${parts.join('\n\n')}\n\n`
}

function deploymentTable({ deployments }: Report, clean: (text: string) => string): string {
  const shown = (text: string) => escapeMarkdown(clean(text))
  const rows = deployments.slice(0, MOST_ROWS).map(({ running, ...deployment }) => {
    const { id, application, version, status } = deployment
    const end = running ? '**still running**' : 'stopped or ended'
    return [codeSpan(id), ...[application, version, status].map(shown), end]
  })
  return table(['Deployment', 'Application', 'Version', 'Status', ''], rows)
}

function foldedRequests(report: Report, clean: (text: string) => string): string {
  // Cut inside of the fold, or it would have no end.
  return folded('What was asked of it', limitBytes(requestTable(report, clean), MAX_BYTES))
}

function requestTable({ requests }: Report, clean: (text: string) => string): string {
  const runs = requestRuns(requests)
  const rows = runs.slice(-MOST_ROWS).map(({ first, asked, answered, times }) => {
    const repeated = times > 1 ? String(times) : ''
    const request = codeSpan(clean(asked.replace(/ +/, ' ')))
    return [`${first.seconds.toFixed(1)} s`, request, escapeMarkdown(clean(answered)), repeated]
  })
  return table(['After', 'Request', 'Answer', 'Times'], rows)
}
