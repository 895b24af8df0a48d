import { describe, expect, it } from 'vitest'
import { scanVariables } from '../../../src/provider/edgegap/variable-lines.ts'
import { readEnvironment, secretVariables } from '../../../src/provider/edgegap/variables.ts'
import { Inputs } from '../../../src/settings/inputs.ts'
import { Problems } from '../../../src/settings/problems.ts'

/** Base64 of a width that keys have. */
const BASE64 = 'Ab3/'.repeat(16)

const scan = (text: string, isSecret = false) => {
  const { variables, mistakes } = scanVariables(text, isSecret)
  return {
    values: variables.map(({ key, value, line }) => [key, value, line]),
    mistakes: mistakes.map(({ kind, from, to, key }) => [kind, from, to, key]),
  }
}
const fine = (...values: unknown[]) => ({ values, mistakes: [] })

describe('a variable', () => {
  it('has the number of its line, as people count', () => {
    expect(scan('A=1\n\n# B=2\n  C=3\r\nD<<E\nx\nE\nF=4')).toEqual(
      fine(['A', '1', 1], ['C', '3', 4], ['D', 'x', 5], ['F', '4', 8]),
    )
  })

  it('has everything behind its first = as its value', () => {
    expect(scan('A= 1 = 2 \nB=x==\nC=')).toEqual(
      fine(['A', ' 1 = 2 ', 1], ['B', 'x==', 2], ['C', '', 3]),
    )
  })

  it('has a key of 255 characters at most', () => {
    const key = 'K'.repeat(255)
    expect(scan(`${key}=1`)).toEqual(fine([key, '1', 1]))
    expect(scan(`${key}K=1`).mistakes).toEqual([['no-variable', 1, 1, undefined]])
    expect(scan(`${key}<<E\n1\nE`)).toEqual(fine([key, '1', 1]))
  })

  it.each(['1A=x', '-A=x', '.A=x', 'A B=x', '=x', 'A', 'Ä=x', 'A<<=', 'A<<'])(
    'is not in %j',
    (line) => {
      expect(scan(`OK=1\n${line}\nLAST=2`)).toMatchObject({
        values: [
          ['OK', '1', 1],
          ['LAST', '2', 3],
        ],
        mistakes: [['no-variable', 2, 2, undefined]],
      })
    },
  )
})

it('a mistake has just its own lines, without blanks before them', () => {
  const { mistakes } = scanVariables(`A=1\n  X Y\nB=2\n${BASE64}\nC=3`, false)
  expect(mistakes.map(({ lines }) => lines)).toEqual([['X Y'], [BASE64]])
})

describe('a value between KEY<<END and END', () => {
  it.each([
    ['a word of any kind', 'A<<x.y-z_1\nv\nx.y-z_1', 'v'],
    ['a word of 64 characters', `A<<${'E'.repeat(64)}\nv\n${'E'.repeat(64)}`, 'v'],
    ['blanks behind the word', 'A<<E  \nv\nE', 'v'],
    ['a line that begins like its end', 'A<<E\nEE\nE', 'EE'],
    ['lines of a key', `A<<E\n${BASE64}\nQg==\nE`, `${BASE64}\nQg==`],
  ])('may have %s', (_, text, value) => {
    expect(scan(text)).toEqual(fine(['A', value, 1]))
  })

  it('ends at the first line that is its end, and what follows is read again', () => {
    expect(scan('A<<E\n1\nE\nE=2')).toEqual(fine(['A', '1', 1], ['E', '2', 4]))
  })

  it('may end with the same word as one before it', () => {
    expect(scan('A<<E\n1\nE\nB<<E\n2\nE')).toEqual(fine(['A', '1', 1], ['B', '2', 4]))
  })

  it('that has no end takes all that follows with it', () => {
    const { variables, mistakes } = scanVariables('A=1\nB<<E\nC=2\nD=3', false)
    expect(variables).toHaveLength(1)
    expect(mistakes).toEqual([
      { kind: 'no-end', from: 2, to: 2, key: 'B', end: 'E', lines: ['B<<E', 'C=2', 'D=3'] },
    ])
  })

  it('does not begin with a word of 65 characters', () => {
    const end = 'E'.repeat(65)
    expect(scan(`A<<${end}\nB=1\n${end}=`).values).toContainEqual(['B', '1', 2])
  })
})

