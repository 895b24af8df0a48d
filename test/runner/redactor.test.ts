import { describe, expect, it } from 'vitest'
import { canHide, Redactor } from '../../src/runner/redactor.ts'
import { cpuMsOf } from './cpu-time.ts'

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
    ['that holds an escape itself, beside one', ['a<b\\tc%41'], 'x a&lt;b\\tc%41', 'x ***'],
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

  it.each([
    ['abc ', false],
    ['abcd', true],
    ['true', false],
    [' NULL', false],
    ['truer', true],
  ])('of the value %j is hidden: %s', (value, isHidden) => {
    expect(canHide(value)).toBe(isHidden)
    const text = value.trim()
    expect(redact([value], text)).toBe(isHidden ? '***' : text)
  })

  it('repeated a million times is still hidden soon', () => {
    const tookMs = cpuMsOf(() => {
      expect(redact(['aaaa'], 'a'.repeat(1_000_000))).toBe('***')
      expect(redact(['abab', 'baba'], 'ab'.repeat(200_000))).toBe('***')
    })
    expect(tookMs).toBeLessThan(2_000)
  })
})

describe('the forms for the runner', () => {
  it('are each given once', () => {
    const redactor = new Redactor()
    expect(redactor.add('p@ss\nline two')).toEqual([
      'p%40ss%0Aline%20two',
      'p@ss\\nline two',
      'p@ss',
      'p%40ss',
      'line two',
      'line%20two',
      // The whole in base64, behind 0, 1 and 2 bytes.
      'cEBzcwpsaW5lIHR3b',
      'BAc3MKbGluZSB0d2',
      'wQHNzCmxpbmUgdHdv',
    ])
    expect(redactor.add('p@ss')).toEqual([])
    expect(redactor.add('abc')).toEqual([])
  })

  it('hold no short line of a longer text: the runner would hide each bracket of it', () => {
    const forms = new Redactor().add('{\n  "password": "hunter22"\n}')
    expect(forms).toContain('"password": "hunter22"')
    for (const form of forms) expect(form).not.toMatch(/[\r\n]/)
  })
})

describe('a secret in another form', () => {
  const secret = 'p&ss<w"rd\'é/+1'
  const hex = (character: string) => character.charCodeAt(0).toString(16)
  const every = (write: (character: string) => string) => [...secret].map(write).join('')
  const html = secret
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
  const forms: [string, string][] = [
    ['with percent escapes in lower case', encodeURIComponent(secret).toLowerCase()],
    [
      'with a percent escape for each byte',
      Buffer.from(secret).toString('hex').replace(/../g, '%$&'),
    ],
    ['as HTML', html],
    ['as HTML with decimal numbers', every((character) => `&#${character.charCodeAt(0)};`)],
    ['as HTML with hexadecimal numbers', every((character) => `&#x${hex(character)};`)],
    ['as JSON', JSON.stringify(secret).slice(1, -1)],
    ['as JSON that keeps to ASCII', JSON.stringify(secret).slice(1, -1).replace('é', '\\u00e9')],
    [
      'as JSON safe for HTML',
      secret.replace('&', '\\u0026').replace('<', '\\u003C').replace('"', '\\"'),
    ],
    ['with \\u for each character', every((character) => `\\u${hex(character).padStart(4, '0')}`)],
    ['as JSON within JSON', JSON.stringify(JSON.stringify(secret)).slice(3, -3)],
    ['as JSON with escaped slashes', JSON.stringify(secret).slice(1, -1).replace('/', '\\/')],
  ]
  it.each(forms)('is hidden %s', (_, form) => {
    expect(redact([secret], `<${form}>`)).toBe('<***>')
    expect(redact(['other secret', secret], `${form} and ${form}`)).toBe('*** and ***')
  })

  it.each(['', 'u', 'us', 'use', 'user:'])('is hidden in base64 behind "%s"', (before) => {
    for (const after of ['', '!', '!!', '!!!']) {
      for (const encoding of ['base64', 'base64url'] as const) {
        const form = Buffer.from(`${before}${secret}${after}`).toString(encoding)
        const shown = redact([secret], `Basic ${form} end`)
        expect(shown).toMatch(/^Basic .{0,8}\*\*\*.{0,8} end$/)
      }
    }
  })

  it.each(['', 'Bearer '])('is hidden in hex behind "%s"', (before) => {
    const hex = Buffer.from(`${before}${secret}!`).toString('hex')
    const around = Buffer.from(before).toString('hex')
    expect(redact([secret], `0x${hex} end`)).toBe(`0x${around}***21 end`)
    expect(redact([secret], hex.toUpperCase())).toBe(`${around.toUpperCase()}***21`)
  })

  it('is hidden in the body of a form', () => {
    expect(redact(['my long secret&'], 'a=my+long+secret%26&b=1')).toBe('a=***&b=1')
  })

  it('leaves alone what only looks like an escape', () => {
    const text = '100% &c; &#99999999; \\ %zz %ff \\u12 &lt;b&gt; C:\\new'
    expect(redact(['sesame22'], text)).toBe(text)
  })
})

describe('a secret of a known input', () => {
  const redactor = new Redactor()
  redactor.add('3150', { input: 'secret-env ADMIN_PIN', mayBePublic: true })
  redactor.add('edgegap.net', { input: 'secret-env BACKEND_DOMAIN', mayBePublic: true })
  redactor.add('token-1234', { input: 'api-token' })

  it('stays in what the provider publishes when it may be public, and only there', () => {
    expect(redactor.cleanFact('a.pr.edgegap.net:31504')).toBe('a.pr.edgegap.net:31504')
    expect(redactor.clean('a.pr.edgegap.net:31504')).toBe('a.pr.***:***4')
  })

  it('that is a credential is hidden everywhere', () => {
    expect(redactor.cleanFact('token-1234.edgegap.net')).toBe('***.edgegap.net')
    redactor.add('both', { input: 'secret-env BOTH', mayBePublic: true })
    redactor.add('both', { input: 'ssh-key' })
    expect(redactor.cleanFact('both')).toBe('***')
  })

  it('is named', () => {
    expect(redactor.inputsIn('a.pr.edgegap.net:31504')).toEqual([
      'secret-env BACKEND_DOMAIN',
      'secret-env ADMIN_PIN',
    ])
    expect(redactor.inputsIn('nothing')).toEqual([])
  })
})

describe('ten megabytes and fifty secrets', () => {
  const line = 'GET /player?id=42&name=%41lice <ok> \\"quoted\\" {"a":1} é\n'
  it.each([
    ['an ordinary log', line.repeat(10_000_000 / line.length)],
    ['nothing but escapes', '%41'.repeat(3_300_000)],
    ['nothing but backslashes', '\\'.repeat(10_000_000)],
    ['nothing but the beginning of a secret', 'secret-number-'.repeat(700_000)],
  ])(
    'are read through in seconds: %s',
    (_, text) => {
      const secrets = Array.from(
        { length: 50 },
        (_, index) => `secret-number-${index}-${'x'.repeat(40)}`,
      )
      const tookMs = cpuMsOf(() => expect(redact(secrets, text)).toBe(text))
      if (process.env.MEASURE) console.info(`${Math.round(tookMs)} ms`)
      expect(tookMs).toBeLessThan(20_000)
    },
    180_000,
  )
})
