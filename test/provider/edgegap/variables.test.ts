import { describe, expect, it } from 'vitest'
import { readVariables, secretVariables } from '../../../src/provider/edgegap/variables.ts'
import { Inputs } from '../../../src/settings/inputs.ts'
import { Problems } from '../../../src/settings/problems.ts'

const hiddenIn = (text: string) => secretVariables(text, 'secret-env').map(({ value }) => value)

const NAMES = { open: 'version-env', secret: 'version-secret-env' }

function read(open: string, secret = '') {
  const problems = new Problems()
  const environment = { 'INPUT_VERSION-ENV': open, 'INPUT_VERSION-SECRET-ENV': secret }
  const variables = readVariables(new Inputs(environment, problems), problems, NAMES)
  const values = variables.map(({ key, value }) => [key, value])
  return { values, problems: problems.list, warnings: problems.warnings }
}

const PEM = [
  '-----BEGIN RSA PRIVATE KEY-----',
  'MIIEowIBAAKCAQEAsecret',
  'Qg==',
  '-----END RSA PRIVATE KEY-----',
]

describe('a value of several lines', () => {
  it('stands between KEY<<END and END, as it is', () => {
    const text = 'A=1\nKEY<<END\n  indented\n\n# kept\nX=1\nEND\nB=2'
    expect(read(text)).toMatchObject({
      values: [
        ['A', '1'],
        ['KEY', '  indented\n\n# kept\nX=1'],
        ['B', '2'],
      ],
      problems: [],
    })
  })

  it.each([
    ['EOF', 'KEY<<EOF\nEND\nEOF', 'END'],
    ['its own end, with blanks around it', 'KEY<<END\nv\n  END  ', 'v'],
    ['CRLF', 'KEY<<END\r\na\r\nb\r\nEND\r\n', 'a\nb'],
    ['nothing in it', 'KEY<<END\nEND', ''],
  ])('may have %s', (_, text, value) => {
    expect(read(text)).toMatchObject({ values: [['KEY', value]], problems: [] })
  })

  it('is not begun by << behind a =', () => {
    expect(read('A=x<<END')).toMatchObject({ values: [['A', 'x<<END']], problems: [] })
  })

  it('without its end is one problem that shows the form', () => {
    expect(read('', 'A=1\nKEY<<END\nsecret\nmore secret=').problems).toEqual([
      'version-secret-env: line 2 begins a value with << that no line ends: write KEY<<END, then the lines of the value, then END alone on a line',
    ])
  })
})

describe('a private key without the form', () => {
  it.each([
    [
      'behind its name',
      `A=1\nKEY=${PEM.join('\n')}\nB=2`,
      'lines 2 to 5 are the rest of the value of KEY: write KEY<<END',
    ],
    [
      'by itself',
      `A=1\n${PEM.join('\n')}`,
      'lines 2 to 5 are a value of several lines: write KEY<<END',
    ],
    [
      'without its first and last line',
      `KEY=${'Ab3/'.repeat(16)}\n${'Cd5+'.repeat(16)}\nQg==\n`,
      'lines 2 to 3 are the rest of the value of KEY: write KEY<<END',
    ],
    [
      'and a last line that could be a name',
      `KEY=x\n${'Cd5+'.repeat(16)}\nQgA=\n`,
      'lines 2 to 3 are',
    ],
  ])('%s is one problem, and no line of it is shown', (_, text, problem) => {
    const { problems } = read('', text)
    expect(problems).toEqual([expect.stringContaining(`version-secret-env: ${problem}`)])
    expect(problems.join()).not.toMatch(/secret(?!-env)|Qg|Ab3|Cd5/)
    const hidden = hiddenIn(text)
    for (const line of text
      .split('\n')
      .slice(1)
      .filter((one) => one !== '' && one !== 'B=2')) {
      expect(hidden.join('\n')).toContain(line)
    }
  })

  it('is fine on one line', () => {
    const value = PEM.join('\\n')
    expect(read('', `KEY=${value}`)).toMatchObject({ values: [['KEY', value]], problems: [] })
  })
})

