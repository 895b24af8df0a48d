import { asSentence } from '../base/sentence.ts'
import { codeBlock, codeSpan, escapeMarkdown, limitBytes, table } from '../report/markdown.ts'
import { toLine } from '../runner/plain-text.ts'
import { isUp, type Outcome } from '../state/state.ts'
import { id } from './json.ts'
import type { RunKey } from './run-order.ts'
import type { DeploymentView, RunView } from './run-view.ts'

/** GitHub refuses more than 65,536 characters; a byte is never more than one. */
const MAX_BYTES = 65_000
/** More servers than this are only counted. */
const MOST_SERVERS = 50
const LONGEST_TEXT = 200
const LONGEST_GROUP = 200

/** What a comment carries beside what people see, in an HTML comment on its first line. */
export interface Marker {
  group: string
  run: RunKey
  /** The run has ended; nothing more comes from it but a stop. */
  isOver: boolean
}

/** What the body says of where the run belongs. */
export interface CommentContext {
  marker: Marker
  sha: string | undefined
  commitUrl: string | undefined
  runUrl: string | undefined
  /** The moment of the state, milliseconds since 1970. */
  wallMs: number
}

/** A group as a marker holds it. */
export function groupInMarker(group: string): string {
  return group.slice(0, LONGEST_GROUP).toWellFormed()
}

/** The first line of a comment, which people do not see. */
export function writeMarker({ group, run, isOver }: Marker): string {
  // Encoded, a group can end neither the comment nor its field.
  const fields = [
    `group=${encodeURIComponent(groupInMarker(group))}`,
    `run=${run.id}`,
    `number=${run.number}`,
    `attempt=${run.attempt}`,
    `state=${isOver ? 'over' : 'deploying'}`,
  ]
  return `<!-- deploy-game-server ${fields.join(' ')} -->`
}

const MARKER =
  /^<!-- deploy-game-server group=([^\s>]*) run=(\d{1,16}) number=(\d{1,16}) attempt=(\d{1,16}) state=(deploying|over) -->/

/** The marker at the very beginning of a comment; undefined where there is none. */
export function readMarker(body: string): Marker | undefined {
  const [, group = '', run, number, attempt, state] = MARKER.exec(body) ?? []
  if (state === undefined) return undefined
  const key = {
    id: id.parse(run) ?? 0,
    number: id.parse(number) ?? 0,
    attempt: id.parse(attempt) ?? 1,
  }
  return { group: decode(group), run: key, isOver: state === 'over' }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** The whole comment. Every text in the view is shown as text: no markup, mention, image or link comes of it. */
export function buildCommentBody(view: RunView, context: CommentContext): string {
  const parts = [writeMarker(context.marker), `### ${heading(view)}`]
  if (view.error !== '')
    parts.push(escapeMarkdown(asSentence(toLine(view.error, LONGEST_TEXT * 2))))
  const live = view.deployments.filter(({ address, outcome }) => address !== '' && isUp(outcome))
  if (live.length > 0) parts.push(addresses(live))
  parts.push(facts(view, context))
  if (view.deployments.length > 1) parts.push(...servers(view.deployments))
  return limitBytes(`${parts.join('\n\n')}\n`, MAX_BYTES)
}

const SENTENCES: Readonly<Record<Outcome, (what: string, where: string) => string>> = {
  succeeded: (what, where) => `✅ ${what} is up${where}`,
  started: (what, where) => `🚀 ${what} was started${where}`,
  stopped: (what) => `🛑 ${what} is stopped`,
  failed: (what) => `❌ ${what} failed`,
  rejected: (what) => `❌ ${what} was refused`,
  'timed-out': (what) => `⏱️ ${what} was not ready in time`,
  cancelled: (what) => `🚫 The deploy of ${what} was cancelled`,
  planned: (what) => `📝 The deploy of ${what} was planned`,
}

function heading(view: RunView): string {
  const { application, version, outcome, deployments } = view
  const what = words([application, version].filter(Boolean).join(' ')) || 'The server'
  if (outcome === undefined) return `⏳ ${what} is being deployed`
  if (outcome === 'stopped' && view.isBeingStopped) return `🛑 ${what} is being stopped`
  const [first, second] = deployments
  const place = words(first?.location ?? '')
  const where = second || place === '' ? '' : ` in ${place}`
  return SENTENCES[outcome](what, where)
}

/** In a block, since GitHub gives that a button to copy. */
function addresses(live: readonly DeploymentView[]): string {
  return codeBlock(live.slice(0, MOST_SERVERS).map(({ address }) => toLine(address, LONGEST_TEXT)))
}

function facts(view: RunView, context: CommentContext): string {
  const { sha, commitUrl, runUrl, marker, wallMs } = context
  const only = view.deployments.length === 1 ? view.deployments[0] : undefined
  const rows: [string, string][] = [
    ['Version', code(view.version)],
    ['Image', code(view.image)],
    ['Location', words(only?.location ?? '')],
    ['Deployment', code(only?.id ?? '')],
    ['Commit', sha === undefined ? '' : link(`<code>${sha.slice(0, 7)}</code>`, commitUrl)],
    ['Took', view.seconds === undefined ? '' : `${view.seconds.toFixed(1)} s`],
    ['Updated', `${new Date(wallMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`],
    ['Run', link(`run ${marker.run.number || marker.run.id}`, runUrl)],
  ]
  const given = rows.filter(([, value]) => value !== '')
  return table(['Provider', words(view.provider)], given)
}

function servers(deployments: readonly DeploymentView[]): string[] {
  const up = deployments.filter(({ outcome }) => isUp(outcome)).length
  const rows = deployments
    .slice(0, MOST_SERVERS)
    .map(({ location, address, outcome, id }) => [
      words(location),
      outcome ?? 'deploying',
      code(address),
      code(id),
    ])
  const left = deployments.length - rows.length
  return [
    `${up} of ${deployments.length} servers are up.${left > 0 ? ` ${left} more are not listed.` : ''}`,
    table(['Location', 'Outcome', 'Address', 'Deployment'], rows),
  ]
}

/** URLs come from the runner and are checked where they are read. */
function link(markdown: string, url: string | undefined): string {
  return url === undefined ? markdown : `[${markdown}](${url})`
}

function words(text: string): string {
  return escapeMarkdown(toLine(text, LONGEST_TEXT))
}

function code(text: string): string {
  return text === '' ? '' : codeSpan(toLine(text, LONGEST_TEXT))
}
