import { type Failure, readFailure } from './failure.ts'
import { flagOf, isObject, type Json, numberOf, plainWord, rawOf, textOf, timeOf } from './json.ts'
import {
  APP_ERROR_WORDS,
  APP_LOCKED_WORDS,
  NAMES,
  type Name,
  STAGE_WORDS,
  type Stage,
  UPLOAD_TYPE,
} from './names.ts'

export interface App {
  readonly name: string | undefined
  readonly currentBuild: number | undefined
  readonly dxfName: string | undefined
  /** Undefined where it is not told. */
  readonly isBusy: boolean | undefined
  readonly isLocked: boolean
  /** Why it is in an error state; undefined when it is not. */
  readonly error: string | undefined
}

export interface Task {
  readonly name: string
  readonly app: string
  /** Empty where it is not told. */
  readonly type: string
  readonly isUpload: boolean
  /** Undefined for a word that is not known. */
  readonly stage: Stage | undefined
  /** As it was told. */
  readonly status: string
  readonly build: string | undefined
  readonly createdMs: number | undefined
  readonly buildChanged: boolean | undefined
  readonly dxfName: string | undefined
  readonly failure: Failure
}

export interface ImportAnswer {
  readonly uploadUrl: string | undefined
  /** Headers that the upload must carry, where the answer names some. */
  readonly uploadHeaders: Readonly<Record<string, string>>
  readonly taskName: string | undefined
  readonly buildName: string | undefined
}

const { app: A, task: T, import: I, subscription: S, envelope: E } = NAMES

/** One thing without what may be around it; `name` is what it may be called there. */
export function unwrap(value: unknown, name: string): Json {
  if (!isObject(value)) return {}
  for (const field of [...E.one.names, name]) {
    const inner = value[field]
    // A thing of its own may hold an object of this name too; an envelope holds little beside it.
    if (isObject(inner) && Object.keys(value).length <= 3) return unwrap(inner, name)
  }
  return value
}

/** Rows and, where told, how many there are on all pages; undefined when it is no list. */
export function readRows(
  value: unknown,
  name: string,
): { rows: unknown[]; total: number | undefined } | undefined {
  if (Array.isArray(value)) return { rows: value, total: undefined }
  if (!isObject(value)) return undefined
  for (const field of [name, ...E.rows.names]) {
    const inner = value[field]
    if (Array.isArray(inner)) return { rows: inner, total: numberOf(value, E.total) }
    if (isObject(inner)) return readRows(inner, name)
  }
  return undefined
}

export function readApp(value: unknown): App {
  const app = unwrap(value, 'app')
  const word = plainWord(textOf(app, A.status) ?? '')
  const flags = [flagOf(app, A.processing), flagOf(app, A.exporting)]
  return {
    name: textOf(app, A.name),
    currentBuild: numberOf(app, A.currentBuild),
    dxfName: textOf(app, A.dxfName),
    isBusy: flags.every((flag) => flag === undefined) ? undefined : flags.includes(true),
    isLocked: flagOf(app, A.locked) === true || APP_LOCKED_WORDS.includes(word),
    error: readAppError(app, APP_ERROR_WORDS.includes(word)),
  }
}

function readAppError(app: Json, isErrorWord: boolean): string | undefined {
  const error = rawOf(app, A.error)
  const message = textOf(app, A.message)
  const unexplained = 'no reason is told'
  if (typeof error === 'string' && !/^(?:false|0|none|no|ok)$/i.test(error)) {
    return error === 'true' ? (message ?? unexplained) : error
  }
  if (isObject(error) && Object.values(error).some(Boolean)) {
    return textOf(error, A.message) ?? unexplained
  }
  if (error === true || isErrorWord) return message ?? unexplained
  return undefined
}

/** Undefined for a row that cannot be told apart from others. */
export function readTask(row: unknown): Task | undefined {
  const name = textOf(row, T.name)
  if (name === undefined) return undefined
  const type = textOf(row, T.type) ?? ''
  const status = textOf(row, T.status) ?? ''
  return {
    name,
    type,
    status,
    app: textOf(row, T.app) ?? '',
    isUpload: UPLOAD_TYPE.test(type),
    stage: stageOf(status),
    build: textOf(row, T.build),
    createdMs: timeOf(row, T.created),
    buildChanged: flagOf(row, T.buildChanged),
    dxfName: textOf(row, T.dxfName),
    failure: readFailure(row),
  }
}

function stageOf(status: string): Stage | undefined {
  const word = plainWord(status)
  const stages = Object.keys(STAGE_WORDS) as Stage[]
  return stages.find((stage) => STAGE_WORDS[stage].includes(word))
}

/** @param isUpload whether an upload was asked for, so that a URL in the answer is where it goes */
export function readImport(value: unknown, isUpload: boolean): ImportAnswer {
  const answer = unwrap(value, 'build')
  const target = isUpload ? findUploadTarget(answer) : undefined
  return {
    uploadUrl: target?.url,
    uploadHeaders: target?.headers ?? {},
    taskName: textOf(answer, I.taskName),
    buildName: textOf(answer, I.buildName),
  }
}

function findUploadTarget(answer: Json) {
  const byName = I.uploadUrl.names.map((name) => answer[name])
  // Whatever else holds one web address can only be it: an upload's answer has no other.
  for (const value of [...byName, ...Object.values(answer)]) {
    const text = isObject(value) ? rawOf(value, I.uploadUrl) : value
    if (typeof text === 'string' && /^https?:\/\/[^/]/i.test(text)) {
      return { url: text, headers: textMap(rawOf(value, I.uploadHeaders)) }
    }
  }
  return undefined
}

function textMap(value: unknown): Record<string, string> {
  if (!isObject(value)) return {}
  const pairs = Object.entries(value).filter(([, text]) => typeof text === 'string')
  return Object.fromEntries(pairs) as Record<string, string>
}

export function readSecret(value: unknown): string | undefined {
  const name: Name = S.secret
  return textOf(unwrap(value, 'subscription'), name)
}

export function readSubscriptionName(value: unknown): string | undefined {
  return textOf(isObject(value) ? value : { name: value }, S.name)
}

/** What a refusal says, in whichever field. */
export function readProblem(text: string, value: unknown): string {
  if (isObject(value)) {
    const inner = isObject(value.error) ? value.error : value
    return textOf(inner, E.message) ?? ''
  }
  return typeof value === 'string' ? value : text.trim().startsWith('<') ? '' : text.trim()
}
