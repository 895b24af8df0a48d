import type { Call } from '../call.ts'
import type { VersionApi } from './versions/api.ts'

/** Of the time of a status check, what this may take: the status itself is read already. */
const SHARE = 0.5

/**
 * Tells whether a version has no port at all. It is read when first asked for; while it cannot be read
 * it is not taken to have none, and the next call reads it again.
 */
export function portlessVersion(
  api: VersionApi,
  version: string,
): (call: Call) => Promise<boolean> {
  let known: Promise<boolean> | undefined
  return async (call) => {
    known ??= hasNoPort(api, version, { ...call, deadlineMs: call.deadlineMs * SHARE })
    try {
      return await known
    } catch {
      known = undefined
      return false
    }
  }
}

async function hasNoPort(api: VersionApi, name: string, call: Call): Promise<boolean> {
  const { fetchVersion } = await import('./versions/api.ts')
  const version = await fetchVersion(api, name, call)
  if (version === undefined) throw new Error('there is no such version')
  const { ports } = version.fields
  return ports === undefined || ports === null || (Array.isArray(ports) && ports.length === 0)
}
