import { showPorts, type VersionPort } from '../ports.ts'
import { toPort, type Version, type VersionVariable } from './version.ts'

/** What two versions are compared by. */
export type Traits = Pick<
  Version,
  'image' | 'cpu' | 'memoryMb' | 'maxDurationMinutes' | 'ports' | 'environment'
>

/** A difference for people, field by field. Values that are secret are not in it. */
export interface Change {
  /** The input that decides about it, or the field's name in `version-config`. */
  readonly field: string
  /** Undefined where there was nothing before. */
  readonly from: string | undefined
  /** Undefined where there is nothing afterwards. */
  readonly to: string | undefined
}

export const HIDDEN = '(hidden)'
const LONGEST_VALUE = 200

export function showChange({ field, from, to }: Change): string {
  if (from === undefined) return `${field}: ${to}`
  return `${field}: ${from} → ${to ?? 'removed'}`
}

/** A change where the two texts differ. */
export function changeOf(field: string, from: unknown, to: unknown): Change[] {
  const [before, after] = [show(from), show(to)]
  return before === after ? [] : [{ field, from: before, to: after }]
}

export function portChange(from: readonly VersionPort[] | undefined, to: readonly VersionPort[]) {
  return changeOf('ports', from && showPorts(from), showPorts(to))
}

/**
 * How environments differ, key by key.
 *
 * @param kept whether keys that only `from` has count as removed
 */
export function environmentChanges(
  from: readonly VersionVariable[],
  to: readonly VersionVariable[],
  kept: 'others-kept' | 'others-removed',
): Change[] {
  const before = new Map(from.map((variable) => [variable.key, variable]))
  const after = new Map(to.map((variable) => [variable.key, variable]))
  const keys = new Set([...after.keys(), ...(kept === 'others-removed' ? before.keys() : [])])
  return [...keys].flatMap((key) => variableChange(key, before.get(key), after.get(key)))
}

/**
 * Values are never shown, also those that Edgegap shows: it has left some readable that were meant to
 * be hidden. Two hidden values cannot be compared: they count as different, so that a new one is sent.
 */
function variableChange(
  key: string,
  from: VersionVariable | undefined,
  to: VersionVariable | undefined,
): Change[] {
  if (from && to && from.value !== undefined && from.value === to.value) return []
  const field = `version-env ${key}`
  if (to === undefined) return [{ field, from: kindOf(from), to: undefined }]
  const after = to.value === undefined ? HIDDEN : from ? '(another value)' : '(value)'
  return [{ field, from: kindOf(from), to: after }]
}

function kindOf(variable: VersionVariable | undefined): string | undefined {
  return variable && (variable.value === undefined ? HIDDEN : '(value)')
}

/**
 * What a version has that another, which only gets its image, will not have. Hidden values are left
 * out where both have the key: nobody can compare them.
 */
export function notCarriedOver(candidate: Traits, stable: Traits): Change[] {
  const environment = environmentChanges(
    stable.environment,
    candidate.environment,
    'others-removed',
  ).filter(({ from, to }) => !(from === HIDDEN && to === HIDDEN))
  return [
    ...changeOf('cpu', stable.cpu, candidate.cpu),
    ...changeOf('memory', stable.memoryMb, candidate.memoryMb),
    ...portChange(stable.ports, candidate.ports),
    ...environment,
  ]
}

/** A field of `version-config` against what the version has; values of variables are not shown. */
export function configChanges(
  fields: Readonly<Record<string, unknown>>,
  config: Readonly<Record<string, unknown>>,
): Change[] {
  return Object.entries(config).flatMap(([field, to]) => {
    const from = Object.hasOwn(fields, field) ? fields[field] : undefined
    if (field === 'ports') {
      return changeOf(
        field,
        from === undefined ? from : showPorts(portsOf(from)),
        showPorts(portsOf(to)),
      )
    }
    if (canonical(from) === canonical(to)) return []
    if (field !== 'envs') return [{ field, from: show(from), to: show(to) }]
    return [{ field, from: from === undefined ? undefined : HIDDEN, to: HIDDEN }]
  })
}

function portsOf(value: unknown): VersionPort[] {
  return Array.isArray(value) ? value.flatMap((port) => toPort(port) ?? []) : []
}

function show(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined
  return shorten(typeof value === 'string' ? value : canonical(value))
}

function shorten(text: string): string {
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text
}

/** The same text for the same value, in whatever order its keys come. */
function canonical(value: unknown): string {
  const sorted = JSON.stringify(value, (_, inner: unknown) => {
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
  })
  return sorted ?? ''
}
