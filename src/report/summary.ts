import { formatDuration } from '../clock.ts'
import { codeBlock, codeSpan, escapeMarkdown, limitBytes, table } from './markdown.ts'
import { asSentence } from './plain-text.ts'
import type { LaunchReport, Outcome, RunReport } from './report.ts'

/** The runner refuses a summary over 1 MiB as a whole. */
const MAX_BYTES = 1024 * 1024 - 1024
/** Redacts and cleans one line. */
type Clean = (text: string) => string

const HEADINGS: Readonly<Record<Outcome, string>> = {
  succeeded: '✅ Ready',
  started: '🚀 Started',
  stopped: '🛑 Stopped',
  failed: '❌ Failed',
  rejected: '❌ Rejected',
  'timed-out': '⏱️ Timed out',
  cancelled: '🚫 Cancelled',
}

/** The job summary: what was deployed, where it answers, how it went. */
export function buildSummary(report: RunReport, clean: Clean): string {
  const parts = [`### ${HEADINGS[report.outcome]}: ${subject(report, clean)}`]
  if (report.error) parts.push(explain(report.error, clean))
  const launched = report.launches.filter((launch) => launch.id !== undefined || launch.error)
  if (launched.length > 0) parts.push(launchTable(launched, clean))
  for (const launch of launched) parts.push(...details(launch, clean))
  if (report.stoppedIds.length > 0) {
    parts.push(`Stopped: ${report.stoppedIds.map((id) => codeSpan(clean(id))).join(', ')}`)
  }
  return limitBytes(`${parts.join('\n\n')}\n`, MAX_BYTES)
}

function subject(report: RunReport, clean: Clean): string {
  const what = [report.application, report.version].filter(Boolean).join(' ')
  return `${escapeMarkdown(clean(what))} on ${escapeMarkdown(report.title)}`
}

function explain(error: { message: string; next?: string | undefined }, clean: Clean): string {
  const sentences = [error.message, error.next ?? ''].map((text) => asSentence(clean(text)))
  return sentences.map(escapeMarkdown).join(' ').trim()
}

function launchTable(launches: readonly LaunchReport[], clean: Clean): string {
  return table(
    ['Deployment', 'Outcome', 'Status', 'Address', 'Location', 'Time'],
    launches.map((launch) => {
      const { id, plan, outcome, observation, elapsedMs } = launch
      const facts = observation?.facts
      return [
        codeSpan(clean(id ?? '')),
        outcome,
        codeSpan(clean(observation?.status ?? '')),
        codeSpan(clean(facts?.ports?.[0]?.address ?? facts?.host ?? '')),
        escapeMarkdown(clean(facts?.location ?? plan.name)),
        formatDuration(elapsedMs),
      ]
    }),
  )
}

function details(launch: LaunchReport, clean: Clean): string[] {
  const parts: string[] = []
  const name = escapeMarkdown(clean(launch.id ?? launch.plan.name))
  if (launch.error) parts.push(explain(launch.error, clean))
  const ports = launch.observation?.facts.ports ?? []
  if (ports.length > 0) parts.push(portTable(ports, clean))
  const more = launch.observation?.facts.details ?? []
  if (more.length > 0) {
    const rows = more.map(([label, value]) => [
      escapeMarkdown(clean(label)),
      codeSpan(clean(value)),
    ])
    parts.push(table(['', ''], rows))
  }
  if (launch.timeline.length > 0) {
    const states = launch.timeline.map(
      ({ status, atMs }) => `${codeSpan(clean(status))} ${formatDuration(atMs)}`,
    )
    parts.push(`Timeline: ${states.join(' → ')}`)
  }
  const { diagnosis } = launch
  if (diagnosis?.crash) parts.push(`Process: ${escapeMarkdown(clean(diagnosis.crash))}`)
  if (diagnosis && diagnosis.logLines.length > 0) {
    const block = codeBlock(diagnosis.logLines.map(clean))
    parts.push(`<details><summary>Log of ${name}</summary>\n\n${block}\n\n</details>`)
  }
  return parts
}

function portTable(
  ports: NonNullable<NonNullable<LaunchReport['observation']>['facts']['ports']>,
  clean: Clean,
): string {
  return table(
    ['Port', 'Address', 'Internal', 'Protocol'],
    ports.map(({ name, address, internal, protocol }) => [
      codeSpan(clean(name)),
      codeSpan(clean(address)),
      internal === undefined ? '' : String(internal),
      escapeMarkdown(clean(protocol)),
    ]),
  )
}
