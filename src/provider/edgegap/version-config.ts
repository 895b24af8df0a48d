import type { Problems } from '../../settings/problems.ts'
import { isRecord } from '../json.ts'

/** Further fields of an app version, by their names in Edgegap's API. */
export type VersionConfig = Readonly<Record<string, unknown>>

const INPUT = 'version-config'
const FORM = 'write one "field: value" per line, such as "restart_policy: never"'
const MAX_BYTES = 65_536
/** A version has lists of mappings; nothing that Edgegap knows is deeper. */
const MAX_DEPTH = 8

/** Fields that this action sets itself, with the input that decides about each. */
const OURS: Readonly<Record<string, string>> = {
  name: 'version',
  docker_repository: 'image',
  docker_image: 'image',
  docker_tag: 'image',
  private_username: 'registry-username',
  private_token: 'registry-password, which is hidden',
}

/** Fields that have inputs of their own; either may be used, not both. */
const WITH_INPUTS: Readonly<Record<string, readonly string[]>> = {
  req_cpu: ['cpu'],
  req_memory: ['memory'],
  ports: ['ports'],
  max_duration: ['max-duration'],
  envs: ['version-env', 'version-secret-env'],
}

/**
 * Reads the `version-config` input: a YAML mapping. Fields that this action does not know are passed
 * through. The YAML library is loaded here and not before, for few steps need it.
 *
 * @param isGiven whether an input of that name was given
 * @returns the fields; none when something is wrong, which `problems` then tell
 */
export async function readVersionConfig(
  text: string,
  isGiven: (input: string) => boolean,
  problems: Problems,
): Promise<VersionConfig> {
  const refuse = (fault: string) => {
    // The text is not shown: it may hold values of environment variables.
    problems.add(INPUT, undefined, fault)
    return {}
  }
  if (text.trim() === '') return {}
  if (Buffer.byteLength(text) > MAX_BYTES) {
    return refuse(`it is larger than ${MAX_BYTES / 1024} KiB: shorten it`)
  }
  const value = await parseYaml(text)
  if (typeof value === 'string') return refuse(value)
  const faults = [...findFieldFaults(value, isGiven), ...findValueFault(value)]
  for (const fault of faults) refuse(fault)
  return faults.length > 0 ? {} : value
}

/** @returns the mapping, or what is wrong with the text */
async function parseYaml(text: string): Promise<Record<string, unknown> | string> {
  const { isAlias, parseDocument, visit } = await import('yaml')
  try {
    const document = parseDocument(text, { prettyErrors: false, logLevel: 'error' })
    const fault = document.errors[0] ?? document.warnings[0]
    if (fault) return `line ${lineAt(text, fault.pos[0])} is not YAML as expected: ${FORM}`
    let hasAlias = false
    visit(document, {
      Node(_, node) {
        if (!isAlias(node)) return undefined
        hasAlias = true
        return visit.BREAK
      },
    })
    // A few aliases of aliases fill the memory.
    if (hasAlias) return 'aliases (*name) are not supported: write the value out'
    const value: unknown = document.toJS({ maxAliasCount: 0 })
    return isRecord(value) ? value : `it is not a mapping: ${FORM}`
  } catch {
    // The library's own recursion ends here for some thousand brackets.
    return `it cannot be read as YAML: ${FORM}`
  }
}

function lineAt(text: string, position: number): number {
  return text.slice(0, position).split('\n').length
}

function findFieldFaults(
  config: Record<string, unknown>,
  isGiven: (input: string) => boolean,
): string[] {
  return Object.keys(config).flatMap((field) => {
    const owner = Object.hasOwn(OURS, field) ? OURS[field] : undefined
    if (owner !== undefined) return `leave ${field} out: it comes from the input ${owner}`
    const inputs = Object.hasOwn(WITH_INPUTS, field) ? (WITH_INPUTS[field] ?? []) : []
    return inputs
      .filter(isGiven)
      .map((input) => `${field} is already set by the input ${input}: keep one of the two`)
  })
}

/** What JSON cannot carry, or what would change more than a field when it is copied. */
function findValueFault(value: unknown, depth = 1): string[] {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    return ['a field cannot be infinite or NaN']
  }
  if (typeof value !== 'object' || value === null) return []
  if (depth > MAX_DEPTH) return [`it is nested more than ${MAX_DEPTH} deep: no field is`]
  if (!Array.isArray(value) && Object.getPrototypeOf(value) !== Object.prototype) {
    return ['use only texts, numbers, true, false, lists and mappings as values']
  }
  if (Object.keys(value).includes('__proto__')) return ['__proto__ is no field of a version']
  for (const inner of Object.values(value)) {
    const faults = findValueFault(inner, depth + 1)
    if (faults.length > 0) return faults
  }
  return []
}
