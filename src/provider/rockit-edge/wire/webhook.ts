import { fields, isRecord, parseJson, yesNo } from '../../json.ts'
import { type Failure, isFailure, readFailure } from './failure.ts'
import { documented, label } from './readers.ts'
import { TASK_TYPES, type TaskType } from './task.ts'

/** What a signed webhook says. */
export interface Notice {
  readonly type: TaskType
  readonly event: 'submit' | 'begin' | 'end' | 'error'
  readonly build: string | undefined
  readonly dxfName: string | undefined
  readonly buildChanged: boolean | undefined
  readonly failure: Failure
}

/** `ignored` says why, for the log. */
export type ReadNotice = { notice: Notice } | { ignored: string; unknown?: string }

const EVENTS = ['submit', 'begin', 'end', 'error'] as const

/** The body is documented as a whole ("Webhook Request Body"); each part may be missing or empty. */
const body = fields({
  type: documented(label, 'type'),
  event: documented(label, 'event'),
  organization: documented(label, 'orgName'),
  app: documented(label, 'appName'),
  build: documented(label, 'buildName'),
  dxfName: documented(label, 'dxfName'),
  buildChanged: documented(yesNo, 'buildChanged'),
})

export function readNotice(text: string, organization: string, app: string): ReadNotice {
  const json = parseJson(text)
  if (!isRecord(json)) return { ignored: 'unreadable' }
  const read = body.parse(json)
  if (read.organization !== organization || read.app !== app) return { ignored: 'for another app' }
  const type = TASK_TYPES.find((known) => known === read.type)
  // `exception` is a guess at a label that the page "Subscribe" has lost.
  const named = EVENTS.find((known) => known === read.event?.replace('exception', 'error'))
  if (!type || !named)
    return { ignored: 'of an unknown kind', unknown: `${read.type} ${read.event}` }
  const failure = readFailure(json)
  const event = isFailure(failure) ? 'error' : named
  const isOver = event === 'end' || event === 'error'
  const { build, dxfName, buildChanged } = read
  return {
    notice: {
      type,
      event,
      build,
      dxfName,
      // Before the import is over nobody can know, whatever stands there.
      buildChanged: type !== 'dltar' && isOver ? buildChanged : undefined,
      failure: event === 'error' ? failure : {},
    },
  }
}
