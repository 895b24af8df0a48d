import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { isSignedWith } from '../../../src/provider/rockit-edge/token.ts'
import { type JwtSettings, newSecret, signJwt } from '../../emulator/rockit-edge/jwt.ts'

const secret = newSecret()

function token(settings: Partial<JwtSettings> = {}): string {
  return signJwt(secret, {
    alg: 'HS256',
    secretAs: 'text',
    isSecretWrong: false,
    claims: {},
    expiresInSeconds: undefined,
    notBeforeInSeconds: undefined,
    isSent: true,
    ...settings,
  })
}

const accepts = (text: string) => isSignedWith(text, ['another secret', secret])

describe('the token of a webhook', () => {
  it.each<Partial<JwtSettings>>([
    {},
    { alg: 'HS384' },
    { alg: 'HS512' },
    { secretAs: 'base64' },
    { claims: { sub: 'x', iat: 1 } },
    { expiresInSeconds: 30, notBeforeInSeconds: -30 },
    // Clocks differ.
    { expiresInSeconds: -30 },
    { notBeforeInSeconds: 30 },
  ])('is good: %j', async (settings) => {
    expect(await accepts(token(settings))).toBe(true)
  })

  it.each<Partial<JwtSettings>>([
    { alg: 'none' },
    { isSecretWrong: true },
    { expiresInSeconds: -120 },
    { notBeforeInSeconds: 120 },
    { claims: { exp: 'soon' } },
  ])('is bad: %j', async (settings) => {
    expect(await accepts(token(settings))).toBe(false)
  })

  it('is bad when it is no token, or changed', async () => {
    const [head = '', , signature = ''] = token().split('.')
    const other = Buffer.from('{"x":1}').toString('base64url')
    for (const text of ['', 'x', 'a.b.c', '..', `${head}.${other}.${signature}`, `${token()}x`]) {
      expect(await accepts(text)).toBe(false)
    }
  })

  it('is bad where nobody has subscribed', async () => {
    expect(await isSignedWith(token(), [])).toBe(false)
    expect(await isSignedWith(token(), [''])).toBe(false)
  })

  it('is bad with an empty key, which anybody could sign with', async () => {
    const [head, claims] = token().split('.')
    const signature = createHmac('sha256', '').update(`${head}.${claims}`).digest('base64url')
    expect(await isSignedWith(`${head}.${claims}.${signature}`, ['', '='])).toBe(false)
  })

  it.each(['?abcdefghijklmnop', 'abcdefghijklmnop?', 'abcdefghijklmno'])(
    'is bad with what a secret that is no base64 could be decoded to: %s',
    async (text) => {
      const [head, claims] = token().split('.')
      const key = Buffer.from(text, 'base64')
      const signature = createHmac('sha256', key).update(`${head}.${claims}`).digest('base64url')
      expect(await isSignedWith(`${head}.${claims}.${signature}`, [text])).toBe(false)
    },
  )

  it.each([16, 17, 18, 33])('is good with a secret of %i bytes in base64', async (length) => {
    const key = Buffer.alloc(length, 'key')
    const [head, claims] = token().split('.')
    const signature = createHmac('sha256', key).update(`${head}.${claims}`).digest('base64url')
    const signed = `${head}.${claims}.${signature}`
    expect(await isSignedWith(signed, [key.toString('base64')])).toBe(true)
    expect(await isSignedWith(signed, [key.toString('base64url')])).toBe(true)
  })

  it('is good with a secret that is no base64, which is taken as text', async () => {
    const [head, claims] = token().split('.')
    const signature = createHmac('sha256', 'hush, hush').update(`${head}.${claims}`)
    const signed = `${head}.${claims}.${signature.digest('base64url')}`
    expect(await isSignedWith(signed, ['hush, hush'])).toBe(true)
  })

  it('never takes a key pair, whatever the header says', async () => {
    const head = Buffer.from('{"alg":"RS256","typ":"JWT"}').toString('base64url')
    expect(await accepts(`${head}.${token().split('.').slice(1).join('.')}`)).toBe(false)
  })
})
