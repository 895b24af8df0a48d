import { uploadAskedMs } from './tags.ts'
import type { Task } from './wire/replies.ts'

/** Clocks may differ, and times may be told in whole seconds. */
const EARLIEST_MS = -30_000
/** An upload task is made at once when it is asked for. */
const LATEST_MS = 60_000

/**
 * Task → tag, of uploads that were asked for and whose answer was lost. An app takes one import at a
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
  for (const { name, isUpload, stage, createdMs } of await listTasks()) {
    if (!isUpload || stage === 'end' || stage === 'error' || stage === 'expired') continue
    if (createdMs === undefined) continue
    const asked = uploads.find(({ askedMs }) => {
      const sinceMs = createdMs - askedMs
      return sinceMs >= EARLIEST_MS && sinceMs <= LATEST_MS
    })
    if (asked) found.set(name, asked.tag)
  }
  return found
}
