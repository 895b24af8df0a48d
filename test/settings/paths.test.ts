import { describe, expect, it } from 'vitest'
import { readPath } from '../../src/settings/paths.ts'

describe('a path', () => {
  it.each([
    ['logs', '/work/logs'],
    ['/var/logs', '/var/logs'],
    ['~', '/home/me'],
    ['~/logs', '/home/me/logs'],
    ['~me/logs', '/work/~me/logs'],
    ['a/~/logs', '/work/a/~/logs'],
  ])('%s is %s', (text, expected) => {
    const environment = { GITHUB_WORKSPACE: '/work', HOME: '/home/me' }
    expect(readPath(text, environment)).toBe(expected)
  })

  it('is as it is written where there is no home', () => {
    expect(readPath('~/logs', { GITHUB_WORKSPACE: '/work' })).toBe('/work/~/logs')
  })
})
