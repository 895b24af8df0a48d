import { withoutStop } from '../base/sentence.ts'
import {
  type DeploymentState,
  isGood,
  isUp,
  type Outcome,
  type RunState,
  type StopState,
} from '../state/state.ts'
import { isPlanned } from './plan.ts'
import { countOf, enumerate, isOrAre, type Shown } from './shown.ts'

/** A heading is read at a glance; what does not fit is below it. */
const LONGEST_CAUSE = 110
/** More places than this are only counted. */
const MOST_PLACES = 3

/** What happened, as one sentence, in Markdown. */
export function headline(report: RunState, shown: Shown): string {
  const { outcome, deployments } = report
  const what = shown.words(`${report.application} ${report.version}`) || 'The server'
  if (isPlanned(report)) return plannedHeadline(report, what, shown)
  if (report.stop) return stopHeadline(report, report.stop, shown)
  // What the run itself failed by says nothing of its servers.
  const several =
    !report.error && deployments.filter(({ outcome }) => outcome !== 'rejected').length > 1
  switch (outcome) {
    case 'succeeded':
      return `✅ ${upSentence(report, what, shown)}`
    case 'started':
      return `🚀 ${what} is starting ${whereOf(report, shown)}`
    case 'cancelled':
      return `🚫 The deploy of ${what} was cancelled`
    case 'rejected':
      return withCause(`❌ ${what} was refused`, report, shown)
    case 'timed-out':
      if (several) return `⏱️ ${badCount(deployments)} of ${what} not ready in time`
      return `⏱️ ${what} was not ready in time`
    default:
      if (several) {
        const sentence = `❌ ${badCount(deployments)} of ${what} failed`
        return haveOneCause(report) ? withCause(sentence, report, shown) : sentence
      }
      return withCause(`❌ ${what} failed`, report, shown)
  }
}

/** Several causes do not fit into a heading. */
function haveOneCause({ deployments }: RunState): boolean {
  const bad = deployments.filter(({ outcome }) => !isGood(outcome))
  return new Set(bad.map((one) => causeOfOne(one).text)).size === 1
}

function badCount(deployments: readonly DeploymentState[]): string {
  const bad = deployments.filter(({ outcome }) => !isGood(outcome)).length
  return `${bad} of ${countOf(deployments.length, 'server')}`
}

function plannedHeadline(report: RunState, what: string, shown: Shown): string {
  if (!isGood(report.outcome) && report.error) {
    return withCause(`❌ Dry run: ${what} would fail`, report, shown)
  }
  const { changes = [] } = report.plan ?? {}
  return `📋 Dry run: ${countOf(changes.length, 'change')} planned for ${what}, and nothing was changed`
}

function stopHeadline(report: RunState, stop: StopState, shown: Shown): string {
  const { stoppedIds, outcome, error } = report
  const of = reachOf(report, stop, shown)
  const whole = stop.id === undefined ? `servers${of}` : shown.code(stop.id)
  if (outcome === 'cancelled') return `🚫 The stop of ${whole} was cancelled`
  const notAll = stop.id === undefined ? `Not all ${whole} were` : `${whole} was not`
  if (outcome === 'timed-out') return `⏱️ ${notAll} gone in time`
  if (error) return withCause(`❌ ${notAll} stopped`, report, shown)
  const done = stop.onlyAccepted ? 'being stopped' : 'stopped'
  if (stop.id !== undefined) {
    return stoppedIds.length > 0
      ? `🛑 ${whole} is ${done}`
      : `🛑 ${whole} was not running, so nothing was stopped`
  }
  if (stoppedIds.length === 0) return `🛑 No server${of} was running, so nothing was stopped`
  return `🛑 ${countOf(stoppedIds.length, 'server')}${of} ${isOrAre(stoppedIds.length)} ${done}`
}

function reachOf({ application }: RunState, { group }: StopState, shown: Shown): string {
  const tag = group === undefined ? '' : ` with the tag ${shown.code(group)}`
  return ` of ${shown.words(application)}${tag}`
}

