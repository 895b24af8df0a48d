import type { RunState } from '../state/state.ts'

/** What became of what a cancelled run had created. */
export function cancelSentences({ stoppedIds, hasLeftovers, deployments }: RunState): string[] {
  const stopped = stoppedIds.length > 0 ? [`Stopped ${stoppedIds.join(', ')}.`] : []
  if (hasLeftovers) return [...stopped, 'The post step stops what was created or may have been.']
  if (stopped.length > 0) return stopped
  const goOn = deployments.flatMap(({ id }) => id ?? [])
  return [
    goOn.length > 0
      ? `${goOn.join(', ')} cannot be taken back and goes on.`
      : 'Nothing was created.',
  ]
}
