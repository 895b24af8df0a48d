import { readGroup, readReach } from '../../settings/groups.ts'
import type { Inputs } from '../../settings/inputs.ts'
import { hasControls, readName } from '../../settings/names.ts'
import type { OwnReading, Reading } from '../../settings/provider-inputs.ts'
import type { DeploySettings, Settings, VersionSettings } from '../../settings/settings.ts'
import { showImage } from './image.ts'
import {
  explainLocation,
  type Location,
  type NamedCity,
  parseCityName,
  parseLocation,
} from './locations.ts'
import { readEnvironment, type Variable } from './variables.ts'
import { NO_VERSIONS, readVersionInputs, type VersionInputs } from './version-inputs.ts'

/** What only Edgegap needs to know. Empty lists where the operation reads none of it. */
export interface EdgegapOwn {
  /** For a deploy at least one. */
  readonly locations: readonly (Location | NamedCity)[]
  readonly environment: readonly Variable[]
  readonly tags: readonly string[]
  readonly versions: VersionInputs
}

export type EdgegapDeploySettings = DeploySettings<EdgegapOwn>
export type EdgegapVersionSettings = VersionSettings<EdgegapOwn>

/** What a request needs. */
export interface EdgegapAccess {
  readonly apiUrl: URL
  readonly token: string
}

export const DEFAULT_LOCATION = 'new-york 40.71,-74.01'
/** Names of apps and versions, and of tags (OpenAPI v1); the character set is not documented. */
const [MAX_NAME, MAX_TAG] = [64, 40]

const NOTHING: EdgegapOwn = { locations: [], environment: [], tags: [], versions: NO_VERSIONS }

/** Reads what only Edgegap reads, and the application and version. What is wrong goes to the problems. */
export async function readEdgegap(reading: Reading): Promise<OwnReading<EdgegapOwn>> {
  const { inputs, problems, operation } = reading
  if (operation === 'stop') {
    const hint = 'name the application whose deployments are to be stopped'
    const reach = readReach(reading, () => readApplication(reading, hint), MAX_TAG)
    return { own: NOTHING, application: '', version: '', reach }
  }
  const purpose = operation === 'deploy' ? 'to deploy' : 'to make or move a version of'
  const application = readApplication(reading, `name the application ${purpose}`)
  const versions = await readVersionInputs(reading)
  const { version } = versions
  if (operation === 'version') return { own: { ...NOTHING, versions }, application, version }
  const own = {
    locations: readLocations(reading),
    environment: readEnvironment(inputs, problems),
    tags: readTags(reading),
    versions,
  }
  return { own, application, version, ...readGroup(reading, application, MAX_TAG) }
}

function readApplication({ inputs, problems }: Reading, hint: string): string {
  inputs.required('application', hint)
  const name = readName(inputs, problems, 'application', MAX_NAME)
  // It becomes part of a URL's path, where these two lead elsewhere.
  if (name === '.' || name === '..') {
    problems.add('application', name, 'this cannot be the name of an application')
  }
  return name
}

/**
 * The post step gets what it must clean up in an environment variable, of which Linux takes 128 KiB:
 * with a longer one it does not even start. One server takes about 70 bytes.
 */
const MAX_LOCATIONS = 1_000

function readLocations({ inputs, problems }: Reading): (Location | NamedCity)[] {
  const lines = inputs.lines('locations')
  if (lines.length === 0) lines.push(DEFAULT_LOCATION)
  if (lines.length > MAX_LOCATIONS) {
    problems.add('locations', `${lines.length} lines`, `use at most ${MAX_LOCATIONS} in one step`)
    return []
  }
  const locations: (Location | NamedCity)[] = []
  for (const line of lines) {
    const location = parseLocation(line) ?? readCity(line)
    if (location) locations.push(location)
    else {
      const { allowed, meant } = explainLocation(line)
      problems.add('locations', line, allowed, ...meant)
    }
  }
  return locations
}

function readCity(line: string): NamedCity | undefined {
  const name = parseCityName(line)
  return name === undefined ? undefined : { kind: 'city', name, where: "in Edgegap's list" }
}

function readTags({ inputs, problems }: Reading): string[] {
  const tags = new Set<string>()
  for (const line of inputs.lines('tags')) {
    const tag = line.trim()
    if (tag.length > MAX_TAG || hasControls(tag)) {
      problems.add('tags', tag, `use tags of at most ${MAX_TAG} characters, one per line`)
    }
    const parts = tag.split(',').map((part) => part.trim())
    if (parts.length > 1 && parts.every((part) => part !== '' && part.length <= MAX_TAG)) {
      const lines = `${parts.join(' and ')} on lines of their own`
      problems.add('tags', tag, `write one tag per line: ${lines}`)
    }
    tags.add(tag)
  }
  return [...tags]
}

/** What was decided, for the log; no values of variables. */
export function describeEdgegap(settings: Settings<EdgegapOwn>): {
  title: string
  lines: readonly string[]
} {
  if (settings.operation === 'stop') {
    const { reach } = settings
    if (reach.kind === 'deployment') return { title: `Stopping ${reach.id}`, lines: [] }
    const what = reach.kind === 'group' ? `the group ${reach.group}` : 'every deployment'
    return { title: `Stopping ${what} of ${reach.application}`, lines: [] }
  }
  const { application, version, own, operation } = settings
  const { locations, environment, tags, versions } = own
  return {
    title: `${operation === 'deploy' ? 'Deploying' : 'Creating or moving the version'} ${application} ${version}`,
    lines: [
      ...describeVersions(versions),
      ...locations.map(({ name, where }) => `location: ${name} (${where})`),
      ...[...environment, ...versions.environment].map(
        ({ key, secret }) => `${secret ? 'secret ' : ''}environment variable: ${key}`,
      ),
      ...tags.map((tag) => `tag: ${tag}`),
    ],
  }
}

function describeVersions({ image, versionFrom, policy, promote, keepVersions }: VersionInputs) {
  return [
    ...(image ? [`image: ${showImage(image)}`, `version-policy: ${policy}`] : []),
    ...(versionFrom === undefined ? [] : [`version-from: ${versionFrom}`]),
    ...(keepVersions === undefined ? [] : [`keep-versions: ${keepVersions}`]),
    ...promote.map((name) => `promote: ${name}`),
  ]
}

/** What `operation: stop` and a deploy without replacement do not read. */
export function findUnusedEdgegap(inputs: Inputs, settings: Settings<EdgegapOwn>): string[] {
  const { operation } = settings
  if (operation === 'deploy') {
    const isWithout = !settings.replace && inputs.text('scope').toLowerCase() === 'application'
    return isWithout ? ['scope has no effect without replace.'] : []
  }
  if (operation === 'version') return []
  const unused: string[] = []
  if (settings.reach.kind === 'application' && inputs.has('group')) {
    unused.push('group has no effect with scope: application, which stops every deployment.')
  }
  return unused
}
