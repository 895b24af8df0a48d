import { isIP } from 'node:net'
import type { DeploymentOrder, WebhookEvent } from './deployment.ts'

/** Field → what is wrong with it. */
export type Problems = Record<string, string>

// OpenAPI v2 `DeploymentV2`. What the live API does with other fields is not known; refusing them
// makes a misspelt field fail a test.
const knownFields = new Set([
  'application',
  'version',
  'resources',
  'require_cached_locations',
  'users',
  'environment_variables',
  'tags',
  'webhook_on_ready',
  'webhook_on_error',
  'webhook_on_terminated',
])

/** Reads the body of OpenAPI v2 `POST /deployments`; gives every problem it finds. */
export function readOrder(body: unknown): DeploymentOrder | { readonly problems: Problems } {
  if (!isObject(body)) return { problems: { body: 'must be a JSON object' } }
  const problems: Problems = {}
  for (const field of Object.keys(body)) {
    if (!knownFields.has(field)) problems[field] = 'unknown field'
  }
  for (const field of ['application', 'version']) {
    if (!isFilled(body[field])) problems[field] = 'must be a non-empty string'
  }
  checkEach(body, 'users', userProblem, problems)
  if (!Array.isArray(body.users) || body.users.length === 0) {
    problems.users = 'must hold at least one user'
  }
  checkEach(body, 'environment_variables', variableProblem, problems)
  checkEach(body, 'tags', tagProblem, problems)
  checkResources(body.resources, problems)
  const cached = body.require_cached_locations ?? false
  if (typeof cached !== 'boolean') problems.require_cached_locations = 'must be a boolean'
  const webhooks = readWebhooks(body, problems)
  if (Object.keys(problems).length > 0) return { problems }
  return {
    application: String(body.application),
    version: String(body.version),
    tags: (body.tags ?? []) as string[],
    environment: (body.environment_variables ?? []) as DeploymentOrder['environment'],
    coordinates: coordinatesOf(body.users),
    webhooks,
  }
}

type Check = (item: unknown) => string | undefined

function checkEach(
  body: Record<string, unknown>,
  field: string,
  check: Check,
  problems: Problems,
): void {
  const items = body[field]
  if (items === undefined) return
  if (!Array.isArray(items)) {
    problems[field] = 'must be an array'
    return
  }
  for (const [index, item] of items.entries()) {
    const problem = check(item)
    if (problem !== undefined) problems[`${field}.${index}`] = problem
  }
}

function userProblem(user: unknown): string | undefined {
  if (!isObject(user) || !isObject(user.user_data)) return 'needs user_type and user_data'
  const { user_type, user_data } = user
  switch (user_type) {
    case 'ip_address': {
      const isAddress = isIP(String(user_data.ip_address)) !== 0
      return isAddress ? undefined : 'ip_address must be an IP address'
    }
    case 'geo_coordinates': {
      const { latitude, longitude } = user_data
      const isOnEarth = isWithin(latitude, 90) && isWithin(longitude, 180)
      return isOnEarth ? undefined : 'latitude and longitude must be numbers on this planet'
    }
    default:
      return 'user_type must be ip_address or geo_coordinates'
  }
}

function variableProblem(variable: unknown): string | undefined {
  if (!isObject(variable)) return 'must be an object'
  if (!isFilled(variable.key)) return 'key must be a non-empty string'
  if (typeof variable.value !== 'string') return 'value must be a string'
  if (typeof variable.is_hidden !== 'boolean') return 'is_hidden must be a boolean'
  // OpenAPI v1 says this of an application version's variables.
  return Buffer.byteLength(variable.value) > 4096 ? 'value is longer than 4 KB' : undefined
}

function tagProblem(tag: unknown): string | undefined {
  // OpenAPI v1 limits a tag's name to 40 characters.
  return isFilled(tag) && tag.length <= 40 ? undefined : 'must be a string of 1 to 40 characters'
}

function checkResources(resources: unknown, problems: Problems): void {
  if (resources === undefined) return
  const { cpu_units, memory_mib } = isObject(resources) ? resources : {}
  if (!isAmount(cpu_units)) problems['resources.cpu_units'] = 'must be an integer of 100 or more'
  if (!isAmount(memory_mib)) problems['resources.memory_mib'] = 'must be an integer of 100 or more'
  if (isAmount(cpu_units) && isAmount(memory_mib) && memory_mib > 2 * cpu_units) {
    problems['resources.memory_mib'] = 'must be at most twice cpu_units'
  }
}

function readWebhooks(body: Record<string, unknown>, problems: Problems) {
  const urls: Partial<Record<WebhookEvent, string>> = {}
  for (const event of ['ready', 'error', 'terminated'] as const) {
    const field = `webhook_on_${event}`
    const webhook = body[field]
    if (webhook === undefined) continue
    const url = isObject(webhook) ? String(webhook.url) : ''
    if (URL.canParse(url) && /^https?:/i.test(url)) urls[event] = url
    else problems[`${field}.url`] = 'must be a URL'
  }
  return urls
}

function coordinatesOf(users: unknown): DeploymentOrder['coordinates'] {
  const user = (users as { user_type: string; user_data: Record<string, number> }[])[0]
  if (user?.user_type !== 'geo_coordinates') return undefined
  const { latitude = 0, longitude = 0 } = user.user_data
  return { latitude, longitude }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isFilled(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

function isWithin(value: unknown, limit: number): boolean {
  return typeof value === 'number' && Math.abs(value) <= limit
}

function isAmount(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 100
}
