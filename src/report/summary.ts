import { type DeploymentState, isUp, type RunState } from '../state/state.ts'
import { failureBox } from './failure.ts'
import { firstBad, headline } from './headline.ts'
import { foldedLog, logParts } from './log-excerpt.ts'
import { alertBox, factTable, limitBytes } from './markdown.ts'
import { isPlanned, planParts } from './plan.ts'
import { connectParts, factRows, ids, replacedBy, runRows } from './server-facts.ts'
import { serverParts } from './server-table.ts'
import { countOf, isOrAre, type Shown, shownBy } from './shown.ts'
import { timeline } from './timeline.ts'

/** The runner refuses a summary over 1 MiB as a whole. */
const MAX_BYTES = 1024 * 1024 - 1024
/** For all logs together, so that the rest of the summary stays whole. Some lines are in it twice. */
const LOG_BYTES = 400 * 1024
/** Logs of more failed servers are only in the log of the step. */
const MOST_LOGS = 10

/** The job summary: what was deployed, where it answers, how it went, and what to do if it did not. */
export function buildSummary(report: RunState, clean: (text: string) => string): string {
  const shown = shownBy(clean)
  const parts = [`### ${headline(report, shown)}`, ...body(report, shown)]
  return limitBytes(`${parts.filter(Boolean).join('\n\n')}\n`, MAX_BYTES)
}

function body(report: RunState, shown: Shown): string[] {
  const created = report.deployments.filter(({ id, error }) => id !== undefined || error)
  if (isPlanned(report)) {
    const plan = report.plan ?? { changes: [], checks: [] }
    return [...failureBox(report, undefined, shown), ...planParts(plan, shown)]
  }
  const chart = timeline(report, shown.clean) ?? ''
  const [only] = created
  if (only !== undefined && created.length === 1) {
    return [...oneServer(report, only, shown), chart, ...stoppedBesides(report, shown)]
  }
  if (created.length === 0) return [...noServer(report, shown), chart]
  return [...manyServers(report, created, shown), chart, ...stoppedBesides(report, shown)]
}

function noServer(report: RunState, shown: Shown): string[] {
  const rows = runRows(report, undefined, shown)
  const { stoppedIds, stop, outcome } = report
  // With `operation: stop` a single one stands in the heading, and after a cancel all in the box.
  const title = stop?.onlyAccepted ? 'Stops accepted' : 'Stopped'
  const isListed = stoppedIds.length > 1 && outcome !== 'cancelled'
  const list = isListed ? [`${title}: ${ids(stoppedIds, shown)}`] : []
  return [
    ...failureBox(report, undefined, shown),
    rows.length > 0 ? factTable(rows) : '',
    ...(stop ? list : stoppedBesides(report, shown)),
  ]
}

function oneServer(report: RunState, deployment: DeploymentState, shown: Shown): string[] {
  const isRunning = isUp(deployment.outcome)
  const rows = factRows(report, deployment, shown)
  const bytes = LOG_BYTES
  return [
    ...failureBox(report, deployment, shown),
    ...(isRunning ? connectParts(deployment, shown) : []),
    ...(isRunning ? remark(report, deployment, shown) : []),
    ...(deployment.log ? logParts(deployment.log, bytes, shown) : []),
    rows.length > 0 ? factTable(rows) : '',
  ]
}

/** What else the provider has to say of a success, and what `wait: none` means. */
function remark({ outcome }: RunState, { observation }: DeploymentState, shown: Shown): string[] {
  if (outcome === 'started') {
    return ['It was accepted; this step does not wait for it (<code>wait&#58; none</code>).']
  }
  const reason = observation?.reason
  return reason ? [alertBox('NOTE', [shown.sentence(reason)])] : []
}

function manyServers(
  report: RunState,
  created: readonly DeploymentState[],
  shown: Shown,
): string[] {
  const rows = runRows(report, undefined, shown)
  const bad = firstBad(created)
  return [
    ...failureBox(report, bad, shown),
    ...logs(created, bad, shown),
    ...serverParts(created, shown),
    rows.length > 0 ? factTable(rows) : '',
  ]
}

/** The log of the one that decided the outcome open, the others folded. */
function logs(
  created: readonly DeploymentState[],
  bad: DeploymentState | undefined,
  shown: Shown,
): string[] {
  const withLog = created.filter(({ log }) => log && log.tail.length > 0)
  const others = withLog.filter((one) => one !== bad)
  const listed = others.slice(0, MOST_LOGS)
  const bytes = LOG_BYTES / (listed.length + 1)
  const left = others.length - listed.length
  return [
    ...(bad?.log ? logParts(bad.log, bytes, shown) : []),
    ...listed.flatMap((one) =>
      one.log ? foldedLog(logTitle(one, shown), one.log, bytes, shown) : [],
    ),
    left > 0 ? `${countOf(left, 'more log')} ${isOrAre(left)} in the log of this step.` : '',
  ]
}

function logTitle({ target, id = '', log }: DeploymentState, shown: Shown): string {
  const crash = log?.crash ? `· ${shown.words(log.crash)}` : ''
  return ['Log of', shown.words(target.name), shown.code(id), crash].filter(Boolean).join(' ')
}

/** What was stopped and is not one of the deployments above, such as a lost create. */
function stoppedBesides(report: RunState, shown: Shown): string[] {
  const { stoppedIds, deployments } = report
  const named = new Set([...deployments.map(({ id }) => id), ...replacedBy(report)])
  const others = stoppedIds.filter((id) => !named.has(id))
  return others.length === 0 ? [] : [`Also stopped: ${ids(others, shown)}`]
}
