import { type Image, isSameImage, showImage } from '../image.ts'
import { portBody, showPorts } from '../ports.ts'
import type { VersionInputs } from '../version-inputs.ts'
import {
  createBody,
  describeBounded,
  expectResources,
  fieldsNotCopied,
  imageBody,
  mergeEnvironment,
  type VersionBody,
  variableBody,
} from './body.ts'
import { conflict } from './errors.ts'
import {
  type Change,
  changeOf,
  configChanges,
  environmentChanges,
  HIDDEN,
  portChange,
  showChange,
  type Traits,
} from './traits.ts'
import { toVersion, type Version, type VersionVariable } from './version.ts'

/** What is to be done so that the version has the image. */
export interface Decision {
  readonly action: 'created' | 'updated' | 'reused'
  /** The body to send, with secrets; undefined when nothing is sent. */
  readonly body: VersionBody | undefined
  readonly changes: readonly Change[]
  /** The image that it had, where it gets another. */
  readonly previousImage: Image | undefined
  /** What the version is like afterwards. */
  readonly traits: Traits
  readonly warnings: readonly string[]
}

/**
 * Decides about a version without sending anything.
 *
 * @param existing the version of that name, where there is one
 * @param template the version that `version-from` names, where it is given
 * @throws ActionError `refused` when the inputs and what exists do not fit together
 */
export function decideVersion(
  settings: VersionInputs,
  image: Image,
  existing: Version | undefined,
  template: Version | undefined,
): Decision {
  if (existing === undefined) return decideCreate(settings, image, template)
  return settings.policy === 'create'
    ? decideReuse(settings, image, existing)
    : decideUpdate(settings, image, existing)
}

function decideCreate(
  settings: VersionInputs,
  image: Image,
  template: Version | undefined,
): Decision {
  const { version, versionFrom } = settings
  if (versionFrom !== undefined && template === undefined) {
    throw conflict(
      `The version ${versionFrom}, which version-from names for ${version}, does not exist`,
      'Name a version of this application in version-from, or leave it out and give cpu, memory and ports.',
    )
  }
  const body = createBody(settings, image, template)
  const traits = traitsOf(body)
  return {
    action: 'created',
    body,
    previousImage: undefined,
    traits,
    changes: [
      ...changeOf('image', undefined, showImage(image)),
      ...changeOf('version-from', undefined, versionFrom),
      ...changeOf('cpu', undefined, traits.cpu),
      ...changeOf('memory', undefined, traits.memoryMb),
      ...changeOf('max-duration', undefined, minutes(traits.maxDurationMinutes)),
      ...changeOf('ports', undefined, showPorts(traits.ports)),
      ...environmentChanges([], traits.environment, 'others-kept'),
      ...configChanges({}, withoutLists(settings.config)),
    ],
    warnings: template ? warnOfCopy(settings, template) : [],
  }
}

/** What a version is like that has these fields. */
function traitsOf(fields: VersionBody): Traits {
  const traits = toVersion(fields)
  if (traits === undefined) throw new Error('a version without name or image')
  return traits
}

/** What a copy does not have as its template does. What the inputs give instead is no news. */
function warnOfCopy({ config }: VersionInputs, template: Version): string[] {
  const lost = fieldsNotCopied(template).filter((field) => !(field in config))
  return [
    ...lost.map(
      (field) =>
        `The field ${field} of the version ${template.name} is not copied: give it in version-config if the server needs it.`,
    ),
    ...describeBounded(template, config),
  ]
}

/** The shown ports and variables are those of the configuration already. */
function withoutLists({ ports: _, envs: __, ...config }: Readonly<Record<string, unknown>>) {
  return config
}

