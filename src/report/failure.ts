import { formatDuration } from '../base/clock.ts'
import type { ActionError } from '../base/errors.ts'
import { whatBecomesOfLeftovers } from '../state/leftovers.ts'
import type { DeploymentState, RunState } from '../state/state.ts'
import { cancelSentences } from './cancel-text.ts'
import { causeOfOne, isReportedFailure, shorten, trimStop } from './headline.ts'
import { alertBox } from './markdown.ts'
import { ids } from './server-facts.ts'
import type { Shown } from './shown.ts'

/**
 * What a person needs after a run that did not go well, beyond the heading: what happened, what to do
 * about it, and what became of the server.
 *
 * @param deployment the one that decided the outcome, if any
 */
export function failureBox(
  report: RunState,
  deployment: DeploymentState | undefined,
  shown: Shown,
): string[] {
  const error = report.error ?? deployment?.error
  if (report.outcome === 'cancelled') {
    const text = whatIsLeft(report, shown) || cancelSentences(report).map(shown.words).join(' ')
    return [alertBox(report.hasLeftovers ? 'WARNING' : 'NOTE', [text])]
  }
  if (!error) return []
  const next = error.next ? shown.sentence(error.next) : advice(report, deployment)
  const happened = [whatHappened(report, deployment, error, shown), whatIsLeft(report, shown)]
  const paragraphs = [happened.filter(Boolean).join(' '), next && `**What to do:** ${next}`]
  const given = paragraphs.filter(Boolean)
  return given.length === 0 ? [] : [alertBox('CAUTION', given)]
}

/** Says nothing again that the heading says whole. */
function whatHappened(
  report: RunState,
  deployment: DeploymentState | undefined,
  error: ActionError,
  shown: Shown,
): string {
  const request = error.request ? `The request was ${shown.code(error.request)}.` : ''
  if (!report.error && deployment && isReportedFailure(deployment)) {
    return reported(report, deployment, shown)
  }
  const message = trimStop(shown.clean(error.message))
  const isInHeading = !isTimeOut(report, error) && shorten(message) === message
  return [isInHeading ? '' : shown.sentence(message), request].filter(Boolean).join(' ')
}

function isTimeOut({ outcome }: RunState, { kind }: ActionError): boolean {
  return outcome === 'timed-out' || kind === 'timed-out'
}

function reported(
  { title, deployments }: RunState,
  deployment: DeploymentState,
  shown: Shown,
): string {
  const { observation, elapsedMs, target } = deployment
  const which = deployments.length > 1 ? `${shown.words(target.name)}: ` : ''
  const status = shown.code(observation?.status ?? '') || 'a failure'
  const { text, isReason } = causeOfOne(deployment)
  const isInHeading = isReason && shorten(shown.clean(text)) === shown.clean(text)
  const reason =
    observation?.reason && !isInHeading ? `: ${shown.sentence(observation.reason)}` : '.'
  return `${which}${shown.words(title)} reported ${status} after ${formatDuration(elapsedMs)}${reason}`
}

/** For failures that come without advice; it is Markdown. */
function advice(report: RunState, deployment: DeploymentState | undefined): string {
  if (!deployment?.log?.tail.length) return ''
  const isStopped = deployment.id !== undefined && report.stoppedIds.includes(deployment.id)
  const keep = 'To look at it while it runs, set <code>on&#45;failure&#58; keep</code>.'
  return `Read the end of its log below.${isStopped ? ` ${keep}` : ''}`
}

/** What became of what was created: it costs money, or is missing afterwards. */
function whatIsLeft(report: RunState, shown: Shown): string {
  const { deployments, stoppedIds, hasLeftovers, stop, keptIds = [] } = report
  if (stop) return ''
  if (hasLeftovers) return whatBecomesOfLeftovers(report)
  if (keptIds.length > 0) {
    const it = keptIds.length === 1 ? 'it' : 'them'
    return `Left running for you to look at: ${ids(keptIds, shown)}. You pay for ${it} until you stop ${it}.`
  }
  const created = deployments.flatMap(({ id }) => id ?? [])
  const isAllStopped = created.length > 0 && created.every((id) => stoppedIds.includes(id))
  if (!isAllStopped) return ''
  return created.length === 1
    ? 'It is stopped; nothing is left running.'
    : `All ${created.length} servers are stopped; nothing is left running.`
}
