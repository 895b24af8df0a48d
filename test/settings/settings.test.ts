import { describe, expect, it } from 'vitest'
import { BadInputs } from '../../src/settings/problems.ts'
import { readSettings, secretsOf } from '../../src/settings/settings.ts'

type Given = Record<string, string>

const enough: Given = { 'api-token': 'abc-123', application: 'my-game', version: 'v1' }

/** As the runner hands inputs over. */
function environmentOf(inputs: Given): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]),
  )
}

function read(inputs: Given = {}) {
  return readSettings(environmentOf({ ...enough, ...inputs }))
}

function deploySettings(inputs: Given = {}) {
  const { settings } = read(inputs)
  if (settings.operation !== 'deploy' || settings.provider !== 'edgegap') {
    throw new Error('not a deploy on Edgegap')
  }
  return settings
}

function problemsOf(inputs: Given): readonly string[] {
  try {
    readSettings(environmentOf(inputs))
  } catch (thrown) {
    if (thrown instanceof BadInputs) return thrown.problems
    throw thrown
  }
  return []
}

const problemsWith = (inputs: Given) => problemsOf({ ...enough, ...inputs })

describe('the least that is needed', () => {
  it('is a token, an application and a version; all else has a default', () => {
    expect(read()).toMatchObject({
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
        locations: [{ name: 'new-york', latitude: 40.71, longitude: -74.01 }],
        environment: [],
        tags: [],
        summary: true,
      },
    })
    expect(String(deploySettings().apiUrl)).toBe('https://api.edgegap.com/')
  })

  it('is the same whether inputs are absent or empty', () => {
    const empty = ['wait', 'timeout', 'poll-interval', 'api-url', 'locations', 'env', 'tags']
    const { apiUrl: _, ...settings } = deploySettings(
      Object.fromEntries(empty.map((name) => [name, ''])),
    )
    expect(deploySettings()).toMatchObject(settings)
  })

  it('for a stop is a token and an id', () => {
    const { settings } = readSettings(
      environmentOf({ 'api-token': 'abc', operation: 'stop', 'deployment-id': ' 61b1be8f54d9\n' }),
    )
    expect(settings).toMatchObject({ operation: 'stop', deploymentId: '61b1be8f54d9' })
  })

  it('cannot be changed afterwards', () => {
    expect(Object.isFrozen(deploySettings())).toBe(true)
  })
})

describe('problems', () => {
  it('are all told at once, in the order of the inputs', () => {
    const problems = problemsOf({
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
      locations: 'nowhere',
      env: 'BROKEN',
      'secret-env': 'ALSO BROKEN',
      tags: 't'.repeat(41),
    })
    expect(problems.map((problem) => problem.split(/[ :]/)[0])).toEqual([
      'provider',
      'operation',
      'api-token',
      'api-url',
      'wait',
      'timeout',
      'poll-interval',
      'summary',
      'application',
      'version',
      'on-failure',
      'stop-after-job',
      'log-lines',
      'locations',
      'env',
      'secret-env',
      'tags',
    ])
  })

  it('name the input, what was given and what is allowed', () => {
    expect(problemsWith({ wait: 'forever' })).toEqual([
      'wait is "forever": use one of auto, webhook, poll, none',
    ])
    expect(problemsWith({ timeout: '5' })).toEqual([
      'timeout is "5": a number needs a unit: did you mean 5s?',
    ])
    expect(problemsWith({ application: ' ' })).toEqual([
      'application is empty: name the application to deploy',
    ])
  })

  it('are cut where the value is endless', () => {
    const [problem = ''] = problemsWith({ wait: 'x'.repeat(100_000) })
    expect(problem.length).toBeLessThan(300)
  })

  it('never show a secret', () => {
    const problems = [
      ...problemsWith({ 'api-token': 'my secret\ntoken' }),
      ...problemsWith({ 'api-url': 'https://user:secret@example.com' }),
      ...problemsWith({ 'secret-env': '-----BEGIN KEY-----\nsecret\n1=secret\nA=1\nA=secret' }),
      ...problemsWith({ 'secret-env': 'KEY<<secret\nA=1' }),
      ...problemsWith({ 'secret-env': `A=${'secret'.repeat(1000)}` }),
    ]
    // One for a value of several lines, however many of them there are.
    expect(problems).toHaveLength(5)
    expect(problems.join()).not.toMatch(/secret(?!-env)/)
  })
})

