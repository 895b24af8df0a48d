import { formatDuration } from '../base/clock.ts'
import { type ActionError, describe, toActionError } from '../base/errors.ts'
import { asSentence } from '../base/sentence.ts'
import type { RunnerCommands } from '../runner/commands.ts'
import type { Printer } from '../runner/printer.ts'
import { type DeploymentState, isUp, type RunState } from '../state/state.ts'
import { cancelText } from './cancel-text.ts'
import { lastErrors } from './log-excerpt.ts'
import { printLog } from './log-tail.ts'
import { buildOutputs, maskedOutputWarnings } from './outputs.ts'
import { buildSummary } from './summary.ts'

/** Where to, and how much. */
export interface Publishing {
  readonly printer: Printer
  readonly runner: RunnerCommands
  /** Outputs that only some providers fill, by their names in action.yml. */
  readonly providerOutputs: readonly string[]
  readonly withSummary: boolean
}

/**
 * Sets the outputs. One that cannot be written costs none of the others, which may still fit.
 *
 * @returns why some are not set; undefined where all are
 */
export function publishOutputs(
  report: RunState,
  { printer, runner, providerOutputs }: Publishing,
): ActionError | undefined {
  let first: ActionError | undefined
  for (const [name, value] of Object.entries(buildOutputs(report, printer, providerOutputs))) {
    try {
      runner.setOutput(name, value)
    } catch (thrown) {
      first ??= toActionError(thrown)
    }
  }
  return first
}

/** Brings the outcome of a run to log, annotations and summary, in that order of care. */
export async function publish(
  report: RunState,
  { printer, runner, providerOutputs, withSummary }: Publishing,
): Promise<void> {
  for (const warning of maskedOutputWarnings(report, printer, providerOutputs))
    printer.warning(warning)
  for (const deployment of report.deployments) printLogOf(deployment, printer)
  annotate(report, printer, withSummary)
  if (!withSummary) return
  try {
    await runner.appendSummary(buildSummary(report, (text) => printer.clean(text)))
  } catch (thrown) {
    printer.warning(`The job summary could not be written: ${describe(thrown)}`)
  }
}

function printLogOf({ id = '', log }: DeploymentState, printer: Printer): void {
  if (!log) return
  printLog(printer, id, log)
  // GitHub shows groups folded: without these the step would not say why.
  const errors = lastErrors(log)
  if (errors.length > 0) printer.line('Of its lines these look like errors:')
  for (const line of errors) printer.line(`| ${line}`)
}

function annotate(report: RunState, printer: Printer, withSummary: boolean): void {
  if (report.error) {
    if (report.error.kind === 'cancelled') printer.warning(cancelText(report))
    else printer.failure(report.error, `${report.title}: ${report.outcome}`)
    // Whatever the run failed by, these stay up, and somebody pays for them.
    const staying = report.deployments.filter((one) => one.isInPlace || report.isDeployed)
    for (const one of staying) if (isUp(one.outcome)) printer.notice(good(one))
    return
  }
  if (report.outcome === 'cancelled') printer.warning(cancelText(report))
  const reported = new Set<string>()
  for (const deployment of report.deployments) {
    const { error, outcome } = deployment
    if (isUp(outcome)) printer.notice(good(deployment))
    // One cause may end several deployments with the same words; it is reported once.
    else if (error && error.kind !== 'cancelled' && !reported.has(error.message)) {
      reported.add(error.message)
      printer.failure(error, `${report.title}: ${outcome}`, hasLog(deployment, withSummary))
    }
  }
  if (report.outcome === 'stopped' && report.stoppedIds.length > 0) {
    const ids = report.stoppedIds.join(', ')
    printer.line(
      report.stop?.onlyAccepted
        ? `Stops accepted: ${ids}. This step does not wait until they are gone (wait: none).`
        : `Stopped ${ids}.`,
    )
  }
}

function hasLog({ log }: DeploymentState, withSummary: boolean): string {
  if (!log?.tail.length) return ''
  return `Its log is in this step${withSummary ? ' and in the summary' : ''}.`
}

function good({ id, outcome, observation, elapsedMs }: DeploymentState): string {
  if (outcome === 'started')
    return `${id} was accepted; this step does not wait for it (wait: none).`
  const facts = observation?.facts
  const where = facts?.ports?.[0]?.address ?? facts?.host
  const also = observation?.reason ? `: ${observation.reason}` : ''
  const placement = facts?.placement ? ` (${facts.placement})` : ''
  const address = where ? ` at ${where}` : ''
  return asSentence(
    `${id} is ready${address}${placement} after ${formatDuration(elapsedMs)}${also}`,
  )
}
