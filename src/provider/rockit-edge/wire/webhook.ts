import { fields, isRecord, parseJson } from '../../json.ts'
import { isFailure } from './failure.ts'
import { documented, label } from './readers.ts'
import { readTask, TASK_TYPES, type Task } from './task.ts'

/** A signed webhook as the task that it is about; `ignored` says why not, for the log. */
export type ReadNotice = { notice: Task } | { ignored: string; unknown?: string }

/** What no task has. The body is documented as a whole ("Webhook Request Body"). */
const body = fields({
  organization: documented(label, 'orgName'),
  event: documented(label, 'event'),
})

export function readNotice(text: string, organization: string, app: string): ReadNotice {
  const json = parseJson(text)
  if (!isRecord(json)) return { ignored: 'unreadable' }
  const { event, ...read } = body.parse(json)
  const task = readTask({ ...json, name: 'not named', status: event })
  if (!task || read.organization !== organization || task.app !== app) {
    return { ignored: 'for another app' }
  }
  const { type, kind, stage, failure } = task
  if (!stage || !TASK_TYPES.some((known) => known === kind)) {
    return { ignored: 'of an unknown kind', unknown: `${type} ${event}` }
  }
  // The event of a wrong input is not known for certain: the page "Subscribe" has lost its label.
  return { notice: { ...task, name: '', stage: isFailure(failure) ? 'error' : stage } }
}
