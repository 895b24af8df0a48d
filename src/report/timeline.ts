import { formatDuration } from '../base/clock.ts'
import { type DeploymentState, isGood, type Outcome, type RunState } from '../state/state.ts'
import { type GanttSection, type GanttTask, gantt } from './mermaid.ts'

/** More servers than this are no picture any more. */
const MOST_SERVERS = 12
/** A provider may change the status without end. */
const MOST_STATES = 12
const MOST_PHASES = 20
/** A beginning that is a smaller part of the whole is not worth a bar. */
const SHORTEST_BEGINNING = 0.04

/**
 * What took how long, as a chart.
 *
 * @returns undefined where there is nothing to show, or too much
 */
export function timeline(
  { deployments, phases = [] }: RunState,
  clean: (text: string) => string,
): string | undefined {
  const timed = deployments.filter(
    ({ elapsedMs, timeline }) => elapsedMs > 0 && timeline.length > 0,
  )
  if (timed.length === 0 || timed.length > MOST_SERVERS) return undefined
  const starts = [...timed.map(startOf), ...phases.map(({ fromMs }) => fromMs)]
  const zeroMs = Math.min(...starts)
  const steps = phases.slice(0, MOST_PHASES).map(({ name, fromMs, untilMs }): GanttTask => {
    const label = `${clean(name)} · ${formatDuration(untilMs - fromMs)}`
    return { label, fromMs: fromMs - zeroMs, untilMs: untilMs - zeroMs }
  })
  const [first] = timed
  if (timed.length === 1 && first !== undefined) {
    const tasks = [...statesOf(first, startOf(first) - zeroMs, clean), ...steps]
    return gantt([{ title: '', tasks: tasks.toSorted((a, b) => a.fromMs - b.fromMs) }])
  }
  const servers = timed.map((one): GanttSection => {
    return { title: clean(one.target.name), tasks: [wholeOf(one, startOf(one) - zeroMs, clean)] }
  })
  return gantt(steps.length > 0 ? [{ title: 'Steps', tasks: steps }, ...servers] : servers)
}

function startOf({ acceptedAtMs = 0 }: DeploymentState): number {
  return acceptedAtMs
}

/** One bar for each status, and a moment for the last one where it is the end. */
function statesOf(
  deployment: DeploymentState,
  offsetMs: number,
  clean: (text: string) => string,
): GanttTask[] {
  const { elapsedMs, observation, outcome } = deployment
  const states = deployment.timeline.slice(0, MOST_STATES)
  const isCut = states.length < deployment.timeline.length
  const isEnded = observation !== undefined && observation.state !== 'pending' && !isCut
  const tasks = states.map(({ status, atMs }, index): GanttTask => {
    const isLast = index === states.length - 1
    const untilMs = states[index + 1]?.atMs ?? elapsedMs
    const name = isLast && isCut ? 'further states' : nameOf(clean(status))
    const isMoment = isLast && isEnded
    const time = isMoment ? `at ${formatDuration(atMs + offsetMs)}` : formatDuration(untilMs - atMs)
    const isBad = isLast && isBadEnd(outcome)
    const label = `${name} · ${time}`
    return { label, fromMs: atMs + offsetMs, untilMs: untilMs + offsetMs, isBad, isMoment }
  })
  const beginningMs = states[0]?.atMs ?? 0
  if (beginningMs < elapsedMs * SHORTEST_BEGINNING) return tasks
  const label = `accepted · ${formatDuration(beginningMs)}`
  return [{ label, fromMs: offsetMs, untilMs: beginningMs + offsetMs }, ...tasks]
}

function wholeOf(
  { elapsedMs, outcome, timeline, observation }: DeploymentState,
  offsetMs: number,
  clean: (text: string) => string,
): GanttTask {
  const status = nameOf(clean(observation?.status ?? timeline.at(-1)?.status ?? ''))
  const label = `${status} · ${formatDuration(elapsedMs)}`
  return { label, fromMs: offsetMs, untilMs: offsetMs + elapsedMs, isBad: isBadEnd(outcome) }
}

/** A cancel says nothing bad of the server. */
function isBadEnd(outcome: Outcome): boolean {
  return !isGood(outcome) && outcome !== 'cancelled'
}

/** `Status.DEPLOYING` as people say it: `deploying`. */
function nameOf(status: string): string {
  const [, last = status] = /\.([^.]+)$/.exec(status) ?? []
  const words = last.replaceAll('_', ' ')
  return (words === words.toUpperCase() ? words.toLowerCase() : words) || 'no status'
}
