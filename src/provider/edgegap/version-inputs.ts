import { refuseWithoutWait } from '../../settings/groups.ts'
import type { Inputs } from '../../settings/inputs.ts'
import type { Operation } from '../../settings/model.ts'
import { hasControls } from '../../settings/names.ts'
import type { Problems } from '../../settings/problems.ts'
import type { Reading } from '../../settings/provider-inputs.ts'
import { type Image, parseImage, showImage, warnOfTag } from './image.ts'
import { readPorts, type VersionPort } from './ports.ts'
import { type RegistryLogin, readRegistryLogin, warnOfLogin } from './registry-login.ts'
import { readVariables, type Variable } from './variables.ts'
import type { VersionConfig } from './version-config.ts'
import { checkDefaults, readResources } from './version-resources.ts'

/** What the inputs say about the app version that is deployed, and about others of the application. */
export interface VersionInputs {
  /** The version's name. */
  readonly version: string
  /** Undefined: the version is used as it is. */
  readonly image: Image | undefined
  readonly versionFrom: string | undefined
  readonly policy: 'create' | 'update'
  readonly registryLogin: RegistryLogin | undefined
  /** Units, 1024 a vCPU. Undefined, here and below: not given. */
  readonly cpu: number | undefined
  readonly memoryMb: number | undefined
  readonly ports: readonly VersionPort[] | undefined
  readonly maxDurationMinutes: number | undefined
  readonly environment: readonly Variable[]
  readonly config: VersionConfig
  /** At most so many versions of the application in the end. */
  readonly keepVersions: number | undefined
  /** Existing versions that are moved to the deployed image, in this order. */
  readonly promote: readonly string[]
}

/** Names of versions (OpenAPI v1); the character set is not documented. */
const MAX_NAME = 64
/** Inputs that say something only about a version that is made or moved. */
const NEED_IMAGE = [
  'version-from',
  'version-policy',
  'cpu',
  'memory',
  'ports',
  'max-duration',
  'version-env',
  'version-secret-env',
  'version-config',
]

const MAKE: readonly Operation[] = ['deploy', 'version']
/** The inputs read here, as a definition lists them. `version` is one of the core. */
export const VERSION_INPUTS = {
  image: MAKE,
  'version-from': MAKE,
  'version-policy': MAKE,
  'registry-username': MAKE,
  'registry-password': MAKE,
  cpu: MAKE,
  memory: MAKE,
  ports: MAKE,
  'max-duration': MAKE,
  'version-env': MAKE,
  'version-secret-env': MAKE,
  'version-config': MAKE,
  'keep-versions': MAKE,
  promote: MAKE,
} as const

/** For what neither deploys nor makes a version. */
export const NO_VERSIONS: VersionInputs = {
  version: '',
  image: undefined,
  versionFrom: undefined,
  policy: 'create',
  registryLogin: undefined,
  cpu: undefined,
  memoryMb: undefined,
  ports: undefined,
  maxDurationMinutes: undefined,
  environment: [],
  config: {},
  keepVersions: undefined,
  promote: [],
}

/** Reads every input about versions; what is wrong, or has no effect, goes to the problems. */
export async function readVersionInputs(reading: Reading): Promise<VersionInputs> {
  const { inputs, problems } = reading
  const image = readImage(inputs, problems)
  const version = readVersionName(reading, image)
  const settings: VersionInputs = {
    version,
    image,
    versionFrom: readName(inputs, problems, 'version-from') || undefined,
    policy: inputs.oneOf('version-policy', ['create', 'update'], 'create'),
    registryLogin: readRegistryLogin(inputs, problems),
    ...readResources(inputs, problems),
    ports: readPorts(inputs, problems),
    environment: readVariables(inputs, problems, {
      open: 'version-env',
      secret: 'version-secret-env',
    }),
    config: await readConfig(inputs, problems),
    keepVersions: readKeepVersions(inputs),
    promote: readPromote(inputs, problems, version),
  }
  if (settings.promote.length > 0) {
    refuseWithoutWait(reading, 'promote', settings.promote.join(', '))
  }
  checkDefaults(settings, problems)
  for (const warning of findWarnings(inputs, settings)) problems.warn(warning)
  return settings
}

