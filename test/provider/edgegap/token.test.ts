import { expect, it } from 'vitest'
import { cleanEdgegapToken } from '../../../src/provider/edgegap/token.ts'
import { isHeaderSafe } from '../../../src/settings/token.ts'

const key = '5f0c3a54-6a5e-4a3f-9d43-0b9c2f7e1d68'

it.each([
  key,
  `token ${key}`,
  `Token ${key}`,
  `TOKEN\t${key}\n`,
  `token token ${key}`,
  `"${key}"`,
  `'token ${key}'`,
  `token "${key}"`,
  `token 'token ${key}' `,
  `Bearer ${key}`,
  `bearer ${key}`,
  `"Bearer token ${key}"`,
])('%j is the key', (text) => {
  expect(cleanEdgegapToken(text)).toBe(key)
})

// `token ${{ secrets.X }}` where the secret is empty, as in pull requests from forks.
it.each(['', ' ', 'token', 'token ', ' Token token ', '""', 'token ""', 'Bearer', 'Bearer '])(
  '%j is no key',
  (text) => {
    expect(cleanEdgegapToken(text)).toBe('')
  },
)

it.each(['tokenize-me', 'my token', 'a" b', 'a token "b'])('%j is a key as it is', (text) => {
  expect(cleanEdgegapToken(text)).toBe(text)
})

it.each([`${key}" "`, `${' '.repeat(10_000)}${key}`])('%j is the key, without the rest', (text) => {
  expect(cleanEdgegapToken(text)).toBe(key)
})

it('no key is longer than anybody would send', () => {
  expect(cleanEdgegapToken('k'.repeat(20_000))).toHaveLength(10_000)
})

it.each([
  [key, true],
  ['~!', true],
  ['', false],
  ['a b', false],
  ['a\nb', false],
  ['a\r\nx-evil: 1', false],
  ['grün', false],
  ['a\u0000', false],
])('%j may stand in a header: %s', (token, safe) => {
  expect(isHeaderSafe(token)).toBe(safe)
})