describe('a key or certificate', () => {
  const BEGIN = '-----BEGIN CERTIFICATE-----'
  const END = '-----END CERTIFICATE-----'

  it('is one mistake from its first line to its last, of the variable that it begins', () => {
    expect(scan(`A=${BEGIN}\nx\n${END}\nB=1`)).toEqual({
      values: [['B', '1', 4]],
      mistakes: [['several-lines', 1, 3, 'A']],
    })
    expect(scan(`${BEGIN}\nx\n${END}`).mistakes).toEqual([['several-lines', 1, 3, undefined]])
  })

  it('is a value where it is on one line', () => {
    const value = `${BEGIN}\\n${END}`
    expect(scan(`A=${value}\nB=1`)).toEqual(fine(['A', value, 1], ['B', '1', 2]))
  })

  it('that never ends is no more than its first line', () => {
    expect(scan(`A=${BEGIN}\nB=1`)).toEqual(fine(['A', BEGIN, 1], ['B', '1', 2]))
  })

  it('does not end before it begins', () => {
    expect(scan(`A=${END}\nB=${BEGIN}\nC=1`).mistakes).toEqual([])
    expect(scan(`A=${END}\nB=${BEGIN}\nx\n${END}`).mistakes).toEqual([['several-lines', 2, 4, 'B']])
  })

  it('that never ends may be in quotes that do', () => {
    expect(scan(`A="${BEGIN}\nx y"`).mistakes).toEqual([['several-lines', 1, 2, 'A']])
  })
})

describe('JSON and texts in quotes', () => {
  it.each([
    ['{}', 'A={\n  "a": 1\n}'],
    ['[]', 'A=[\n1\n]'],
    ['"', 'A="one\ntwo"'],
    ["'", "A='one\ntwo'"],
    ['blanks around', 'A= {\n 1\n}  '],
  ])('with %s go on to the line that closes them', (_, text) => {
    const to = text.split('\n').length
    expect(scan(`${text}\nB=1`)).toEqual({
      values: [['B', '1', to + 1]],
      mistakes: [['several-lines', 1, to, 'A']],
    })
  })

  it.each(['A={"a":1}', 'A=[]', 'A="x"', "A='x'", 'A=x{', 'A={', 'A="', 'A={x'])(
    '%j is a whole value before another variable',
    (line) => {
      expect(scan(`${line}\nB=1\n}"`).values[0]).toEqual(['A', line.slice(2), 1])
    },
  )

  it.each(['A={"a":1}', 'A=[]', 'A="x"', 'A=x'])('%j ends where it is closed', (line) => {
    expect(scan(`${line}\nx y\n}`)).toEqual({
      values: [['A', line.slice(2), 1]],
      mistakes: [
        ['no-variable', 2, 2, undefined],
        ['no-variable', 3, 3, undefined],
      ],
    })
  })

  it('that are opened at the end of a line go on', () => {
    expect(scan('A="\nx y"').mistakes).toEqual([['several-lines', 1, 2, 'A']])
    expect(scan('X={}\nA={\nx y\n}').mistakes).toEqual([['several-lines', 2, 4, 'A']])
    expect(scan('A={\nx B=1\n}').mistakes).toEqual([['several-lines', 1, 3, 'A']])
    expect(scan('A={\nBB=1\n}').values[0]).toEqual(['A', '{', 1])
  })

  it('that nothing closes are a value', () => {
    expect(scan('A={\nx y').values).toEqual([['A', '{', 1]])
  })

  it('belong to a key, or are none', () => {
    expect(scan('A B={\nx\n}').mistakes).toEqual([
      ['no-variable', 1, 1, undefined],
      ['no-variable', 2, 2, undefined],
      ['no-variable', 3, 3, undefined],
    ])
  })
})

