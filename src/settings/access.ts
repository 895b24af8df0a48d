import { createHash, randomBytes } from 'node:crypto'
import type { Settings } from './settings.ts'
import { cleanEdgegapToken } from './token.ts'

/**
 * What the post step needs to reach the provider as the main step did. The runner evaluates the
 * inputs again for the post step, and by then an expression may have another value; with another
 * account's token everything that runs would look gone. So all but the token is kept, and of the
 * token a fingerprint.
 */
export type Access = { apiUrl: string; fingerprint: string } & (
  | { provider: 'edgegap' }
  | { provider: 'rockit-edge'; organization: string; username: string; application: string }
)

export function accessOf(settings: Settings): Access {
  const { apiUrl, token } = settings
  const shared = { apiUrl: apiUrl.href, fingerprint: fingerprintOf(token, apiUrl.href) }
  if (settings.provider === 'edgegap') return { ...shared, provider: 'edgegap' }
  const { organization, username, application } = settings
  return { ...shared, provider: 'rockit-edge', organization, username, application }
}

/**
 * The settings for cleaning up with a saved access.
 *
 * @throws Error when the token is not the one that created what is to be cleaned up
 */
export function settingsOf(access: Access, environment: NodeJS.ProcessEnv): Settings {
  const given = environment['INPUT_API-TOKEN'] ?? ''
  const token = access.provider === 'edgegap' ? cleanEdgegapToken(given) : given.trim()
  if (
    fingerprintOf(token, access.apiUrl, access.fingerprint.split('.')[0]) !== access.fingerprint
  ) {
    throw new Error('api-token, or the saved api-url, is not the one that the main step had')
  }
  const shared = {
    token,
    apiUrl: new URL(access.apiUrl),
    wait: 'none',
    timeoutMs: 0,
    pollIntervalMs: undefined,
    summary: false,
  } as const
  if (access.provider === 'edgegap') {
    return { ...shared, provider: 'edgegap', operation: 'stop', deploymentId: '' }
  }
  const { organization, username, application } = access
  return {
    ...shared,
    provider: 'rockit-edge',
    operation: 'deploy',
    organization,
    username,
    application,
    version: '',
    source: { kind: 'path', path: '' },
    waitUntil: 'deployed',
    onFailure: 'keep',
    stopAfterJob: false,
    logLines: 0,
    tunnel: { transport: 'none', why: 'the run is over' },
    tunnelTimeoutMs: 0,
  }
}

/**
 * Shows whether token and URL are the same, and nothing else of the token: salted and cut. The URL is
 * part of it, so that whoever changes the saved state cannot have the token sent elsewhere.
 */
function fingerprintOf(
  token: string,
  apiUrl: string,
  salt = randomBytes(8).toString('hex'),
): string {
  const hash = createHash('sha256').update(`${salt}\n${apiUrl}\n`).update(token).digest('hex')
  return `${salt}.${hash.slice(0, 16)}`
}

/** Reads what `accessOf` gave; undefined when it is something else. */
export function readAccess(value: unknown): Access | undefined {
  const text = (name: string) => {
    const one = (value as Record<string, unknown> | null | undefined)?.[name]
    return typeof one === 'string' && one !== '' ? one : undefined
  }
  const [apiUrl, fingerprint] = [text('apiUrl'), text('fingerprint')]
  if (apiUrl === undefined || fingerprint === undefined || !URL.canParse(apiUrl)) return undefined
  const shared = { apiUrl, fingerprint }
  if (text('provider') === 'edgegap') return { ...shared, provider: 'edgegap' }
  const [organization, username] = [text('organization'), text('username')]
  const application = text('application')
  if (text('provider') !== 'rockit-edge' || !organization || !username || !application) {
    return undefined
  }
  return { ...shared, provider: 'rockit-edge', organization, username, application }
}
