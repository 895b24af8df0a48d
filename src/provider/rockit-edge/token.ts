/** Whatever the clocks of two machines may differ by. */
const CLOCK_TOLERANCE = '60s'
/** Shorter ones are hardly keys. */
const BASE64 = /^[A-Za-z0-9+/_-]{16,}={0,2}$/

/**
 * Verifies the token that ROCKIT Edge signs each webhook with (page "Subscribe": a JWT, and the secret
 * that the subscription was answered with). Algorithm and encoding of the secret are not documented:
 * only HMAC fits a shared secret, and the secret is taken as text and as base64, which is how the
 * vendor's own admin token is made. Claims are not required; `exp` and `nbf` hold where they are there.
 */
export async function isSignedWith(token: string, secrets: readonly string[]): Promise<boolean> {
  const { jwtVerify } = await import('jose/jwt/verify')
  for (const key of secrets.flatMap(keysOf)) {
    try {
      await jwtVerify(token, key, {
        algorithms: ['HS256', 'HS384', 'HS512'],
        clockTolerance: CLOCK_TOLERANCE,
      })
      return true
    } catch {
      // The next key may be the one.
    }
  }
  return false
}

/** An empty secret gives an empty key, which no token can be verified with. */
function keysOf(secret: string): Uint8Array[] {
  const text = Buffer.from(secret, 'utf8')
  return BASE64.test(secret) ? [text, Buffer.from(secret, 'base64')] : [text]
}
