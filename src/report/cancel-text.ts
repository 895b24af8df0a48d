import { asSentence } from '../base/sentence.ts'
import { whatBecomesOfLeftovers } from '../state/leftovers.ts'
import type { RunState } from '../state/state.ts'

/** The warning of a cancelled run. */
export function cancelText(report: RunState): string {
  return ['Cancelled.', ...cancelSentences(report)].join(' ')
}

/** What became of what a cancelled run had created. */
export function cancelSentences(report: RunState): string[] {
  const { stoppedIds, hasLeftovers, deployments, stop } = report
  const done = stop?.onlyAccepted ? 'Stops accepted:' : 'Stopped'
  const stopped = stoppedIds.length > 0 ? [`${done} ${stoppedIds.join(', ')}.`] : []
  const inPlace = deployments.flatMap(({ id, isInPlace }) => (isInPlace && id ? id : []))
  if (inPlace.length > 0) {
    const stay = inPlace.length === 1 ? 'stays' : 'stay'
    return [...stopped, `${inPlace.join(', ')} ${stay} in place of what was replaced.`]
  }
  if (hasLeftovers) return [...stopped, whatBecomesOfLeftovers(report)]
  if (stopped.length > 0) return stopped
  if (stop) return ['As far as is known, nothing was stopped.']
  const goOn = deployments.flatMap(({ id }) => id ?? [])
  const go = goOn.length === 1 ? 'goes' : 'go'
  const left = goOn.length === 0 ? [] : [`${goOn.join(', ')} cannot be taken back and ${go} on.`]
  const open = deployments.find(({ error }) => error?.kind === 'unresolved-create')?.error
  if (open) return [...left, asSentence(open.message)]
  return left.length > 0 ? left : [nothingBut(report)]
}

/** A version stays when the run that made it is cancelled. */
function nothingBut({ version, versionAction, isVersionUnclear }: RunState): string {
  if (isVersionUnclear) {
    return `No server was created. The version ${version} may have been made or changed: look in the dashboard.`
  }
  if (versionAction !== 'created' && versionAction !== 'updated') return 'Nothing was created.'
  return `The version ${version} was ${versionAction}, and stays; no server was created.`
}
