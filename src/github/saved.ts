import * as z from 'zod/mini'
import type { Outcome } from '../state/state.ts'
import type { SavedComment } from './comment.ts'
import type { SavedRecord } from './deployment-record.ts'
import { asObject, id, list, parseObject, shape, text } from './json.ts'
import type { RunView } from './run-view.ts'

/** What the main step hands to the post step. */
export interface SavedReport {
  view?: RunView | undefined
  record?: SavedRecord | undefined
  comment?: SavedComment | undefined
}

/**
 * A runner hands saved state to the post step in an environment variable, of which Linux takes 128 KiB.
 * With a longer one the post step does not even start, and what it is to stop runs on.
 */
const MAX_BYTES = 64 * 1024

/** Writes it for `readSaved`: of very many servers only as many as fit. */
export function writeSaved({ view, ...rest }: SavedReport): string {
  if (view === undefined) return JSON.stringify(rest)
  let { deployments } = view
  for (;;) {
    const json = JSON.stringify({ view: { ...view, deployments }, ...rest })
    if (deployments.length === 0 || Buffer.byteLength(json) <= MAX_BYTES) return json
    deployments = deployments.slice(0, Math.floor(deployments.length * 0.8))
  }
}

const OUTCOMES: Readonly<Record<Outcome, true>> = {
  succeeded: true,
  failed: true,
  rejected: true,
  'timed-out': true,
  cancelled: true,
  started: true,
  stopped: true,
  planned: true,
}

const OUTCOME = z.pipe(
  z.unknown(),
  z.transform((value) => (OUTCOMES[value as Outcome] === true ? (value as Outcome) : undefined)),
)
const LINE = z.pipe(
  z.unknown(),
  z.transform((value) => (typeof value === 'string' ? value : '')),
)
const SECONDS = z.pipe(
  z.unknown(),
  z.transform((value) => (Number.isFinite(value) ? (value as number) : undefined)),
)
const PORT = shape({ name: LINE, protocol: LINE, address: LINE })
const DEPLOYMENT = shape({
  id: LINE,
  outcome: OUTCOME,
  location: LINE,
  address: LINE,
  ports: z.pipe(list, z.array(PORT)),
})
const VIEW = shape({
  outcome: OUTCOME,
  provider: LINE,
  application: LINE,
  version: LINE,
  image: LINE,
  deployments: z.pipe(list, z.array(DEPLOYMENT)),
  seconds: SECONDS,
  error: LINE,
})
const RECORD = shape({ key: text, id })
const COMMENT = shape({ pull: z.unknown(), id })

/** Reads what the main step saved; what is not as it writes it is absent. */
export function readSaved(json: string): SavedReport {
  const { view, record, comment } = parseObject(json)
  return {
    ...(view !== undefined && { view: readView(view) }),
    ...(record !== undefined && { record: readRecord(record) }),
    ...(comment !== undefined && { comment: readComment(comment) }),
  }
}

function readView(value: unknown): RunView {
  const { isBeingStopped } = asObject(value)
  return { ...VIEW.parse(value), ...(isBeingStopped === true && { isBeingStopped }) }
}

function readRecord(value: unknown): SavedRecord {
  const { key, id: recordId } = RECORD.parse(value)
  return { ...(key !== undefined && { key }), ...(recordId !== undefined && { id: recordId }) }
}

function readComment(value: unknown): SavedComment {
  const { pull, id: commentId } = COMMENT.parse(value)
  const number = id.parse(pull)
  const isNone = pull === null
  return {
    ...(commentId !== undefined && { id: commentId }),
    ...((isNone || number !== undefined) && { pull: isNone ? null : number }),
  } as SavedComment
}
