import { describe, expect, it } from 'vitest'
import { BadInputs, Problems } from '../../src/settings/problems.ts'

describe('a problem', () => {
  it('names the input, what was given, what is allowed and what was meant', () => {
    const problems = new Problems()
    problems.add('timeout', '5', 'write a duration', '5s', '5m')
    problems.add('wait', 'pol', 'use one of auto, poll', 'poll')
    problems.add('application', '', 'name the application')
    problems.add('api-token', undefined, 'holds blanks')
    expect(problems.list).toEqual([
      'timeout is "5": write a duration; did you mean 5s or 5m?',
      'wait is "pol": use one of auto, poll; did you mean poll?',
      'application is empty: name the application',
      'api-token: holds blanks',
    ])
  })

  it('shows a long value by its beginning', () => {
    const problems = new Problems()
    problems.add('env', 'x'.repeat(120), 'a')
    problems.add('env', 'x'.repeat(121), 'b')
    expect(problems.list).toEqual([
      `env is "${'x'.repeat(120)}": a`,
      `env is "${'x'.repeat(120)}…": b`,
    ])
  })
})

describe('several problems', () => {
  it('are listed in the order of the inputs, those of one input as they were found', () => {
    const problems = new Problems()
    problems.add('third', 'x', '1')
    problems.add('first', 'x', '2')
    problems.add('unlisted', 'x', '3')
    problems.add('third', 'x', '4')
    problems.add('second', 'x', '5')
    expect(problems.inOrderOf(['first', 'second', 'third'])).toEqual([
      'first is "x": 2',
      'second is "x": 5',
      'third is "x": 1',
      'third is "x": 4',
      'unlisted is "x": 3',
    ])
    expect(problems.list).toHaveLength(5)
  })

  it('become one error that has each of them', () => {
    const error = new BadInputs(['a: b', 'c: d'])
    expect(error.problems).toEqual(['a: b', 'c: d'])
    expect(error.message).toBe('a: b\nc: d')
    expect(error.name).toBe('BadInputs')
  })
})

describe('a warning', () => {
  it('is no problem', () => {
    const problems = new Problems()
    expect(problems.warnings).toEqual([])
    problems.warn('env sets A twice.')
    expect(problems.warnings).toEqual(['env sets A twice.'])
    expect(problems.list).toEqual([])
  })
})
