import { formatDuration } from '../base/clock.ts'
import type { Port } from '../provider/provider.ts'
import { type DeploymentState, isUp, type RunState } from '../state/state.ts'
import { codeBlock } from './markdown.ts'
import { countOf, enumerate, type Shown } from './shown.ts'

type Row = [label: string, value: string]

/** Further than this is worth a sign: players of the place that was asked for will feel it. */
const FAR_KM = 1_500
const MOST_PORTS = 30
const MOST_PROBES = 20
const MOST_IDS = 20

/** How players reach it, in a block that GitHub gives a button to copy. */
export function connectParts({ observation }: DeploymentState, shown: Shown): string[] {
  const facts = observation?.facts ?? {}
  const [first] = facts.ports ?? []
  const address = first?.address ?? facts.host
  if (address === undefined) return []
  const how = first ? ` to ${portText(first, shown)}` : ''
  return [`Connect${how}:`, codeBlock([shown.clean(address)])]
}

/** What else there is to know of a run with one server: only rows that have something to say. */
export function factRows(report: RunState, deployment: DeploymentState, shown: Shown): Row[] {
  return given([
    ['Other ports', otherPorts(deployment, shown)],
    [
      'Asked for',
      deployment.target.name === report.application ? '' : placement(deployment, shown),
    ],
    ['Answers', probes(deployment, shown)],
    ...runRows(report, deployment, shown),
    ['Deployment', identity(deployment, shown)],
    ...detailRows(deployment, shown),
    ['Reported by', news(report, deployment, shown)],
  ])
}

/** What holds for all servers of a run. */
export function runRows(
  report: RunState,
  deployment: DeploymentState | undefined,
  shown: Shown,
): Row[] {
  return given([
    ['Lifetime', lifetime(report, deployment, shown)],
    ['Image', image(report, shown)],
    ['Promoted', promotions(report, shown)],
    ['Replaced', ids(replacedBy(report), shown)],
  ])
}

/** Where no new server came up, older ones that were stopped first were not replaced. */
export function replacedBy({ replacedIds = [], deployments }: RunState): readonly string[] {
  return deployments.some(({ outcome }) => isUp(outcome)) ? replacedIds : []
}

function given(rows: readonly Row[]): Row[] {
  return rows.filter(([, value]) => value !== '')
}

/** Such as `gameport (UDP 7777)`, by what the game itself listens on. */
function portText({ name, internal, protocol }: Port, shown: Shown): string {
  // A port without a name is called by its number.
  const number = internal === undefined || String(internal) === name ? '' : String(internal)
  const kind = [shown.words(protocol), number].filter(Boolean).join(' ')
  return [shown.code(name), kind && `(${kind})`].filter(Boolean).join(' ')
}

function otherPorts({ observation }: DeploymentState, shown: Shown): string {
  const [, ...others] = observation?.facts.ports ?? []
  const texts = others
    .slice(0, MOST_PORTS)
    .map((port) => `${portText(port, shown)} → ${shown.code(port.address)}`)
  const left = others.length - texts.length
  return [...texts, left > 0 ? `${left} more in the output <code>ports</code>` : '']
    .filter(Boolean)
    .join('<br>')
}

/** Asked → got; nothing where the one only repeats the other. */
function placement({ target, observation, outcome }: DeploymentState, shown: Shown): string {
  const { name, where } = target
  const location = observation?.facts.location
  const asked =
    name === where || where === ''
      ? shown.words(name)
      : `${shown.words(name)} (${shown.words(where)})`
  if (location === undefined) return asked
  const distance = distanceText(observation?.facts.distanceKm)
  // Of one that is up the heading names the place.
  if (isUp(outcome) && distance !== '') return `${asked}, placed ${distance}`
  if (isUp(outcome) && isSamePlace(name, location)) return ''
  return [`${asked} → ${shown.words(location)}`, distance].filter(Boolean).join(', ')
}

/** How far a server is from where it was asked for; empty where that is not known, or nothing. */
export function distanceText(distanceKm: number | undefined): string {
  if (distanceKm === undefined || distanceKm < 1) return ''
  const km = distanceKm < 100 ? Math.round(distanceKm) : Math.round(distanceKm / 10) * 10
  return `${withCommas(km)} km away${km >= FAR_KM ? ' ⚠️' : ''}`
}

/** `1,234`. Loading `Intl` for it would take 12 ms and 6 MiB at the end of each step. */
function withCommas(whole: number): string {
  return String(whole).replace(/\B(?=(?:\d{3})+$)/g, ',')
}

/** `new-york` and `New York, United States` are the same to a reader. */
function isSamePlace(name: string, location: string): boolean {
  const [asked, got] = [name, location.replace(/,.*/, '')].map((text) =>
    text
      .normalize('NFKD')
      .replace(/[^\p{L}]/gu, '')
      .toLowerCase(),
  )
  return asked === got
}

