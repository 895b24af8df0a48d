import { expect, test } from 'vitest'
import { readGitHub, wantsGitHub } from '../../src/settings/github.ts'
import { type Given, readWith } from './reading.ts'

function read(given: Given) {
  const { value, problems } = readWith(given, readGitHub)
  return { settings: value, problems }
}

test('nothing given asks for nothing', () => {
  const { settings, problems } = read({ 'github-token': 'ghs_abc' })
  expect(problems).toEqual([])
  expect(wantsGitHub(settings)).toBe(false)
  expect(settings).toEqual({
    token: 'ghs_abc',
    environment: '',
    environmentUrl: undefined,
    comment: false,
  })
})

test.each<Given>([{ environment: 'staging' }, { comment: 'true' }])('%j asks for it', (given) => {
  expect(wantsGitHub(read(given).settings)).toBe(true)
})

test('the longest that GitHub takes', () => {
  const url = `https://play.example.com/${'x'.repeat(1_975)}`
  const { settings, problems } = read({ environment: 'x'.repeat(255), 'environment-url': url })
  expect(problems).toEqual([])
  expect(settings).toMatchObject({ environment: 'x'.repeat(255), environmentUrl: url })
  expect(read({ 'environment-url': `${url}x` }).problems).toHaveLength(1)
})

test('a page that is wrong is none', () => {
  expect(read({ 'environment-url': 'http://x.example' }).settings.environmentUrl).toBeUndefined()
})

test('all given', () => {
  const { settings, problems } = read({
    'github-token': 'ghs_abc',
    environment: 'staging/eu',
    'environment-url': 'https://play.example.com/?room=1',
    comment: 'true',
  })
  expect(problems).toEqual([])
  expect(wantsGitHub(settings)).toBe(true)
  expect(settings).toEqual({
    token: 'ghs_abc',
    environment: 'staging/eu',
    environmentUrl: 'https://play.example.com/?room=1',
    comment: true,
  })
})

test.each([
  ['environment', 'x'.repeat(256), 'at most 255 characters'],
  ['environment', 'one\ntwo', 'use one line'],
  ['environment-url', 'play.example.com', 'full https URL'],
  ['environment-url', 'http://play.example.com', 'full https URL'],
  ['environment-url', 'javascript:alert(1)', 'full https URL'],
  ['environment-url', 'https://user:word@play.example.com', 'without user name'],
  ['environment-url', 'https://user@play.example.com', 'without user name'],
  ['environment-url', 'https://:word@play.example.com', 'without user name'],
  ['environment-url', 'https://play.example.com/a\u0007b', 'full https URL'],
  ['comment', 'yes', 'use true or false; did you mean true?'],
])('%s=%j is a problem', (name, value, allowed) => {
  const { problems } = read({ [name]: value })
  expect(problems).toHaveLength(1)
  expect(problems[0]).toContain(allowed)
})

test('a token that cannot stand in a header is a problem only where it is used, and never shown', () => {
  const token = { 'github-token': 'two words' }
  expect(read(token).problems).toEqual([])
  for (const given of [
    ['comment', 'true'],
    ['environment', 'staging'],
  ] as const)
    expect(read({ ...token, [given[0]]: given[1] }).problems).toEqual([
      'github-token: holds blanks or other characters that no token has',
    ])
  expect(read({ comment: 'true' }).problems).toEqual([])
})

test('a password in a URL is not shown', () => {
  const { problems } = read({ 'environment-url': 'https://user:pass-word@example.com' })
  expect(problems.join()).not.toContain('pass-word')
})
