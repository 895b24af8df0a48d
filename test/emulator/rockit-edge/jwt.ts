import { createHmac, randomBytes } from 'node:crypto'

export type JwtAlgorithm = 'HS256' | 'HS384' | 'HS512' | 'none'

/**
 * How webhooks are signed. The page "Subscribe" says that a JWT is made with the subscription's
 * secret; algorithm, claims and the secret's encoding are not known.
 */
export interface JwtSettings {
  alg: JwtAlgorithm
  /** The secret's UTF-8 bytes, or what it decodes to, as for the vendor's admin token. */
  secretAs: 'text' | 'base64'
  /** Signs with another secret than the subscription's. */
  isSecretWrong: boolean
  claims: Readonly<Record<string, unknown>>
  /** From now; negative for a token that has expired. */
  expiresInSeconds: number | undefined
  notBeforeInSeconds: number | undefined
  /** Whether the header is there at all. */
  isSent: boolean
}

export function newSecret(): string {
  // Long enough for HS512 whether it is decoded or not.
  return randomBytes(64).toString('base64')
}

export function signJwt(secret: string, settings: JwtSettings): string {
  const { alg, secretAs, isSecretWrong, claims } = settings
  const payload = { ...claims, ...times(settings) }
  const signed = `${encode({ alg, typ: 'JWT' })}.${encode(payload)}`
  if (alg === 'none') return `${signed}.`
  const right = Buffer.from(secret, secretAs === 'base64' ? 'base64' : 'utf8')
  const key = isSecretWrong ? randomBytes(64) : right
  return `${signed}.${createHmac(`sha${alg.slice(2)}`, key)
    .update(signed)
    .digest('base64url')}`
}

function times({ expiresInSeconds, notBeforeInSeconds }: JwtSettings) {
  const nowSeconds = Math.floor(Date.now() / 1000)
  return {
    ...(expiresInSeconds !== undefined && { exp: nowSeconds + expiresInSeconds }),
    ...(notBeforeInSeconds !== undefined && { nbf: nowSeconds + notBeforeInSeconds }),
  }
}

function encode(part: unknown): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url')
}