describe('durations', () => {
  it.each(['timeout', 'poll-interval'])('of %s are from a second to a day', (name) => {
    for (const value of ['1s', '24h']) expect(problemsWith({ [name]: value })).toEqual([])
    for (const value of ['0s', '24h1s', '99999h'])
      expect(problemsWith({ [name]: value })).toHaveLength(1)
  })
})

describe('variables of several lines', () => {
  const read = (text: string) => {
    const { settings } = readSettings(environmentOf({ ...enough, 'secret-env': text }))
    return 'environment' in settings ? settings.environment : []
  }
  const pem = '-----BEGIN KEY-----\nMIIEvQ==\nabcdefgh=\n-----END KEY-----'

  it('stand between KEY<<END and END', () => {
    expect(read(`A=1\nTLS_KEY<<END\n${pem}\nEND\nLogging.Level-X=debug`)).toEqual([
      { key: 'A', value: '1', secret: true },
      { key: 'TLS_KEY', value: pem, secret: true },
      { key: 'Logging.Level-X', value: 'debug', secret: true },
    ])
  })

  it('without that form are a problem that shows it, and none of them', () => {
    const problems = problemsWith({ 'secret-env': `TLS_KEY=${pem}` })
    expect(problems).toEqual([expect.stringContaining('KEY<<END')])
    expect(problems.join()).not.toMatch(/MIIE|abcdefgh|BEGIN/)
  })
})

describe('warnings', () => {
  const warningsWith = (inputs: Record<string, string>) =>
    readSettings(environmentOf({ ...enough, ...inputs })).warnings

  it.each([
    ['location', 'locations'],
    ['secrets-env', 'secret-env'],
    ['secret_env', 'secret-env'],
    ['time-out', 'timeout'],
    ['app', 'no-hint'],
  ])('name the input %s that nobody reads', (name, nearest) => {
    const [warning, ...more] = warningsWith({ [name]: 'x' })
    expect(more).toEqual([])
    expect(warning).toContain(`${name} is no input of this action`)
    if (nearest !== 'no-hint') expect(warning).toContain(`Did you mean ${nearest}?`)
  })

  it('say that quotes around a value are sent', () => {
    expect(warningsWith({ env: 'MODE="fast"' })).toEqual([
      'The value of MODE is sent with the quotes around it.',
    ])
  })
})

describe('flags', () => {
  it.each([
    ['true', true],
    ['True', true],
    ['TRUE', true],
    [' false ', false],
    ['', false],
  ])('%j is %s', (value, expected) => {
    expect(deploySettings({ 'stop-after-job': value }).stopAfterJob).toBe(expected)
  })

  it.each(['yes', 'on', '1', 'tRuE'])('%j is a problem', (value) => {
    expect(problemsWith({ 'stop-after-job': value })).toHaveLength(1)
  })
})

describe('log-lines', () => {
  it.each(['0', '1', '1000'])('may be %s', (value) => {
    expect(deploySettings({ 'log-lines': value }).logLines).toBe(Number(value))
  })

  it.each(['-1', '1001', '1.5', '1e2', '0x10', 'all'])('may not be %s', (value) => {
    expect(problemsWith({ 'log-lines': value })).toHaveLength(1)
  })
})

