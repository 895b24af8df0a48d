import { describe, expect, it, test } from 'vitest'
import { accessOf, isSealedWith, readAccess } from '../../src/settings/access.ts'

const settings = {
  provider: 'edgegap',
  apiUrl: new URL('https://api.example.com'),
  token: 'the-token',
}
const own = { organization: 'my-org', username: 'ci' }
const access = accessOf(settings, own)

describe('what the post step keeps of the account', () => {
  it('is all but the token', () => {
    expect(access).toMatchObject({
      provider: 'edgegap',
      apiUrl: 'https://api.example.com/',
      own: { organization: 'my-org', username: 'ci' },
    })
    expect(JSON.stringify(access)).not.toContain('the-token')
  })

  it('comes back from the state file as it went in', () => {
    expect(readAccess(JSON.parse(JSON.stringify(access)))).toEqual(access)
    const withoutOwn = accessOf(settings, {})
    expect(readAccess(JSON.parse(JSON.stringify(withoutOwn)))).toEqual(withoutOwn)
  })

  it('has another seal each time, so that nobody sees whether two runs share a token', () => {
    expect(accessOf(settings, own).seal).not.toBe(access.seal)
    expect(access.seal).toMatch(/^[0-9a-f]{16}\.[0-9a-f]{32}$/)
  })
})

describe('the seal', () => {
  it('is that of the same token, whatever the order of what it covers', () => {
    expect(isSealedWith(access, 'the-token')).toBe(true)
    const turned = { ...access, own: { username: 'ci', organization: 'my-org' } }
    expect(isSealedWith(turned, 'the-token')).toBe(true)
  })

  test.each(['', 'the-token ', 'The-token', 'the-tokem', 'another'])(
    'is not that of %j',
    (token) => {
      expect(isSealedWith(access, token)).toBe(false)
    },
  )

  test.each([
    ['another provider', { provider: 'rockit-edge' }],
    ['another URL', { apiUrl: 'https://evil.example/' }],
    ['another account', { own: { ...own, username: 'admin' } }],
    ['more of an account', { own: { ...own, more: '' } }],
    ['less of an account', { own: { organization: 'my-org' } }],
    ['no seal', { seal: '' }],
    ['a seal without its end', { seal: access.seal.slice(0, -1) }],
    ['a longer seal', { seal: `${access.seal}0` }],
    ['only the salt', { seal: access.seal.slice(0, 17) }],
    ['another salt', { seal: `0123456789abcdef${access.seal.slice(16)}` }],
  ])('does not hold with %s', (_, change) => {
    expect(isSealedWith({ ...access, ...change }, 'the-token')).toBe(false)
  })
})

describe('a state file with something else in it', () => {
  const { seal, ...unsealed } = access
  const { own: _, ...ownless } = access
  test.each([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'access'],
    ['an empty object', {}],
    ['a number for the provider', { ...access, provider: 1 }],
    ['a number for the URL', { ...access, apiUrl: 1 }],
    ['no URL', { ...access, apiUrl: 'api.example.com' }],
    ['no seal', unsealed],
    ['a number for the seal', { ...access, seal: 1 }],
    ['nothing of its own', ownless],
    ['null of its own', { ...access, own: null }],
    ['a text of its own', { ...access, own: 'ci' }],
    ['a number of its own', { ...access, own: { ...own, count: 1 } }],
  ])('is no access: %s', (_, value) => {
    expect(readAccess(value)).toBeUndefined()
  })

  it('keeps nothing that is not part of it', () => {
    expect(readAccess({ ...access, more: 'x' })).toEqual(access)
    expect(seal).toBe(access.seal)
  })
})
