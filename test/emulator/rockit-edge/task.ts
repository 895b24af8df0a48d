import { randomBytes } from 'node:crypto'
import type { Build } from './build.ts'
import type { Failure, TaskType } from './script.ts'
import type { RockitEdgeSettings } from './settings.ts'
import type { Spelling, TaskStatusWords } from './spelling.ts'
import type { Json, Words } from './words.ts'

export type TaskStatus = keyof TaskStatusWords

export interface Task {
  readonly name: string
  /** `upload` stands for an open client upload. */
  readonly type: TaskType | 'upload'
  readonly build: Build
  readonly created: Date
  updated: Date
  status: TaskStatus
  failure: Failure | undefined
  warnings: readonly string[]
  isAcknowledged: boolean
  /** Laid over the task's JSON as it is; a field set to undefined is left out. */
  wire: Readonly<Record<string, unknown>>
}

export interface Tasks {
  readonly all: readonly Task[]
  create(build: Build, type: Task['type'], status: TaskStatus): Task
  of(build: Build, type: Task['type']): Task | undefined
  /** Those that the list shows, oldest first. */
  listed(): Task[]
  /** The one that can be read by this name. */
  find(name: string): Task | undefined
}

export function createTasks(settings: RockitEdgeSettings): Tasks {
  const all: Task[] = []

  function isForgotten({ status, updated }: Task): boolean {
    if (status !== 'ended') return false
    return Date.now() - updated.getTime() >= settings.forgetEndedTasksAfterMs
  }

  function isVisible({ type }: Task): boolean {
    if (settings.isTaskHidden(type)) return false
    if (type === 'upload') return settings.listUploadTasks
    return type !== 'image' || settings.spelling.imageTaskType !== undefined
  }

  return {
    all,
    create(build, type, status) {
      const now = new Date()
      const task: Task = {
        name: settings.taskName(type, build, randomBytes(6).toString('hex')),
        type,
        build,
        created: now,
        updated: now,
        status,
        failure: undefined,
        warnings: [],
        isAcknowledged: false,
        wire: {},
      }
      all.push(task)
      return task
    },
    of: (build, type) => all.find((task) => task.build === build && task.type === type),
    listed: () => all.filter((task) => isVisible(task) && !isForgotten(task)),
    find(name) {
      const task = all.find((candidate) => candidate.name === name)
      if (task === undefined || settings.isTaskHidden(task.type)) return
      if (isForgotten(task) && !settings.forgottenTasksReadable) return
      return task
    },
  }
}

/** A task as the list shows it, or with all its details. */
export function taskJson(task: Task, words: Words, view: 'row' | 'details' = 'details'): Json {
  const { spelling } = words
  const hasDetails = view === 'details' || spelling.taskRows === 'full'
  const { buildChanged } = task.build
  const isOver = task.status === 'ended' && task.type !== 'dltar' && task.type !== 'upload'
  return {
    [spelling.taskNameField]: task.name,
    [spelling.taskTypeField]: typeWord(task.type, spelling),
    [spelling.taskAppField]: task.build.app.name,
    ...(spelling.taskBuildField && { [spelling.taskBuildField]: task.build.name }),
    [spelling.taskStatusField]: spelling.taskStatusWords[task.status],
    [spelling.taskCreatedField]: words.time(task.created),
    updated: words.time(task.updated),
    ...(task.warnings.length > 0 && {
      warnings: task.warnings,
      acknowledged: task.isAcknowledged,
    }),
    ...(hasDetails && failureJson(task, words)),
    ...(hasDetails && spelling.taskHasBuildChanged && isOver && { buildChanged }),
    ...task.wire,
  }
}

export function typeWord(type: Task['type'], spelling: Spelling): string {
  if (type === 'upload') return spelling.uploadTaskType
  return type === 'image' ? (spelling.imageTaskType ?? 'image') : type
}

/** The page "Import native builds" names the details; how they are nested is a guess. */
function failureJson({ failure, build }: Task, words: Words): Json {
  switch (failure?.kind) {
    case undefined:
    case 'unexplained':
      return {}
    case 'download': {
      const { kind: _, url = build.url, ...detail } = failure
      return place('exception', 'httpDownloadFailed', { url, ...detail }, words)
    }
    case 'size': {
      const sizes = {
        sizeBytesActual: words.number(failure.actualBytes),
        sizeBytesExpected: words.number(failure.expectedBytes ?? build.sizeBytes ?? 0),
      }
      return place('exception', 'httpDownloadFailed', sizes, words)
    }
    case 'file': {
      // Printed on the page as an object of its own, hence never spread over the task.
      const { kind: _, ...detail } = failure
      const isFlat = words.spelling.taskFailureForm === 'flat'
      return isFlat ? { fileReadFailed: detail } : { exception: { fileReadFailed: detail } }
    }
    case 'deployment': {
      const { failed, succeeded } = failure
      const detail = { failedDeployments: failed, succeededDeployments: succeeded }
      return place('error', 'deployment', detail, words)
    }
    default:
      return failure satisfies never
  }
}

function place(container: string, name: string, detail: Json, { spelling }: Words): Json {
  if (spelling.taskFailureForm === 'flat') return detail
  return { [container]: spelling.taskFailureForm === 'nested' ? { [name]: detail } : detail }
}