describe('other values that go on over lines without the form', () => {
  it.each([
    ['JSON', 'A=1\nCONFIG={\n  "a": "secret"\n}\nB=2'],
    ['a list', 'A=1\nCONFIG=[\n  "secret",\n]\nB=2'],
    ['a text in quotes', 'A=1\nCONFIG="one\nsecret two\nthree"\nB=2'],
  ])('%s is one problem', (_, text) => {
    const { problems } = read('', text)
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatch(
      /lines 2 to \d are the rest of the value of CONFIG: write CONFIG<<END/,
    )
    expect(hiddenIn(text).join()).toContain('secret')
  })

  it('is none where the next line is a variable', () => {
    expect(read('A="\nB=x"\nC={\nD=}')).toMatchObject({ problems: [], values: { length: 4 } })
  })
})

describe('what people write instead', () => {
  it.each([
    ['MODE: deathmatch', 'did you mean MODE=deathmatch, with = in place of the colon?'],
    ['export A=x', 'did you mean A=x?'],
    ['A =x', 'did you mean A=x?'],
    ['NO_VALUE', 'is not KEY=VALUE with a key of A-Z, a-z, 0-9, _, . and -'],
  ])('%j', (line, text) => {
    expect(read(line).problems).toEqual([expect.stringContaining(text)])
  })

  it('is not shown where it is secret', () => {
    expect(read('', 'hunter2: secret').problems).toEqual([
      'version-secret-env: line 1 is not KEY=VALUE with a key of A-Z, a-z, 0-9, _, . and -; did you mean KEY=VALUE, with = in place of the colon?',
    ])
  })

  it('quotes are sent, and said', () => {
    const { values, warnings } = read('A="v"\nB=say "v"', "C='hidden'")
    expect(values).toEqual([
      ['A', '"v"'],
      ['B', 'say "v"'],
      ['C', "'hidden'"],
    ])
    expect(warnings).toEqual([
      'version-env: the value of A is sent with the quotes around it. Leave them out unless the server needs them.',
      'version-secret-env: the value of C is sent with the quotes around it. Leave them out unless the server needs them.',
    ])
    expect(hiddenIn("C='hidden'")).toContain('hidden')
  })

  it.each(['A=1 B=2', 'A=1, B=2', 'A=1;B=2'])('%j is one variable, and warned of', (line) => {
    const { values, warnings } = read(line)
    expect(values).toHaveLength(1)
    expect(warnings).toEqual([
      'version-env: what looks like another variable is part of the value of A. Write one variable per line.',
    ])
  })

  it.each(['OPTS=-Xmx1g -Dfoo=bar', 'DB=Server=x;Database=y', 'URL=https://x/?a=b&c=d', 'A=x=y'])(
    '%j is one variable',
    (line) => {
      expect(read(line)).toMatchObject({ problems: [], warnings: [] })
    },
  )

  it('an empty secret is warned of: GitHub gives no error for one that does not exist', () => {
    const { values, warnings, problems } = read('OPEN=', 'JWT_KEY=\nPAD= \nOK=x')
    expect(problems).toEqual([])
    expect(values).toHaveLength(4)
    expect(warnings).toEqual([
      expect.stringContaining('version-secret-env: the value of JWT_KEY is empty.'),
      expect.stringContaining('version-secret-env: the value of PAD is empty.'),
    ])
  })

  it('names with dots and dashes are fine, as .NET has them', () => {
    expect(read('Logging.Level=x\nmy-key=', 'Db__Main.Password=y').problems).toEqual([])
  })

  it('a variable with an empty value is no rest of a key', () => {
    expect(read('', 'TOKEN=0123456789abcdef0123\nKEY=\nA=1').values).toHaveLength(3)
  })
})
