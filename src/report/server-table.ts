import { formatDuration } from '../base/clock.ts'
import { toLine } from '../runner/plain-text.ts'
import { type DeploymentState, isUp, type Outcome } from '../state/state.ts'
import { causeOfOne, shorten } from './headline.ts'
import { folded, table } from './markdown.ts'
import { distanceText } from './server-facts.ts'
import { countOf, isOrAre, type Shown } from './shown.ts'

/** So many rows stand open; what is good beyond them is folded. */
const OPEN_ROWS = 15
/** More are only counted: they are all in the output `deployments`. */
const MOST_ROWS = 200

const LONGEST_TEXT = 100

const SIGNS: Readonly<Record<Outcome, string>> = {
  succeeded: '✅',
  started: '🚀',
  stopped: '🛑',
  failed: '❌',
  rejected: '❌',
  'timed-out': '⏱️',
  cancelled: '🚫',
  planned: '📋',
}
const WORDS: Readonly<Record<Outcome, string>> = {
  succeeded: 'up',
  started: 'starting',
  stopped: 'stopped',
  failed: 'failed',
  rejected: 'refused',
  'timed-out': 'not ready in time',
  cancelled: 'cancelled',
  planned: 'planned',
}

/** Many servers: how many ended how, how long they took, and a row for each. */
export function serverParts(deployments: readonly DeploymentState[], shown: Shown): string[] {
  const ordered = deployments.toSorted((a, b) => rank(a) - rank(b))
  const listed = ordered.slice(0, MOST_ROWS)
  const badCount = listed.filter((one) => rank(one) === 0).length
  const open = Math.max(badCount, OPEN_ROWS)
  const parts = [counts(deployments, shown), rowsOf(listed.slice(0, open), shown)]
  if (listed.length > open) {
    const rest = listed.slice(open)
    parts.push(folded(`${countOf(rest.length, 'more server')}`, rowsOf(rest, shown)))
  }
  const left = deployments.length - listed.length
  if (left > 0) parts.push(`${left} more ${isOrAre(left)} in the output <code>deployments</code>.`)
  return parts
}

/** What did not go well stands first. */
function rank({ outcome }: DeploymentState): number {
  return isUp(outcome) || outcome === 'stopped' ? 1 : 0
}

/** Such as `✅ 48 up · ❌ 2 failed · ready after 3.1 s to 12.4 s, slowest: tokyo`. */
function counts(deployments: readonly DeploymentState[], shown: Shown): string {
  const numbers = (Object.keys(WORDS) as Outcome[]).flatMap((outcome) => {
    const count = deployments.filter((one) => one.outcome === outcome).length
    return count === 0 ? [] : `${SIGNS[outcome]} **${count}** ${WORDS[outcome]}`
  })
  return [...numbers, speed(deployments, shown)].filter(Boolean).join(' · ')
}

function speed(deployments: readonly DeploymentState[], shown: Shown): string {
  const ready = deployments
    .filter(({ outcome, elapsedMs }) => outcome === 'succeeded' && elapsedMs > 0)
    .toSorted((a, b) => a.elapsedMs - b.elapsedMs)
  const [first, last] = [ready[0], ready.at(-1)]
  if (first === undefined || last === undefined || first === last) return ''
  const where = shown.words(last.target.name)
  return `ready after ${formatDuration(first.elapsedMs)} to ${formatDuration(last.elapsedMs)}, slowest: ${where}`
}

/** So long that a row stays a row. Cut only once it is clean: half a secret is not recognised. */
function brief(text: string, shown: Shown): string {
  return toLine(shown.clean(text), LONGEST_TEXT)
}

function inOneLine(text: string): string {
  return text.replaceAll(' ', '&nbsp;')
}

interface Column {
  title: string
  cell(deployment: DeploymentState): string
}

/** Only columns that have something in them; an empty cell stays empty. */
function rowsOf(deployments: readonly DeploymentState[], shown: Shown): string {
  const isAllUp = deployments.every(({ outcome }) => isUp(outcome))
  const all: readonly Column[] = [
    {
      title: 'Asked for',
      cell: ({ target, outcome }) =>
        `${SIGNS[outcome]}&nbsp;${shown.words(brief(target.name, shown))}`,
    },
    { title: 'Placed in', cell: (one) => placeOf(one, shown) },
    { title: isAllUp ? 'Address' : 'Address or cause', cell: (one) => resultOf(one, shown) },
    {
      title: 'Took',
      cell: ({ elapsedMs }) => (elapsedMs > 0 ? inOneLine(formatDuration(elapsedMs)) : ''),
    },
    { title: 'Deployment', cell: ({ id = '' }) => shown.code(brief(id, shown)) },
  ]
  const columns = all.filter(({ cell }) => deployments.some((one) => cell(one) !== ''))
  return table(
    columns.map(({ title }) => title),
    deployments.map((one) => columns.map(({ cell }) => cell(one))),
  )
}

function placeOf({ observation }: DeploymentState, shown: Shown): string {
  const location = observation?.facts.location
  if (location === undefined) return ''
  return [shown.words(brief(location, shown)), distanceText(observation?.facts.distanceKm)]
    .filter(Boolean)
    .join(', ')
}

function resultOf(deployment: DeploymentState, shown: Shown): string {
  const { outcome, observation } = deployment
  const facts = observation?.facts
  if (isUp(outcome)) return shown.code(facts?.ports?.[0]?.address ?? facts?.host ?? '')
  if (outcome === 'stopped' || outcome === 'cancelled' || outcome === 'timed-out')
    return WORDS[outcome]
  return shown.words(shorten(shown.clean(causeOfOne(deployment).text)))
}
