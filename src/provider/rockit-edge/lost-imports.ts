import type { Clock } from '../../base/clock.ts'
import { ActionError } from '../../base/errors.ts'
import type { Call } from '../call.ts'
import type { RockitEdgeApi } from './api.ts'
import type { ImportRecord } from './import-record.ts'
import { isImport, isOpenUpload, type Task } from './wire/task.ts'

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
    const found = [...record.tasks.values()].filter(isUpload ? isOpenUpload : isImport)
    const builds = new Set(found.map(({ build, name }) => build ?? name))
    if (builds.size > 1) {
      throw new ActionError({ kind: 'refused', what: 'Several imports were begun since then.' })
    }
    if (found.length > 0) return found[0]
  }
  return undefined
}
