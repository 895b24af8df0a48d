import { expect, test } from 'vitest'
import { readGitHub, wantsGitHub } from '../../src/settings/github.ts'
import { Inputs } from '../../src/settings/inputs.ts'
import { Problems } from '../../src/settings/problems.ts'

function read(environment: NodeJS.ProcessEnv) {
  const problems = new Problems()
  const settings = readGitHub(new Inputs(environment, problems), problems)
  return { settings, problems: problems.list }
}

test('nothing given asks for nothing', () => {
  const { settings, problems } = read({ 'INPUT_GITHUB-TOKEN': 'ghs_abc' })
  expect(problems).toEqual([])
  expect(wantsGitHub(settings)).toBe(false)
})

test('all given', () => {
  const { settings, problems } = read({
    'INPUT_GITHUB-TOKEN': 'ghs_abc',
    INPUT_ENVIRONMENT: 'staging/eu',
    'INPUT_ENVIRONMENT-URL': 'https://play.example.com/?room=1',
    INPUT_COMMENT: 'true',
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
  ['INPUT_ENVIRONMENT', 'x'.repeat(256), 'at most 255 characters'],
  ['INPUT_ENVIRONMENT', 'one\ntwo', 'use one line'],
  ['INPUT_ENVIRONMENT-URL', 'play.example.com', 'full https URL'],
  ['INPUT_ENVIRONMENT-URL', 'http://play.example.com', 'full https URL'],
  ['INPUT_ENVIRONMENT-URL', 'javascript:alert(1)', 'full https URL'],
  ['INPUT_ENVIRONMENT-URL', 'https://user:word@play.example.com', 'without user name'],
  ['INPUT_COMMENT', 'yes', 'use true or false; did you mean true?'],
])('%s=%j is a problem', (name, value, allowed) => {
  const { problems } = read({ [name]: value })
  expect(problems).toHaveLength(1)
  expect(problems[0]).toContain(allowed)
})

test('a token that cannot stand in a header is a problem only where it is used, and never shown', () => {
  const token = { 'INPUT_GITHUB-TOKEN': 'two words' }
  expect(read(token).problems).toEqual([])
  const { problems } = read({ ...token, INPUT_COMMENT: 'true' })
  expect(problems).toHaveLength(1)
  expect(problems[0]).not.toContain('two')
})

test('a password in a URL is not shown', () => {
  const { problems } = read({ 'INPUT_ENVIRONMENT-URL': 'https://user:pass-word@example.com' })
  expect(problems.join()).not.toContain('pass-word')
})
