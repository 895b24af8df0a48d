import { describe, expect, it } from 'vitest'
import { readVersionConfig } from '../../../src/provider/edgegap/version-config.ts'
import { Problems } from '../../../src/settings/problems.ts'

async function read(text: string, ...given: string[]) {
  const problems = new Problems()
  const config = await readVersionConfig(text, (input) => given.includes(input), problems)
  return { config, problems: problems.list }
}

const nested = (depth: number): string => `a: ${'['.repeat(depth)}1${']'.repeat(depth)}`

describe('version-config', () => {
  it('passes on whatever JSON can carry', async () => {
    const text = 'a: text\nb: 1.5\nc: true\nd: null\ne: [1, {f: g}]\nh: {i: []}\n"j k": "1"'
    expect(await read(text)).toEqual({
      config: {
        a: 'text',
        b: 1.5,
        c: true,
        d: null,
        e: [1, { f: 'g' }],
        h: { i: [] },
        'j k': '1',
      },
      problems: [],
    })
  })

  it('may be of 64 KiB, counted in bytes', async () => {
    const text = (bytes: number) => `a: ${'ä'.repeat((bytes - 4) / 2)}x`
    expect((await read(text(65_536))).problems).toEqual([])
    expect((await read(text(65_538))).problems).toEqual([
      'version-config: it is larger than 64 KiB: shorten it',
    ])
  })

  it('may be nested eight deep', async () => {
    expect((await read(nested(7))).problems).toEqual([])
    expect((await read(nested(8))).problems).toEqual([
      'version-config: it is nested more than 8 deep: no field is',
    ])
    expect((await read('a: [[[[[[[{b: 1}]]]]]]]')).problems).toHaveLength(1)
    // Values are not nested any deeper than what holds them.
    expect((await read('a: [[[[[[[1, x, null, true]]]]]]]')).problems).toEqual([])
  })

  it('names the line of a mistake', async () => {
    expect((await read('a: 1\nb: [\nc: 2')).problems).toEqual([
      expect.stringMatching(/^version-config: line [23] is not YAML as expected: write one/),
    ])
    expect((await read('a: "x')).problems[0]).toContain('line 1 is not YAML')
    expect((await read('a: 1\n\nb: !unknown x')).problems[0]).toContain('line 3 is not YAML')
  })

  it('is a mapping', async () => {
    for (const text of ['- a', 'text', '5', '[1]', 'null', '# only a comment']) {
      expect((await read(text)).problems).toEqual([
        expect.stringContaining('version-config: it is not a mapping'),
      ])
    }
    expect(await read('{}')).toEqual({ config: {}, problems: [] })
    expect(await read(' \n ')).toEqual({ config: {}, problems: [] })
  })

  it.each([
    ['a: .inf', 'infinite'],
    ['a: -.inf', 'infinite'],
    ['a: .nan', 'NaN'],
    ['a: {b: [1, .inf]}', 'infinite'],
    ['a: !!binary aGk=', 'use only texts'],
    ['a: [!!set {x}]', 'use only texts'],
    ['a: {b: {__proto__: {c: 1}}}', '__proto__ is no field'],
    ['a: [{__proto__: 1}]', '__proto__ is no field'],
    ['__proto__: 1', '__proto__ is no field'],
  ])('%j has a value that no request can carry', async (text, problem) => {
    const { config, problems } = await read(text)
    expect(problems).toEqual([expect.stringContaining(problem)])
    expect(config).toEqual({})
  })

  it.each(['a: &x 1\nb: *x', 'a: &x [1]\nb: {c: [*x]}', '&a x: 1\n*a : 2'])(
    '%j has an alias',
    async (text) => {
      expect((await read(text)).problems).toEqual([expect.stringContaining('aliases')])
    },
  )

  it('may give a name to a value that no alias uses', async () => {
    expect(await read('a: &x 1')).toEqual({ config: { a: 1 }, problems: [] })
  })

  it.each([
    ['name', 'version'],
    ['docker_repository', 'image'],
    ['docker_image', 'image'],
    ['docker_tag', 'image'],
    ['private_username', 'registry-username'],
    ['private_token', 'registry-password, which is hidden'],
  ])('has no field %s: it comes from an input', async (field, input) => {
    expect(await read(`${field}: x\nother: 1`)).toEqual({
      config: {},
      problems: [`version-config: leave ${field} out: it comes from the input ${input}`],
    })
  })

  it.each([
    ['req_cpu', ['cpu']],
    ['req_memory', ['memory']],
    ['ports', ['ports']],
    ['max_duration', ['max-duration']],
    ['envs', ['version-env', 'version-secret-env']],
  ])('has the field %s only where %j are not given', async (field, inputs) => {
    expect(await read(`${field}: 1`)).toEqual({ config: { [field]: 1 }, problems: [] })
    expect((await read(`${field}: 1`, 'image', 'other')).problems).toEqual([])
    expect((await read(`${field}: 1`, ...inputs)).problems).toEqual(
      inputs.map(
        (input) =>
          `version-config: ${field} is already set by the input ${input}: keep one of the two`,
      ),
    )
  })

  it('may have fields that JavaScript gives every object', async () => {
    expect(await read('constructor: x\ntoString: y\nhasOwnProperty: z')).toEqual({
      config: { constructor: 'x', toString: 'y', hasOwnProperty: 'z' },
      problems: [],
    })
  })

  it('names faults of fields and of values at once', async () => {
    expect((await read('name: x\na: .inf')).problems).toHaveLength(2)
  })
})
