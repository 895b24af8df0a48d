import { formatDuration } from '../base/clock.ts'
import { asSentence } from '../runner/plain-text.ts'
import type { DeploymentState, Outcome, RunState } from '../state/state.ts'
import { codeBlock, codeSpan, escapeMarkdown, limitBytes, table } from './markdown.ts'

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
  planned: '📝 Planned',
}

/** The job summary: what was deployed, where it answers, how it went. */
export function buildSummary(report: RunState, clean: Clean): string {
  const parts = [`### ${HEADINGS[report.outcome]}: ${subject(report, clean)}`]
  if (report.error) parts.push(explain(report.error, clean))
  const created = report.deployments.filter(
    (deployment) => deployment.id !== undefined || deployment.error,
  )
  if (created.length > 0) parts.push(deploymentTable(created, clean))
  for (const deployment of created) parts.push(...details(deployment, clean))
  if (report.stoppedIds.length > 0) {
    parts.push(`Stopped: ${report.stoppedIds.map((id) => codeSpan(clean(id))).join(', ')}`)
  }
  return limitBytes(`${parts.join('\n\n')}\n`, MAX_BYTES)
}

function subject(report: RunState, clean: Clean): string {
  const what = [report.application, report.version].filter(Boolean).join(' ')
  return `${escapeMarkdown(clean(what))} on ${escapeMarkdown(report.title)}`
}

function explain(error: { message: string; next?: string | undefined }, clean: Clean): string {
  const sentences = [error.message, error.next ?? ''].map((text) => asSentence(clean(text)))
  return sentences.map(escapeMarkdown).join(' ').trim()
}

function deploymentTable(deployments: readonly DeploymentState[], clean: Clean): string {
  return table(
    ['Deployment', 'Outcome', 'Status', 'Address', 'Location', 'Time'],
    deployments.map((deployment) => {
      const { id, target, outcome, observation, elapsedMs } = deployment
      const facts = observation?.facts
      return [
        codeSpan(clean(id ?? '')),
        outcome,
        codeSpan(clean(observation?.status ?? '')),
        codeSpan(clean(facts?.ports?.[0]?.address ?? facts?.host ?? '')),
        escapeMarkdown(clean(facts?.location ?? target.name)),
        formatDuration(elapsedMs),
      ]
    }),
  )
}

function details(deployment: DeploymentState, clean: Clean): string[] {
  const parts: string[] = []
  const name = escapeMarkdown(clean(deployment.id ?? deployment.target.name))
  if (deployment.error) parts.push(explain(deployment.error, clean))
  const ports = deployment.observation?.facts.ports ?? []
  if (ports.length > 0) parts.push(portTable(ports, clean))
  const more = deployment.observation?.facts.details ?? []
  if (more.length > 0) {
    const rows = more.map(([label, value]) => [
      escapeMarkdown(clean(label)),
      codeSpan(clean(value)),
    ])
    parts.push(table(['', ''], rows))
  }
  if (deployment.timeline.length > 0) {
    const states = deployment.timeline.map(
      ({ status, atMs }) => `${codeSpan(clean(status))} ${formatDuration(atMs)}`,
    )
    parts.push(`Timeline: ${states.join(' → ')}`)
  }
  const { log } = deployment
  if (log?.crash) parts.push(`Process: ${escapeMarkdown(clean(log.crash))}`)
  if (log && log.tail.length > 0) {
    const block = codeBlock(log.tail.map(clean))
    parts.push(`<details><summary>Log of ${name}</summary>\n\n${block}\n\n</details>`)
  }
  return parts
}

function portTable(
  ports: NonNullable<NonNullable<DeploymentState['observation']>['facts']['ports']>,
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
