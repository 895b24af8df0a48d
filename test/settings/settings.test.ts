import { describe, expect, it } from 'vitest'
import type { EdgegapDeploySettings } from '../../src/provider/edgegap/settings.ts'
import { REGISTRY } from '../../src/provider/registry.ts'
import { BadInputs } from '../../src/settings/problems.ts'
import { secretsOf } from '../../src/settings/secrets.ts'
import { readSettings } from '../../src/settings/settings.ts'
import { inputEnvironment } from '../harness/action.ts'

type Given = Record<string, string>

const enough: Given = { 'api-token': 'abc-123', application: 'my-game', version: 'v1' }

async function readOnly(inputs: Given) {
  const { settings, warnings } = await readSettings(inputEnvironment(inputs), REGISTRY)
  return { settings, warnings }
}

async function read(inputs: Given = {}) {
  return await readOnly({ ...enough, ...inputs })
}

async function deploySettings(inputs: Given = {}): Promise<EdgegapDeploySettings> {
  const { settings } = await read(inputs)
  if (settings.operation !== 'deploy' || settings.provider !== 'edgegap') {
    throw new Error('not a deploy on Edgegap')
  }
  return settings as EdgegapDeploySettings
}

async function problemsOf(inputs: Given): Promise<readonly string[]> {
  try {
    await readOnly(inputs)
  } catch (thrown) {
    if (thrown instanceof BadInputs) return thrown.problems
    throw thrown
  }
  return []
}

const problemsWith = (inputs: Given) => problemsOf({ ...enough, ...inputs })

describe('the least that is needed', () => {
  it('is a token, an application and a version; all else has a default', async () => {
    expect(await read()).toMatchObject({
      warnings: [],
      settings: {
        provider: 'edgegap',
        operation: 'deploy',
        token: 'abc-123',
        application: 'my-game',
        version: 'v1',
        wait: 'auto',
        timeoutMs: 600_000,
        pollIntervalMs: undefined,
        onFailure: 'stop',
        stopAfterJob: false,
        logLines: 50,
        settleTimeMs: 0,
        logDir: undefined,
        dryRun: false,
        group: undefined,
        replace: undefined,
        own: {
          locations: [{ name: 'new-york', latitude: 40.71, longitude: -74.01 }],
          environment: [],
          tags: [],
        },
        summary: true,
      },
    })
    expect(String((await deploySettings()).apiUrl)).toBe('https://api.edgegap.com/')
  })

  it('is the same whether inputs are absent or empty', async () => {
    const empty = ['wait', 'timeout', 'poll-interval', 'api-url', 'locations', 'env', 'tags']
    const { apiUrl: _, ...settings } = await deploySettings(
      Object.fromEntries(empty.map((name) => [name, ''])),
    )
    expect(await deploySettings()).toMatchObject(settings)
  })

  it('for a stop is a token and an id', async () => {
    const { settings } = await readOnly({
      'api-token': 'abc',
      operation: 'stop',
      'deployment-id': ' 61b1be8f54d9\n',
    })
    expect(settings).toMatchObject({
      operation: 'stop',
      reach: { kind: 'deployment', id: '61b1be8f54d9' },
    })
  })

  it('cannot be changed afterwards', async () => {
    const settings = await deploySettings({ env: 'A=1' })
    const { own, tunnel } = settings
    for (const part of [
      settings,
      own,
      own.locations,
      own.locations[0],
      own.environment[0],
      tunnel,
    ]) {
      expect(Object.isFrozen(part)).toBe(true)
    }
  })
})

