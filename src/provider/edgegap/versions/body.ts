import type { Image } from '../image.ts'
import { portBody } from '../ports.ts'
import type { RegistryLogin } from '../registry-login.ts'
import type { Variable } from '../variables.ts'
import type { VersionInputs } from '../version-inputs.ts'
import {
  DEFAULT_CPU,
  DEFAULT_MAX_DURATION_MINUTES,
  DEFAULT_MEMORY_MB,
} from '../version-resources.ts'
import { conflict } from './errors.ts'
import type { Version } from './version.ts'

export type VersionBody = Readonly<Record<string, unknown>>

/** Fields that a version takes over from another one beside those with inputs (OpenAPI v1). */
const COPIED = [
  'req_video',
  'force_cache',
  'time_to_deploy',
  'restart_policy',
  'termination_grace_period_seconds',
  'will_deploy_in_mainland_china',
  'dns_config',
  'endpoint_storage',
] as const
/** The bounds that Edgegap sets a new version (OpenAPI v1). It shows values beyond them of old ones. */
const BOUNDS: Readonly<Record<string, { min: number; max: number }>> = {
  time_to_deploy: { min: 15, max: Number.POSITIVE_INFINITY },
  termination_grace_period_seconds: { min: 5, max: 3600 },
}
/** The API's own default is too short for an image that no host has yet; Edgegap's plugins send this. */
const TIME_TO_DEPLOY_SECONDS = 120

/**
 * The body of `POST …/version`.
 *
 * @param template the version that `version-from` names
 * @throws ActionError `refused` when a hidden value of the template has no replacement, or when
 *   memory would be more than twice the cpu
 */
export function createBody(
  settings: VersionInputs,
  image: Image,
  template: Version | undefined,
): VersionBody {
  const { cpu, memoryMb, maxDurationMinutes, registryLogin, config } = settings
  const ports = settings.ports ?? template?.ports ?? []
  const body = {
    name: settings.version,
    is_active: true,
    req_cpu: cpu ?? template?.cpu ?? DEFAULT_CPU,
    req_memory: memoryMb ?? template?.memoryMb ?? DEFAULT_MEMORY_MB,
    max_duration:
      maxDurationMinutes ?? template?.maxDurationMinutes ?? DEFAULT_MAX_DURATION_MINUTES,
    ...(template ? copiedFields(template) : { time_to_deploy: TIME_TO_DEPLOY_SECONDS }),
    ports: ports.map(portBody),
    ...(!('envs' in config) && {
      envs: mergeEnvironment(template, settings.environment, 'version-from').map(variableBody),
    }),
    ...imageBody(image, registryLogin),
    ...config,
  }
  expectResources(body.req_cpu, body.req_memory)
  return body
}

/** What moves a version to an image. The image is pulled once, to see that it can be. */
export function imageBody({ registry, name, tag }: Image, login: RegistryLogin | undefined) {
  return {
    docker_repository: registry,
    docker_image: name,
    docker_tag: tag,
    verify_image: true,
    ...(login && { private_username: login.username, private_token: login.password }),
  }
}

/**
 * A version's variables with those of the inputs over them: Edgegap replaces the whole list.
 *
 * @throws ActionError `refused` when a hidden one has no value in the inputs
 */
export function mergeEnvironment(
  base: Version | undefined,
  given: readonly Variable[],
  role: 'version-from' | 'version',
): Variable[] {
  const keys = new Set(given.map(({ key }) => key))
  const kept = (base?.environment ?? []).filter(({ key }) => !keys.has(key))
  const lost = kept.filter(({ value }) => value === undefined).map(({ key }) => key)
  if (lost.length > 0) {
    throw conflict(
      `The version ${base?.name}${role === 'version' ? '' : ' (version-from)'} has secret variables whose values cannot be read: ${lost.join(', ')}`,
      'Give each of them a value in version-secret-env.',
    )
  }
  return [...kept.map(({ key, value = '' }) => ({ key, value, secret: false })), ...given]
}

/**
 * Both spellings of the flag: the schema says `is_hidden`, and a version whose variables carried only
 * that was seen to keep them readable; the example of PATCH says `is_secret`.
 */
export function variableBody({ key, value, secret }: Variable) {
  return { key, value, is_hidden: secret, is_secret: secret }
}

/** @throws ActionError `refused` when memory is more than twice the cpu, which Edgegap refuses */
export function expectResources(cpu: unknown, memoryMb: unknown): void {
  if (typeof cpu !== 'number' || typeof memoryMb !== 'number' || memoryMb <= 2 * cpu) return
  throw conflict(
    `The version would have cpu ${cpu} and memory ${memoryMb}, and memory may be at most twice the cpu`,
    'Give cpu and memory that fit together.',
  )
}

/** Empty values are left out: an empty `endpoint_storage` made Edgegap fail. */
function copiedFields({ fields }: Version): Record<string, unknown> {
  const set = COPIED.filter((field) => isSet(fields[field]))
  return Object.fromEntries(set.map((field) => [field, withinBounds(field, fields[field])]))
}

/** Edgegap shows values that it does not take: its own default of `time_to_deploy` is one. */
function withinBounds(field: string, value: unknown): unknown {
  const bounds = BOUNDS[field]
  if (bounds === undefined || typeof value !== 'number') return value
  return Math.min(bounds.max, Math.max(bounds.min, value))
}

/** What a version does not get as its template has it, because Edgegap would refuse it, in sentences. */
export function describeBounded({ name, fields }: Version, config: VersionBody): string[] {
  return Object.keys(BOUNDS).flatMap((field) => {
    if (Object.hasOwn(config, field)) return []
    const [has, gets] = [fields[field], withinBounds(field, fields[field])]
    if (has === gets) return []
    return `The version ${name} has ${field}: ${String(has)}, which Edgegap does not accept for a new version: the copy gets ${String(gets)}. To choose another value, give ${field} in version-config.`
  })
}

/** Fields that change how the server starts, and that no document lists for a create. */
export function fieldsNotCopied({ fields }: Version): string[] {
  return ['command', 'arguments'].filter((field) => isSet(fields[field]))
}

function isSet(value: unknown): boolean {
  if (typeof value === 'number' || typeof value === 'boolean') return true
  return typeof value === 'string' ? value.trim() !== '' : Array.isArray(value) && value.length > 0
}
