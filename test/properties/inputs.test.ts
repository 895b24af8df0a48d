import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { REGISTRY } from '../../src/provider/registry.ts'
import { BadInputs } from '../../src/settings/problems.ts'
import { readSettings } from '../../src/settings/settings.ts'
import { readAction } from '../harness/action.ts'
import { holds } from './holds.ts'
import { anyInput, anySecret } from './texts.ts'

const names = readAction().inputs.map(({ name }) => name)
const variable = (name: string) => `INPUT_${name.toUpperCase()}`

/** What a user might write, so that readers get past their first check. */
const LIKELY: Readonly<Record<string, readonly string[]>> = {
  provider: ['edgegap', 'rockit-edge', 'EDGEGAP'],
  operation: ['deploy', 'stop', 'version'],
  'api-url': ['https://api.example.com', 'http://127.0.0.1:8080', 'https://u:p@x.example/?a=b'],
  wait: ['auto', 'webhook', 'poll', 'none'],
  timeout: ['90s', '10m', '1h30m', '600'],
  'poll-interval': ['1s', '5'],
  tunnel: ['auto', 'public', 'ssh', 'relay', 'cloudflared', 'none'],
  'tunnel-timeout': ['0s', '5s'],
  locations: ['tokyo 35.68,139.69', '1.2.3.4, 5.6.7.8', 'a 1,2\nb 3,4', 'tokyo 139.69,35.68'],
  env: ['A=1\nB=2', 'A<<END\n1\n2\nEND', 'A<<END\n1', 'a: b'],
  tags: ['ci\nnightly', 'a, b'],
  'public-url': ['https://hooks.example.com/x', 'http://[::1]:1'],
  'listen-port': ['8080', '0', '99999'],
  build: ['.', '/dev/null', '../..'],
  'build-size': ['12', '-1', '9007199254740993'],
  'build-url': ['https://user:password@files.example.com/b.tar?sig=abc'],
}
const likelyOf = (name: string) => LIKELY[name] ?? ['my-game', 'true', 'false', '1', 'https://a.b']

/** Inputs of a workflow: some left out, some likely, some of any text. */
const anyInputs: fc.Arbitrary<Record<string, string>> = fc
  .record(
    Object.fromEntries(
      names.map((name) => [
        variable(name),
        fc.oneof(
          { weight: 4, arbitrary: fc.constantFrom(...likelyOf(name)) },
          { weight: 1, arbitrary: anyInput },
        ),
      ]),
    ),
    { requiredKeys: ['INPUT_API-TOKEN', 'INPUT_APPLICATION'] },
  )
  .chain((inputs) =>
    fc
      .record({
        extra: fc.dictionary(anyInput, anyInput, { maxKeys: 2 }),
        host: fc.constantFrom('github-hosted', 'self-hosted'),
      })
      .map(({ extra, host }) => ({
        ...Object.fromEntries(
          Object.entries(extra).map(([name, value]) => [variable(name), value]),
        ),
        ...inputs,
        RUNNER_ENVIRONMENT: host,
      })),
  )

/** The settings, or the problems by name; anything else that is thrown is a fault of ours. */
async function read(
  environment: Record<string, string>,
): Promise<{ problems: readonly string[]; text: string }> {
  try {
    const { settings, warnings } = await readSettings(environment, REGISTRY)
    expect(Object.isFrozen(settings)).toBe(true)
    return { problems: [], text: warnings.join('\n') }
  } catch (thrown) {
    if (!(thrown instanceof BadInputs)) throw thrown
    return { problems: thrown.problems, text: [thrown.message, ...thrown.problems].join('\n') }
  }
}

describe('whatever stands in the inputs', () => {
  test('gives settings, or problems that each begin with the name of an input', () =>
    holds(
      fc.asyncProperty(anyInputs, async (environment) => {
        const { problems } = await read(environment)
        const known = new Set(names)
        for (const problem of problems) {
          expect(known).toContain(/^[a-z-]+/.exec(problem)?.[0])
          expect(problem.length).toBeLessThan(1_000)
        }
        expect(new Set(problems).size).toBe(problems.length)
      }),
      300,
    ))

  test('one reading is like another', () =>
    holds(
      fc.asyncProperty(anyInputs, async (environment) => {
        expect(await read(environment)).toEqual(await read({ ...environment }))
      }),
      60,
    ))
})

describe('a secret', () => {
  /** As a user may get it wrong: with a prefix, in quotes, in several lines, without its key. */
  const wrapped = (secret: string) =>
    fc.constantFrom(
      ...[
        secret,
        `token ${secret}`,
        `Bearer ${secret}`,
        `"${secret}"`,
        `${secret}\n`,
        ` ${secret}`,
      ],
      ...[`${secret}\n${secret}`, `x ${secret}`, `KEY=${secret}`, `KEY: ${secret}`, `é${secret}`],
      ...[`KEY<<END\n${secret}`, `KEY<<${secret}\na`, `KEY=1\n${secret}\nmore`, `=${secret}`],
    )
  const secretInputs = ['api-token', 'secret-env', 'ssh-key', 'cloudflared-token'] as const

  test('is in no problem and no warning, whatever is wrong with it and with the rest', () =>
    holds(
      fc.asyncProperty(
        anyInputs,
        fc.constantFrom(...secretInputs),
        anySecret.chain((secret) => fc.tuple(fc.constant(secret), wrapped(secret))),
        async (environment, input, [secret, value]) => {
          const others = Object.entries(environment).filter(([, text]) => !text.includes(secret))
          const { text } = await read({ ...Object.fromEntries(others), [variable(input)]: value })
          expect(text).not.toContain(secret.trim())
        },
      ),
      400,
    ))

  test('in the query or the credentials of a URL is not shown either', () =>
    holds(
      fc.asyncProperty(
        anyInputs,
        fc.constantFrom('api-url', 'public-url', 'relay-url', 'build-url'),
        fc.stringMatching(/^[a-z0-9]{12,30}$/),
        fc.constantFrom('http', 'https', 'ftp', 'htps', ''),
        fc.boolean(),
        async (environment, input, secret, scheme, isQuery) => {
          const place = isQuery ? `files.example.com/b?sig=${secret}` : `me:${secret}@a.example/b`
          const url = scheme === '' ? place : `${scheme}://${place}`
          const { text } = await read({ ...environment, [variable(input)]: url })
          expect(text).not.toContain(secret)
        },
      ),
      250,
    ))
})
