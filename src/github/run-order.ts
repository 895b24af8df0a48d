/** One attempt of one workflow run, for deciding which of two is the newer. */
export interface RunKey {
  /** Grows over all workflows of a server; a run number only counts the runs of one workflow. */
  id: number
  number: number
  attempt: number
}

/** Above zero when `a` is the newer run, below zero when `b` is, zero for one and the same. */
export function compareRuns(a: RunKey, b: RunKey): number {
  return a.id - b.id || a.number - b.number || a.attempt - b.attempt
}

/**
 * Whether a state of `theirs` must be left alone by `ours`: the newest run wins, except that somebody
 * who runs an older run again later, to roll back, does mean it.
 *
 * @param wasOverAtStart what `theirs` had done was over before `ours` began
 */
export function isSuperseded(ours: RunKey, theirs: RunKey, wasOverAtStart: boolean): boolean {
  if (compareRuns(theirs, ours) <= 0) return false
  return !(wasOverAtStart && ours.attempt > 1)
}

export function runName({ id, number, attempt }: RunKey): string {
  return `${id}.${number}.${attempt}`
}
