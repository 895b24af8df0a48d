import type { Reply } from '../delivery.ts'
import type { EmulatorRequest } from '../router.ts'
import type { EdgegapSettings, RateLimits } from './settings.ts'

/** Refuses requests without the valid key; `isRevoked` takes it back. */
export function checkToken(
  { headers }: EmulatorRequest,
  { token }: EdgegapSettings,
  isRevoked: boolean,
): Reply | undefined {
  // Working scripts send `Token` too, so the scheme word's case does not seem to matter.
  const [scheme, key, ...rest] = (headers.authorization ?? '').split(' ')
  const isValid = scheme?.toLowerCase() === 'token' && key === token && rest.length === 0
  if (isValid && !isRevoked) return undefined
  return { status: 401, body: { message: 'The token is missing or not valid' } }
}

/** Counts per organization, hence over all clients, in a sliding second. */
export function createRateLimiter(
  settings: EdgegapSettings,
): (request: EmulatorRequest) => Reply | undefined {
  const passes = new Map<keyof RateLimits, number[]>()
  return (request) => {
    const name = limitOf(request)
    if (name === undefined) return undefined
    const now = performance.now()
    const recent = (passes.get(name) ?? []).filter((at) => now - at < 1000)
    const isOver = recent.length >= settings.rateLimits[name]
    passes.set(name, isOver ? recent : [...recent, now])
    return isOver ? tooMany(settings) : undefined
  }
}

function limitOf({ method, path }: EmulatorRequest): keyof RateLimits | undefined {
  if (method === 'POST' && path === '/v2/deployments') return 'deployPerSecond'
  if (method === 'GET' && path === '/v1/deployments') return 'listPerSecond'
  if (method === 'GET' && path.startsWith('/v1/status/')) return 'statusPerSecond'
  return undefined
}

function tooMany({ retryAfterSeconds }: EdgegapSettings): Reply {
  return {
    status: 429,
    body: { message: 'Too many requests' },
    headers: retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) },
  }
}