function upSentence(report: RunState, what: string, shown: Shown): string {
  const { deployments, versionAction, version, successWord } = report
  if (deployments.length === 0 && version !== '' && versionAction !== '') {
    const done = versionAction === 'reused' ? 'unchanged' : shown.words(versionAction)
    return `version ${shown.words(version)} of ${shown.words(report.application)} is ${done}`
  }
  const hasAddress = deployments.some(({ observation }) => observation?.facts.host !== undefined)
  if (hasAddress) return `${what} is up ${whereOf(report, shown)}`
  const title = shown.words(report.title)
  return successWord === undefined
    ? `${what} succeeded on ${title}`
    : `${what} is ${shown.words(successWord)} on ${title}`
}

function whereOf({ deployments, title }: RunState, shown: Shown): string {
  const up = deployments.filter(({ outcome }) => isUp(outcome))
  const places = up.map((one) => shown.clean(placeOf(one)))
  if (up.length === 1 && places[0]) return `in ${shown.words(places[0])}`
  const cities = new Set(places.map((place) => place.replace(/,.*/, '')))
  const isShort = cities.size === up.length && up.length <= MOST_PLACES && !cities.has('')
  if (up.length > 1 && isShort) return `in ${enumerate([...cities].map(shown.words))}`
  return up.length > 1 ? `on ${up.length} servers` : `on ${shown.words(title)}`
}

function placeOf({ observation, target, outcome }: DeploymentState): string {
  return observation?.facts.location ?? (outcome === 'started' ? target.name : '')
}

function withCause(sentence: string, report: RunState, shown: Shown): string {
  const cause = causeOf(report)
  const text = shown.words(shorten(shown.clean(cause.text)))
  return text === '' ? sentence : `${sentence}: ${text}`
}

export interface Cause {
  /** In a few words, without a full stop. */
  text: string
  /** The text is what the provider gives as reason, so that it need not be said again. */
  isReason: boolean
}

/** Why a run did not go well: how the process ended, else what the provider says, else our own words. */
export function causeOf({ error, deployments }: RunState): Cause {
  const bad = error ? undefined : firstBad(deployments)
  return bad ? causeOfOne(bad) : { text: trimStop(error?.message ?? ''), isReason: false }
}

/** The same for one deployment. */
export function causeOfOne(deployment: DeploymentState): Cause {
  const { log, observation, error } = deployment
  const isFailed = isReportedFailure(deployment)
  const crash = log?.crash
  if (isFailed && crash) return { text: `its process ended (${crash})`, isReason: false }
  if (isFailed && observation?.reason) {
    return { text: trimStop(observation.reason), isReason: true }
  }
  return { text: trimStop(error?.message ?? ''), isReason: false }
}

/** The provider itself says so; a server that is ready and does not answer is none. */
export function isReportedFailure({ outcome, observation, error }: DeploymentState): boolean {
  const isOwn = outcome === 'failed' && error?.kind === 'deployment-failed'
  return isOwn && observation?.state === 'failed'
}

/** The one whose end decided the outcome. */
export function firstBad(deployments: readonly DeploymentState[]): DeploymentState | undefined {
  const order: readonly Outcome[] = ['failed', 'timed-out', 'rejected', 'cancelled']
  for (const outcome of order) {
    const found = deployments.find((one) => one.outcome === outcome && one.error)
    if (found) return found
  }
  return undefined
}

/** A text as the first part of a sentence. */
export function trimStop(text: string): string {
  return withoutStop(text.trim())
}

/** The first sentence, and not more of it than a heading holds. */
export function shorten(text: string): string {
  const [first = ''] = text.split(/(?<=[.;])\s/, 1)
  const sentence = trimStop(first).replace(/;$/, '')
  if (sentence.length <= LONGEST_CAUSE) return sentence
  const cut = sentence.slice(0, LONGEST_CAUSE).toWellFormed()
  const blankAt = cut.lastIndexOf(' ')
  return `${blankAt < LONGEST_CAUSE / 2 ? cut : cut.slice(0, blankAt)}…`
}