function decideReuse(settings: VersionInputs, image: Image, existing: Version): Decision {
  if (!isSameImage(existing.image, image)) {
    throw conflict(
      `The version ${existing.name} exists with the image ${showImage(existing.image)}, and ${showImage(image)} was asked for`,
      'Give the new image a version of its own, or move this one with version-policy: update.',
    )
  }
  // A secret that is set already cannot be compared, and is most likely the same.
  const visible = findChanges(settings, existing).filter(
    ({ from, to }) => from !== HIDDEN || to !== HIDDEN,
  )
  const differences = visible.map(
    (change) =>
      `The version ${existing.name} exists and is used as it is; version-policy: update would change ${showChange(change)}.`,
  )
  return reused(existing, [...differences, ...warnOfInactive(existing)])
}

function reused(existing: Version, warnings: readonly string[]): Decision {
  return {
    action: 'reused',
    body: undefined,
    changes: [],
    previousImage: undefined,
    traits: existing,
    warnings,
  }
}

function decideUpdate(settings: VersionInputs, image: Image, existing: Version): Decision {
  const isMoved = !isSameImage(existing.image, image)
  const changes = [
    ...(isMoved ? changeOf('image', showImage(existing.image), showImage(image)) : []),
    ...findChanges(settings, existing),
  ]
  const warnings = warnOfInactive(existing)
  if (changes.length === 0) return reused(existing, warnings)
  const body = updateBody(settings, image, existing)
  return {
    action: 'updated',
    body,
    changes,
    previousImage: isMoved ? existing.image : undefined,
    traits: traitsOf({ ...existing.fields, ...body }),
    warnings,
  }
}

/** What the inputs ask for beside the image, and the version does not have. */
function findChanges(settings: VersionInputs, existing: Version): Change[] {
  const { cpu, memoryMb, ports, maxDurationMinutes, environment, config } = settings
  const login = settings.registryLogin
  return [
    ...(cpu === undefined ? [] : changeOf('cpu', existing.cpu, cpu)),
    ...(memoryMb === undefined ? [] : changeOf('memory', existing.memoryMb, memoryMb)),
    ...(maxDurationMinutes === undefined
      ? []
      : changeOf(
          'max-duration',
          minutes(existing.maxDurationMinutes),
          minutes(maxDurationMinutes),
        )),
    ...(ports === undefined ? [] : portChange(existing.ports, ports)),
    ...environmentChanges(existing.environment, environment.map(toShown), 'others-kept'),
    ...(login && existing.registryUsername !== undefined
      ? changeOf('registry-username', existing.registryUsername, login.username)
      : []),
    ...configChanges(existing.fields, config),
  ]
}

/** Fields that were given, and nothing else: an update leaves the rest as it is. */
function updateBody(settings: VersionInputs, image: Image, existing: Version): VersionBody {
  const { ports, maxDurationMinutes, environment, config } = settings
  const hasNewVariables =
    environmentChanges(existing.environment, environment.map(toShown), 'others-kept').length > 0
  return {
    ...imageBody(image, settings.registryLogin),
    ...resourceBody(settings, existing),
    ...(maxDurationMinutes !== undefined && { max_duration: maxDurationMinutes }),
    ...(ports !== undefined && { ports: ports.map(portBody) }),
    ...(hasNewVariables && {
      envs: mergeEnvironment(existing, environment, 'version').map(variableBody),
    }),
    ...config,
  }
}

/** Edgegap takes cpu and memory of an existing version only together, if at all. */
function resourceBody(settings: VersionInputs, existing: Version) {
  const cpu = settings.cpu ?? existing.cpu
  const memoryMb = settings.memoryMb ?? existing.memoryMb
  if (cpu === existing.cpu && memoryMb === existing.memoryMb) return {}
  expectResources(cpu, memoryMb)
  return { req_cpu: cpu, req_memory: memoryMb }
}

function toShown({ key, value, secret }: VersionInputs['environment'][number]): VersionVariable {
  return { key, value: secret ? undefined : value }
}

function warnOfInactive({ name, isActive }: Version): string[] {
  if (isActive) return []
  return [`The version ${name} is not active: Edgegap refuses deployments of it until it is.`]
}

function minutes(count: number | undefined): string | undefined {
  return count === undefined ? undefined : `${count}m`
}