describe('problems', () => {
  it('are all reported at once, in the order of the inputs', async () => {
    const problems = await problemsOf({
      provider: 'aws',
      operation: 'undo',
      'api-url': 'http://example.com',
      wait: 'forever',
      timeout: '10',
      'poll-interval': '100ms',
      summary: 'yes',
      application: 'x'.repeat(65),
      'on-failure': 'explode',
      'stop-after-job': '1',
      'log-lines': '1001',
      locations: 'nowhere 1',
      env: 'BROKEN',
      'secret-env': 'ALSO BROKEN',
      tags: 't'.repeat(41),
    })
    expect(problems.map((problem) => problem.split(/[ :]/)[0])).toEqual([
      'provider',
      'operation',
      'api-token',
      'api-url',
      'application',
      'version',
      'wait',
      'timeout',
      'poll-interval',
      'on-failure',
      'stop-after-job',
      'log-lines',
      'summary',
      'locations',
      'env',
      'secret-env',
      'tags',
    ])
  })

  it('name the input, what was given and what is allowed', async () => {
    expect(await problemsWith({ wait: 'forever' })).toEqual([
      'wait is "forever": use one of auto, webhook, poll, none',
    ])
    expect(await problemsWith({ timeout: '5' })).toEqual([
      'timeout is "5": write a duration such as 90s, 10m or 1h30m; did you mean 5s or 5m?',
    ])
    expect(await problemsWith({ application: ' ' })).toEqual([
      'application is empty: name the application to deploy',
    ])
  })

  it('are cut where the value is endless', async () => {
    const [problem = ''] = await problemsWith({ wait: 'x'.repeat(100_000) })
    expect(problem.length).toBeLessThan(300)
  })

  it('never show a secret', async () => {
    const problems = [
      ...(await problemsWith({ 'api-token': 'my secret\ntoken' })),
      ...(await problemsWith({ 'api-url': 'https://user:secret@example.com' })),
      ...(await problemsWith({
        'secret-env': '-----BEGIN KEY-----\nsecret\n1=secret\nA=1\nA=secret',
      })),
      ...(await problemsWith({ 'secret-env': 'KEY<<secret\nA=1' })),
      ...(await problemsWith({ 'secret-env': `A=${'secret'.repeat(1000)}` })),
    ]
    expect(problems).toHaveLength(8)
    expect(problems.join()).not.toMatch(/secret(?!-env)/)
  })
})

describe('durations', () => {
  it.each(['timeout', 'poll-interval'])('of %s are from a second to a day', async (name) => {
    for (const value of ['1s', '24h']) expect(await problemsWith({ [name]: value })).toEqual([])
    for (const value of ['0s', '24h1s', '99999h'])
      expect(await problemsWith({ [name]: value })).toHaveLength(1)
  })
})

describe('flags', () => {
  it.each([
    ['true', true],
    ['True', true],
    ['TRUE', true],
    [' false ', false],
    ['', false],
  ])('%j is %s', async (value, expected) => {
    expect((await deploySettings({ 'stop-after-job': value })).stopAfterJob).toBe(expected)
  })

  it.each(['yes', 'on', '1', 'tRuE'])('%j is a problem', async (value) => {
    expect(await problemsWith({ 'stop-after-job': value })).toHaveLength(1)
  })
})

describe('log-lines', () => {
  it.each(['0', '1', '1000'])('may be %s', async (value) => {
    expect((await deploySettings({ 'log-lines': value })).logLines).toBe(Number(value))
  })

  it.each(['-1', '1001', '1.5', '1e2', '0x10', 'all'])('may not be %s', async (value) => {
    expect(await problemsWith({ 'log-lines': value })).toHaveLength(1)
  })
})

describe('env', () => {
  it('is read line by line; only the first = divides', async () => {
    const env = 'A=1\n# a comment\n\n  B=x = y \r\nC=\n_d9="quoted"\n'
    expect((await deploySettings({ env })).own.environment).toEqual([
      { key: 'A', value: '1', secret: false },
      { key: 'B', value: 'x = y ', secret: false },
      { key: 'C', value: '', secret: false },
      { key: '_d9', value: '"quoted"', secret: false },
    ])
  })

  it('and secret-env share their keys', async () => {
    expect(await problemsWith({ env: 'A=1\nB=2', 'secret-env': 'C=3\nA=4' })).toEqual([
      'secret-env: line 2 sets A a second time: give each key once',
    ])
  })

  it.each([
    'A',
    '=x',
    ' =x',
    '9A=x',
    'A B=x',
    '-A=x',
    'A+B=x',
    'Ä=x',
    'export A=x',
    `${'A'.repeat(256)}=x`,
  ])('does not take %j', async (line) => {
    expect(await problemsWith({ env: line })).toHaveLength(1)
  })

  it('points to the line as the user counts, comments and blank ones included', async () => {
    expect(await problemsWith({ env: '# one\n\nA=1\nWRONG\n' })).toEqual([
      'env: line 4 ("WRONG") is not KEY=VALUE with a key of A-Z, a-z, 0-9, _, . and -',
    ])
  })

  it('takes 4096 bytes a value, counted as the provider counts', async () => {
    expect(await problemsWith({ env: `A=${'x'.repeat(4096)}` })).toEqual([])
    expect(await problemsWith({ env: `A=${'ü'.repeat(2049)}` })).toHaveLength(1)
  })

  it('may be called anything that an object has', async () => {
    const { environment } = (await deploySettings({ env: '__proto__=1\nconstructor=2' })).own
    expect(environment.map(({ key }) => key)).toEqual(['__proto__', 'constructor'])
  })
})