describe('lines of base64', () => {
  it('are one mistake, of the variable before them', () => {
    expect(scan(`A=1\nB=${BASE64}\n${BASE64}\n${BASE64}\nQg==\nC=1`)).toEqual({
      values: [
        ['A', '1', 1],
        ['B', BASE64, 2],
        ['C', '1', 6],
      ],
      mistakes: [['several-lines', 3, 5, 'B']],
    })
  })

  it('are of no variable where a line is between', () => {
    expect(scan(`A=1\n\n${BASE64}`).mistakes).toEqual([['several-lines', 3, 3, undefined]])
    expect(scan(`${BASE64}\n${BASE64}`).mistakes).toEqual([['several-lines', 1, 2, undefined]])
  })

  it('are two mistakes where a line is between, or another mistake', () => {
    expect(scan(`${BASE64}\n\n${BASE64}`).mistakes).toHaveLength(2)
    expect(scan(`A B\n${BASE64}`).mistakes).toEqual([
      ['no-variable', 1, 1, undefined],
      ['several-lines', 2, 2, undefined],
    ])
  })

  it.each([
    ['Qg==', true],
    ['x'.repeat(40), true],
    ['x'.repeat(39), false],
    [`${'x'.repeat(39)}=`, true],
    // A name of 39 letters without a value is one.
    [`${'x'.repeat(38)}=`, false],
    ['QgA=', false],
    ['/+/=', false],
    [`${'x'.repeat(40)} `, true],
    ['a b==', false],
    ['ab==x', false],
  ])('%j by itself is one: %s', (line, isRest) => {
    expect(scan(line).mistakes.some(([kind]) => kind === 'several-lines')).toBe(isRest)
  })

  it('end with a line that could be a name, where a mistake is before it', () => {
    expect(scan(`${BASE64}\nQgA=`).mistakes).toEqual([['several-lines', 1, 2, undefined]])
    expect(scan(`${BASE64}\nQgAx=`).values).toEqual([['QgAx', '', 2]])
    expect(scan(`${BASE64}\na.bcdef=`).values).toEqual([['a.bcdef', '', 2]])
    expect(scan(`${BASE64}\n\nQgA=`).values).toEqual([['QgA', '', 3]])
  })

  it('in the alphabet for URLs are only among secrets', () => {
    expect(scan('a-b_c=', true).mistakes).toEqual([['several-lines', 1, 1, undefined]])
    expect(scan('a-b_c= ', true).mistakes).toHaveLength(1)
    expect(scan('ab-c=', true).mistakes).toHaveLength(1)
    for (const line of ['a-b_c=x', 'abc=', 'a-b.c=', 'a.b-c='])
      expect(scan(line, true).mistakes).toEqual([])
    expect(scan('a-b_c=')).toEqual(fine(['a-b_c', '', 1]))
  })
})