function probes({ probes = [] }: DeploymentState, shown: Shown): string {
  return probes
    .slice(0, MOST_PROBES)
    .map(({ port, protocol, answered, seconds, detail }) => {
      const time = `${answered ? 'after' : 'not within'} ${formatDuration(seconds * 1_000)}`
      const what = detail && `: ${shown.words(detail)}`
      return `${answered ? '✅' : '❌'} ${shown.code(port)} by ${shown.words(protocol)} ${time}${what}`
    })
    .join('<br>')
}

/** How long it lives and who stops it. */
function lifetime(
  { lifetime, title, deployments }: RunState,
  deployment: DeploymentState | undefined,
  shown: Shown,
): string {
  if (!lifetime || !deployments.some(({ outcome }) => isUp(outcome))) return ''
  const { maxMinutes, endsWithJob, replacedInGroup } = lifetime
  const ends: string[] = []
  const it = deployments.length > 1 ? 'them' : 'it'
  if (endsWithJob) ends.push(`this job stops ${it} when it ends`)
  if (replacedInGroup) {
    ends.push(`the next deploy of the group ${shown.code(replacedInGroup)} replaces ${it}`)
  }
  if (maxMinutes !== undefined) {
    ends.push(
      `${shown.words(title)} stops ${it} after ${minutesText(maxMinutes)}${endTime(deployment, maxMinutes)}`,
    )
  }
  const text = ends.join('<br>')
  return text === '' ? `until somebody stops ${it}` : text
}

function minutesText(minutes: number): string {
  if (minutes < 120 || minutes % 60 !== 0) return countOf(minutes, 'minute')
  return countOf(minutes / 60, 'hour')
}

/** In UTC, since nobody knows where the reader is. */
function endTime(deployment: DeploymentState | undefined, minutes: number): string {
  if (deployment?.acceptedWallMs === undefined) return ''
  const end = new Date(deployment.acceptedWallMs + minutes * 60_000)
  if (Number.isNaN(end.getTime())) return ''
  const text = end.toISOString()
  const day = minutes >= 24 * 60 ? `${text.slice(0, 10)} ` : ''
  return `, at about ${day}${text.slice(11, 16)} UTC`
}

function image(
  { image = '', previousImage, versionAction, version }: RunState,
  shown: Shown,
): string {
  const was = previousImage && previousImage !== image ? ` (was ${shown.code(previousImage)})` : ''
  const isChanged = versionAction === 'created' || versionAction === 'updated'
  const action = isChanged ? `version ${shown.code(version)} ${versionAction}` : ''
  return [image === '' ? '' : `${shown.code(image)}${was}`, action].filter(Boolean).join(' · ')
}

function promotions({ promoted = [], image }: RunState, shown: Shown): string {
  return promoted
    .map(({ version, from, to }) => {
      // The image of this run stands above.
      const now = to === image || to === '' ? '' : ` now has ${shown.code(to)}`
      const was = from === '' || from === to ? '' : ` (was ${shown.code(from)})`
      return `${shown.code(version)}${now}${was}`
    })
    .join('<br>')
}

/** Ids as code, as many as anybody reads. */
export function ids(all: readonly string[], shown: Shown): string {
  const texts = all.slice(0, MOST_IDS).map(shown.code)
  const left = all.length - texts.length
  return enumerate(left > 0 ? [...texts, `${left} more`] : texts)
}

function identity(
  { id = '', observation, outcome, elapsedMs }: DeploymentState,
  shown: Shown,
): string {
  const { ip, host } = observation?.facts ?? {}
  // An address without a host name is the IP address already.
  const also = isUp(outcome) && ip !== undefined && ip !== host ? `IP ${shown.code(ip)}` : ''
  const time =
    outcome === 'succeeded' && elapsedMs > 0
      ? `${host === undefined ? 'done' : 'ready'} after ${formatDuration(elapsedMs)}`
      : ''
  return [shown.code(id), also, time].filter(Boolean).join(' · ')
}

function detailRows({ observation }: DeploymentState, shown: Shown): Row[] {
  return (observation?.facts.details ?? []).map(([label, value]) => [
    shown.words(label),
    shown.code(value),
  ])
}

/** Which of webhook and polling brought the news. */
function news(
  { tunnel, tunnelError }: RunState,
  { source, outcome }: DeploymentState,
  shown: Shown,
): string {
  if (source === undefined || !(isUp(outcome) || outcome === 'failed')) return ''
  if (source === 'webhook') return `webhook through the tunnel <code>${shown.words(tunnel)}</code>`
  const why = tunnelError === '' ? '' : ` · no webhook: ${shown.words(tunnelError)}`
  return `status checks${why}`
}