describe('env', () => {
  it('is read line by line; only the first = divides', () => {
    const env = 'A=1\n# a comment\n\n  B=x = y \r\nC=\n_d9="quoted"\n'
    expect(deploySettings({ env }).environment).toEqual([
      { key: 'A', value: '1', secret: false },
      { key: 'B', value: 'x = y ', secret: false },
      { key: 'C', value: '', secret: false },
      { key: '_d9', value: '"quoted"', secret: false },
    ])
  })

  it('and secret-env share their keys', () => {
    expect(problemsWith({ env: 'A=1\nB=2', 'secret-env': 'C=3\nA=4' })).toEqual([
      'secret-env: line 2 sets A a second time: give each key once',
    ])
  })

  it.each(['A', '=x', ' =x', '9A=x', 'A B=x', 'Ä=x', 'export A=x', `${'A'.repeat(256)}=x`])(
    'does not take %j',
    (line) => {
      expect(problemsWith({ env: line })).toHaveLength(1)
    },
  )

  it('points to the line as the user counts, comments and blank ones included', () => {
    expect(problemsWith({ env: '# one\n\nA=1\nWRONG\n' })).toEqual([
      expect.stringMatching(/^env: line 4 \("WRONG"\) is not KEY=VALUE with a key of/),
    ])
  })

  it('takes 4096 bytes a value, counted as the provider counts', () => {
    expect(problemsWith({ env: `A=${'x'.repeat(4096)}` })).toEqual([])
    expect(problemsWith({ env: `A=${'ü'.repeat(2049)}` })).toHaveLength(1)
  })

  it('may be called anything that an object has', () => {
    const { environment } = deploySettings({ env: '__proto__=1\nconstructor=2' })
    expect(environment.map(({ key }) => key)).toEqual(['__proto__', 'constructor'])
  })
})

describe('tags', () => {
  it('are one a line, each once, of 40 characters at most', () => {
    expect(deploySettings({ tags: ' pr-12 \n# no\nnightly\npr-12\n' }).tags).toEqual([
      'pr-12',
      'nightly',
    ])
    expect(deploySettings({ tags: 't'.repeat(40) }).tags).toHaveLength(1)
    expect(problemsWith({ tags: `${'t'.repeat(41)}\na\u0007b\nok` })).toHaveLength(2)
  })
})

describe('names', () => {
  it('have 64 characters at most and are on one line', () => {
    expect(problemsWith({ application: 'x'.repeat(64), version: 'ü 1.0/rc' })).toEqual([])
    expect(problemsWith({ application: 'x'.repeat(65) })).toHaveLength(1)
    expect(problemsWith({ version: 'a\nb' })).toHaveLength(1)
    expect(problemsWith({ version: 'a\u2028b' })).toHaveLength(1)
  })
})

describe('deployment-id', () => {
  const stop = (id: string) =>
    problemsOf({ 'api-token': 'abc', operation: 'stop', 'deployment-id': id })

  it.each(['', '../v1/apps', 'a/b', 'a?b', 'a%2fb', 'a b', 'ü', 'x'.repeat(65), '.', '..'])(
    'may not be %j: it becomes part of a path',
    (id) => {
      expect(stop(id)).toHaveLength(1)
    },
  )

  it('may be any id that Edgegap gives', () => {
    expect(stop('61b1be8f54d9')).toEqual([])
  })
})

describe('inputs without effect', () => {
  it('are warned of', () => {
    expect(read({ wait: 'none', 'poll-interval': '5s' }).warnings).toEqual([
      'poll-interval has no effect with wait: none.',
    ])
    expect(read({ 'deployment-id': 'abc' }).warnings).toEqual([
      'deployment-id has no effect with operation: deploy.',
    ])
    expect(read({ operation: 'stop', 'deployment-id': 'abc', env: 'A=1' }).warnings).toEqual([
      'application has no effect with operation: stop.',
      'version has no effect with operation: stop.',
      'env has no effect with operation: stop.',
    ])
  })

  it('are not judged: what a stop does not use may be wrong', () => {
    expect(problemsWith({ operation: 'stop', 'deployment-id': 'abc', env: 'WRONG' })).toEqual([])
  })
})

describe('what must be hidden', () => {
  it('is the token and every secret variable, no other', () => {
    const settings = deploySettings({
      'api-token': 'token abc-123',
      env: 'OPEN=visible',
      'secret-env': 'KEY=hidden\nEMPTY=\nPADDED=  x  ',
    })
    expect(secretsOf(settings).map(({ value }) => value)).toEqual([
      'abc-123',
      'hidden',
      '',
      '  x  ',
    ])
  })

  it('for a stop is the token', () => {
    const { settings } = read({ operation: 'stop', 'deployment-id': 'abc' })
    expect(secretsOf(settings).map(({ value }) => value)).toEqual(['abc-123'])
  })
})
