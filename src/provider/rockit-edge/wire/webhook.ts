import { type Failure, isTelling, readFailure } from './failure.ts'
import { flagOf, isObject, parseJson, textOf } from './json.ts'
import { EVENTS, NAMES, TASK_TYPES, type TaskEvent, type TaskType } from './names.ts'

/** What a verified webhook said. */
export interface News {
  readonly type: TaskType
  readonly event: Exclude<TaskEvent, 'exception'>
  readonly build: string | undefined
  readonly dxfName: string | undefined
  readonly buildChanged: boolean | undefined
  readonly failure: Failure
}

export type ReadNews =
  | { kind: 'news'; news: News }
  /** For another organisation or app. */
  | { kind: 'foreign' }
  /** Not among the documented types and events. */
  | { kind: 'unknown'; what: string }
  | { kind: 'unreadable' }

const { webhook: W } = NAMES

/** Reads the body of the page "Webhook Request Body", each part of which may be missing or empty. */
export function readNews(body: string, organization: string, app: string): ReadNews {
  const json = parseJson(body)
  if (!isObject(json)) return { kind: 'unreadable' }
  if (textOf(json, W.organization) !== organization || textOf(json, W.app) !== app) {
    return { kind: 'foreign' }
  }
  const type = textOf(json, W.type)
  const word = textOf(json, W.event)
  const knownType = TASK_TYPES.find((one) => one === type)
  const knownEvent = EVENTS.find((one) => one === word)
  if (!knownType || !knownEvent) return { kind: 'unknown', what: `${type} ${word}` }
  const failure = readFailure(json)
  const event = knownEvent === 'exception' || isTelling(failure) ? 'error' : knownEvent
  const isFailure = event === 'error'
  const isOver = event === 'end' || isFailure
  return {
    kind: 'news',
    news: {
      type: knownType,
      event,
      build: textOf(json, W.build),
      dxfName: textOf(json, W.dxfName),
      // Before the import is over nobody can know, whatever stands there.
      buildChanged: knownType !== 'dltar' && isOver ? flagOf(json, W.buildChanged) : undefined,
      failure: isFailure ? failure : {},
    },
  }
}