function readImage(inputs: Inputs, problems: Problems): Image | undefined {
  const text = inputs.text('image')
  if (text === '') {
    if (inputs.text('operation') !== 'version') return undefined
    problems.add('image', '', 'operation: version needs the image that the version is to have')
    return undefined
  }
  const image = parseImage(text)
  if (typeof image !== 'string') return image
  // A user name and password before the host are no form of an image, and not to be shown.
  problems.add('image', /:[^/]*@.*\//.test(text) ? undefined : text, image)
  return undefined
}

function readVersionName(
  { inputs, problems, operation }: Reading,
  image: Image | undefined,
): string {
  const name = readName(inputs, problems, 'version')
  if (name !== '') return name
  if (image === undefined) {
    // Where an image is needed, or a wrong one was given, that is a problem already.
    if (operation === 'deploy' && !inputs.has('image')) {
      const allowed = 'name the version to deploy, or give image: its tag is then the name'
      problems.add('version', '', allowed)
    }
    return name
  }
  if (image.tag.length > MAX_NAME) {
    const why = `is not given, and the tag of the image is too long for it (${image.tag.length} characters)`
    problems.add('version', undefined, `${why}: name the version with at most ${MAX_NAME}`)
  }
  return image.tag
}

function readName(inputs: Inputs, problems: Problems, input: string): string {
  const name = inputs.text(input)
  const fault = findVersionNameFault(name)
  if (fault !== undefined) problems.add(input, name, fault)
  return name
}

/** YAML reads `version: 1.10` as a number; what the runner hands over is `1.1`. Begins with a blank. */
export function hintAtNumber(version: string): string {
  const isNumber = /^\d+(?:\.\d+)?$/.test(version)
  return isNumber ? ` In YAML, 1.10 without quotes is 1.1: quote a version that is a number.` : ''
}

/** What keeps a text from being a version's name; undefined when nothing does. */
export function findVersionNameFault(name: string): string | undefined {
  // It becomes part of a URL's path, where these two lead elsewhere.
  if (name === '.' || name === '..') return 'this cannot be the name of a version'
  if (name.length <= MAX_NAME && !hasControls(name)) return undefined
  return `use at most ${MAX_NAME} characters on one line`
}

/** Loaded only when given: the YAML library costs time at the start. */
async function readConfig(inputs: Inputs, problems: Problems): Promise<VersionConfig> {
  if (!inputs.has('version-config')) return {}
  const { readVersionConfig } = await import('./version-config.ts')
  const isGiven = (input: string) => inputs.has(input)
  return await readVersionConfig(inputs.raw('version-config'), isGiven, problems)
}

function readKeepVersions(inputs: Inputs): number | undefined {
  if (!inputs.has('keep-versions')) return undefined
  return inputs.wholeNumber('keep-versions', { min: 1, max: 10_000 }, 1)
}

function readPromote(inputs: Inputs, problems: Problems, version: string): string[] {
  const names = new Set<string>()
  for (const line of inputs.lines('promote')) {
    const name = line.trim()
    const fault =
      name === version ? 'this is the version that is deployed' : findVersionNameFault(name)
    if (fault !== undefined) problems.add('promote', name, fault)
    names.add(name)
  }
  return [...names]
}

function findWarnings(inputs: Inputs, { image, promote, registryLogin }: VersionInputs): string[] {
  if (image !== undefined) {
    const warning = warnOfTag(image)
    const ofLogin = warnOfLogin(inputs, registryLogin, promote)
    return [...(warning === undefined ? [] : [`${warning} (${showImage(image)})`]), ...ofLogin]
  }
  const idle = NEED_IMAGE.filter((input) => {
    const isDefault = input === 'version-policy' && inputs.text(input) === 'create'
    return inputs.has(input) && !isDefault
  })
  if (registryLogin !== undefined && promote.length === 0) idle.push('registry-username')
  return idle.map((input) => `${input} has no effect without image.`)
}
