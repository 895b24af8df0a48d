import { describe, expect, it } from 'vitest'
import { BadInputs } from '../../src/settings/problems.ts'
import { readAll } from './reading.ts'

describe('an invisible character', () => {
  it.each([
    ['application', 'my\u200bgame', 'U+200B'],
    ['group', 'pr-12\u2060', 'U+2060'],
    ['tags', 'one\ntwo\ufeff\nthree', 'U+FEFF'],
    ['version', 'v\u00ad1', 'U+00AD'],
  ])('is warned of in %s', async (input, value, code) => {
    const { warnings } = await readAll({ [input]: value })
    expect(warnings).toEqual([
      `${input} holds an invisible character (${code}), perhaps from copying.`,
    ])
  })

  it('is named beside the problem that it may be the cause of', async () => {
    const thrown = await readAll({ timeout: '10s\u200b' }).catch((error: BadInputs) => error)
    expect(thrown).toBeInstanceOf(BadInputs)
    expect(thrown).toMatchObject({
      problems: [expect.stringContaining('write a duration')],
      warnings: [expect.stringContaining('timeout holds an invisible character (U+200B)')],
    })
  })

  it.each([
    ['around a value, where it is dropped', { application: '\ufeffmy-game ' }],
    ['that joins letters or emoji', { tags: 'می\u200cخواهم\n👩\u200d🚀' }],
    ['in a secret, of which nothing is told', { 'secret-env': 'A=a\u200bbcdef' }],
  ])('is no news %s', async (_, given) => {
    expect((await readAll(given)).warnings).toEqual([])
  })
})
