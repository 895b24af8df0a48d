import type { Reply } from '../delivery.ts'
import type { EmulatorRequest } from '../router.ts'
import type { RockitEdgeSettings } from './settings.ts'
import type { Words } from './words.ts'

type Check = (request: EmulatorRequest) => Reply | undefined

const methods = ['GET', 'POST', 'PATCH', 'DELETE']

/** The firewall of the public Terraform stack (edge/waf.tf): what it refuses gets no reason. */
export function checkFirewall({ method, headers }: EmulatorRequest): Reply | undefined {
  const isAllowed =
    methods.includes(method) && headers.accept !== undefined && headers.accept !== ''
  return isAllowed ? undefined : { status: 400, body: { code: 400, message: 'Bad Request' } }
}

/** The gateway counts all callers together, in a sliding second. */
export function createRateLimiter(settings: RockitEdgeSettings): Check {
  let passes: number[] = []
  return () => {
    const now = performance.now()
    passes = passes.filter((at) => now - at < 1000)
    if (passes.length >= settings.requestsPerSecond) return tooMany(settings)
    passes.push(now)
    return undefined
  }
}

function tooMany({ rateLimitRetryAfterSeconds }: RockitEdgeSettings): Reply {
  return {
    status: 429,
    headers: { 'retry-after': String(rateLimitRetryAfterSeconds) },
    body: { code: 429, message: 'Too Many Requests' },
  }
}

/** The stack's edge/api-gw.tf: `retryAfter` is a text there. */
export function checkMaintenance(settings: RockitEdgeSettings): Reply | undefined {
  if (!settings.maintenance) return undefined
  const retryAfter = String(settings.maintenanceRetryAfterSeconds)
  const message = 'The service is under maintenance, try again later'
  return {
    status: 503,
    headers: { 'retry-after': retryAfter },
    body: { status: 'failed', error: 'maintenance', message, retryAfter },
  }
}

export function noSuchRoute(): Reply {
  return { status: 404, body: { code: 404, message: 'Not Found' } }
}

/** The machine account's three headers, by the page "Authentication". */
export function checkHeaders(
  { headers }: EmulatorRequest,
  { organization, username, apiKey }: RockitEdgeSettings,
  words: Words,
): Reply | undefined {
  if (headers['x-rockit-api-key'] !== undefined && headers['x-rockit-beauth-token'] !== undefined) {
    return words.refuse(400, 'invalid', 'an API key and a token exclude each other')
  }
  const isValid =
    headers['x-rockit-orgname'] === organization &&
    headers['x-rockit-username'] === username &&
    headers['x-rockit-api-key'] === apiKey
  return isValid ? undefined : words.refuse(401, 'unauthorized', 'the credentials are not valid')
}
