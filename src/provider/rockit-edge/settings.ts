import { resolve } from 'node:path'
import { DEFAULTS } from '../../settings/defaults.ts'
import type { Inputs } from '../../settings/inputs.ts'
import type { Problems } from '../../settings/problems.ts'
import { isHeaderSafe } from '../../settings/token.ts'
import { parseServiceUrl, showUrl } from '../../settings/url.ts'

/** Where the build comes from. */
export type BuildSource =
  /** A folder, or a tar file, that is uploaded from here. */
  | { readonly kind: 'path'; readonly path: string }
  /** What ROCKIT Edge downloads by itself. */
  | { readonly kind: 'url'; readonly url: URL; readonly sizeBytes: number | undefined }

/** What only ROCKIT Edge needs to know. */
export interface PublishSettings {
  readonly organization: string
  readonly username: string
  readonly source: BuildSource
  /** `imported`: the build was read; `deployed`: it is on the app's deployments. */
  readonly waitUntil: 'imported' | 'deployed'
}

/** ROCKIT Edge: names of apps (page "App Details"). */
const APP_NAME = /^[A-Za-z0-9_]{2,50}$/

/** A publish may take as long as gigabytes take through an import and onto a CDN. */
export const ROCKIT_EDGE_TIMEOUT_MS = 3_600_000

export function readRockitEdgeToken(inputs: Inputs, problems: Problems): string {
  const token = inputs.text('api-token')
  if (token === '') {
    problems.add(
      'api-token',
      '',
      'give the API key of a ROCKIT Edge machine account from a secret (secrets are empty in pull requests from forks and by Dependabot)',
    )
  } else if (!isHeaderSafe(token)) {
    problems.add('api-token', undefined, 'holds blanks or other characters that no API key has')
  }
  return token
}

/** Every customer has an instance, so there is no default. */
export function readRockitEdgeUrl(inputs: Inputs, problems: Problems): URL {
  const text = inputs.text('api-url')
  const url = parseServiceUrl(text)
  if (url instanceof URL) return url
  const allowed = text === '' ? 'name your ROCKIT Edge, such as https://edge.example.com' : url
  problems.add('api-url', showUrl(text), allowed)
  return new URL('https://invalid.invalid')
}

export function readApplicationName(inputs: Inputs, problems: Problems): string {
  const application = inputs.required('application', 'name the app to publish')
  if (application !== '' && !APP_NAME.test(application)) {
    problems.add('application', application, 'use 2 to 50 of A-Z, a-z, 0-9 and _')
  }
  return application
}

/** @param environment names the workspace that a relative `build` starts from */
export function readPublish(
  inputs: Inputs,
  problems: Problems,
  environment: NodeJS.ProcessEnv,
): PublishSettings {
  return {
    organization: readAccount('organization', 'name the organization', inputs, problems),
    username: readAccount('username', 'name the machine account', inputs, problems),
    source: readSource(inputs, problems, environment),
    waitUntil: inputs.oneOf('wait-until', ['imported', 'deployed'], DEFAULTS['wait-until']),
  }
}

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
    return { kind: 'path', path: resolve(environment.GITHUB_WORKSPACE ?? '.', path) }
  }
  const size = inputs.wholeNumber('build-size', { min: 1, max: 999_999_999_999_999 }, 0)
  return {
    kind: 'url',
    url: readBuildUrl(inputs.text('build-url'), problems),
    sizeBytes: inputs.has('build-size') ? size : undefined,
  }
}

/** The problem is reported without the URL: its query may be a key. */
function readBuildUrl(text: string, problems: Problems): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url && (url.protocol === 'https:' || url.protocol === 'http:')) return url
  problems.add('build-url', undefined, 'write a full https or http URL of an uncompressed tar')
  return new URL('https://invalid.invalid')
}

/** The values of a publish that must be hidden: a signed download URL is a key in itself. */
export function publishSecrets({ source }: PublishSettings): string[] {
  if (source.kind === 'path') return []
  const { username, password, search } = source.url
  return [password, username && password ? `${username}:${password}` : '', search.slice(1)].filter(
    Boolean,
  )
}
