import { fields, integer, time, unwrap, yesNo } from '../../json.ts'
import { readFailure } from './failure.ts'
import { documented, guessed, label, plainWord } from './readers.ts'

/** The documented types of tasks, in the order in which a build goes through them. */
export const TASK_TYPES = ['dltar', 'mkraw', 'deploy'] as const
export type TaskType = (typeof TASK_TYPES)[number]
/** `upload` is an open client upload, `other` whatever happens between `mkraw` and `deploy`. */
export type TaskKind = TaskType | 'upload' | 'other'

/** Where a task is, in the words of the events and in their order; `expired` is only for uploads. */
const STAGES = ['submit', 'begin', 'end', 'error', 'expired'] as const
export type Stage = (typeof STAGES)[number]

export type Task = NonNullable<ReturnType<typeof readTask>>

const OWN = ['taskName', 'name', 'taskId', 'id'] as const

const task = fields({
  name: guessed(label, ...OWN),
  app: guessed(label, 'appName', 'app', 'application', 'applicationName'),
  type: guessed(label, 'type', 'taskType', 'kind'),
  status: guessed(label, 'status', 'state', 'taskStatus'),
  createdMs: guessed(time, 'created', 'createdAt', 'creationDate', 'timeCreated', 'submitted'),
  build: guessed(label, 'buildName', 'build', 'buildId', 'buildNumber'),
  buildChanged: documented(yesNo, 'buildChanged'),
  dxfName: documented(label, 'dxfName'),
})

/** How the states of a task may be written; none is documented. Compared as plain words. */
const STAGE_WORDS: Readonly<Record<Stage, readonly string[]>> = {
  submit: ['submit', 'submitted', 'queued', 'pending', 'waiting', 'created', 'new', 'scheduled'],
  begin: ['begin', 'began', 'started', 'running', 'processing', 'inprogress', 'active', 'ongoing'],
  end: ['end', 'ended', 'done', 'finished', 'completed', 'complete', 'success', 'succeeded', 'ok'],
  error: ['error', 'failed', 'failure', 'exception', 'faulty'],
  expired: ['expired', 'expire', 'cancelled', 'canceled', 'aborted'],
}

/** How the task of an open client upload may be called; it is known to exist ("Task Details"). */
const UPLOAD_WORD = /upload|^(?:ul|put)tar$/

/**
 * A row of the list. Undefined without a name, by which it could be recognised again; `stage` is
 * undefined for a word that is not known.
 */
export function readTask(row: unknown) {
  const { name, app = '', type = '', status = '', ...rest } = task.parse(row)
  if (name === undefined) return undefined
  const failure = readFailure(row)
  const kind = kindOf(type)
  const said = stageOf(status)
  // A publish may end on some deployments and fail on others.
  const stage = said === 'end' && failure.failed ? 'error' : said
  // Before the build is read nobody can know, whatever stands there.
  const mayKnow = stage === 'end' && kind !== 'dltar' && kind !== 'upload'
  const buildChanged = mayKnow ? rest.buildChanged : undefined
  return { ...rest, name, app, type, status, kind, stage, buildChanged, failure }
}

/** The reply about one task. */
export function readTaskReply(reply: unknown): Task | undefined {
  return readTask(unwrap(reply, OWN, ['task', 'data', 'result']))
}

function kindOf(type: string): TaskKind {
  const word = plainWord(type)
  if (UPLOAD_WORD.test(word)) return 'upload'
  return TASK_TYPES.find((known) => known === word) ?? 'other'
}

function stageOf(status: string): Stage | undefined {
  const word = plainWord(status)
  return STAGES.find((stage) => STAGE_WORDS[stage].includes(word))
}

/** Whether one task is as far as another or further. */
export function isAsFar(one: Pick<Task, 'stage'>, other: Pick<Task, 'stage'>): boolean {
  return placeOf(one) >= placeOf(other)
}

function placeOf({ stage }: Pick<Task, 'stage'>): number {
  return stage === undefined ? -1 : STAGES.indexOf(stage)
}

export function isUnderWay({ stage }: Pick<Task, 'stage'>): boolean {
  return stage === 'submit' || stage === 'begin'
}

/** Whether it may still do something; a state that is not known may be any. */
export function isOpen(task: Pick<Task, 'stage'>): boolean {
  return isUnderWay(task) || task.stage === undefined
}

export function isFailed({ stage }: Pick<Task, 'stage'>): boolean {
  return stage === 'error' || stage === 'expired'
}

export function isImport({ kind }: Pick<Task, 'kind'>): boolean {
  return kind === 'dltar' || kind === 'mkraw'
}

export function isOpenUpload(task: Pick<Task, 'kind' | 'stage'>): boolean {
  return task.kind === 'upload' && isOpen(task)
}

const page = fields({
  total: guessed(integer, 'total', 'totalCount'),
  /** On all pages, or on this one. */
  count: guessed(integer, 'count'),
})

/**
 * Rows of one page and, where the reply says so, how many there are on all pages; undefined when it
 * is no list.
 */
export function readRows(
  reply: unknown,
  name: string,
): { rows: unknown[]; total: number | undefined } | undefined {
  if (Array.isArray(reply)) return { rows: reply, total: undefined }
  const fieldNames = [name, 'items', 'results', 'rows', 'list', 'data', 'result']
  const around = unwrap(reply, fieldNames.slice(0, 5), ['data', 'result'])
  const rows = fieldNames.map((field) => around[field]).find(Array.isArray)
  if (!rows) return undefined
  const { total, count = 0 } = page.parse(around)
  return { rows, total: total ?? (count > rows.length ? count : undefined) }
}
