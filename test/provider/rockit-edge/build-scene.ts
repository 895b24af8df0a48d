import { evaluate } from '../../../src/provider/rockit-edge/evaluate.ts'
import { type Baseline, ImportRecord } from '../../../src/provider/rockit-edge/import-record.ts'
import { readApp } from '../../../src/provider/rockit-edge/wire/app.ts'
import { readTask, type Task, type TaskType } from '../../../src/provider/rockit-edge/wire/task.ts'
import { readNotice } from '../../../src/provider/rockit-edge/wire/webhook.ts'

export const goal = { app: 'my_game', waitUntil: 'deployed', expectedBytes: undefined } as const
export const appOf = (more: object = {}) =>
  readApp({
    name: 'my_game',
    iCurBuild: 6,
    dxfName: 'old',
    processing: false,
    exporting: false,
    ...more,
  })

export function taskOf(type: string, status: string, more: object = {}): Task {
  const task = readTask({
    name: `${type}_1`,
    appName: 'my_game',
    type,
    status,
    buildName: '0007',
    ...more,
  })
  if (!task) throw new Error('not a task')
  return task
}

export function noticeOf(type: TaskType, event: string, more: object = {}): Task {
  const body = { type, event, orgName: 'acme', appName: 'my_game', buildName: '0007', ...more }
  const read = readNotice(JSON.stringify(body), 'acme', 'my_game')
  if ('ignored' in read) throw new Error(read.ignored)
  return read.notice
}

/** A build that is checked again and again, on a clock of its own. */
export function scene(
  baseline: Baseline = { app: appOf(), tasks: [] },
  waitUntil: 'imported' | 'deployed' = 'deployed',
) {
  const record = new ImportRecord(baseline)
  let nowMs = 0
  return {
    record,
    check(
      tasks: Task[] | undefined,
      given: Baseline['app'] | 'unread' = appOf(),
      afterMs = 12_000,
    ) {
      const app = given === 'unread' ? undefined : given
      nowMs += afterMs
      if (tasks) for (const name of record.update(tasks)) record.lose(name)
      const reading = { tasks, app, nowMs }
      record.noteRest(reading)
      return evaluate(record, reading, { ...goal, waitUntil })
    },
  }
}

export const fresh = { iCurBuild: 7, dxfName: 'new' }
