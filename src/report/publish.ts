import { formatDuration } from '../base/clock.ts'
import { describe } from '../base/errors.ts'
import type { RunnerCommands } from '../runner/commands.ts'
import type { Printer } from '../runner/printer.ts'
import type { DeploymentState, RunState } from '../state/state.ts'
import { buildOutputs } from './outputs.ts'
import { buildSummary } from './summary.ts'

/**
 * Brings the outcome of a run to log, annotations, outputs and summary, in that order of care.
 *
 * @param providerOutputs outputs that only some providers fill, by their names in action.yml
 */
export async function publish(
  report: RunState,
  printer: Printer,
  runner: RunnerCommands,
  withSummary: boolean,
  providerOutputs: readonly string[],
): Promise<void> {
  const redact = (text: string) => printer.redact(text)
  for (const [name, value] of Object.entries(buildOutputs(report, redact, providerOutputs))) {
    runner.setOutput(name, value)
  }
  for (const deployment of report.deployments) printDiagnosis(deployment, printer)
  annotate(report, printer)
  if (!withSummary) return
  try {
    await runner.appendSummary(buildSummary(report, (text) => printer.clean(text)))
  } catch (thrown) {
    printer.warning(`The job summary could not be written: ${describe(thrown)}`)
  }
}

/** Remote log lines carry a visible prefix, so that none of them can begin with a command. */
function printDiagnosis({ id, diagnosis }: DeploymentState, printer: Printer): void {
  if (!diagnosis) return
  if (diagnosis.crash) printer.line(`Process of ${id}: ${diagnosis.crash}`)
  if (diagnosis.logLines.length === 0) return
  const title = diagnosis.truncated
    ? `Log of ${id}, last ${diagnosis.logLines.length} lines`
    : `Log of ${id}`
  printer.group(
    title,
    diagnosis.logLines.map((line) => `| ${line}`),
  )
}

function annotate(report: RunState, printer: Printer): void {
  if (report.error) {
    if (report.error.kind === 'cancelled') printer.warning(cancelText(report))
    else printer.failure(report.error, `${report.title}: ${report.outcome}`)
    return
  }
  if (report.outcome === 'cancelled') printer.warning(cancelText(report))
  const told = new Set<string>()
  for (const deployment of report.deployments) {
    const { error, outcome } = deployment
    if (outcome === 'succeeded' || outcome === 'started') printer.notice(good(deployment))
    // One cause may end several deployments with the same words; it is told once.
    else if (error && error.kind !== 'cancelled' && !told.has(error.message)) {
      told.add(error.message)
      printer.failure(error, `${report.title}: ${outcome}`, hasLog(deployment))
    }
  }
  if (report.outcome === 'stopped' && report.stoppedIds.length > 0) {
    printer.line(`Stopped ${report.stoppedIds.join(', ')}.`)
  }
}

function hasLog({ diagnosis }: DeploymentState): string {
  return diagnosis?.logLines.length ? 'Its log is in this step and in the summary.' : ''
}

function cancelText({ stoppedIds, hasLeftovers, deployments }: RunState): string {
  const parts = ['Cancelled.']
  if (stoppedIds.length > 0) parts.push(`Stopped ${stoppedIds.join(', ')}.`)
  if (hasLeftovers) parts.push('The post step stops what was created or may have been.')
  else if (stoppedIds.length === 0) {
    const goOn = deployments.flatMap(({ id }) => id ?? [])
    parts.push(
      goOn.length > 0
        ? `${goOn.join(', ')} cannot be taken back and goes on.`
        : 'Nothing was created.',
    )
  }
  return parts.join(' ')
}

function good({ id, outcome, observation, elapsedMs }: DeploymentState): string {
  if (outcome === 'started') return `${id} was accepted; it is not waited for (wait: none).`
  const facts = observation?.facts
  const where = facts?.ports?.[0]?.address ?? facts?.host
  const also = observation?.reason ? `: ${observation.reason}` : ''
  return `${id} is ready${where ? ` at ${where}` : ''} after ${formatDuration(elapsedMs)}${also}.`
}