describe('tags', () => {
  it('are one a line, each once, of 40 characters at most', async () => {
    expect((await deploySettings({ tags: ' pr-12 \n# no\nnightly\npr-12\n' })).own.tags).toEqual([
      'pr-12',
      'nightly',
    ])
    expect((await deploySettings({ tags: 't'.repeat(40) })).own.tags).toHaveLength(1)
    expect(await problemsWith({ tags: `${'t'.repeat(41)}\na\u0007b\nok` })).toHaveLength(2)
  })
})

describe('names', () => {
  it('have 64 characters at most and are on one line', async () => {
    expect(await problemsWith({ application: 'x'.repeat(64), version: 'ü 1.0/rc' })).toEqual([])
    expect(await problemsWith({ application: 'x'.repeat(65) })).toHaveLength(1)
    expect(await problemsWith({ version: 'a\nb' })).toHaveLength(1)
    expect(await problemsWith({ version: 'a\u2028b' })).toHaveLength(1)
  })
})

describe('deployment-id', () => {
  const stop = (id: string) =>
    problemsOf({ 'api-token': 'abc', operation: 'stop', 'deployment-id': id })

  it.each(['', '../v1/apps', 'a/b', 'a?b', 'a%2fb', 'a b', 'ü', 'x'.repeat(65), '.', '..'])(
    'may not be %j: it becomes part of a path',
    async (id) => {
      expect(await stop(id)).toHaveLength(1)
    },
  )

  it('may be any id that Edgegap gives', async () => {
    expect(await stop('61b1be8f54d9')).toEqual([])
  })
})

describe('inputs without effect', () => {
  it('are warned of', async () => {
    expect((await read({ wait: 'none', 'poll-interval': '5s' })).warnings).toEqual([
      'poll-interval has no effect with wait: none.',
    ])
    expect((await read({ 'deployment-id': 'abc' })).warnings).toEqual([
      'deployment-id has no effect with operation: deploy.',
    ])
    expect(
      (await read({ operation: 'stop', 'deployment-id': 'abc', env: 'A=1' })).warnings,
    ).toEqual([
      'application has no effect with operation: stop.',
      'version has no effect with operation: stop.',
      'env has no effect with operation: stop.',
    ])
  })

  it('are not checked: what a stop does not use may be wrong', async () => {
    expect(await problemsWith({ operation: 'stop', 'deployment-id': 'abc', env: 'WRONG' })).toEqual(
      [],
    )
  })
})

describe('what must be hidden', () => {
  const secretsWith = (inputs: Given) => {
    const environment = inputEnvironment({ ...enough, ...inputs })
    return secretsOf(environment, REGISTRY).map(({ value }) => value)
  }

  it('is the token and every secret variable, no other', async () => {
    const secrets = secretsWith({
      'api-token': 'token abc-123',
      env: 'OPEN=visible',
      'secret-env': 'KEY=hidden\nEMPTY=\nPADDED=  x  ',
    })
    expect(secrets).toEqual(['abc-123', 'hidden', '', '  x  '])
  })

  it('for a stop is the token', async () => {
    expect(secretsWith({ operation: 'stop', 'deployment-id': 'abc' })).toEqual(['abc-123'])
  })

  it('is every line of a secret input that is wrongly written', async () => {
    const key = '-----BEGIN PRIVATE KEY-----\nMIIEvQ\nAbCd==\n-----END PRIVATE KEY-----'
    const secrets = secretsWith({ 'secret-env': `KEY=${key}\nPIN: 123456\nQUOTED="in quotes"` })
    for (const part of ['MIIEvQ', 'AbCd==', '123456', 'in quotes']) {
      expect(secrets).toContain(part)
    }
  })

  it('is also what stands in a misspelt secret input', async () => {
    expect(secretsWith({ 'secrets-env': 'KEY=hidden' })).toContain('hidden')
    expect(secretsWith({ ssh_key: 'private' })).toContain('private')
  })

  it('is the token whoever it is for, where the provider is misspelt', async () => {
    expect(secretsWith({ provider: 'edgegab', 'api-token': 'token abc-123' })).toContain('abc-123')
  })
})
