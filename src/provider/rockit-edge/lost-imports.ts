import type { Clock } from '../../base/clock.ts'
import { ActionError } from '../../base/errors.ts'
import type { Call } from '../call.ts'
import type { RockitEdgeApi } from './api.ts'
import type { ImportRecord } from './import-record.ts'
import { uploadAskedMs } from './tags.ts'
import { isImport, isOpen, type Task } from './wire/task.ts'

/** Pauses before searches for what a lost request may have begun: the list may lag behind. */
const SEARCHES_MS = [0, 500, 1_000, 2_000]

/**
 * The task of the one import that our request can have begun; undefined where it began none.
 *
 * @throws ActionError also where there are several imports, of which any may be ours
 */
export async function findLostImport(
  record: ImportRecord,
  isUpload: boolean,
  api: RockitEdgeApi,
  clock: Clock,
  call: Call,
): Promise<Task | undefined> {
  for (const pauseMs of SEARCHES_MS) {
    await clock.sleep(pauseMs, call.signal)
    record.update(await api.listTasks(call))
    const found = [...record.tasks.values()].filter((task) =>
      isUpload ? isOpenUpload(task) : isImport(task),
    )
    const builds = new Set(found.map(({ build, name }) => build ?? name))
    if (builds.size > 1) {
      throw new ActionError({ kind: 'refused', what: 'Several imports were begun since then.' })
    }
    if (found.length > 0) return found[0]
  }
  return undefined
}

export function isOpenUpload(task: Task): boolean {
  return task.kind === 'upload' && isOpen(task)
}

/** Clocks may differ, and times may be given in whole seconds. */
const EARLIEST_MS = -30_000
/** An upload task is made at once when it is asked for. */
const LATEST_MS = 60_000

/**
 * Task → tag, of uploads that were asked for and whose reply was lost. An app takes one import at a
 * time, so an upload that was opened in that minute is ours.
 */
export async function findUploads(
  tags: readonly string[],
  listTasks: () => Promise<readonly Task[]>,
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>()
  const uploads = tags.flatMap((tag) => {
    const askedMs = uploadAskedMs(tag)
    return askedMs === undefined ? [] : [{ tag, askedMs }]
  })
  if (uploads.length === 0) return found
  for (const { name, createdMs = Number.NaN } of (await listTasks()).filter(isOpenUpload)) {
    const asked = uploads.find(({ askedMs }) => {
      const sinceMs = createdMs - askedMs
      return sinceMs >= EARLIEST_MS && sinceMs <= LATEST_MS
    })
    if (asked) found.set(name, asked.tag)
  }
  return found
}
