import type { Clock } from '../../base/clock.ts'
import { ActionError } from '../../base/errors.ts'
import type { Call } from '../provider.ts'
import type { RockitEdgeApi } from './api.ts'
import { isImport, type Tracked } from './tracked.ts'
import type { Task } from './wire/replies.ts'

/** Pauses before looks for what a lost request may have begun: the list may lag behind. */
const LOOKS_MS = [0, 500, 1_000, 2_000]

/**
 * The tasks of the one import that our request can have begun; none where it began none.
 *
 * @throws ActionError also where there are several imports, of which none can be told to be ours
 */
export async function findNewTasks(
  tracked: Tracked,
  isUpload: boolean,
  api: RockitEdgeApi,
  clock: Clock,
  call: Call,
): Promise<Task[]> {
  for (const pauseMs of LOOKS_MS) {
    await clock.sleep(pauseMs, call.signal)
    tracked.see(await api.listTasks(call))
    const found = [...tracked.tasks.values()].filter((task) =>
      isUpload ? isOpenUpload(task) : isImport(task.type),
    )
    const builds = new Set(found.map(({ build, name }) => build ?? name))
    if (builds.size > 1) {
      throw new ActionError({ kind: 'refused', what: 'Several imports were begun since then.' })
    }
    if (found.length > 0) return found
  }
  return []
}

export function isOpenUpload({ isUpload, stage }: Task): boolean {
  return isUpload && stage !== 'end' && stage !== 'error' && stage !== 'expired'
}