describe('what the problems say', () => {
  function problemsOf(env: string, secret = ''): string[] {
    const problems = new Problems()
    const environment = { INPUT_ENV: env, 'INPUT_SECRET-ENV': secret }
    readEnvironment(new Inputs(environment, problems), problems)
    return problems.list
  }

  it('is in the order of the lines, and each key may be there once in both inputs', () => {
    expect(problemsOf('A=1\nA=2\n1x\nB=3', 'B=4\nC=5')).toEqual([
      'env: line 2 sets A a second time: give each key once',
      'env: line 3 ("1x") is not KEY=VALUE with a key of A-Z, a-z, 0-9, _, . and -',
      'secret-env: line 1 sets B a second time: give each key once',
    ])
  })

  it('is about what is left out', () => {
    const problems = new Problems()
    const inputs = new Inputs({ INPUT_ENV: 'A=1\nA=2\nx y\nB=3' }, problems)
    expect(readEnvironment(inputs, problems)).toEqual([
      { key: 'A', value: '1', secret: false },
      { key: 'B', value: '3', secret: false },
    ])
  })

  it('counts the bytes of a value', () => {
    expect(problemsOf(`A=${'x'.repeat(4_096)}`)).toEqual([])
    expect(problemsOf(`A=${'ä'.repeat(2_048)}`)).toEqual([])
    expect(problemsOf(`A=${'ä'.repeat(2_048)}x`)).toEqual([
      'env: the value of A is over 4096 bytes: shorten it',
    ])
  })

  it.each([
    ['export A=x', 'A=x?'],
    ['A : x', 'A=x, with = in place of the colon?'],
    ['A: x', 'A=x, with = in place of the colon?'],
    ['A:  x', 'A=x, with = in place of the colon?'],
    ['A =x', 'A=x?'],
    ['export  A = x', 'A=x?'],
    [`A: ${'x'.repeat(99)}`, `A=${'x'.repeat(60)}, with = in place of the colon?`],
  ])('of %j is what was meant', (line, meant) => {
    expect(problemsOf(line)[0]).toMatch(/; did you mean /)
    expect(problemsOf(line)[0]?.endsWith(`did you mean ${meant}`)).toBe(true)
  })

  it.each(['A:x', 'A: x\u2028y', 'http://x', '1: x', 'x A=1 B: 2'])(
    'of %j does not guess',
    (line) => {
      expect(problemsOf(line)[0]).not.toContain('did you mean')
    },
  )

  it('shows sixty characters of a line that is open, and nothing of a secret one', () => {
    const line = `1 ${'x'.repeat(99)}`
    expect(problemsOf(line)[0]).toContain(`("${line.slice(0, 60)}") is not`)
    expect(problemsOf('', line)[0]).toContain('line 1 is not KEY=VALUE')
    expect(problemsOf('', line)[0]).toContain('for a value of several lines write KEY<<END')
    expect(problemsOf('', 'A: x')[0]).not.toContain('several lines')
  })

  it('of a value without its end names key and word, unless it is secret', () => {
    expect(problemsOf('A<<END\nx')[0]).toContain('begins the value of A, and no line END ends it')
    expect(problemsOf('', 'A<<END\nx')[0]).toContain('line 1 begins a value with <<')
  })

  it('of one line more is told in the singular', () => {
    expect(problemsOf('', `A=1\n${BASE64}`)).toEqual([
      expect.stringContaining('line 2 is the rest of the value of A: write A<<END'),
    ])
  })
})

describe('what is hidden of a secret input', () => {
  const hidden = (text: string) => secretVariables(text, 'secret-env')

  it('are the values, by their keys', () => {
    expect(hidden('A=one\nB=two')).toEqual([
      { input: 'secret-env A', value: 'one', mayBePublic: true },
      { input: 'secret-env B', value: 'two', mayBePublic: true },
    ])
  })

  it.each([
    ['A="one"', ['"one"', 'one']],
    ["A='one'  ", ["'one'  ", 'one']],
    ['A="one', ['"one']],
    ['A="', ['"']],
    ['A="a"b', ['"a"b']],
    ['A="one\'', ['"one\'']],
  ])('are values in quotes with the quotes and without: %s', (line, values) => {
    expect(hidden(line).map(({ value }) => value)).toEqual(values)
  })

  it('are lines that are no variable as a whole, and what is behind a colon or =', () => {
    expect(hidden('A B: two').map(({ value }) => value)).toEqual(['A B: two', 'two'])
    expect(hidden('one two').map(({ value }) => value)).toEqual(['one two', 'one two'])
    expect(hidden('a-b_c=').map(({ value }) => value)).toContain('a-b_c=')
    expect(hidden('A<<E\nx=y').map(({ value }) => value)).toEqual([...['A<<E', 'A<<E', 'x=y', 'y']])
  })
})
