import { describe, expect, it } from 'vitest'
import { Redactor } from '../../src/runner/redactor.ts'

function redact(secrets: readonly string[], text: string): string {
  const redactor = new Redactor()
  for (const secret of secrets) redactor.add(secret)
  return redactor.clean(text)
}

describe('a secret', () => {
  it.each([
    ['alone', ['hunter22'], 'hunter22', '***'],
    ['more than once', ['hunter22'], 'a hunter22 b hunter22', 'a *** b ***'],
    ['with blanks around', ['  hunter22\n'], 'x=hunter22;', 'x=***;'],
    ['of characters that patterns know', ['a.*(b$&\\'], 'say a.*(b$&\\!', 'say ***!'],
    ['in a URL', ['p@ss word'], '?k=p%40ss%20word&', '?k=***&'],
    ['with a lone surrogate', ['key\ud800x'], 'a key\ud800x', 'a ***'],
    ['that holds stars', ['****'], 'a **** b', 'a *** b'],
    ['that is what a replacement looks like', ['abcd', '***z'], 'abcdz', '***z'],
  ])('is hidden %s', (_, secrets, text, expected) => {
    expect(redact(secrets, text)).toBe(expected)
  })

  it('is hidden within a longer one, and a longer one whole', () => {
    for (const secrets of [
      ['abcd', 'abcdefgh'],
      ['abcdefgh', 'abcd'],
    ]) {
      expect(redact(secrets, 'x abcdefgh abcd y')).toBe('x *** *** y')
    }
  })

  it('that overlaps another leaves no part of either', () => {
    expect(redact(['abcdef', 'defghi'], '1abcdefghi2')).toBe('1***2')
    expect(redact(['defghi', 'abcdef'], '1abcdefghi2')).toBe('1***2')
    expect(redact(['aabaa'], '1aabaabaa2')).toBe('1***2')
  })

  it('of several lines is hidden line by line, except lines too short to hide', () => {
    const key = '-----BEGIN KEY-----\r\nMIIE\nab\n  indented  \n-----END KEY-----'
    expect(redact([key], 'MIIE and ab and indented and -----END KEY-----')).toBe(
      '*** and ab and *** and ***',
    )
    expect(redact([key], `<${key}>`)).toBe('<***>')
  })

  it('of fewer than four characters stays: hiding it would star out half of the log', () => {
    expect(redact(['on', '1', '', '   '], 'on 1 and on')).toBe('on 1 and on')
  })

  it('repeated a million times is still hidden soon', () => {
    const startMs = performance.now()
    expect(redact(['aaaa'], 'a'.repeat(1_000_000))).toBe('***')
    expect(redact(['abab', 'baba'], 'ab'.repeat(200_000))).toBe('***')
    expect(performance.now() - startMs).toBeLessThan(2_000)
  })
})

describe('the forms for the runner', () => {
  it('are each given once', () => {
    const redactor = new Redactor()
    expect(redactor.add('p@ss\nline two')).toEqual([
      'p@ss\nline two',
      'p%40ss%0Aline%20two',
      'p@ss\\nline two',
      'p@ss',
      'p%40ss',
      'line two',
      'line%20two',
    ])
    expect(redactor.add('p@ss')).toEqual([])
    expect(redactor.add('abc')).toEqual([])
  })
})
