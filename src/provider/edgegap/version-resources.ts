import { readDuration } from '../../settings/duration.ts'
import type { Inputs } from '../../settings/inputs.ts'
import type { Problems } from '../../settings/problems.ts'
import type { VersionConfig } from './version-config.ts'

export const DEFAULT_CPU = 512
export const DEFAULT_MEMORY_MB = 1024
export const DEFAULT_MAX_DURATION_MINUTES = 60

/** OpenAPI v1 has no upper limit; this one only catches a unit that was mistaken. */
const RESOURCES = { min: 100, max: 1_000_000 }
/** Stands for a number that is a problem already. */
const UNREADABLE = 0
const ONE_MINUTE_MS = 60_000

/** `cpu`, `memory` and `max-duration`; undefined where they are not given. */
export function readResources(inputs: Inputs, problems: Problems) {
  const read = (name: string) =>
    inputs.has(name) ? inputs.wholeNumber(name, RESOURCES, UNREADABLE) : undefined
  const [cpu, memoryMb] = [read('cpu'), read('memory')]
  if (cpu && memoryMb && memoryMb > 2 * cpu) {
    const value = inputs.text('memory')
    problems.add('memory', value, `use at most twice the cpu, which is ${2 * cpu} here`)
  }
  return { cpu, memoryMb, maxDurationMinutes: readMaxDuration(inputs, problems) }
}

function readMaxDuration(inputs: Inputs, problems: Problems): number | undefined {
  const durationMs = readDuration(inputs, problems, 'max-duration', ONE_MINUTE_MS)
  if (durationMs === undefined) return undefined
  if (durationMs % ONE_MINUTE_MS !== 0) {
    problems.add('max-duration', inputs.text('max-duration'), 'use whole minutes, such as 90m')
  }
  return durationMs / ONE_MINUTE_MS
}

/** What decides whether the defaults are used for a version that is made. */
export interface MadeVersion {
  readonly image: unknown
  readonly versionFrom: string | undefined
  readonly policy: 'create' | 'update'
  readonly cpu: number | undefined
  readonly memoryMb: number | undefined
  readonly config: VersionConfig
}

/** Where a version would be made from the defaults, one of them must not contradict the other input. */
export function checkDefaults(settings: MadeVersion, problems: Problems): void {
  const { image, policy, versionFrom, config } = settings
  if (image === undefined || policy === 'update' || versionFrom !== undefined) return
  if ('req_cpu' in config || 'req_memory' in config) return
  const { cpu = DEFAULT_CPU, memoryMb = DEFAULT_MEMORY_MB } = settings
  if (cpu === UNREADABLE || memoryMb === UNREADABLE) return
  // Both given was checked before.
  if (memoryMb <= 2 * cpu || (settings.cpu !== undefined && settings.memoryMb !== undefined)) return
  if (settings.memoryMb === undefined) {
    const fault = `memory is ${memoryMb} where it is not given, more than twice the cpu: give memory too`
    problems.add('cpu', String(cpu), fault)
  } else {
    const fault = `cpu is ${cpu} where it is not given, and memory may be twice that: give cpu too`
    problems.add('memory', String(memoryMb), fault)
  }
}
