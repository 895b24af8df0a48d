import { createHash, randomBytes } from 'node:crypto'
import { DEFAULTS } from './defaults.ts'
import type { Settings } from './settings.ts'
import { cleanEdgegapToken } from './token.ts'

/**
 * What the post step needs to reach the provider as the main step did. The runner evaluates the
 * inputs again for the post step, and by then an expression may have another value; with another
 * account's token everything that runs would look gone. So all but the token is kept, and of the
 * token a fingerprint.
 */
export interface Access {
  provider: 'edgegap'
  apiUrl: string
  fingerprint: string
}

export function accessOf({ provider, apiUrl, token }: Settings): Access {
  return { provider, apiUrl: apiUrl.href, fingerprint: fingerprintOf(token) }
}

/**
 * The settings for cleaning up with a saved access.
 *
 * @throws Error when the token is not the one that created what is to be cleaned up
 */
export function settingsOf(access: Access, environment: NodeJS.ProcessEnv): Settings {
  const token = cleanEdgegapToken(environment['INPUT_API-TOKEN'] ?? '')
  if (fingerprintOf(token, access.fingerprint.split('.')[0]) !== access.fingerprint) {
    throw new Error('api-token is not the one that the main step had')
  }
  return {
    provider: access.provider,
    operation: 'stop',
    token,
    apiUrl: new URL(access.apiUrl),
    wait: 'none',
    timeoutMs: 0,
    pollIntervalMs: undefined,
    summary: DEFAULTS.summary === 'true',
    deploymentId: '',
  }
}

/** Tells whether a token is the same, and nothing else of it: salted and cut. */
function fingerprintOf(token: string, salt = randomBytes(8).toString('hex')): string {
  const hash = createHash('sha256').update(salt).update(token).digest('hex')
  return `${salt}.${hash.slice(0, 16)}`
}

/** Reads what `accessOf` gave; undefined when it is something else. */
export function readAccess(value: unknown): Access | undefined {
  const { provider, apiUrl, fingerprint } = (value ?? {}) as Record<string, unknown>
  if (provider !== 'edgegap' || typeof apiUrl !== 'string' || !URL.canParse(apiUrl))
    return undefined
  return typeof fingerprint === 'string' ? { provider, apiUrl, fingerprint } : undefined
}
