import type { Inputs } from '../../settings/inputs.ts'
import { readPath } from '../../settings/paths.ts'
import type { Problems } from '../../settings/problems.ts'
import type { OwnReading, Reading } from '../../settings/provider-inputs.ts'
import type { DeploySettings, Settings, WaitMode } from '../../settings/settings.ts'
import { isHeaderSafe } from '../../settings/token.ts'

/** Where the build comes from. */
export type BuildSource =
  /** A folder, or a tar file, that is uploaded from here. */
  | { readonly kind: 'path'; readonly path: string }
  /** What ROCKIT Edge downloads by itself. */
  | { readonly kind: 'url'; readonly url: URL; readonly sizeBytes: number | undefined }

/** What only ROCKIT Edge reads. */
export interface PublishSettings {
  readonly organization: string
  readonly username: string
  readonly source: BuildSource
  /** `imported`: the build was read; `deployed`: it is on the app's deployments. */
  readonly waitUntil: 'imported' | 'deployed'
}

/** What a request needs. */
export interface RockitEdgeAccess {
  readonly apiUrl: URL
  readonly token: string
  readonly organization: string
  readonly username: string
  readonly application: string
}

/** What a publish needs. */
export interface RockitEdgeSettings extends RockitEdgeAccess, PublishSettings {
  readonly wait: WaitMode
}

/** ROCKIT Edge: names of apps (page "App Details"). */
const APP_NAME = /^[A-Za-z0-9_]{2,50}$/

/** A publish may take as long as gigabytes take through an import and onto a CDN. */
export const ROCKIT_EDGE_TIMEOUT_MS = 3_600_000

/** Builds are numbered by ROCKIT Edge, so there is no version to read. */
function readAppName({ inputs, problems }: Reading): string {
  const application = inputs.required('application', 'name the app to publish')
  if (application !== '' && !APP_NAME.test(application)) {
    problems.add('application', application, 'use 2 to 50 characters of A-Z, a-z, 0-9 and _')
  }
  return application
}

/**
 * Reads the inputs that only ROCKIT Edge has; the forms of names are from the page "App Details". A
 * relative `build` starts from the workspace. Throws nothing: what is wrong goes to `problems`.
 */
export async function readPublish(reading: Reading): Promise<OwnReading<PublishSettings>> {
  const { inputs, problems, environment } = reading
  return {
    application: readAppName(reading),
    version: '',
    own: {
      organization: readAccount('organization', 'name the organization', inputs, problems),
      username: readAccount('username', 'name the machine account', inputs, problems),
      source: readSource(inputs, problems, environment),
      waitUntil: inputs.oneOf('wait-until', ['imported', 'deployed'], DEFAULT_WAIT_UNTIL),
    },
  }
}

export const DEFAULT_WAIT_UNTIL = 'deployed'

function readAccount(
  input: 'organization' | 'username',
  hint: string,
  inputs: Inputs,
  problems: Problems,
): string {
  const name = inputs.required(input, hint)
  // They become headers.
  if (name !== '' && (!isHeaderSafe(name) || name.length > 100)) {
    problems.add(input, name, 'use its identifier, without blanks')
  }
  return name
}

function readSource(
  inputs: Inputs,
  problems: Problems,
  environment: NodeJS.ProcessEnv,
): BuildSource {
  const path = inputs.text('build')
  if (path !== '' && inputs.has('build-url')) {
    problems.add('build-url', undefined, 'give either build or build-url, not both')
  } else if (path === '' && !inputs.has('build-url')) {
    problems.add('build', '', 'name a folder or a .tar file, or give build-url instead')
  }
  if (!inputs.has('build-url')) {
    if (inputs.has('build-size')) {
      problems.add('build-size', inputs.text('build-size'), 'it belongs to build-url: leave it out')
    }
    return { kind: 'path', path: readPath(path, environment) }
  }
  const size = inputs.wholeNumber('build-size', { min: 1, max: 999_999_999_999_999 }, 0)
  return {
    kind: 'url',
    url: readBuildUrl(inputs.text('build-url'), problems),
    sizeBytes: inputs.has('build-size') ? size : undefined,
  }
}

/** The URL itself is not shown: its query may be a key. */
function readBuildUrl(text: string, problems: Problems): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url && (url.protocol === 'https:' || url.protocol === 'http:')) return url
  problems.add('build-url', undefined, 'write a full https or http URL of an uncompressed tar')
  return new URL('https://invalid.invalid')
}

/** What must be hidden of `build-url`: a signed download URL is a key in itself. */
export function urlSecrets(text: string): string[] {
  const trimmed = text.trim()
  if (trimmed === '') return []
  if (!URL.canParse(trimmed)) return [trimmed]
  const { username, password, search } = new URL(trimmed)
  return [password, username && password ? `${username}:${password}` : '', search.slice(1)].filter(
    Boolean,
  )
}

/** The settings for the beginning of the log, without what is secret in them. */
export function describePublish(settings: Settings<PublishSettings>): {
  title: string
  lines: readonly string[]
} {
  const { organization, username, source, waitUntil } = settings.own
  const application = settings.operation === 'stop' ? '' : settings.application
  return {
    title: `Publishing a build of ${application} as ${username} of ${organization}`,
    lines: [
      source.kind === 'path'
        ? `build: ${source.path}`
        : `build-url: ${source.url.origin}${source.url.pathname}`,
      `wait-until: ${waitUntil}`,
    ],
  }
}

/** The settings in one piece, as the provider's code takes them. */
export function publishSettings(settings: DeploySettings<PublishSettings>): RockitEdgeSettings {
  const { apiUrl, token, application, wait, own } = settings
  return { apiUrl, token, application, wait, ...own }
}
