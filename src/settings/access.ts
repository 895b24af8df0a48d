import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { CoreSettings } from './model.ts'

/**
 * What the post step needs to reach the provider as the main step did. The runner evaluates the
 * inputs again for the post step, and by then an expression may have another value; with another
 * account's token everything that runs would look gone. So all but the token is kept.
 */
export interface Access {
  /** The name of the provider's definition. */
  readonly provider: string
  readonly apiUrl: string
  /** What the provider itself needs beside URL and token. No secrets. */
  readonly own: Readonly<Record<string, string>>
  /**
   * Made of all the above with the token as the key: only who has the token can make it. So neither
   * another token is used by mistake, nor is the token sent where a changed state file says.
   */
  readonly seal: string
}

/**
 * What to save for the post step.
 *
 * @param own what the provider's definition wants to be saved
 */
export function accessOf(
  { provider, apiUrl, token }: Pick<CoreSettings, 'provider' | 'apiUrl' | 'token'>,
  own: Readonly<Record<string, string>>,
): Access {
  const open = { provider, apiUrl: apiUrl.href, own }
  return { ...open, seal: sealOf(open, token, randomBytes(8).toString('hex')) }
}

/** True when this token made the seal, and nothing that it covers was changed since. */
export function isSealedWith(access: Access, token: string): boolean {
  const [salt = ''] = access.seal.split('.')
  const expected = Buffer.from(sealOf(access, token, salt))
  const given = Buffer.from(access.seal)
  return expected.length === given.length && timingSafeEqual(expected, given)
}

/**
 * The token that made the seal. In an action within an action within another the runner hands no inputs to
 * a post step (actions/runner#2030), so the variables of the job are tried too; any other value fits no
 * seal.
 *
 * @param clean makes a token of what a user wrote, as the provider takes it
 * @returns undefined where it is nowhere
 */
export function findToken(
  access: Access,
  environment: NodeJS.ProcessEnv,
  clean: (text: string) => string,
): string | undefined {
  const texts = [environment['INPUT_API-TOKEN'], ...Object.values(environment)]
  const tokens = texts.map((text) => clean(text ?? ''))
  return tokens.find((token) => token !== '' && isSealedWith(access, token))
}

/** Tells whether a token is the same, and nothing else of it: salted and cut. */
function sealOf({ provider, apiUrl, own }: Omit<Access, 'seal'>, token: string, salt: string) {
  const covered = JSON.stringify([salt, provider, apiUrl, Object.entries(own).sort()])
  return `${salt}.${createHmac('sha256', token).update(covered).digest('hex').slice(0, 32)}`
}

/** Reads what `accessOf` gave; undefined when it is something else. */
export function readAccess(value: unknown): Access | undefined {
  const given = (value ?? {}) as Record<string, unknown>
  const { provider, apiUrl, seal, own } = given
  if (typeof provider !== 'string' || typeof apiUrl !== 'string' || typeof seal !== 'string') {
    return undefined
  }
  if (!URL.canParse(apiUrl) || typeof own !== 'object' || own === null) return undefined
  const entries = Object.entries(own)
  if (!entries.every((entry): entry is [string, string] => typeof entry[1] === 'string')) {
    return undefined
  }
  return { provider, apiUrl, own: Object.fromEntries(entries), seal }
}
