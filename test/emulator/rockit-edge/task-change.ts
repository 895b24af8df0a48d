import type { Reply } from '../delivery.ts'
import { asObject, textIn } from './json.ts'
import type { Pipeline } from './pipeline.ts'
import type { Script } from './script.ts'
import type { RockitEdgeSettings } from './settings.ts'
import { type Task, type Tasks, taskJson } from './task.ts'
import type { Json, Words } from './words.ts'

/** `PATCH /be/v1/tasks` (page "Acknowledge Warning / Expire Task"); its body is a guess. */
export function patchTaskReply(
  body: unknown,
  tasks: Tasks,
  settings: RockitEdgeSettings,
  words: Words,
): Reply {
  const request = asObject(body)
  const task = findTask(request, tasks, settings)
  if (task === undefined) return words.refuse(404, 'notFound', 'no such task')
  if (asksToExpire(request, settings)) {
    const isOpen = task.type === 'upload' && task.status === 'started'
    if (!isOpen) return words.refuse(400, 'invalid', 'only an open upload task can expire')
    expire(task)
  } else if (request.acknowledge === true || request.acknowledged === true) {
    task.isAcknowledged = true
  } else {
    return words.refuse(400, 'invalid', 'nothing to change')
  }
  return words.one('task', taskJson(task, words))
}

/** `POST /be/v1/trigger` as on the page "Retry Task"; its body is a guess. */
export function retryReply(
  body: unknown,
  tasks: Tasks,
  pipeline: Pipeline,
  takeScript: () => Script,
  settings: RockitEdgeSettings,
  words: Words,
): Reply {
  const task = findTask(asObject(body), tasks, settings)
  if (task === undefined) return words.refuse(404, 'notFound', 'no such task')
  if (task.status !== 'failed') return words.refuse(409, 'conflict', 'the task has not failed')
  pipeline.retry(task, takeScript())
  return words.one('task', taskJson(task, words))
}

function findTask(request: Json, tasks: Tasks, settings: RockitEdgeSettings): Task | undefined {
  const name = textIn(request, settings.spelling.taskRequestFields)
  return name === undefined ? undefined : tasks.find(name)
}

function asksToExpire(request: Json, { spelling }: RockitEdgeSettings): boolean {
  const forms = {
    expire: request.expire === true,
    expired: request.expired === true,
    action: request.action === 'expire',
    status: request.status === 'expired' || request.status === spelling.taskStatusWords.expired,
  }
  return spelling.expireForms.some((form) => forms[form])
}

function expire(task: Task): void {
  task.status = 'expired'
  task.updated = new Date()
  task.build.outcome = 'expired'
  task.build.app.isLocked = false
}
