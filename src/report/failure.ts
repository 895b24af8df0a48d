import { formatDuration } from '../base/clock.ts'
import type { ActionError } from '../base/errors.ts'
import type { DeploymentState, RunState } from '../state/state.ts'
import { cancelSentences } from './cancel-text.ts'
import { causeOfOne, shorten } from './headline.ts'
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
    const text = cancelSentences(report).map(shown.words).join(' ')
    return [alertBox(report.hasLeftovers ? 'WARNING' : 'NOTE', [text])]
  }
  if (!error) return []
  const next = error.next ?? advice(report, deployment)
  const paragraphs = [
    whatHappened(report, deployment, error, shown),
    next && `**What to do:** ${shown.sentence(next)}`,
    whatIsLeft(report, shown),
  ].filter(Boolean)
  return paragraphs.length === 0 ? [] : [alertBox('CAUTION', paragraphs)]
}

/** Says nothing again that the heading says whole. */
function whatHappened(
  report: RunState,
  deployment: DeploymentState | undefined,
  error: ActionError,
  shown: Shown,
): string {
  const request = error.request ? `The request was ${shown.code(error.request)}.` : ''
  const isOwn = !report.error && deployment?.outcome === 'failed'
  if (isOwn && error.kind === 'deployment-failed' && deployment.observation) {
    return reported(report.title, deployment, shown)
  }
  const message = shown.clean(error.message).trim().replace(/\.$/, '')
  const isInHeading = !isTimeOut(report, error) && shorten(message) === message
  return [isInHeading ? '' : shown.sentence(message), request].filter(Boolean).join(' ')
}

function isTimeOut({ outcome }: RunState, { kind }: ActionError): boolean {
  return outcome === 'timed-out' || kind === 'timed-out'
}

function reported(title: string, deployment: DeploymentState, shown: Shown): string {
  const { observation, elapsedMs } = deployment
  const status = shown.code(observation?.status ?? '') || 'a failure'
  const { text, isReason } = causeOfOne(deployment)
  const isInHeading = isReason && shorten(shown.clean(text)) === shown.clean(text)
  const reason =
    observation?.reason && !isInHeading ? `: ${shown.sentence(observation.reason)}` : '.'
  return `${shown.words(title)} reported ${status} after ${formatDuration(elapsedMs)}${reason}`
}

/** For failures that come without advice. */
function advice(report: RunState, deployment: DeploymentState | undefined): string {
  const hasLog = (deployment?.log?.tail.length ?? 0) > 0
  const isStopped = deployment?.id !== undefined && report.stoppedIds.includes(deployment.id)
  if (!hasLog) return ''
  const read = 'Read the end of its log below'
  return isStopped ? `${read}. To look at it while it runs, set on-failure: keep` : read
}

/** What became of what was created, where that costs money or is missing afterwards. */
function whatIsLeft(
  { deployments, stoppedIds, hasLeftovers, stopId }: RunState,
  shown: Shown,
): string {
  if (stopId !== undefined) return ''
  if (hasLeftovers) return 'The post step stops what was created or may have been.'
  const created = deployments.flatMap(({ id }) => id ?? [])
  const running = created.filter((id) => !stoppedIds.includes(id))
  if (created.length === 0) return ''
  if (running.length === 0) return 'What was created is stopped; nothing is left running.'
  if (stoppedIds.length === 0 && running.length === created.length) return ''
  return `Still there: ${ids(running, shown)}.`
}
