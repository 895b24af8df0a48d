import { describe, expect, test } from 'vitest'
import { parsePairs, parsePath, readSummary, SUMMARY_LIMIT_BYTES } from './file-commands.ts'
import { LineSplitter } from './line-splitter.ts'
import { parseCommand, REGISTERED_COMMANDS } from './log-commands.ts'
import { derivedForms, Masks } from './masks.ts'

const registered = new Set(REGISTERED_COMMANDS)
const parse = (line: string) => parseCommand(line, registered)

describe('log commands', () => {
  test('name, properties and data, unescaped', () => {
    expect(
      parse('::error file=a%3Ab.ts,line=3,title=x%2Cy%250A::100%25%0Asure%250A'),
    ).toMatchObject({
      name: 'error',
      properties: { file: 'a:b.ts', line: '3', title: 'x,y%0A' },
      data: '100%\nsure%0A',
    })
  })

  test.each(['  ', '\t', '\u00a0', '\u0085', '\u3000'])('count after leading space %j', (space) => {
    expect(parse(`${space}::warning::w`)?.name).toBe('warning')
  })

  test.each([
    'text ::error::e',
    '\ufeff::error::e',
    '::error',
    ':: error::e',
    '::errors::e',
    '::std::vector',
    '##[error',
    '##[nothing]x',
  ])('%j is plain text', (line) => {
    expect(parse(line)).toBeUndefined()
  })

  test('names have no case', () => {
    expect(parse('::ADD-Mask::s')?.name).toBe('add-mask')
  })

  test('the old form counts anywhere in a line and has escapes of its own', () => {
    expect(parse('note ##[error file=a%3Bb;line=1]so%5D%0D%3B')).toMatchObject({
      name: 'error',
      properties: { file: 'a;b', line: '1' },
      data: 'so]\r;',
    })
  })

  test('properties without name or value are dropped', () => {
    expect(parse('::error title=,=x,line=1::e')?.properties).toEqual({ line: '1' })
  })

  test('the old names are still commands', () => {
    for (const name of ['set-output', 'save-state', 'set-env', 'add-path']) {
      expect(parse(`::${name} name=a::b`)?.name).toBe(name)
    }
  })
})

test('lines end at LF, CR LF and bare CR, whatever the chunks', () => {
  const bytes = Buffer.from('añ\r\nb\rc😀\n\nlast')
  for (const size of [1, 2, 3, bytes.length]) {
    const lines: string[] = []
    const splitter = new LineSplitter((line) => lines.push(line))
    for (let at = 0; at < bytes.length; at += size) splitter.push(bytes.subarray(at, at + size))
    splitter.end()
    expect(lines).toEqual(['añ', 'b', 'c😀', '', 'last'])
  }
})

describe('masks', () => {
  test('overlapping and touching values become one', () => {
    const masks = new Masks(['abcd', 'cdef', 'gh'])
    expect(masks.mask('-abcdefgh-abcd-')).toBe('-***-***-')
  })

  test('the whole value and each trimmed line', () => {
    const masks = new Masks([' one \r\n\n two '])
    expect(masks.values).toEqual([' one \r\n\n two ', 'one', 'two'])
    expect(masks.mask('one, two')).toBe('***, ***')
  })

  test('one character is enough', () => {
    expect(new Masks(['1']).mask('10.1')).toBe('***0.***')
  })

  test('derived forms are hidden, hex and base64url are not', () => {
    const secret = `a"b'c&<>?é/quite-long~~`
    const masks = new Masks([secret])
    const bytes = Buffer.from(secret)
    for (const hidden of [
      bytes.toString('base64'),
      JSON.stringify(secret),
      encodeURIComponent(secret).replace("'", '%27'),
      'a&quot;b&apos;c&amp;&lt;&gt;?é/quite-long~~',
      `a"b''c&<>?é/quite-long~~`,
      `a\\"b'c&<>?é/quite-long~~`,
    ]) {
      expect(masks.mask(hidden)).toContain('***')
    }
    // A prefix moves the base64 alignment.
    for (const prefix of ['x', 'xy', 'xyz']) {
      const encoded = Buffer.from(prefix + secret).toString('base64')
      expect(masks.mask(encoded)).toContain('***')
    }
    expect(masks.contains(bytes.toString('hex'))).toBe(false)
    expect(derivedForms('"in quotes"')).toContain('in quotes')
  })
})

describe('file commands', () => {
  test('both forms; the first of = and << decides', () => {
    const file = 'a=1=2\n\nb<<E=F\nx\ny\nE=F\nc=<<\nd<<E\nE\na=3\n'
    expect(parsePairs(file)).toEqual({
      pairs: [
        ['a', '1=2'],
        ['b', 'x\ny'],
        ['c', '<<'],
        ['d', ''],
        ['a', '3'],
      ],
    })
  })

  test.each([
    ['a<<E\nx\n', 'delimiter not found'],
    ['a<<E\nx E', 'missing new line'],
    ['a<<E\nx\nE\r\n', 'delimiter not found'],
    ['<<E\nx\nE\n', 'empty'],
    ['a<<\nx\n', 'empty'],
    ['nothing', 'Invalid format'],
    ['=value', 'empty'],
  ])('%j breaks a rule', (file, reason) => {
    expect(parsePairs(file).error).toContain(reason)
  })

  test('values keep their spaces, and pairs before an error count', () => {
    expect(parsePairs('a= x \nbad')).toEqual({
      pairs: [['a', ' x ']],
      error: "Invalid format 'bad'",
    })
  })

  test('the last folder of GITHUB_PATH is searched first', () => {
    expect(parsePath('/a\n/b\n\n/a\n')).toEqual(['/a', '/b'])
  })

  test('a summary is masked line by line and dropped over 1 MiB', () => {
    const masks = new Masks(['pass'])
    expect(readSummary(Buffer.from('a pass\r\nb'), masks)).toMatchObject({ text: 'a ***\nb\n' })
    const full = Buffer.alloc(SUMMARY_LIMIT_BYTES, 'x')
    expect(readSummary(full, masks).error).toBeUndefined()
    expect(readSummary(Buffer.concat([full, full]), masks)).toMatchObject({ text: '' })
  })
})
